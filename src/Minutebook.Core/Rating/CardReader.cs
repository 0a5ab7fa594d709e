using System.Text.Json;
using Minutebook.Core.Metering;
using Minutebook.Core.Units;

namespace Minutebook.Core.Rating;

/// <summary>JSON → a card's parts, with all faults.</summary>
internal sealed class CardReader
{
    /// <summary>Stands in for what a rate matches when that cannot be read.</summary>
    private static readonly Where Unreadable = new(Meter.Peak, new Dictionary<string, IReadOnlyList<string?>>());

    private readonly List<CardFault> faults = [];

    public IReadOnlyList<CardFault> Faults => faults;

    public RateCard? Read(RateCardVersion version, JsonElement document)
    {
        var fields = new CardFields(document, "", faults, "card", "effectiveFrom", "currency", "rates", "packages");
        CheckName(fields, version);
        Currency? currency = ReadCurrency(fields);
        List<(CardFields Fields, Rate Rate)> rates = [.. fields.Objects("rates", required: true, "id", "meter", "where", "period", "scope",
            "unit", "roundUp", "per", "wholeBlocks", "free", "price", "model", "tiers", "source").Select(one => (one, ReadRate(one)))];
        List<(CardFields Fields, PackageProduct Product)> products = [.. fields.Objects("packages", required: false, "sku", "name",
            "quantity", "unit", "covers", "scope", "validity", "price").Select(one => (one, ReadProduct(one)))];
        CheckRates(rates);
        CheckProducts(products, [.. rates.Select(rate => rate.Rate.Id)]);
        return faults.Count > 0 ? null
            : new RateCard(version, currency!, [.. rates.Select(rate => rate.Rate)], [.. products.Select(product => product.Product)]);
    }

    /// <summary>A card read back may be published again as it is.</summary>
    private static void CheckName(CardFields fields, RateCardVersion version)
    {
        if (version.Card.Length is 0 or > CardFields.MostCharacters)
        {
            fields.Fault("card", $"A card's id has 1 to {CardFields.MostCharacters} characters.");
        }

        if (fields.Optional("card") is not null && fields.Text("card", "the card's id") is { Length: > 0 } card && card != version.Card)
        {
            fields.Fault("card", $"This names the card '{card}', but the address '{version.Card}': leave it out.");
        }

        string date = RateCardJson.DateOf(version);
        if (fields.Optional("effectiveFrom") is not null && fields.Text("effectiveFrom", "a date") is { Length: > 0 } from && from != date)
        {
            fields.Fault("effectiveFrom", $"This says '{from}', but the address '{date}': leave it out.");
        }
    }

    private static Currency? ReadCurrency(CardFields fields)
    {
        string code = fields.Text("currency", "a currency's code such as \"USD\"");
        if (!Currency.TryGet(code, out Currency? currency) && code.Length > 0)
        {
            fields.Fault("currency", $"'{code}' is no currency in use: give a code of ISO 4217 in capital letters.");
        }

        return currency;
    }

    private static Rate ReadRate(CardFields fields)
    {
        string id = fields.Text("id", "the rate's name on this card");
        Where where = ReadWhere(fields) ?? Unreadable;
        return new Rate
        {
            Id = id,
            Where = where,
            Period = (PeriodKind)fields.Choice("period", CardWords.Periods),
            Scope = (Scope)fields.Choice("scope", CardWords.Scopes, 0),
            Unit = ReadUnit(fields),
            RoundUp = (RoundUp)fields.Choice("roundUp", CardWords.RoundUps),
            Per = fields.Whole("per", 1, "how many units the price is for"),
            WholeBlocks = fields.Flag("wholeBlocks"),
            Free = fields.OptionalWhole("free", "how many units cost nothing"),
            Price = ReadPrice(fields),
            Source = ReadSource(fields),
        };
    }

    private static RateUnit ReadUnit(CardFields fields) =>
        fields.Object("unit", "what is counted, such as {\"name\": \"minute\", \"size\": 60}", "name", "size") is { } unit
            ? new RateUnit(unit.Text("name", "the unit's name"), unit.Whole("size", 1, "how many base units of the meter one unit is"))
            : new RateUnit("", 1);

    private static string? ReadSource(CardFields fields)
    {
        const int most = 2_000;
        if (fields.Optional("source") is not { } source)
        {
            return null;
        }

        if (source.ValueKind == JsonValueKind.String && source.GetString() is { Length: <= most } text)
        {
            return text;
        }

        fields.Fault("source", $"'source' says where the price comes from, a text of at most {most} characters.");
        return null;
    }

    private static RatePrice ReadPrice(CardFields fields)
    {
        bool hasPrice = fields.Optional("price") is not null;
        bool hasTiers = fields.Optional("model") is not null || fields.Optional("tiers") is not null;
        if (hasPrice == hasTiers)
        {
            fields.Fault("price", hasPrice
                ? "A rate has one price or a model with tiers, not both: take one of them out."
                : "The rate has no price: give 'price', or 'model' and 'tiers'.");
            return new RatePrice.Flat(default);
        }

        if (hasPrice)
        {
            return new RatePrice.Flat(fields.Price("price", Price.MostDecimals));
        }

        int model = fields.Choice("model", CardWords.Models);
        IReadOnlyList<Tier> tiers = ReadTiers(fields);
        return model == 0 ? new RatePrice.Graduated(tiers) : new RatePrice.Volume(tiers);
    }

    private static List<Tier> ReadTiers(CardFields fields)
    {
        List<CardFields> items = [.. fields.Objects("tiers", required: true, "upTo", "price")];
        var tiers = new List<Tier>();
        long last = 0;
        foreach (CardFields item in items)
        {
            bool isLast = tiers.Count == items.Count - 1;
            long? upTo = isLast || item.Optional("upTo") is null ? null : item.Whole("upTo", 1, "the tier's last unit");
            if (isLast && item.Optional("upTo") is not null)
            {
                item.Fault("upTo", "The last tier has no end: let its 'upTo' be null.");
            }
            else if (!isLast && (upTo is null || upTo <= last))
            {
                item.Fault("upTo", $"Tiers ascend, and only the last has no end: give a whole number above {last}.");
            }

            last = upTo ?? last;
            tiers.Add(new Tier(upTo, item.Price("price", Price.MostDecimals)));
        }

        if (items.Count == 0 && fields.Optional("tiers") is not null)
        {
            fields.Fault("tiers", "There is no tier: give at least one, the last with 'upTo' null.");
        }

        return tiers;
    }

    /// <summary>What a rate matches; null when its meter or a value is wrong.</summary>
    private static Where? ReadWhere(CardFields fields)
    {
        string name = fields.Text("meter", "the meter whose usage it prices");
        if (Meter.Named(name) is not { } meter)
        {
            if (name.Length > 0)
            {
                fields.Fault("meter", $"There is no meter '{name}'; the meters are {string.Join(", ", Meter.All)}.");
            }

            return null;
        }

        var values = new Dictionary<string, IReadOnlyList<string?>>();
        CardFields? where = fields.Optional("where") is null ? null : fields.Object("where", "", [.. meter.Dimensions]);
        foreach (string dimension in where is null ? [] : meter.Dimensions)
        {
            if (where!.Optional(dimension) is { } list)
            {
                if (WhereValues.Read(where, dimension, list) is not { } allowed)
                {
                    return null;
                }

                values[dimension] = allowed;
            }
        }

        return new Where(meter, values);
    }

    private static PackageProduct ReadProduct(CardFields fields)
    {
        string validity = fields.Text("validity", "how long it is valid, such as \"P1M\"");
        if (!Validity.TryParse(validity, out Validity valid) && validity.Length > 0)
        {
            fields.Fault("validity", $"'{validity}' is no validity: give days, months or years, up to a hundred years, such as P30D, P1M or P1Y.");
        }

        return new PackageProduct
        {
            Sku = fields.Text("sku", "its article number"),
            Name = fields.Text("name", "its name"),
            Quantity = fields.Quantity("quantity", "how many of its own units it holds"),
            Unit = fields.Text("unit", "the name of its own unit"),
            Covers = [.. fields.Objects("covers", required: true, "rate", "ratio")
                .Select(cover => new Cover(cover.Text("rate", "the id of a rate"), cover.Quantity("ratio", "units of it for one billed unit")))],
            Scope = (Scope)fields.Choice("scope", CardWords.Scopes),
            Validity = valid,
            Price = fields.Price("price", 6),
        };
    }

    private static void CheckRates(List<(CardFields Fields, Rate Rate)> rates)
    {
        var ids = new HashSet<string>();
        foreach ((CardFields fields, Rate rate) in rates)
        {
            if (rate.Id.Length > 0 && !ids.Add(rate.Id))
            {
                fields.Fault("id", $"A rate above is called '{rate.Id}' too: give each its own id.");
            }
        }

        // Which rate takes what from which can only be said when it is known what all of them match.
        if (rates.Any(rate => rate.Rate.Where == Unreadable))
        {
            return;
        }

        var reach = new Reach([.. rates.Select(rate => rate.Rate.Where)]);
        for (int i = 0; i < rates.Count; i++)
        {
            if (reach.IsEmpty(i))
            {
                rates[i].Fields.Fault("where", "This rate can never match: no usage of its meter has such dimensions. Correct them or take it out.");
            }
            else if (reach.IsTaken(i))
            {
                rates[i].Fields.Fault("where", "This rate can never match: the rates above it price all that it matches. Move it up or take it out.");
            }
        }
    }

    private static void CheckProducts(List<(CardFields Fields, PackageProduct Product)> products, HashSet<string> rates)
    {
        var skus = new HashSet<string>();
        foreach ((CardFields fields, PackageProduct product) in products)
        {
            if (product.Sku.Length > 0 && !skus.Add(product.Sku))
            {
                fields.Fault("sku", $"A package above is called '{product.Sku}' too: give each its own sku.");
            }

            if (product.Covers.Count == 0 && fields.Optional("covers") is { ValueKind: JsonValueKind.Array })
            {
                fields.Fault("covers", "The package covers nothing: name at least one rate.");
            }

            CheckCovers(fields, product, rates);
        }
    }

    private static void CheckCovers(CardFields fields, PackageProduct product, HashSet<string> rates)
    {
        var covered = new HashSet<string>();
        for (int i = 0; i < product.Covers.Count; i++)
        {
            string rate = product.Covers[i].Rate;
            if (rate.Length > 0 && !rates.Contains(rate))
            {
                fields.FaultBelow($"covers/{i}/rate", $"This card has no rate '{rate}': name one that it has.");
            }
            else if (rate.Length > 0 && !covered.Add(rate))
            {
                fields.FaultBelow($"covers/{i}/rate", $"The package covers '{rate}' already: name each rate once.");
            }
        }
    }
}
