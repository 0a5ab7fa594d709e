using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// How the minutes of a row of the details were settled: a class's by the rates of presence, a day's viewings by those of playback. What a
/// month gave a class for its viewings stands on the first day of them, so that the rows of a month sum to it.
/// </summary>
internal sealed class RowShares(AccountState account, IReadOnlyList<CardVersions> cards, OpenPeriods open, ILookup<int, SettledRow>? known)
{
    private readonly IReadOnlyDictionary<string, long> presence = Shares.RatesOf(cards, Meter.Av);
    private readonly IReadOnlyDictionary<string, long> playback = Shares.RatesOf(cards, Meter.Playback);

    /// <summary>The rates that the rows of the details are settled by.</summary>
    public static IReadOnlyList<string> Rates(IReadOnlyList<CardVersions> cards) =>
        [.. Shares.RatesOf(cards, Meter.Av).Keys.Union(Shares.RatesOf(cards, Meter.Playback).Keys).Order(StringComparer.Ordinal)];

    public Shares Of(Store.Reader read, ClassRow row)
    {
        IEnumerable<SettledRow> settled = known is null
            ? read.Settled(account.Id, row.Page).Concat(open.Of(read, row.Page))
            : known[row.Page].Concat(open.ByPage(read)[row.Page]);
        if (row.ViewingsDay is not { } day)
        {
            return Shares.Of(settled, presence);
        }

        LocalDate date = Calendar.Date(day);
        int month = ClassRow.ViewingsOf(Calendar.Number(new LocalDate(date.Year, date.Month, 1)));
        return Shares.Of(
            settled.Where(its => its.Kind == (int)PeriodKind.Day
                ? its.Period == JsonText.Of(date)
                : its.Period == JsonText.Of(new LocalDate(date.Year, date.Month, 1)) && !read.HasClassRow(account.Id, row.Page, month, row.Type)),
            playback);
    }
}
