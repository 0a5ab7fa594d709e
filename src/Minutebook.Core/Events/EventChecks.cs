namespace Minutebook.Core.Events;

/// <summary>Turns the members of an event into a row of a batch, and says of each what is wrong with it.</summary>
internal sealed partial class EventChecks(EventFields fields)
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
    private Rfc3339.LastDay lastDay;

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
