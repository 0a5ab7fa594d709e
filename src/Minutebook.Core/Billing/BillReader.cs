using System.Text.Json;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Core.Billing;

/// <summary>Reads a bill that <see cref="BillJson"/> wrote. It is our own document: what is wrong with it throws.</summary>
public static class BillReader
{
    /// <summary>The bill.</summary>
    /// <exception cref="FormatException">It is not what <see cref="BillJson"/> writes.</exception>
    public static Bill Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"This is no bill: {wrong.Message}", wrong);
        }
    }

    /// <summary>The bill.</summary>
    public static Bill Read(JsonElement bill)
    {
        BillPeriod period = PeriodOf(bill);
        return new Bill
        {
            Account = Text(bill, "account"),
            Period = period,
            IssuedAt = InstantPattern.ExtendedIso.Parse(Text(bill, "issuedAt")).Value,
            Currency = Currency.Get(Text(bill, "currency")),
            Card = new RateCardVersion(Text(bill, "card"), Date(bill, "cardEffectiveFrom")),
            Lines = [.. bill.GetProperty("lines").EnumerateArray().Select(line => LineOf(line, period))],
            Rounding = Money.Parse(Text(bill, "rounding")),
            Total = Money.Parse(Text(bill, "total")),
        };
    }

    private static BillLine LineOf(JsonElement line, BillPeriod own)
    {
        JsonElement adjusts = line.GetProperty("adjusts");
        BillPeriod? adjusted = adjusts.ValueKind == JsonValueKind.Null ? null : PeriodOf(adjusts);
        return new BillLine
        {
            Application = line.GetProperty("application").GetString(),
            Rate = RateOf(line, (adjusted ?? own).Kind),
            Quantity = Int128.Parse(line.GetProperty("quantity").GetRawText()),
            Units = Count(line, "units"),
            FreeUnits = Count(line, "freeUnits"),
            Packages = [.. line.GetProperty("packages").EnumerateArray().Select(ShareOf)],
            PayAsYouGoUnits = Count(line, "payAsYouGoUnits"),
            UncoveredUnits = Count(line, "uncoveredUnits"),
            Amount = Money.Parse(Text(line, "amount")),
            Adjusts = adjusted,
        };
    }

    private static Rate RateOf(JsonElement line, PeriodKind period)
    {
        Meter meter = Meter.Named(Text(line, "meter")) ?? throw new FormatException($"There is no meter {Text(line, "meter")}.");
        return new Rate
        {
            Id = Text(line, "rate"),
            Where = new Where(meter, line.GetProperty("dimensions").EnumerateObject().ToDictionary(field => field.Name, field => ValuesOf(field.Value))),
            Period = period,
            Scope = line.GetProperty("application").ValueKind == JsonValueKind.Null ? Scope.Account : Scope.Application,
            Unit = new RateUnit(Text(line, "unit"), line.GetProperty("unitSize").GetInt64()),
            RoundUp = CardWords.RoundUpOf(Text(line, "roundUp")),
            Per = line.GetProperty("per").GetInt64(),
            WholeBlocks = line.GetProperty("wholeBlocks").GetBoolean(),
            Free = line.GetProperty("freeQuota").GetInt64(),
            Price = PriceOf(line),
            Source = line.TryGetProperty("source", out JsonElement source) ? source.GetString() : null,
        };
    }

    private static RatePrice PriceOf(JsonElement line)
    {
        if (line.GetProperty("price").GetString() is { } price)
        {
            return new RatePrice.Flat(Price.Parse(price));
        }

        List<Tier> tiers = [.. line.GetProperty("tiers").EnumerateArray().Select(tier => new Tier(
            tier.GetProperty("upTo").ValueKind == JsonValueKind.Null ? null : tier.GetProperty("upTo").GetInt64(), Price.Parse(Text(tier, "price"))))];
        return Text(line, "model") == "graduated" ? new RatePrice.Graduated(tiers) : new RatePrice.Volume(tiers);
    }

    private static IReadOnlyList<string?> ValuesOf(JsonElement values) => [.. values.EnumerateArray().Select(value => value.ValueKind switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.GetString(),
    })];

    private static PackageShare ShareOf(JsonElement share)
    {
        string deducted = Text(share, "deducted");
        PackageUnits units = PackageUnits.Parse(deducted.TrimStart('-'));
        return new PackageShare(Text(share, "package"), Count(share, "units"), deducted.StartsWith('-') ? PackageUnits.Zero - units : units);
    }

    private static BillPeriod PeriodOf(JsonElement period) =>
        BillPeriod.From(Text(period, "kind") == "daily" ? PeriodKind.Day : PeriodKind.Month, Date(period, "periodStart"));

    private static LocalDate Date(JsonElement of, string name) => LocalDatePattern.Iso.Parse(Text(of, name)).Value;

    private static Int128 Count(JsonElement of, string name) => Int128.Parse(Text(of, name));

    private static string Text(JsonElement of, string name) =>
        of.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null.");
}
