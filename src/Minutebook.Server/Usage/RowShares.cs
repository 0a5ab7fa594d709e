using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>
/// The rates that the rows of the details are settled by: a class's by presence, a day's viewings by playback. The next version of a card may
/// give a rate another unit or another meter, and the next card, too: a settled row's is that of the card that priced its period (rule 4.6).
/// </summary>
internal sealed class RowRates(AccountState account, IReadOnlyDictionary<string, CardVersions> cards)
{
    private readonly Dictionary<(int Kind, string Period), RateCard?> inForce = [];

    /// <summary>By their ids, those of any version of any card that priced the account.</summary>
    public IReadOnlyList<string> Ids =>
    [
        .. cards.Values.SelectMany(card => card.All).SelectMany(version => version.Rates)
            .Where(rate => rate.Meter == Meter.Av || rate.Meter == Meter.Playback).Select(rate => rate.Id).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>The rate that settled a row; null if it is not known any more.</summary>
    public Rate? Of(in SettledRow row)
    {
        (int, string) period = (row.Kind, row.Period);
        if (!inForce.TryGetValue(period, out RateCard? card))
        {
            LocalDate start = LocalDatePattern.Iso.Parse(row.Period).Value;
            inForce[period] = card = account.CardOf(
                row.Kind == (int)PeriodKind.Day ? BillPeriod.OfDay(start) : BillPeriod.OfMonth(start),
                id => cards.GetValueOrDefault(id, CardVersions.None));
        }

        foreach (Rate rate in card?.Rates ?? [])
        {
            if (rate.Id == row.Rate)
            {
                return rate;
            }
        }

        return null;
    }
}

/// <summary>What closed periods gave the pages of a long list. Classes are added up once: by their sums a list is ordered.</summary>
internal sealed class ClosedShares
{
    private readonly Dictionary<int, Shares> classes = [];

    public ClosedShares(IEnumerable<SettledRow> rows, RowRates rates)
    {
        List<SettledRow> viewings = [];
        foreach (SettledRow row in rows)
        {
            Rate? rate = rates.Of(row);
            if (rate?.Meter == Meter.Av)
            {
                classes[row.Page] = OfClass(row.Page).And(Shares.Of(row, rate));
            }
            else if (rate?.Meter == Meter.Playback)
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
internal sealed class RowShares(AccountState account, RowRates rates, OpenPeriods open, ClosedShares? known)
{
    /// <summary>Of the row of that type on a page.</summary>
    public Shares Of(Store.Reader read, int page, int type)
    {
        if ((default(ClassRow) with { Type = type }).ViewingsDay is { } day)
        {
            return OfViewings(read, page, type, Calendar.Date(day));
        }

        return known is null
            ? Shares.Of(read.Settled(account.Id, page).Concat(open.Of(read, page)), Meter.Av, rates)
            : known.OfClass(page).And(Shares.Of(open.OfMany(read, page), Meter.Av, rates));
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
            Meter.Playback, rates);
    }
}
