using System.Runtime.CompilerServices;

namespace Minutebook.Core.Events;

/// <summary>Turns the members of an event into a row of a batch, and says of each what is wrong with it.</summary>
internal sealed class EventChecks(EventFields fields)
{
    /// <summary>How many characters (Unicode code points) ids and names may have.</summary>
    public const int MaxCharacters = 256;

    /// <summary>2^53 − 1, the largest integer that every JSON reader keeps exactly.</summary>
    public const long MaxQuantity = (1L << 53) - 1;

    private readonly int[] last = new int[(int)Field.None + 1];
    private EventBatch batch = new();
    private EventFaults faults = new();
    private long latest;
    private int index;
    private int hashedSource;
    private ulong sourceHash;

    /// <summary>Begins a body, whose events go to a batch.</summary>
    public void Begin(EventBatch into, EventFaults found, long now)
    {
        (batch, faults, latest) = (into, found, now + EventReader.MaxAheadMs);
        hashedSource = EventRow.None;
        Array.Fill(last, EventRow.None);
    }

    /// <summary>
    /// Adds the event whose members were found in the body, unless something is wrong with it or was before. Its JSON is kept when its
    /// type is unknown.
    /// </summary>
    public void Add(ReadOnlySpan<byte> body, int number, int faultsBefore, ReadOnlySpan<byte> json, out EventShape shape)
    {
        index = number;
        shape = Shape(body);
        ref EventRow row = ref batch.Add();
        Envelope(body, ref row);
        if (fields.Has(Field.Data) && fields.Slots[(int)Field.Data].Token == Token.Object)
        {
            Data(body, ref row, shape);
        }

        if (faults.Count > faultsBefore)
        {
            batch.RemoveLast();
        }
        else if (shape.Kind == EventKind.Unknown)
        {
            row.A = batch.Keep(json);
        }
    }

    /// <summary>Adds an event whose members were found by its shape, unless something is wrong with it.</summary>
    public void AddShaped(ReadOnlySpan<byte> body, int number, EventShape shape)
    {
        index = number;
        int before = faults.Count;
        ref EventRow row = ref batch.Add();
        Envelope(body, ref row);
        Data(body, ref row, shape);
        if (faults.Count > before)
        {
            batch.RemoveLast();
        }
    }

    // What makes a kind of event: the members that are words of the vocabulary.
    private EventShape Shape(ReadOnlySpan<byte> body)
    {
        if (Text(body, Field.SpecVersion, Expected.Version, out ReadOnlySpan<byte> version) && !version.SequenceEqual("1.0"u8))
        {
            Fault(Field.SpecVersion, "is another version", Expected.Version);
        }

        if (fields.Has(Field.DataBase64))
        {
            faults.Add(index, FieldNames.Pointer(Field.DataBase64), "data_base64 is not read; expected the data as a JSON object in data.");
        }

        if (!fields.Has(Field.Data))
        {
            Fault(Field.Data, "is missing", Expected.Object);
        }
        else if (fields.Slots[(int)Field.Data].Token != Token.Object)
        {
            Fault(Field.Data, "is not an object", Expected.Object);
        }

        EventKind kind = Text(body, Field.Type, Expected.Text, out ReadOnlySpan<byte> type) ? Words.Kind(type) : EventKind.Unknown;
        return new EventShape(kind, Mode(body, kind), Stored(kind));
    }

    private byte Mode(ReadOnlySpan<byte> body, EventKind kind)
    {
        (Field field, string expected) = kind switch
        {
            EventKind.ParticipantJoined or EventKind.ParticipantLeft => (Field.Medium, Expected.Medium),
            EventKind.SlicingCompleted => (Field.Mode, Expected.Slicing),
            EventKind.ContentDelivered => (Field.Kind, Expected.Delivery),
            _ => (Field.None, ""),
        };
        if (field == Field.None || (field == Field.Medium && !fields.Has(field)) || !Text(body, field, expected, out ReadOnlySpan<byte> word))
        {
            return 0;
        }

        int mode = field switch
        {
            Field.Medium => Words.ModeOfMedium(word),
            Field.Mode => Words.ModeOfSlicing(word),
            _ => Words.ModeOfDelivery(word),
        };
        if (mode < 0)
        {
            Fault(field, "is another word", expected);
        }

        return (byte)Math.Max(0, mode);
    }

    private byte Stored(EventKind kind)
    {
        if (kind != EventKind.SlicingCompleted || !fields.Has(Field.Stored))
        {
            return 0;
        }

        switch (fields.Slots[(int)Field.Stored].Token)
        {
            case Token.True:
                return 2;
            case Token.False:
                return 1;
            default:
                Fault(Field.Stored, "is no boolean", "true or false");
                return 0;
        }
    }

    private void Envelope(ReadOnlySpan<byte> body, ref EventRow row)
    {
        row.Source = Required(body, Field.Source);
        row.Id = Id(body, Field.Id);
        row.Time = Time(body);
        Identify(ref row);
    }

    private void Data(ReadOnlySpan<byte> body, ref EventRow row, EventShape shape)
    {
        row.Kind = shape.Kind;
        row.Mode = shape.Mode;
        row.Stored = shape.Stored;
        row.Application = Required(body, Field.Application);
        switch (shape.Kind)
        {
            case EventKind.Unknown:
                row.Subject = Optional(body, Field.Subject);
                row.Name = Type(body);
                break;
            case EventKind.ClassStarted:
                row.Subject = Required(body, Field.Subject);
                row.Name = Optional(body, Field.Name);
                break;
            case EventKind.ClassEnded:
                row.Subject = Required(body, Field.Subject);
                break;
            case EventKind.ParticipantJoined:
                Participant(body, ref row);
                break;
            case EventKind.ParticipantLeft:
                Participant(body, ref row);
                row.Quantity = JoinedAt(body);
                break;
            case EventKind.ParticipantReceiving:
                row.Subject = Required(body, Field.Subject);
                row.User = Required(body, Field.User);
                row.Connection = Optional(body, Field.Connection);
                row.Quantity = Quantity(body, Field.Pixels);
                break;
            default:
                RarerData(body, ref row);
                break;
        }
    }

    private void RarerData(ReadOnlySpan<byte> body, ref EventRow row)
    {
        switch (row.Kind)
        {
            case EventKind.RecordingCompleted:
                row.Subject = Required(body, Field.Subject);
                row.Name = Required(body, Field.Recording);
                Files(body);
                break;
            case EventKind.PlaybackViewed:
                row.Subject = Required(body, Field.Subject);
                row.Name = Required(body, Field.Recording);
                row.User = Required(body, Field.User);
                row.Quantity = Quantity(body, Field.Seconds);
                break;
            case EventKind.SlicingCompleted:
                row.Subject = Required(body, Field.Subject);
                row.Name = Required(body, Field.Task);
                row.Quantity = Quantity(body, Field.Seconds);
                break;
            case EventKind.ScreenshotCaptured:
                row.Subject = Optional(body, Field.Subject);
                row.User = Optional(body, Field.User);
                row.Quantity = Quantity(body, Field.Count);
                break;
            case EventKind.StorageSampled:
                Optional(body, Field.Subject);
                row.Quantity = Quantity(body, Field.Bytes);
                break;
            case EventKind.ContentDelivered:
                row.Subject = Optional(body, Field.Subject);
                row.User = Optional(body, Field.User);
                row.Quantity = Quantity(body, Field.Bytes);
                row.A = Optional(body, Field.Section);
                row.B = Optional(body, Field.Organization);
                row.C = Optional(body, Field.Department);
                break;
            case EventKind.EventVoided:
                Optional(body, Field.Subject);
                row.A = Required(body, Field.TargetSource);
                row.B = Id(body, Field.TargetId);
                row.C = Optional(body, Field.TargetSubject);
                break;
        }
    }

    // Its shape was looked at before, and found fault with.
    private int Type(ReadOnlySpan<byte> body) =>
        fields.Has(Field.Type) && fields.Slots[(int)Field.Type].Token <= Token.Escaped
            ? batch.Intern(fields.Text(body, Field.Type)) : EventRow.None;

    private void Participant(ReadOnlySpan<byte> body, ref EventRow row)
    {
        row.Subject = Required(body, Field.Subject);
        row.User = Required(body, Field.User);
        row.Connection = Optional(body, Field.Connection);
        row.Role = Optional(body, Field.Role);
    }

    private void Identify(ref EventRow row)
    {
        if (row.Source == EventRow.None || row.Id == EventRow.None)
        {
            return;
        }

        if (row.Source != hashedSource)
        {
            hashedSource = row.Source;
            sourceHash = TextHash.Of(batch.Text(row.Source));
        }

        row.Identity = TextHash.Identity(sourceHash, batch.Text(row.Id));
    }

    private int Required(ReadOnlySpan<byte> body, Field field) =>
        Text(body, field, Expected.Text, out ReadOnlySpan<byte> text) ? Intern(field, text) : EventRow.None;

    private int Id(ReadOnlySpan<byte> body, Field field) =>
        Text(body, field, Expected.Text, out ReadOnlySpan<byte> text) ? batch.Keep(text) : EventRow.None;

    // Left out, null and empty are one.
    private int Optional(ReadOnlySpan<byte> body, Field field)
    {
        if (!fields.Has(field))
        {
            return EventRow.None;
        }

        ref readonly Slot slot = ref fields.Slots[(int)field];
        bool empty = slot.Token <= Token.Escaped && slot.Length == 0;
        return !empty && Text(body, field, Expected.OptionalText, out ReadOnlySpan<byte> text) ? Intern(field, text) : EventRow.None;
    }

    // Neighbours mostly say the same in a field: comparing is cheaper than hashing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Intern(Field field, ReadOnlySpan<byte> text)
    {
        ref int before = ref last[(int)field];
        if (before >= 0 && batch.Text(before).SequenceEqual(text))
        {
            return before;
        }

        return before = batch.Intern(text);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Text(ReadOnlySpan<byte> body, Field field, string expected, out ReadOnlySpan<byte> text)
    {
        ref readonly Slot slot = ref fields.Slots[(int)field];
        // No more than so many bytes are no more than so many characters, and only an escape can mean U+0000.
        if (fields.Has(field) && slot.Token == Token.Text && unchecked((uint)(slot.Length - 1)) < MaxCharacters)
        {
            text = body.Slice(slot.Start, slot.Length);
            return true;
        }

        return UnusualText(body, field, expected, out text);
    }

    private bool UnusualText(ReadOnlySpan<byte> body, Field field, string expected, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!fields.Has(field))
        {
            return Fault(field, "is missing", expected);
        }

        if (fields.Slots[(int)field].Token > Token.Escaped)
        {
            return Fault(field, "is not a text", expected);
        }

        text = fields.Text(body, field);
        if (text.IsEmpty)
        {
            return Fault(field, "is empty", expected);
        }

        if (IsTooLong(text))
        {
            return Fault(field, "has more than 256 characters", expected);
        }

        return !text.Contains((byte)0) || Fault(field, "contains U+0000", expected);
    }

    /// <summary>Whether a text has more than <see cref="MaxCharacters"/>: Unicode code points, not bytes.</summary>
    public static bool IsTooLong(ReadOnlySpan<byte> text)
    {
        int characters = 0;
        foreach (byte each in text)
        {
            characters += (each & 0xC0) == 0x80 ? 0 : 1;
        }

        return characters > MaxCharacters;
    }

    private long Time(ReadOnlySpan<byte> body)
    {
        long time = Instant(body, Field.Time);
        if (time > latest)
        {
            Fault(Field.Time, "is more than 5 minutes in the future", Expected.Past);
        }

        return time;
    }

    private long JoinedAt(ReadOnlySpan<byte> body) =>
        fields.Has(Field.JoinedAt) ? Instant(body, Field.JoinedAt) : EventRow.NoQuantity;

    private long Instant(ReadOnlySpan<byte> body, Field field)
    {
        if (!fields.Has(field))
        {
            Fault(field, "is missing", Expected.Instant);
            return EventRow.NoQuantity;
        }

        if (fields.Slots[(int)field].Token > Token.Escaped)
        {
            Fault(field, "is not a text", Expected.Instant);
            return EventRow.NoQuantity;
        }

        ReadOnlySpan<byte> text = fields.Text(body, field);
        if (Rfc3339.TryRead(text, out long time))
        {
            return time;
        }

        Fault(field, Rfc3339.IsLeapSecond(text) ? "is a leap second" : "is not an instant", Expected.Instant);
        return EventRow.NoQuantity;
    }

    private long Quantity(ReadOnlySpan<byte> body, Field field)
    {
        if (!fields.Has(field))
        {
            Fault(field, "is missing", Expected.Quantity);
            return 0;
        }

        ref readonly Slot slot = ref fields.Slots[(int)field];
        if (slot.Token == Token.Number && TryQuantity(body.Slice(slot.Start, slot.Length), out long quantity))
        {
            return quantity;
        }

        Fault(field, slot.Token == Token.Number ? "is out of range or not written plainly" : "is not a number", Expected.Quantity);
        return 0;
    }

    /// <summary>Reads a plain integer from 0 to 2^53 − 1. The JSON reader has seen to it that it has no leading zeros.</summary>
    public static bool TryQuantity(ReadOnlySpan<byte> digits, out long quantity)
    {
        quantity = 0;
        if (digits.Length > 16)
        {
            return false;
        }

        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            quantity = quantity * 10 + (digit - '0');
        }

        return quantity <= MaxQuantity;
    }

    private void Files(ReadOnlySpan<byte> body)
    {
        if (!fields.Has(Field.Files) || fields.Slots[(int)Field.Files].Token != Token.Array)
        {
            Fault(Field.Files, fields.Has(Field.Files) ? "is not an array" : "is missing", Expected.Files);
            return;
        }

        new RecordingFiles(batch, faults, index).Read(fields.Text(body, Field.Files));
    }

    private bool Fault(Field field, string wrong, string expected)
    {
        string pointer = FieldNames.Pointer(field);
        faults.Add(index, pointer, faults.Full ? "" : $"{pointer[1..].Replace('/', '.')} {wrong}; expected {expected}.");
        return false;
    }
}

/// <summary>What tells the events of one type apart that are read alike.</summary>
internal readonly record struct EventShape(EventKind Kind, byte Mode, byte Stored);

/// <summary>How faults say what is expected.</summary>
internal static class Expected
{
    public const string Text = "a text of 1 to 256 characters without U+0000";
    public const string OptionalText = "a text of at most 256 characters without U+0000, or nothing";
    public const string Version = "\"1.0\"";
    public const string Object = "a JSON object";
    public const string Medium = "\"av\" or \"whiteboard\", or nothing";
    public const string Slicing = "\"audio\" or \"video\"";
    public const string Delivery = "\"vod\", \"download\", \"live\" or \"other\"";
    public const string Recording = "\"camera\", \"screen\", \"whiteboard\", \"audio\" or \"mixed\"";
    public const string Instant = "an RFC 3339 instant such as 2026-03-02T08:00:00Z or 2026-03-02T16:00:00.250+08:00";
    public const string Past = "an instant that has come, or comes within 5 minutes";
    public const string Quantity = "an integer from 0 to 9007199254740991, without fraction or exponent";
    public const string Files = "an array of {kind, seconds, user?, bytes?}";
}
