using System.Text.Json;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>
/// The fields of a JSON object, read strictly: what has the wrong type becomes a fault and reads as if it were left out, so that all
/// faults are found at once. Unknown fields are nobody's business. Null is a value only where it says so.
/// </summary>
internal sealed class Fields(JsonElement element, string pointer, List<Fault> faults)
{
    /// <summary>The longest id or name.</summary>
    public const int MostCharacters = 256;

    /// <summary>The object itself.</summary>
    public JsonElement Element => element;

    public void Fault(string name, string detail) => faults.Add(new Fault($"{pointer}/{name}", detail));

    /// <summary>Says of each named field that is left out that it is needed.</summary>
    public void Require(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (!element.TryGetProperty(name, out _))
            {
                Fault(name, "This field is required.");
            }
        }
    }

    public string? Text(string name, int most = MostCharacters) => Found(name, out JsonElement value) ? TextOf(name, value, most) : null;

    /// <summary>A text for people, which may be longer than a name and have several lines.</summary>
    public string? LongText(string name, int most)
    {
        if (!Found(name, out JsonElement value))
        {
            return null;
        }

        string? text = value.ValueKind == JsonValueKind.String ? Decoded(value) : null;
        if (text is null || text.Length > most)
        {
            Fault(name, $"This must be a text of at most {most} characters.");
            return null;
        }

        return text;
    }

    /// <summary>An id that events gave; null where it is null or left out.</summary>
    public string? EventsText(string name)
    {
        if (!element.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        string? text = value.ValueKind == JsonValueKind.String ? Decoded(value) : null;
        string? wrong = text is null ? "This must be a text." : UnfitForEvents(text);
        if (wrong is not null)
        {
            Fault(name, wrong);
        }

        return text;
    }

    /// <summary>A text that may be null, which is not the same as left out.</summary>
    public Given<string> NullableText(string name)
    {
        if (!element.TryGetProperty(name, out JsonElement value))
        {
            return default;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            return new Given<string>(null);
        }

        return TextOf(name, value) is { } text ? new Given<string>(text) : default;
    }

    public long? Whole(string name, long least, long most)
    {
        if (!Found(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out long number) || number < least || number > most)
        {
            Fault(name, $"This must be a whole number from {least} to {most}.");
            return null;
        }

        return number;
    }

    public bool? Flag(string name)
    {
        if (!Found(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Fault(name, "This must be true or false.");
        return null;
    }

    /// <summary>One of an enum's values, in the API's spelling.</summary>
    public T? OneOf<T>(string name) where T : struct, Enum
    {
        if (!Found(name, out JsonElement value))
        {
            return null;
        }

        string? text = value.ValueKind == JsonValueKind.String ? Decoded(value) : null;
        foreach (T choice in Enum.GetValues<T>())
        {
            if (text == Spelling(choice))
            {
                return choice;
            }
        }

        Fault(name, $"This must be one of {string.Join(", ", Enum.GetValues<T>().Select(Spelling))}.");
        return null;
    }

    public IReadOnlyList<string>? Texts(string name, int most)
    {
        if (!Found(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
        {
            Fault(name, $"This must be a list of at most {most} texts.");
            return null;
        }

        List<string> texts = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (TextOf($"{name}/{texts.Count}", item) is not { } text)
            {
                return null;
            }

            texts.Add(text);
        }

        return texts;
    }

    public Fields? Object(string name)
    {
        if (!Found(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return new Fields(value, $"{pointer}/{name}", faults);
        }

        Fault(name, "This must be an object.");
        return null;
    }

    public static string Spelling<T>(T choice) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(choice.ToString());

    private bool Found(string name, out JsonElement value)
    {
        if (!element.TryGetProperty(name, out value))
        {
            return false;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            Fault(name, "This cannot be null. Leave it out to keep what is there.");
            return false;
        }

        return true;
    }

    private string? TextOf(string name, JsonElement value, int most = MostCharacters)
    {
        string? text = value.ValueKind == JsonValueKind.String ? Decoded(value) : null;
        string? wrong = text is null ? "This must be a text." : Unfit(text, most);
        if (wrong is null)
        {
            return text;
        }

        Fault(name, wrong);
        return null;
    }

    /// <summary>What keeps a text from being an id or a name; null for nothing.</summary>
    public static string? Unfit(string text, int most = MostCharacters) =>
        UnfitForEvents(text, most) ?? (text.Any(char.IsControl) ? "This must not have control characters." : null);

    /// <summary>The same of an id that events gave: what they may have, can be asked for.</summary>
    public static string? UnfitForEvents(string text, int most = MostCharacters)
    {
        if (text.Length == 0)
        {
            return "This must not be empty.";
        }

        if (text.EnumerateRunes().Count() > most)
        {
            return $"This must have at most {most} characters.";
        }

        return text.Contains('\0') ? "This must not have U+0000." : null;
    }

    // The document's parser leaves broken UTF-8 and halves of surrogate pairs for later; both end here.
    private static string? Decoded(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
