using System.Text.Json;

namespace Minutebook.Core.Events;

/// <summary>
/// Writes events as CloudEvents in JSON, always in the same form: members in the order of the contract's tables, times in UTC, what
/// was not given left out. An event of unknown type is written as it came, on one line.
/// </summary>
public static class EventWriter
{
    /// <summary>Writes an event of a batch as a JSON value.</summary>
    public static void Write(Utf8JsonWriter json, EventBatch batch, int index)
    {
        ref readonly EventRow row = ref batch[index];
        if (row.Kind == EventKind.Unknown)
        {
            AsItCame(json, batch.Text(row.A));
            return;
        }

        json.WriteStartObject();
        json.WriteString("specversion"u8, "1.0"u8);
        json.WriteString("id"u8, batch.Text(row.Id));
        json.WriteString("source"u8, batch.Text(row.Source));
        json.WriteString("type"u8, Words.Of(row.Kind));
        Time(json, "time"u8, row.Time);
        Text(json, "subject"u8, batch, row.Subject);
        json.WriteStartObject("data"u8);
        json.WriteString("application"u8, batch.Text(row.Application));
        Data(json, batch, row);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes a plain event as a JSON value.</summary>
    public static void Write(Utf8JsonWriter json, UsageEvent happened)
    {
        var batch = new EventBatch();
        batch.Add(happened);
        Write(json, batch, 0);
    }

    // On one line, so that events can be exported one a line: in JSON a line break is never inside of a text.
    private static void AsItCame(Utf8JsonWriter json, ReadOnlySpan<byte> came)
    {
        if (!came.ContainsAny("\r\n"u8))
        {
            json.WriteRawValue(came);
            return;
        }

        byte[] line = came.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        json.WriteRawValue(line);
    }

    private static void Data(Utf8JsonWriter json, EventBatch batch, in EventRow row)
    {
        switch (row.Kind)
        {
            case EventKind.ClassStarted:
                Text(json, "name"u8, batch, row.Name);
                break;
            case EventKind.ParticipantJoined or EventKind.ParticipantLeft:
                Participant(json, batch, row);
                break;
            case EventKind.ParticipantReceiving:
                Text(json, "user"u8, batch, row.User);
                Text(json, "connection"u8, batch, row.Connection);
                json.WriteNumber("pixels"u8, row.Quantity);
                break;
            case EventKind.RecordingCompleted:
                Text(json, "recording"u8, batch, row.Name);
                Files(json, batch, row);
                break;
            case EventKind.PlaybackViewed:
                Text(json, "recording"u8, batch, row.Name);
                Text(json, "user"u8, batch, row.User);
                json.WriteNumber("seconds"u8, row.Quantity);
                break;
            case EventKind.SlicingCompleted:
                Slicing(json, batch, row);
                break;
            case EventKind.ScreenshotCaptured:
                json.WriteNumber("count"u8, row.Quantity);
                Text(json, "user"u8, batch, row.User);
                break;
            case EventKind.StorageSampled:
                json.WriteNumber("bytes"u8, row.Quantity);
                break;
            case EventKind.ContentDelivered:
                Delivery(json, batch, row);
                break;
            case EventKind.EventVoided:
                Text(json, "source"u8, batch, row.A);
                Text(json, "id"u8, batch, row.B);
                Text(json, "subject"u8, batch, row.C);
                break;
        }
    }

    private static void Participant(Utf8JsonWriter json, EventBatch batch, in EventRow row)
    {
        Text(json, "user"u8, batch, row.User);
        Text(json, "role"u8, batch, row.Role);
        Text(json, "connection"u8, batch, row.Connection);
        if (row.Mode != 0)
        {
            json.WriteString("medium"u8, Words.Of((Medium)row.Mode));
        }

        if (row.Kind == EventKind.ParticipantLeft && row.Quantity != EventRow.NoQuantity)
        {
            Time(json, "joinedAt"u8, row.Quantity);
        }
    }

    private static void Slicing(Utf8JsonWriter json, EventBatch batch, in EventRow row)
    {
        Text(json, "task"u8, batch, row.Name);
        json.WriteString("mode"u8, Words.Of((SlicingMode)row.Mode));
        json.WriteNumber("seconds"u8, row.Quantity);
        if (row.Stored != 0)
        {
            json.WriteBoolean("stored"u8, row.Stored == 2);
        }
    }

    private static void Delivery(Utf8JsonWriter json, EventBatch batch, in EventRow row)
    {
        json.WriteNumber("bytes"u8, row.Quantity);
        json.WriteString("kind"u8, Words.Of((DeliveryKind)row.Mode));
        Text(json, "section"u8, batch, row.A);
        Text(json, "organization"u8, batch, row.B);
        Text(json, "department"u8, batch, row.C);
        Text(json, "user"u8, batch, row.User);
    }

    private static void Files(Utf8JsonWriter json, EventBatch batch, in EventRow row)
    {
        json.WriteStartArray("files"u8);
        foreach (FileRow file in batch.Files(row))
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, Words.Of(file.Kind));
            json.WriteNumber("seconds"u8, file.Seconds);
            Text(json, "user"u8, batch, file.User);
            if (file.Bytes != EventRow.NoQuantity)
            {
                json.WriteNumber("bytes"u8, file.Bytes);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, EventBatch batch, int text)
    {
        if (text != EventRow.None)
        {
            json.WriteString(name, batch.Text(text));
        }
    }

    private static void Time(Utf8JsonWriter json, ReadOnlySpan<byte> name, long milliseconds)
    {
        Span<byte> text = stackalloc byte[Rfc3339.MaxLength];
        json.WriteString(name, text[..Rfc3339.Write(milliseconds, text)]);
    }
}
