using System.Globalization;
using System.Text.Json;

namespace Minutebook.Connectors;

/// <summary>The first thing that was found wrong with a delivery.</summary>
internal sealed class FirstFault
{
    public string? Sentence { get; private set; }

    public void Say(string sentence) => Sentence ??= sentence;
}

/// <summary>
/// The fields of one JSON object from outside. What is missing or wrong is said once, to the fault that a whole delivery shares, and
/// answered with an empty value, so that code reads straight on and looks at the fault at its end.
/// </summary>
internal sealed class Fields(JsonElement element, string path, FirstFault fault)
{
    public const int MaxChars = 256;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>A JSON object, or null and a fault.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body, FirstFault fault)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(body, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }
            document.Dispose();
        }
        catch (Exception malformed) when (IsBadText(malformed))
        {
            // Said below, without the parser's words: they would echo what was sent.
        }
        fault.Say("The body is not a JSON object.");
        return null;
    }

    /// <summary>Reads each object of a JSON list, or says what is wrong with it.</summary>
    public static void ReadList(ReadOnlyMemory<byte> json, int maxCount, FirstFault fault, Action<Fields> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Array && document.RootElement.GetArrayLength() <= maxCount)
            {
                int index = 0;
                foreach (JsonElement item in document.RootElement.EnumerateArray())
                {
                    read(new Fields(item, $"{index++}/", fault));
                }
                return;
            }
        }
        catch (Exception malformed) when (IsBadText(malformed))
        {
            // Said below, without the parser's words: they would echo what was sent.
        }
        fault.Say($"The body holds no JSON list of at most {maxCount} events.");
    }

    public bool IsFaulty => fault.Sentence is not null;

    /// <summary>A text that must be there. With <paramref name="orNumber"/> also a whole number, as its digits: some ids are either.</summary>
    public string Text(string name, int maxChars = MaxChars, bool orNumber = false) =>
        OptionalText(name, maxChars, orNumber) ?? Missing(name, "");

    /// <summary>A text, or null where there is none or an empty one.</summary>
    public string? OptionalText(string name, int maxChars = MaxChars, bool orNumber = false)
    {
        JsonElement? value = Property(name);
        return value?.ValueKind switch
        {
            null => null,
            JsonValueKind.String => Checked(name, value.Value, maxChars),
            JsonValueKind.Number when orNumber && value.Value.TryGetInt64(out long number) => EventId.Digits(number),
            _ => Wrong<string>(name, orNumber ? "must be a text or a whole number" : "must be a text"),
        };
    }

    public IReadOnlyList<string>? OptionalTexts(string name, int maxCount)
    {
        JsonElement? value = Property(name);
        if (value is null)
        {
            return null;
        }
        if (value.Value.ValueKind != JsonValueKind.Array || value.Value.GetArrayLength() > maxCount)
        {
            return Wrong<IReadOnlyList<string>>(name, $"must be a list of at most {maxCount} texts");
        }
        return [.. value.Value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String
            ? Checked(name, item, MaxChars) ?? ""
            : Wrong<string>(name, "must be a list of texts") ?? "")];
    }

    public long Whole(string name, long max) => OptionalWhole(name, max) ?? Missing(name, 0L);

    /// <summary>A whole number from 0, also written as a text of digits (protojson writes 64 bits so).</summary>
    public long? OptionalWhole(string name, long max)
    {
        JsonElement? value = Property(name);
        if (value is null)
        {
            return null;
        }
        long number = 0;
        bool read = value.Value.ValueKind switch
        {
            JsonValueKind.Number => value.Value.TryGetInt64(out number),
            JsonValueKind.String =>
                long.TryParse(Checked(name, value.Value, 20), NumberStyles.None, CultureInfo.InvariantCulture, out number),
            _ => false,
        };
        if (read && number >= 0 && number <= max)
        {
            return number;
        }
        fault.Say($"{path}{name} must be a whole number from 0 to {max}.");
        return null;
    }

    public bool IsTrue(string name) => Property(name)?.ValueKind == JsonValueKind.True;

    public bool IsFalse(string name) => Property(name)?.ValueKind == JsonValueKind.False;

    public Fields Object(string name) => OptionalObject(name) ?? Missing(name, Empty);

    public Fields? OptionalObject(string name)
    {
        JsonElement? value = Property(name);
        return value?.ValueKind switch
        {
            null => null,
            JsonValueKind.Object => new Fields(value.Value, $"{path}{name}/", fault),
            _ => Wrong<Fields>(name, "must be an object"),
        };
    }

    /// <summary>A list of objects; null when there is none.</summary>
    public IReadOnlyList<Fields>? OptionalList(string name, int maxCount)
    {
        JsonElement? value = Property(name);
        if (value is null)
        {
            return null;
        }
        if (value.Value.ValueKind != JsonValueKind.Array
            || value.Value.GetArrayLength() > maxCount
            || value.Value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.Object))
        {
            return Wrong<IReadOnlyList<Fields>>(name, $"must be a list of at most {maxCount} objects");
        }
        return [.. value.Value.EnumerateArray().Select((item, index) => new Fields(item, $"{path}{name}/{index}/", fault))];
    }

    public void Say(string name, string detail) => fault.Say($"{path}{name} {detail}.");

    private Fields Empty => new(default, path, fault);

    private JsonElement? Property(string name)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
                && value.ValueKind != JsonValueKind.Null ? value : null;
        }
        catch (Exception malformed) when (IsBadText(malformed))
        {
            fault.Say("The name of a field is not valid text.");
            return null;
        }
    }

    // Databases keep no NUL in a text, and half a surrogate pair cannot be written as UTF-8.
    private string? Checked(string name, JsonElement value, int maxChars)
    {
        try
        {
            string text = value.GetString()!;
            if (text.Length > maxChars || text.Contains('\0'))
            {
                return Wrong<string>(name, $"must be at most {maxChars} characters without NUL");
            }
            return text.Length == 0 ? null : text;
        }
        catch (Exception malformed) when (IsBadText(malformed))
        {
            return Wrong<string>(name, "is not valid text");
        }
    }

    private static bool IsBadText(Exception exception) => exception is JsonException or InvalidOperationException;

    private T? Wrong<T>(string name, string detail)
        where T : class
    {
        Say(name, detail);
        return null;
    }

    private T Missing<T>(string name, T empty)
    {
        Say(name, "is missing");
        return empty;
    }
}
