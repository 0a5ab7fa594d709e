using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Minutebook.Core.Events;

/// <summary>CloudEvents' binary mode: the attributes came as headers, and the body is the data.</summary>
internal static class BinaryMode
{
    public static void Attributes(IReadOnlyList<KeyValuePair<string, string>> attributes, EventFields fields, EventFaults faults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string name, string value) in attributes)
        {
            if (!names.Add(name))
            {
                faults.Add(0, "/" + name, "The attribute comes twice.");
            }

            if (HasHalfPair(value))
            {
                faults.Add(0, "/" + name, "The attribute contains half of a surrogate pair.");
                continue;
            }

            Field field = FieldNames.OfEvent(Encoding.UTF8.GetBytes(name));
            if (field is not (Field.None or Field.Data))
            {
                fields.SetElsewhere(field, Encoding.UTF8.GetBytes(value));
            }
        }
    }

    public static bool IsBlank(ReadOnlySpan<byte> data) => !data.ContainsAnyExcept(" \t\r\n"u8);

    /// <summary>The event in structured mode; empty when there are faults already.</summary>
    public static ReadOnlySpan<byte> Structured(
        IReadOnlyList<KeyValuePair<string, string>> attributes, ReadOnlySpan<byte> data, EventFaults faults)
    {
        if (faults.Count > 0)
        {
            return default;
        }

        var buffer = new ArrayBufferWriter<byte>(data.Length + 256);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        foreach ((string name, string value) in attributes)
        {
            json.WriteString(name, value);
        }

        json.WritePropertyName("data"u8);
        json.WriteRawValue(data);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static bool HasHalfPair(string text)
    {
        for (int at = 0; at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]) && (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[++at])))
            {
                return true;
            }
        }

        return false;
    }
}
