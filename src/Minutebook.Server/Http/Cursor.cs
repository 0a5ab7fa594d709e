using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;

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
}
