using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Minutebook.Core.Events;

namespace Minutebook.Server;

/// <summary>Where a list goes on: the key of the last item that was shown, as base64url. Callers hand it back as it is.</summary>
internal static class Cursor
{
    public static string Of(params string?[] key) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(key));

    public static string Of(long number) => Of(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>The key, or null when this is no cursor with so many parts.</summary>
    public static string?[]? Read(string text, int parts)
    {
        try
        {
            return JsonSerializer.Deserialize<string?[]>(Base64Url.DecodeFromChars(text)) is { } key && key.Length == parts ? key : null;
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>A part as a whole number, from <paramref name="least"/> to <paramref name="most"/>; null when it is none of these.</summary>
    public static long? Number(string? part, long least = 0, long most = long.MaxValue) =>
        long.TryParse(part, least < 0 ? NumberStyles.AllowLeadingSign : NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number >= least && number <= most
            ? number
            : null;

    /// <summary>A part as a place in a list, after which there may be another.</summary>
    public static int? Place(string? part) => (int?)Number(part, most: int.MaxValue - 1);

    /// <summary>A part as an instant, in ms.</summary>
    public static long? Instant(string? part) => Number(part, Rfc3339.Earliest, Rfc3339.Latest);
}
