using System.Buffers;
using System.Text.Json;

namespace Minutebook.Server;

/// <summary>CloudEvents' binary mode: attributes in headers, data as the body. It becomes the structured form, read like any other.</summary>
internal static class BinaryMode
{
    private const string Prefix = "ce-";

    /// <summary>The event as JSON; null when the body is not JSON.</summary>
    public static ReadOnlyMemory<byte>? Compose(IHeaderDictionary headers, ReadOnlyMemory<byte> data)
    {
        var json = new ArrayBufferWriter<byte>(data.Length + 512);
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        foreach (var header in headers)
        {
            if (header.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                // Beyond visible ASCII, attributes are percent-encoded UTF-8 (CloudEvents' HTTP binding, 3.1.3.2).
                writer.WriteString(header.Key[Prefix.Length..].ToLowerInvariant(), Uri.UnescapeDataString(header.Value.ToString()));
            }
        }

        try
        {
            writer.WritePropertyName("data");
            writer.WriteRawValue(data.Span);
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException)
        {
            return null;
        }

        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenMemory;
    }
}
