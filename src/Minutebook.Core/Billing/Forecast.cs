using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core.Billing;

/// <summary>What a day is expected to cost.</summary>
/// <param name="Day">The local day.</param>
/// <param name="Expected">The mean of the days it is judged by.</param>
/// <param name="Low">The least of them.</param>
/// <param name="High">The most of them.</param>
public readonly record struct ForecastDay(LocalDate Day, Money Expected, Money Low, Money High);

/// <summary>
/// What a month comes to in the end, by a simple method that can be followed by hand: each day to come costs what the same weekday cost
/// on average in the last four weeks, at least and at most what it cost on the cheapest and the dearest of them. A weekday that is not
/// known is judged by all days known. Monthly rates go on as they have gone this month.
/// </summary>
public static class Forecast
{
    /// <summary>How many days back the method looks: four of each weekday.</summary>
    public const int DaysBack = 28;

    /// <summary>What each of some days is expected to cost.</summary>
    /// <param name="days">The days to come.</param>
    /// <param name="known">What past days cost.</param>
    public static IReadOnlyList<ForecastDay> Of(IEnumerable<LocalDate> days, IReadOnlyDictionary<LocalDate, Money> known)
    {
        Dictionary<IsoDayOfWeek, List<Money>> byWeekday = known.GroupBy(day => day.Key.DayOfWeek)
            .ToDictionary(same => same.Key, same => same.Select(day => day.Value).ToList());
        List<Money> all = [.. known.Values];
        return [.. days.Select(day => Judged(day, byWeekday.GetValueOrDefault(day.DayOfWeek) ?? all))];
    }

    private static ForecastDay Judged(LocalDate day, List<Money> by)
    {
        if (by.Count == 0)
        {
            return new ForecastDay(day, Money.Zero, Money.Zero, Money.Zero);
        }

        Int128 sum = 0;
        foreach (Money amount in by)
        {
            sum += amount.Micros;
        }

        return new ForecastDay(day, new Money((Int128)Rounding.HalfUp((System.Numerics.BigInteger)sum, by.Count)), by.Min(), by.Max());
    }

    /// <summary>
    /// What a monthly line comes to if the month goes on as it has gone: its units grow with the days, and the free quota and what packages
    /// have covered are taken off them.
    /// </summary>
    /// <param name="line">The line so far.</param>
    /// <param name="elapsed">Days of the month so far, today included; at least 1.</param>
    /// <param name="days">Days of the whole month.</param>
    public static Money OfMonthly(BillLine line, int elapsed, int days)
    {
        if (line.PayAsYouGoUnits == 0 && line.UncoveredUnits > 0)
        {
            return line.Amount;
        }

        Int128 units = Rounding.CeilDiv(line.Units * days, elapsed);
        Int128 paid = Int128.Max(0, units - line.Rate.Free - line.PackageUnits - line.UncoveredUnits);
        Money expected = Pricing.Amount(line.Rate, paid);
        return expected > line.Amount ? expected : line.Amount;
    }
}
