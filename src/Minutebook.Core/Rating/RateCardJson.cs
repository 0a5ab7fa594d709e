using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NodaTime.Text;

namespace Minutebook.Core.Rating;

/// <summary>What came of reading a card: the card, or all that is wrong with it.</summary>
/// <param name="Card">The card; null when there are faults.</param>
/// <param name="Faults">What is wrong, in the order of the document.</param>
public sealed record CardReading(RateCard? Card, IReadOnlyList<CardFault> Faults);

/// <summary>A version of a rate card as JSON, in the shape of the API.</summary>
public static class RateCardJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Reads a version and checks all of it (section 4). Nothing is published by that: <see cref="CardVersions.Publish"/>.
    /// </summary>
    /// <param name="version">The name that the version will have.</param>
    /// <param name="utf8">The document; duplicate keys are a fault.</param>
    public static CardReading Read(RateCardVersion version, ReadOnlyMemory<byte> utf8)
    {
        JsonDocument parsed;
        try
        {
            parsed = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // Looking for duplicate names stumbles over a name with half of a surrogate pair: InvalidOperationException.
            return new CardReading(null, [new CardFault("", $"This is not JSON: {wrong.Message}")]);
        }

        using (parsed)
        {
            return Read(version, parsed.RootElement);
        }
    }

    /// <summary>Reads a version from a document that is parsed already.</summary>
    /// <inheritdoc cref="Read(RateCardVersion, ReadOnlyMemory{byte})"/>
    public static CardReading Read(RateCardVersion version, JsonElement document)
    {
        if (Unreadable(document, "") is { } pointer)
        {
            return new CardReading(null, [new CardFault(pointer, "This text has half of a surrogate pair: correct its escapes.")]);
        }

        var reader = new CardReader();
        RateCard? card = reader.Read(version, document);
        return new CardReading(card, reader.Faults);
    }

    /// <summary>
    /// The version as canonical JSON: all fields, those left out with their defaults, always in the same order and spelling.
    /// </summary>
    public static string ToJson(RateCard card)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            Write(card, writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Whether two versions say the same (rule 4.6): their canonical JSON is equal.</summary>
    public static bool Same(RateCard one, RateCard other) => ToJson(one) == ToJson(other);

    /// <summary>Writes the canonical JSON of <see cref="ToJson"/>, as one object.</summary>
    public static void Write(RateCard card, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("card", card.Version.Card);
        writer.WriteString("effectiveFrom", DateOf(card.Version));
        writer.WriteString("currency", card.Currency.Code);
        writer.WriteStartArray("rates");
        foreach (Rate rate in card.Rates)
        {
            RateJson.Write(rate, writer);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("packages");
        foreach (PackageProduct product in card.Packages)
        {
            ProductJson.Write(product, writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    internal static string DateOf(RateCardVersion version) => LocalDatePattern.Iso.Format(version.EffectiveFrom);

    /// <summary>
    /// Where a name or a text has an escape that is half of a surrogate pair, which no string can hold; null if nowhere.
    /// </summary>
    private static string? Unreadable(JsonElement element, string pointer) => element.ValueKind switch
    {
        JsonValueKind.String => Try(() => element.GetString()) ? null : pointer,
        JsonValueKind.Array => element.EnumerateArray().Select((item, i) => Unreadable(item, $"{pointer}/{i}")).FirstOrDefault(at => at is not null),
        JsonValueKind.Object => element.EnumerateObject()
            .Select(field => Try(() => field.Name) ? Unreadable(field.Value, CardFields.At(pointer, field.Name)) : pointer)
            .FirstOrDefault(at => at is not null),
        _ => null,
    };

    private static bool Try(Func<string?> read)
    {
        try
        {
            return read() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
