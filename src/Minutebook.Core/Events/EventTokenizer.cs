using System.Text.Json;
using System.Text.Unicode;

namespace Minutebook.Core.Events;

/// <summary>
/// Finds the members of one event with the general JSON reader: the authority on what is well-formed. It looks at every key and text,
/// those that are skipped too, for keys that come twice, halves of surrogate pairs and too much depth.
/// </summary>
internal sealed class EventTokenizer(EventFields fields)
{
    /// <summary>Levels of objects and arrays that an event may have, itself the first.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth, AllowMultipleValues = true };

    private readonly EventKeys keys = new();
    private readonly int[] firstKeys = new int[MaxDepth + 1];
    private EventFaults faults = new();
    private int index;
    private int start;
    private bool ranOut;

    /// <summary>Whether the body as a whole is valid UTF-8, so that no event needs to be looked at for that.</summary>
    public bool IsUtf8 { get; set; }

    /// <summary>Reads the value at a place; answers its end, or -1 after a fault behind which nothing can be found.</summary>
    public int Read(ReadOnlySpan<byte> body, int at, int number, EventFaults into) => Read(body, at, number, into, Field.None);

    /// <summary>Reads the data of an event in binary mode, whose other members are there already.</summary>
    public int ReadData(ReadOnlySpan<byte> body, int number, EventFaults into) => Read(body, 0, number, into, Field.Data);

    private int Read(ReadOnlySpan<byte> body, int at, int number, EventFaults into, Field member)
    {
        (faults, index, start, ranOut) = (into, number, at, false);
        keys.Clear();
        bool cut = body.Length - at > EventReader.MaxEventBytes;
        ReadOnlySpan<byte> event_ = body.Slice(at, cut ? EventReader.MaxEventBytes : body.Length - at);
        var json = new Utf8JsonReader(event_, !cut, new JsonReaderState(Options));
        try
        {
            Next(ref json);
            Root(ref json, body, member);
        }
        catch (JsonException) when (ranOut && cut)
        {
            faults.AddTooLarge(index);
            return -1;
        }
        catch (JsonException)
        {
            Malformed(ref json, body);
            return -1;
        }

        int end = at + (int)json.BytesConsumed;
        if (!IsUtf8 && !Utf8.IsValid(body[at..end]))
        {
            faults.Add(index, "", "The event is not valid UTF-8.");
        }

        return end;
    }

    private void Root(ref Utf8JsonReader json, ReadOnlySpan<byte> body, Field member)
    {
        if (member == Field.Data)
        {
            Data(ref json, body);
        }
        else if (json.TokenType == JsonTokenType.StartObject)
        {
            Members(ref json, body, ofData: false);
        }
        else
        {
            faults.Add(index, "", "An event is expected to be a JSON object.");
            SkipValue(ref json, body, "");
        }
    }

    private void Members(ref Utf8JsonReader json, ReadOnlySpan<byte> body, bool ofData)
    {
        int first = keys.Count;
        while (Next(ref json) == JsonTokenType.PropertyName)
        {
            Field field = Key(ref json, body, ofData, out string pointer);
            if (field != Field.None && !fields.See(field))
            {
                faults.Add(index, pointer, "The key comes twice in one object.");
            }

            Next(ref json);
            if (field == Field.Data)
            {
                Data(ref json, body);
            }
            else
            {
                Value(ref json, body, field, pointer);
            }
        }

        if (keys.CloseFrom(first, body, fields))
        {
            faults.Add(index, ofData ? "/data" : "", "A key comes twice in one object.");
        }
    }

    private void Data(ref Utf8JsonReader json, ReadOnlySpan<byte> body)
    {
        if (json.TokenType == JsonTokenType.StartObject)
        {
            fields.Set(Field.Data, Token.Object, 0, 0);
            Members(ref json, body, ofData: true);
        }
        else
        {
            Value(ref json, body, Field.Data, "/data");
        }
    }

    private Field Key(ref Utf8JsonReader json, ReadOnlySpan<byte> body, bool ofData, out string pointer)
    {
        ReadOnlySpan<byte> name = json.ValueSpan;
        int at = start + (int)json.TokenStartIndex + 1, length = name.Length;
        bool escaped = json.ValueIsEscaped;
        string above = ofData ? "/data" : "";
        if (escaped)
        {
            if (!fields.Unescape(name, out at, out length))
            {
                HalfPair(above);
            }

            name = fields.Scratch(at, length);
        }

        Field field = ofData ? FieldNames.OfData(name) : FieldNames.OfEvent(name);
        pointer = field == Field.None ? above : FieldNames.Pointer(field);
        if (field == Field.None)
        {
            keys.Add(at, length, escaped);
        }

        return field;
    }

    private void Value(ref Utf8JsonReader json, ReadOnlySpan<byte> body, Field field, string pointer)
    {
        int at = start + (int)json.TokenStartIndex;
        if (json.TokenType == JsonTokenType.String)
        {
            Text(ref json, field, at + 1, pointer);
            return;
        }

        Token token = TokenOf(json.TokenType);
        if (field == Field.None && token == Token.Number && EventChecks.TryQuantity(json.ValueSpan, out _))
        {
            fields.Skip(token, at, json.ValueSpan.Length);
            return;
        }

        SkipValue(ref json, body, pointer);
        // A null is as if the member were left out.
        if (field != Field.None && token != Token.Null)
        {
            fields.Set(field, token, at, start + (int)json.BytesConsumed - at);
        }
    }

    private void Text(ref Utf8JsonReader json, Field field, int at, string pointer)
    {
        ReadOnlySpan<byte> raw = json.ValueSpan;
        if (!json.ValueIsEscaped)
        {
            if (field == Field.None)
            {
                fields.Skip(Token.Text, at, raw.Length);
            }
            else
            {
                fields.Set(field, Token.Text, at, raw.Length);
            }

            return;
        }

        if (!fields.Unescape(raw, out int unescaped, out int length))
        {
            HalfPair(pointer);
        }

        if (field != Field.None)
        {
            fields.Set(field, Token.Escaped, unescaped, length);
        }
    }

    private void SkipValue(ref Utf8JsonReader json, ReadOnlySpan<byte> body, string pointer)
    {
        int depth = json.CurrentDepth, open = 0;
        firstKeys[0] = keys.Count;
        if (json.TokenType == JsonTokenType.String)
        {
            SkipText(ref json, pointer);
        }

        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        do
        {
            switch (Next(ref json))
            {
                case JsonTokenType.PropertyName:
                    SkipKey(ref json, pointer);
                    break;
                case JsonTokenType.String:
                    SkipText(ref json, pointer);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    firstKeys[++open] = keys.Count;
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    Close(firstKeys[Math.Max(0, open--)], body, pointer);
                    break;
            }
        }
        while (json.CurrentDepth > depth);
    }

    private void Close(int first, ReadOnlySpan<byte> body, string pointer)
    {
        if (keys.CloseFrom(first, body, fields))
        {
            faults.Add(index, pointer, "A key comes twice in one object in it.");
        }
    }

    private void SkipKey(ref Utf8JsonReader json, string pointer)
    {
        int at = start + (int)json.TokenStartIndex + 1, length = json.ValueSpan.Length;
        if (json.ValueIsEscaped && !fields.Unescape(json.ValueSpan, out at, out length))
        {
            HalfPair(pointer);
        }

        keys.Add(at, length, json.ValueIsEscaped);
    }

    private void SkipText(ref Utf8JsonReader json, string pointer)
    {
        if (json.ValueIsEscaped && !fields.Unescape(json.ValueSpan, out _, out _))
        {
            HalfPair(pointer);
        }
    }

    private JsonTokenType Next(ref Utf8JsonReader json)
    {
        if (!json.Read())
        {
            // Only where the event was cut at the largest size: at the end of a body the reader throws itself.
            ranOut = true;
            throw new JsonException();
        }

        return json.TokenType;
    }

    private void HalfPair(string pointer) =>
        faults.Add(index, pointer, "A \\u escape names half of a surrogate pair without the other half.");

    private void Malformed(ref Utf8JsonReader json, ReadOnlySpan<byte> body)
    {
        int at = Math.Min(start + (int)json.BytesConsumed, body.Length);
        bool opens = at < body.Length && body[at] is (byte)'{' or (byte)'[';
        // The reader counts an object or array that it just opened only with the next token.
        int depth = json.CurrentDepth + (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? 1 : 0);
        faults.Add(index, "", opens && depth >= MaxDepth
            ? $"The event is more than {MaxDepth} levels deep, at byte {at} of the body."
            : $"Malformed JSON at byte {at} of the body.");
    }

    private static Token TokenOf(JsonTokenType type) => type switch
    {
        JsonTokenType.Number => Token.Number,
        JsonTokenType.True => Token.True,
        JsonTokenType.False => Token.False,
        JsonTokenType.StartObject => Token.Object,
        JsonTokenType.StartArray => Token.Array,
        _ => Token.Null,
    };
}
