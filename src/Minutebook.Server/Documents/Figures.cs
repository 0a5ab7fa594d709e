using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Figures as documents for people show them.</summary>
public static class Figures
{
    /// <summary>A decimal text with its thousands parted: 1234.5 becomes 1,234.5.</summary>
    public static string Grouped(string number)
    {
        int start = number.StartsWith('-') ? 1 : 0;
        int point = number.IndexOf('.');
        int end = point < 0 ? number.Length : point;
        var text = new System.Text.StringBuilder(number);
        for (int at = end - 3; at > start; at -= 3)
        {
            text.Insert(at, ',');
        }

        return text.ToString();
    }

    public static string Grouped(Int128 number) => Grouped(number.ToString());

    /// <summary>A unit's name for several of it: minutes, but GB.</summary>
    public static string Several(string unit) => unit.EndsWith('s') || char.IsUpper(unit[^1]) ? unit : $"{unit}s";

    /// <summary>So many of a unit: 1 minute, 1,000 minutes, 12 GB.</summary>
    public static string Counted(Int128 number, string unit) => $"{Grouped(number)} {(number == 1 ? unit : Several(unit))}";

    /// <summary>A day, or a month.</summary>
    public static string Of(BillPeriod period) =>
        period.Kind == PeriodKind.Day ? JsonText.Of(period.Start) : JsonText.Of(period.Start)[..7];

    /// <summary>What a rate asks, in a few words.</summary>
    public static string PriceOf(Rate rate)
    {
        string per = rate.Per == 1 ? $"a {rate.Unit.Name}" : $"per {Grouped(rate.Per)} {Several(rate.Unit.Name)}";
        return rate.Price switch
        {
            RatePrice.Flat flat => $"{flat.Price} {per}",
            RatePrice.Graduated graduated => $"graduated {per}: {Tiers(graduated.Tiers)}",
            RatePrice.Volume volume => $"volume {per}: {Tiers(volume.Tiers)}",
            _ => throw new ArgumentException($"No words for {rate.Price}.", nameof(rate)),
        };
    }

    /// <summary>What a rate prices: the meter, and the values of its dimensions.</summary>
    public static string UsageOf(Rate rate)
    {
        IEnumerable<string> values = rate.Meter.Dimensions
            .Select((name, at) => rate.Where.Allowed(at) is { } some ? string.Join(" or ", some.Select(value => value ?? $"no {name}")) : null)
            .OfType<string>();
        return string.Join(", ", [rate.Meter.Name, .. values]);
    }

    private static string Tiers(IReadOnlyList<Tier> tiers) => string.Join("; ", tiers.Select(tier =>
        tier.UpTo is { } last ? $"to {Grouped(last)} {tier.Price}" : $"above {tier.Price}"));

    /// <summary>An instant to the second, in a zone.</summary>
    public static string Of(Instant instant, DateTimeZone zone) =>
        instant.InZone(zone).ToString("uuuu-MM-dd HH:mm:ss o<g>", System.Globalization.CultureInfo.InvariantCulture);
}
