using Minutebook.Core.Rating;

namespace Minutebook.Server;

/// <summary>Rates in words.</summary>
internal static class RateText
{
    /// <summary>What it asks: $7.00 per 1,000 min; of tiers the first and the last.</summary>
    public static string Price(Visit visit, Rate rate) => rate.Price switch
    {
        RatePrice.Flat flat => One(visit, rate, flat.Price.ToString()),
        RatePrice.Graduated graduated => FirstAndLast(visit, rate, graduated.Tiers, "graduated"),
        RatePrice.Volume volume => FirstAndLast(visit, rate, volume.Tiers, "volume"),
        _ => "",
    };

    /// <summary>All that it asks: of tiers each.</summary>
    public static IReadOnlyList<string> Prices(Visit visit, Rate rate) => rate.Price switch
    {
        RatePrice.Graduated graduated => Tiers(visit, rate, graduated.Tiers, "graduated"),
        RatePrice.Volume volume => Tiers(visit, rate, volume.Tiers, "volume"),
        _ => [Price(visit, rate)],
    };

    /// <summary>Which usage it prices: audio/video duration, HD or 2K.</summary>
    public static string What(Visit visit, Rate rate)
    {
        IEnumerable<string> values = rate.Meter.Dimensions.Select((dimension, at) => rate.Where.Allowed(at) is { } some
            ? string.Join(" / ", some.Select(value => value is null ? "–" : visit.Texts.Find($"{dimension}.{value}") ?? value))
            : null).OfType<string>();
        return string.Join(", ", [visit.Texts.Find("service." + rate.Meter.Name) ?? rate.Meter.Name, .. values]);
    }

    /// <summary>How units are counted.</summary>
    public static string Rounding(Visit visit, Rate rate)
    {
        string rounded = visit.Texts["round-up." + rate.RoundUp.ToString().ToLowerInvariant()];
        return rate.WholeBlocks ? $"{rounded}; {visit.Texts.Of("rate.blocks", Units(visit, rate, rate.Per))}" : rounded;
    }

    public static string Units(Visit visit, Rate rate, Int128 units) => $"{visit.Show.Number(units)} {UnitOf(visit, rate)}";

    public static string UnitOf(Visit visit, Rate rate) => visit.Texts.Find("rate-unit." + rate.Unit.Name) ?? rate.Unit.Name;

    /// <summary>One price.</summary>
    public static string One(Visit visit, Rate rate, string price)
    {
        string money = visit.Show.Money(price, visit.Account!.Currency);
        return rate.Per == 1
            ? visit.Texts.Of("rate.per-one", money, visit.Texts.Find($"rate-unit.{rate.Unit.Name}.one") ?? UnitOf(visit, rate))
            : visit.Texts.Of("rate.per", money, visit.Show.Number(rate.Per), UnitOf(visit, rate));
    }

    private static string FirstAndLast(Visit visit, Rate rate, IReadOnlyList<Tier> tiers, string model) => visit.Texts.Of(
        "rate.tiers", One(visit, rate, tiers[0].Price.ToString()), visit.Show.Money(tiers[^1].Price.ToString(), visit.Account!.Currency),
        visit.Texts["rate." + model]);

    private static string[] Tiers(Visit visit, Rate rate, IReadOnlyList<Tier> tiers, string model) =>
    [
        visit.Texts["rate." + model + ".each"],
        .. tiers.Select(tier => tier.UpTo is { } last
            ? visit.Texts.Of("rate.tier", Units(visit, rate, last), One(visit, rate, tier.Price.ToString()))
            : visit.Texts.Of("rate.tier-last", One(visit, rate, tier.Price.ToString()))),
    ];
}
