using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Minutebook.Reference.Billing;

/// <param name="UpTo">The last unit, included; null for no end.</param>
public sealed record ReferenceTier(long? UpTo, string Price);

/// <summary>A rate as plain values (part 4 of the rules).</summary>
/// <param name="Model">Null for one price, else <c>graduated</c> or <c>volume</c>.</param>
public sealed record ReferenceRate(
    string Id, string Meter, IReadOnlyDictionary<string, string?[]> Where, string Period, string Scope, long Size, string RoundUp, long Per,
    bool WholeBlocks, long Free, string? Model, IReadOnlyList<ReferenceTier> Tiers)
{
    private static readonly Dictionary<string, string[]> Dimensions = new()
    {
        ["av"] = ["tier"],
        ["recording"] = ["kind"],
        ["slicing"] = ["mode"],
        ["delivery"] = ["dataType", "organization", "department", "download"],
    };

    public bool Matches(UsageItem item)
    {
        if (item.Meter != Meter)
        {
            return false;
        }

        string?[] values = JsonSerializer.Deserialize<string?[]>(item.Dimensions)!;
        return Where.All(one => one.Value.Contains(values[Array.IndexOf(Dimensions[Meter], one.Key)]));
    }

    /// <summary>4.3 to 4.5: whole millionths. Choice: a block that is filled up is filled at the last unit's price.</summary>
    public BigInteger Micros(BigInteger units)
    {
        BigInteger filled = WholeBlocks ? ((Rational)units / (BigInteger)Per).Ceiling() * Per : units;
        Rational sum = Rational.Zero;
        if (Model == "graduated")
        {
            BigInteger below = 0;
            foreach (ReferenceTier tier in Tiers)
            {
                BigInteger end = BigInteger.Max(below, tier.UpTo is long last ? BigInteger.Min(last, units) : units);
                sum += (end - below) * Rational.Parse(tier.Price);
                below = end;
            }

            sum += (filled - units) * Rational.Parse(Reached(units).Price);
        }
        else
        {
            sum = filled * Rational.Parse(Reached(units).Price);
        }

        return (sum * (BigInteger)1_000_000 / (BigInteger)Per).HalfUp();
    }

    public JsonObject ToJsonObject()
    {
        var json = new JsonObject
        {
            ["id"] = Id,
            ["meter"] = Meter,
            ["period"] = Period,
            ["scope"] = Scope,
            ["unit"] = new JsonObject { ["name"] = "unit", ["size"] = Size },
            ["roundUp"] = RoundUp,
            ["per"] = Per,
            ["wholeBlocks"] = WholeBlocks,
            ["free"] = Free,
        };
        if (Where.Count > 0)
        {
            json["where"] = new JsonObject(Where.Select(one => KeyValuePair.Create(
                one.Key, (JsonNode?)new JsonArray([.. one.Value.Select(value => one.Key == "download" ? JsonValue.Create(value == "true") : JsonValue.Create(value))]))));
        }

        if (Model is null)
        {
            json["price"] = Tiers[0].Price;
            return json;
        }

        json["model"] = Model;
        json["tiers"] = new JsonArray([.. Tiers.Select(tier => new JsonObject { ["upTo"] = tier.UpTo, ["price"] = tier.Price })]);
        return json;
    }

    private ReferenceTier Reached(BigInteger units) => Tiers.First(tier => tier.UpTo is null || units <= tier.UpTo);
}

/// <summary>A package on sale (5.1).</summary>
public sealed record ReferenceProduct(
    string Sku, string Quantity, IReadOnlyDictionary<string, string> Covers, bool IsAccounts, string Validity, string Price)
{
    public JsonObject ToJsonObject() => new()
    {
        ["sku"] = Sku,
        ["name"] = Sku,
        ["quantity"] = Quantity,
        ["unit"] = "unit",
        ["covers"] = new JsonArray([.. Covers.Select(cover => new JsonObject { ["rate"] = cover.Key, ["ratio"] = cover.Value })]),
        ["scope"] = IsAccounts ? "account" : "application",
        ["validity"] = Validity,
        ["price"] = Price,
    };
}

/// <summary>A version of a card.</summary>
/// <param name="EffectiveFrom">An ISO date.</param>
public sealed record ReferenceCard(string Id, string EffectiveFrom, IReadOnlyList<ReferenceRate> Rates, IReadOnlyList<ReferenceProduct> Products)
{
    public string ToJson() => new JsonObject
    {
        ["currency"] = "USD",
        ["rates"] = new JsonArray([.. Rates.Select(rate => rate.ToJsonObject())]),
        ["packages"] = new JsonArray([.. Products.Select(product => product.ToJsonObject())]),
    }.ToJsonString();
}
