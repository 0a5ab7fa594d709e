using System.Text.Json;

namespace Minutebook.Core.Events;

/// <summary>Reads the files of a <c>recording.completed</c>, an array that the tokenizer found well-formed, into the batch's last event.</summary>
internal readonly ref struct RecordingFiles(EventBatch batch, EventFaults faults, int index)
{
    public void Read(ReadOnlySpan<byte> array)
    {
        var json = new Utf8JsonReader(array, new JsonReaderOptions { MaxDepth = EventTokenizer.MaxDepth });
        json.Read();
        for (int file = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; file++)
        {
            if (json.TokenType == JsonTokenType.StartObject)
            {
                One(ref json, file);
            }
            else
            {
                Fault(file, "", "is not an object", Expected.Files);
                json.Skip();
            }
        }
    }

    private void One(ref Utf8JsonReader json, int file)
    {
        int kind = -1, user = EventRow.None;
        long seconds = EventRow.NoQuantity, bytes = EventRow.NoQuantity;
        bool hasKind = false, hasSeconds = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int member = json.ValueTextEquals("kind"u8) ? 0 : json.ValueTextEquals("seconds"u8) ? 1 :
                json.ValueTextEquals("user"u8) ? 2 : json.ValueTextEquals("bytes"u8) ? 3 : 4;
            json.Read();
            if (json.TokenType == JsonTokenType.Null)
            {
                continue;
            }

            switch (member)
            {
                case 0:
                    hasKind = true;
                    kind = Kind(ref json, file);
                    break;
                case 1:
                    hasSeconds = true;
                    seconds = Quantity(ref json, file, "seconds");
                    break;
                case 2:
                    user = User(ref json, file);
                    break;
                case 3:
                    bytes = Quantity(ref json, file, "bytes");
                    break;
            }

            json.Skip();
        }

        if (!hasKind)
        {
            Fault(file, "/kind", "is missing", Expected.Recording);
        }

        if (!hasSeconds)
        {
            Fault(file, "/seconds", "is missing", Expected.Quantity);
        }

        batch.AddFile(new FileRow((RecordingKind)Math.Max(0, kind), seconds, user, bytes));
    }

    private int Kind(ref Utf8JsonReader json, int file)
    {
        Span<byte> text = stackalloc byte[64];
        ReadOnlySpan<byte> raw = json.ValueSpan;
        bool isText = json.TokenType == JsonTokenType.String;
        int kind = isText && raw.Length <= text.Length && JsonText.TryUnescape(raw, text, out int length)
            ? Words.KindOfRecording(text[..length])
            : -1;
        if (kind < 0)
        {
            Fault(file, "/kind", isText ? "is another word" : "is not a text", Expected.Recording);
        }

        return kind;
    }

    private long Quantity(ref Utf8JsonReader json, int file, string member)
    {
        if (json.TokenType == JsonTokenType.Number && EventChecks.TryQuantity(json.ValueSpan, out long quantity))
        {
            return quantity;
        }

        Fault(file, "/" + member,
            json.TokenType == JsonTokenType.Number ? "is out of range or not written plainly" : "is not a number", Expected.Quantity);
        return EventRow.NoQuantity;
    }

    private int User(ref Utf8JsonReader json, int file)
    {
        if (json.TokenType != JsonTokenType.String)
        {
            Fault(file, "/user", "is not a text", Expected.OptionalText);
            return EventRow.None;
        }

        // The longest way to write a character is as two escapes of six bytes.
        ReadOnlySpan<byte> raw = json.ValueSpan;
        Span<byte> text = stackalloc byte[EventChecks.MaxCharacters * 12];
        if (raw.Length > text.Length || !JsonText.TryUnescape(raw, text, out int length) || EventChecks.IsTooLong(text[..length]))
        {
            Fault(file, "/user", "has more than 256 characters", Expected.OptionalText);
            return EventRow.None;
        }

        ReadOnlySpan<byte> user = text[..length];
        if (user.Contains((byte)0))
        {
            Fault(file, "/user", "contains U+0000", Expected.OptionalText);
            return EventRow.None;
        }

        return user.IsEmpty ? EventRow.None : batch.Intern(user);
    }

    private void Fault(int file, string member, string wrong, string expected) =>
        faults.Add(index, faults.Full ? "" : $"/data/files/{file}{member}",
            faults.Full ? "" : $"data.files[{file}]{member.Replace('/', '.')} {wrong}; expected {expected}.");
}
