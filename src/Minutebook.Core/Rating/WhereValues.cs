using System.Text.Json;

namespace Minutebook.Core.Rating;

/// <summary>
/// The values that a rate allows in one dimension, from JSON. <c>download</c> takes booleans, all others texts; open
/// dimensions null too.
/// </summary>
internal static class WhereValues
{
    /// <summary>The values; null when something is wrong with them.</summary>
    public static IReadOnlyList<string?>? Read(CardFields where, string dimension, JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > CardFields.MostItems)
        {
            where.Fault(dimension, $"'{dimension}' lists the values allowed, 1 to {CardFields.MostItems}; with none the rate can never match.");
            return null;
        }

        var values = new List<string?>();
        bool right = true;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (!TryRead(dimension, item, out string? value))
            {
                right = false;
                where.FaultBelow($"{dimension}/{values.Count}", $"'{dimension}' cannot be {item.GetRawText()}: {Expected(dimension)}.");
            }
            else if (values.Contains(value))
            {
                where.FaultBelow($"{dimension}/{values.Count}", "This value is listed above: name each once.");
            }

            values.Add(value);
        }

        return right ? values : null;
    }

    private static bool TryRead(string dimension, JsonElement item, out string? value)
    {
        bool isFlag = dimension == "download";
        value = item.ValueKind switch
        {
            JsonValueKind.True when isFlag => "true",
            JsonValueKind.False when isFlag => "false",
            JsonValueKind.String when !isFlag => item.GetString(),
            _ => null,
        };
        return DimensionValues.Of(dimension) is { } closed
            ? value is not null && closed.Contains(value)
            : item.ValueKind == JsonValueKind.Null || value is { Length: <= CardFields.MostCharacters };
    }

    private static string Expected(string dimension) => dimension == "download"
        ? "it is true or false"
        : DimensionValues.Of(dimension) is { } closed
            ? $"it is one of {string.Join(", ", closed)}"
            : $"it is a text of at most {CardFields.MostCharacters} characters, or null for usage without one";
}
