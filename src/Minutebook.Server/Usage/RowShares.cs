using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The lengths in seconds of the units of those rates that the rows of the details are settled by: a class's by presence, a day's viewings by playback.</summary>
internal sealed record RateLengths(IReadOnlyDictionary<string, long> Presence, IReadOnlyDictionary<string, long> Playback)
{
    public static RateLengths Of(IReadOnlyList<CardVersions> cards) => new(Shares.RatesOf(cards, Meter.Av), Shares.RatesOf(cards, Meter.Playback));

    public IReadOnlyList<string> Rates => [.. Presence.Keys.Union(Playback.Keys).Order(StringComparer.Ordinal)];

    /// <summary>The same for the same lengths.</summary>
    public override string ToString() =>
        string.Join('\n', Presence.Concat(Playback).OrderBy(rate => rate.Key, StringComparer.Ordinal).Select(rate => $"{rate.Key}\t{rate.Value}"));
}

/// <summary>What closed periods gave the pages of a long list. Classes are added up once: by their sums a list is ordered.</summary>
internal sealed class ClosedShares
{
    private readonly Dictionary<int, Shares> classes = [];

    public ClosedShares(IEnumerable<SettledRow> rows, RateLengths lengths)
    {
        List<SettledRow> viewings = [];
        foreach (SettledRow row in rows)
        {
            if (lengths.Presence.ContainsKey(row.Rate))
            {
                var its = Shares.Of([row], lengths.Presence);
                classes[row.Page] = classes.TryGetValue(row.Page, out Shares? others) ? others.And(its) : its;
            }

            // A rate may be of presence in one version of a card, and of playback in another.
            if (lengths.Playback.ContainsKey(row.Rate))
            {
                viewings.Add(row);
            }
        }

        Viewings = viewings.ToLookup(row => row.Page);
    }

    /// <summary>By the rates of playback, which belong to days.</summary>
    public ILookup<int, SettledRow> Viewings { get; }

    public Shares OfClass(int page) => classes.GetValueOrDefault(page, Shares.None);
}

/// <summary>
/// How the minutes of a row of the details were settled: a class's by the rates of presence, a day's viewings by those of playback. What a
/// month gave a class for its viewings stands on the first day of them, so that the rows of a month sum to it.
/// </summary>
internal sealed class RowShares(AccountState account, IReadOnlyList<CardVersions> cards, OpenPeriods open, ClosedShares? known)
{
    private readonly RateLengths lengths = RateLengths.Of(cards);

    /// <summary>Of the row of that type on a page.</summary>
    public Shares Of(Store.Reader read, int page, int type)
    {
        if ((default(ClassRow) with { Type = type }).ViewingsDay is { } day)
        {
            return OfViewings(read, page, type, Calendar.Date(day));
        }

        return known is null
            ? Shares.Of(read.Settled(account.Id, page).Concat(open.Of(read, page)), lengths.Presence)
            : known.OfClass(page).And(Shares.Of(open.OfMany(read, page), lengths.Presence));
    }

    private Shares OfViewings(Store.Reader read, int page, int type, LocalDate date)
    {
        IEnumerable<SettledRow> settled = known is null
            ? read.Settled(account.Id, page).Concat(open.Of(read, page))
            : known.Viewings[page].Concat(open.OfMany(read, page));
        var first = new LocalDate(date.Year, date.Month, 1);
        return Shares.Of(
            settled.Where(its => its.Kind == (int)PeriodKind.Day
                ? its.Period == JsonText.Of(date)
                : its.Period == JsonText.Of(first) && !read.HasClassRow(account.Id, page, ClassRow.ViewingsOf(Calendar.Number(first)), type)),
            lengths.Playback);
    }
}
