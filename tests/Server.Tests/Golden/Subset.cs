using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server.Tests.Golden;

/// <summary>Whether all that is expected is there; the rules of matching are those of tests/cases/README.md.</summary>
internal static partial class Subset
{
    private const string Unordered = "$unordered";

    /// <summary>Lines that say where <paramref name="got"/> lacks what is expected; none if it is all there.</summary>
    public static List<string> Differences(JsonElement expected, JsonElement? got, string where)
    {
        if (got is not { } there)
        {
            return [$"{where}: expected {Show(expected)}, but it is missing"];
        }

        return expected.ValueKind switch
        {
            JsonValueKind.Object when expected.TryGetProperty(Unordered, out JsonElement items) => OfAnyOrder([.. items.EnumerateArray()], there, where),
            JsonValueKind.Object => OfObject(expected, there, where),
            JsonValueKind.Array => OfArray([.. expected.EnumerateArray()], there, where),
            _ => Same(expected, there) ? [] : [$"{where}: expected {Show(expected)}, got {Show(there)}"],
        };
    }

    private static List<string> OfObject(JsonElement expected, JsonElement got, string where)
    {
        if (got.ValueKind != JsonValueKind.Object)
        {
            return [$"{where}: expected an object, got {Show(got)}"];
        }

        return
        [
            .. expected.EnumerateObject().SelectMany(field => Differences(
                field.Value, got.TryGetProperty(field.Name, out JsonElement value) ? value : null, $"{where}.{field.Name}")),
        ];
    }

    private static List<string> OfArray(JsonElement[] expected, JsonElement got, string where) =>
        got.ValueKind != JsonValueKind.Array || got.GetArrayLength() != expected.Length
            ? [$"{where}: expected {expected.Length} items, got {Show(got)}"]
            : [.. expected.SelectMany((item, index) => Differences(item, got[index], $"{where}[{index}]"))];

    private static List<string> OfAnyOrder(JsonElement[] expected, JsonElement got, string where)
    {
        if (got.ValueKind != JsonValueKind.Array || got.GetArrayLength() != expected.Length)
        {
            return [$"{where}: expected {expected.Length} items, got {Show(got)}"];
        }

        List<JsonElement> items = [.. got.EnumerateArray()];
        return IsAssignable(expected, items)
            ? []
            :
            [
                $"{where}: no assignment of the items fits, in whatever order",
                .. expected.SelectMany((wanted, index) => items.Select(item => Differences(wanted, item, $"{where}[~{index}]")).MinBy(lines => lines.Count)!),
            ];
    }

    private static bool IsAssignable(ReadOnlySpan<JsonElement> expected, List<JsonElement> got)
    {
        if (expected.IsEmpty)
        {
            return true;
        }

        for (int i = 0; i < got.Count; i++)
        {
            if (Differences(expected[0], got[i], "").Count == 0 && IsAssignable(expected[1..], [.. got[..i], .. got[(i + 1)..]]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Same(JsonElement expected, JsonElement got) => (expected.ValueKind, got.ValueKind) switch
    {
        // An expected integer also accepts a decimal string of that value, an expected string only a string.
        (JsonValueKind.Number, JsonValueKind.Number) => Number(expected.GetRawText()) == Number(got.GetRawText()),
        (JsonValueKind.Number, JsonValueKind.String) => Decimal().IsMatch(got.GetString()!) && Number(expected.GetRawText()) == Number(got.GetString()!),
        (JsonValueKind.String, JsonValueKind.String) => Same(expected.GetString()!, got.GetString()!),
        _ => expected.ValueKind == got.ValueKind,
    };

    private static bool Same(string expected, string got) =>
        Decimal().IsMatch(expected) && Decimal().IsMatch(got) ? Number(expected) == Number(got)
        : At(expected) is { } one && At(got) is { } other ? one == other
        : expected == got;

    private static decimal Number(string text) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static Instant? At(string text) =>
        OffsetDateTimePattern.Rfc3339.Parse(text).TryGetValue(default, out OffsetDateTime time) ? time.ToInstant() : null;

    private static string Show(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 300 ? text : text[..300] + " …";
    }

    [GeneratedRegex(@"^-?\d+(\.\d+)?\z")]
    private static partial Regex Decimal();
}
