using System.Security.Cryptography;
using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Engine;
using NodaTime;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>
/// A line's way back to its events, as they were when the bill was issued: what came later, or was voided later, plays no part. It is worked
/// out from the pages of the period's usage and from the journal, which says when each event came.
/// </summary>
internal sealed record Explanation(ExplainedLine Line, IReadOnlyList<TracedEvent> Events, string Digest)
{
    private const int DaysBefore = 2;

    /// <summary>Explains a line.</summary>
    public static Explanation Of(Engine.Engine engine, Store.Reader read, AccountState account, Bill bill, BillLine line)
    {
        BillPeriod period = line.Adjusts ?? bill.Period;
        long issued = bill.IssuedAt.ToUnixTimeMilliseconds();
        PageRow[] pages = [.. PagesOf(read, account, period, line.Rate.Meter).Select(page => read.PageByNumber(account.Id, page)).OfType<PageRow>()
            .Where(page => page.Kind != (int)PageKind.Voids && (line.Application is null || page.Application == line.Application))];
        var wanted = new HashSet<UInt128>();
        long first = long.MaxValue;
        foreach (PageRow page in pages)
        {
            wanted.UnionWith(Book.IdentitiesOf(ChunksOf(read, page), out long earliest));
            first = Math.Min(first, earliest);
        }

        Trail trail = Trail.Of(engine.Store, account, wanted, pages.Length == 0 ? issued : first, issued);
        Book book = Book.AsOf(account, CardsOf(read, account), issued);
        foreach (PageRow page in pages)
        {
            book.LoadAsOf(page, ChunksOf(read, page), trail.Counts);
        }

        ExplainedLine explained = book.Explain(line, period);
        List<TracedEvent> events = [.. explained.Events.Select(trail.Find).OfType<TracedEvent>()];
        events.Sort(InOrder);
        return new Explanation(explained, events, DigestOf(events));
    }

    /// <summary>The canonical order: by time, source and id, texts by their UTF-8.</summary>
    public static int InOrder(TracedEvent left, TracedEvent right)
    {
        int order = left.Time.CompareTo(right.Time);
        order = order != 0 ? order : Encoding.UTF8.GetBytes(left.Source).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right.Source));
        return order != 0 ? order : Encoding.UTF8.GetBytes(left.Id).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right.Id));
    }

    private static string DigestOf(IEnumerable<TracedEvent> events)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TracedEvent one in events)
        {
            hash.AppendData(one.Json);
            hash.AppendData("\n"u8);
        }

        return $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private static IEnumerable<byte[]> ChunksOf(Store.Reader read, PageRow page) => read.Chunks(page.Account, page.Page).Select(chunk => chunk.Data);

    /// <summary>The pages that used anything in the period, as it is known now or as it was settled at the close.</summary>
    private static SortedSet<int> PagesOf(Store.Reader read, AccountState account, BillPeriod period, Meter meter)
    {
        if (meter == Meter.Storage)
        {
            string end = JsonText.Of(period.End);
            return [.. read.PagesOf(account.Id).Where(page => page.Kind == (int)PageKind.Samples && string.CompareOrdinal(page.Key, end) <= 0).Select(page => page.Page)];
        }

        var pages = new SortedSet<int>(read.SettledIn(account.Id, (int)period.Kind, JsonText.Of(period.Start)).Select(row => row.Page));
        foreach (Store.DayUsageRow row in read.DayUsage(account.Id, JsonText.Of(period.Start.PlusDays(-DaysBefore)), JsonText.Of(period.End)))
        {
            pages.Add(row.Page);
        }

        return pages;
    }

    private static RateCards CardsOf(Store.Reader read, AccountState account)
    {
        var cards = new RateCards();
        foreach (RateCard version in account.RateCards.Select(chosen => chosen.Card).Distinct().SelectMany(card => read.Card(card).All))
        {
            cards.Restore(version);
        }

        return cards;
    }
}
