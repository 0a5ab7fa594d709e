using Minutebook.Core.Rating;
using NodaTime;

namespace Minutebook.Core.Billing;

/// <summary>
/// What the periods that are not closed yet come to so far (rule 5.4): each settled as its close would settle it now, in the order of the
/// closes, what one takes from a package being gone for the next.
/// </summary>
public static class LiveSettlement
{
    /// <summary>The open periods in the order of their closes: the days, each month after its last day, and the running month last.</summary>
    /// <param name="firstOpen">The first local day that is not closed.</param>
    /// <param name="today">The local day of now.</param>
    public static IEnumerable<BillPeriod> Open(LocalDate firstOpen, LocalDate today)
    {
        LocalDate day = firstOpen;
        do
        {
            yield return BillPeriod.OfDay(day);
            day = day.PlusDays(1);
            if (day.Day == 1 || day > today)
            {
                yield return BillPeriod.OfMonth(day.PlusDays(-1));
            }
        }
        while (day <= today);
    }

    /// <summary>Settles the periods one after the other, class by class. Those without a card, or without a rate of their kind, are left out.</summary>
    /// <param name="periods">The open periods, in the order of their closes.</param>
    /// <param name="cardOf">The card that prices a period, or null.</param>
    /// <param name="usageOf">The usage of a period so far.</param>
    /// <param name="packages">The account's packages in the order of their purchase, with what the closes have left in each.</param>
    /// <param name="withoutPayAsYouGo">The applications that have pay-as-you-go off.</param>
    /// <returns>The settled periods; the packages of the last one are what is left in each now.</returns>
    public static IReadOnlyList<SettledPeriod> Of(
        IEnumerable<BillPeriod> periods, Func<BillPeriod, RateCard?> cardOf, Func<BillPeriod, RateCard, UsageSlice[]> usageOf,
        IReadOnlyList<Package> packages, IReadOnlySet<string> withoutPayAsYouGo)
    {
        var settled = new List<SettledPeriod>();
        foreach (BillPeriod period in periods)
        {
            if (cardOf(period) is { } card && card.Rates.Any(rate => rate.Period == period.Kind))
            {
                SettledPeriod one = Settlement.Settle(period, card, usageOf(period, card), packages, withoutPayAsYouGo);
                settled.Add(one);
                packages = one.Packages;
            }
        }

        return settled;
    }
}
