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
internal sealed record Explanation(ExplainedLine Line, TracedEvents Events)
{
    /// <summary>Explains a line.</summary>
    public static Explanation Of(Engine.Engine engine, Store.Reader read, AccountState account, Bill bill, BillLine line)
    {
        BillPeriod period = line.Adjusts ?? bill.Period;
        long issued = bill.IssuedAt.ToUnixTimeMilliseconds();
        int shard = engine.Store.ShardOf(account.Id);
        HastenedClose? hastened = account.HastenedCloses.Find(close => close.At == issued);
        account.CategorizedSince = account.CategorizedSinceAt(hastened?.Position ?? engine.Store.PositionBefore(shard, issued));
        PageRow[] pages = [.. PagesOf(engine, read, account, period, line, issued).Select(page => read.PageByNumber(account.Id, page)).OfType<PageRow>()
            .Where(page => page.Kind != (int)PageKind.Voids && (line.Application is null || page.Application == line.Application))];
        var wanted = new HashSet<UInt128>();
        long first = long.MaxValue;
        foreach (PageRow page in pages)
        {
            wanted.UnionWith(Book.IdentitiesOf(read.Chunks(account.Id, page.Page), out long earliest));
            first = Math.Min(first, earliest);
        }

        Trail trail = Trail.Of(engine.Store, account, wanted, pages.Length == 0 ? issued : first, issued);
        Book book = Book.AsOf(account, CardsOf(read, account), issued);
        foreach (PageRow page in pages)
        {
            book.LoadAsOf(page, read.Chunks(account.Id, page.Page), trail.Counts);
        }

        ExplainedLine explained = book.Explain(line, period);
        return new Explanation(explained, TracedEvents.Of(trail.Events(explained.Events)));
    }

    /// <summary>
    /// The pages that used anything of the line's rate in the period, as it was settled at the close, or of its meter, as it is known now. All of
    /// that may have been voided since, and no settlement remembers usage without a class, what adjustments were for, or who was there at once:
    /// then the pages of all days without class are looked at, and of all classes that the journal tells of.
    /// </summary>
    private static SortedSet<int> PagesOf(Engine.Engine engine, Store.Reader read, AccountState account, BillPeriod period, BillLine line, long issued)
    {
        string meter = line.Rate.Meter.Name;
        if (line.Rate.Meter == Meter.Storage)
        {
            return [.. PagesOf(read, account, PageKind.Samples, "", JsonText.Of(period.End))];
        }

        // Days without class are those of UTC.
        var pages = new SortedSet<int>(PagesOf(read, account, PageKind.Day, JsonText.Of(period.Start.PlusDays(-1)), JsonText.Of(period.End)));
        bool all = line.Adjusts is not null || line.Rate.Meter == Meter.Peak;
        pages.UnionWith(
            read.SettledIn(account.Id, (int)period.Kind, JsonText.Of(period.Start)).Where(row => all || row.Rate == line.Rate.Id).Select(row => row.Page));
        foreach (Store.DayUsageRow row in read.DayUsage(account.Id, JsonText.Of(period.Start.PlusDays(-PeriodUsage.DaysBefore)), JsonText.Of(period.End)))
        {
            if (all || row.Meter == meter)
            {
                pages.Add(row.Page);
            }
        }

        if (all)
        {
            var calendar = new Calendar(account.TimeZone);
            long At(LocalDate day) => calendar.FirstHourOf(Calendar.Number(day)) * 1000;
            IReadOnlySet<(string, string)> classes = Trail.ClassesOf(engine.Store, account, At(period.Start.PlusDays(-PeriodUsage.DaysBefore)), At(period.End), issued);
            pages.UnionWith(read.Pages(account.Id, classes.Select(its => (its.Item1, (int)PageKind.Class, its.Item2))).Select(page => page.Page));
        }

        return pages;
    }

    private static IEnumerable<int> PagesOf(Store.Reader read, AccountState account, PageKind kind, string first, string last) =>
        read.PagesOf(account.Id, kind).Where(page => string.CompareOrdinal(page.Key, first) >= 0 && string.CompareOrdinal(page.Key, last) <= 0)
            .Select(page => page.Page);

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
