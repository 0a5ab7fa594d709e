using Minutebook.Core.Rating;

namespace Minutebook.Server;

/// <summary>Rates in words.</summary>
internal static class RateText
{
    /// <summary>What it asks: $7.00 per 1,000 min; of tiers the first and the last.</summary>
    public static string Price(Visit visit, Rate rate) => rate.Price switch
    {
        RatePrice.Flat flat => One(visit, rate, flat.Price.ToString()),
        RatePrice.Graduated graduated => Tiers(visit, rate, graduated.Tiers, "graduated"),
        RatePrice.Volume volume => Tiers(visit, rate, volume.Tiers, "volume"),
        _ => "",
    };

    public static string Units(Visit visit, Rate rate, Int128 units) => $"{visit.Show.Number(units)} {UnitOf(visit, rate)}";

    public static string UnitOf(Visit visit, Rate rate) => visit.Texts.Find("rate-unit." + rate.Unit.Name) ?? rate.Unit.Name;

    /// <summary>One price.</summary>
    public static string One(Visit visit, Rate rate, string price)
    {
        string money = visit.Show.Money(price, visit.Account!.Currency);
        return rate.Per == 1
            ? visit.Texts.Of("rate.per-one", money, UnitOf(visit, rate))
            : visit.Texts.Of("rate.per", money, visit.Show.Number(rate.Per), UnitOf(visit, rate));
    }

    private static string Tiers(Visit visit, Rate rate, IReadOnlyList<Tier> tiers, string model) => visit.Texts.Of(
        "rate.tiers", One(visit, rate, tiers[0].Price.ToString()), visit.Show.Money(tiers[^1].Price.ToString(), visit.Account!.Currency),
        visit.Texts["rate." + model]);
}
