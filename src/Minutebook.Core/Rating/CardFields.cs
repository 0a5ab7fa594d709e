using System.Text.Json;
using Minutebook.Core.Units;

namespace Minutebook.Core.Rating;

/// <summary>One thing that is wrong with a document.</summary>
/// <param name="Pointer">Where, as a JSON pointer (RFC 6901).</param>
/// <param name="Detail">What is wrong and what to do about it, as a sentence.</param>
public sealed record CardFault(string Pointer, string Detail);

/// <summary>
/// The fields of one JSON object of a card. What is missing or wrong becomes a fault, and reading goes on with a stand-in, so
/// that all faults are found at once; a card with faults is never built. A null where a field is optional is as good as none.
/// </summary>
internal sealed class CardFields
{
    public const int MostCharacters = 256;
    public const long MostWhole = 1_000_000_000_000_000;
    public const int MostItems = 1_000;

    private readonly JsonElement element;
    private readonly List<CardFault> faults;

    public CardFields(JsonElement element, string pointer, List<CardFault> faults, params string[] known)
    {
        (this.element, Pointer, this.faults) = (element, pointer, faults);
        if (element.ValueKind != JsonValueKind.Object)
        {
            Fault("", "This must be an object.");
            return;
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
            {
                Fault(property.Name, $"There is no field '{property.Name}' here; the fields are {string.Join(", ", known)}.");
            }
        }
    }

    public string Pointer { get; }

    public static string At(string pointer, string name) => $"{pointer}/{name.Replace("~", "~0").Replace("/", "~1")}";

    public void Fault(string name, string detail) => faults.Add(new CardFault(name.Length == 0 ? Pointer : At(Pointer, name), detail));

    /// <summary>A fault at a path below this object, whose parts need no escapes.</summary>
    public void FaultBelow(string path, string detail) => faults.Add(new CardFault($"{Pointer}/{path}", detail));

    /// <summary>The field; null where it is missing or null.</summary>
    public JsonElement? Optional(string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind != JsonValueKind.Null ? value : null;

    public JsonElement? Required(string name, string what)
    {
        JsonElement? value = Optional(name);
        if (value is null && element.ValueKind == JsonValueKind.Object)
        {
            Fault(name, $"'{name}' is missing: give {what}.");
        }

        return value;
    }

    /// <summary>A text of 1 to 256 characters.</summary>
    public string Text(string name, string what)
    {
        string detail = $"'{name}' is {what}, a text of 1 to {MostCharacters} characters.";
        return Read(Required(name, what), name, detail, value => value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: >= 1 and <= MostCharacters } text ? text : null) ?? "";
    }

    /// <summary>A whole JSON number in [least, <see cref="MostWhole"/>].</summary>
    public long Whole(string name, long least, string what)
    {
        string detail = $"'{name}' is {what}, a whole number from {least} to {MostWhole}.";
        return ReadValue<long>(Required(name, what), name, detail, value => WholeOf(value, least)) ?? least;
    }

    /// <summary>As <see cref="Whole"/>; 0 where it is missing.</summary>
    public long OptionalWhole(string name, string what)
    {
        string detail = $"'{name}' is {what}, a whole number from 0 to {MostWhole}.";
        return ReadValue<long>(Optional(name), name, detail, value => WholeOf(value, 0)) ?? 0;
    }

    public bool Flag(string name) =>
        ReadValue<bool>(Optional(name), name, $"'{name}' is true or false.", value => value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        }) ?? false;

    /// <summary>One of an enum's words; the place of a word is the enum's value.</summary>
    public int Choice(string name, IReadOnlyList<string> words, int? unlessGiven = null)
    {
        string what = string.Join(" or ", words.Select(word => $"'{word}'"));
        JsonElement? given = unlessGiven is null ? Required(name, what) : Optional(name);
        return ReadValue<int>(given, name, $"'{name}' is {what}.", value => PlaceOf(value, words)) ?? unlessGiven ?? 0;
    }

    public Price Price(string name, int mostDecimals)
    {
        string detail = $"'{name}' is a price: a decimal in quotes, such as \"7.00\", from 0 to below 10^12, "
            + $"with at most {mostDecimals} digits after the point.";
        return ReadValue<Price>(Required(name, "a price such as \"7.00\""), name, detail, value => value.ValueKind == JsonValueKind.String
            && Units.Price.TryParse(value.GetString(), out Price price) && price.Decimals <= mostDecimals ? price : null) ?? default;
    }

    /// <summary>A quantity above zero, as a JSON number without exponent or a text.</summary>
    public PackageUnits Quantity(string name, string what)
    {
        string detail = $"'{name}' is {what}: a decimal above 0 and below 10^12, with at most 12 digits after the point.";
        return ReadValue<PackageUnits>(Required(name, what), name, detail, value =>
        {
            string? text = value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            };
            return PackageUnits.TryParse(text, out PackageUnits units) && units > PackageUnits.Zero ? units : null;
        }) ?? PackageUnits.Whole(1);
    }

    public CardFields? Object(string name, string what, params string[] known) =>
        Required(name, what) is { } value ? new CardFields(value, At(Pointer, name), faults, known) : null;

    /// <summary>The objects of a list; a list that is missing is a fault if it is required, and empty.</summary>
    public IEnumerable<CardFields> Objects(string name, bool required, params string[] known)
    {
        JsonElement? list = required ? Required(name, "a list") : Optional(name);
        if (list is not { } given)
        {
            return [];
        }

        if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() > MostItems)
        {
            Fault(name, $"'{name}' is a list of at most {MostItems} objects.");
            return [];
        }

        string pointer = At(Pointer, name);
        return given.EnumerateArray().Select((item, place) => new CardFields(item, $"{pointer}/{place}", faults, known)).ToList();
    }

    private T? Read<T>(JsonElement? given, string name, string detail, Func<JsonElement, T?> read)
        where T : class
    {
        T? value = given is { } some ? read(some) : null;
        if (value is null && given is not null)
        {
            Fault(name, detail);
        }

        return value;
    }

    private T? ReadValue<T>(JsonElement? given, string name, string detail, Func<JsonElement, T?> read)
        where T : struct
    {
        T? value = given is { } some ? read(some) : null;
        if (value is null && given is not null)
        {
            Fault(name, detail);
        }

        return value;
    }

    private static long? WholeOf(JsonElement value, long least) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long whole) && whole >= least && whole <= MostWhole ? whole : null;

    private static int? PlaceOf(JsonElement value, IReadOnlyList<string> words)
    {
        string? word = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] == word)
            {
                return i;
            }
        }

        return null;
    }
}
