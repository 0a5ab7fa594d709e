namespace Minutebook.Core.Events;

/// <summary>The members of an event that Minutebook reads, wherever they stand in it.</summary>
internal enum Field : byte
{
    SpecVersion, Id, Source, Type, Time, Subject, Data, DataBase64,
    Application, Name, User, Role, Connection, Medium, JoinedAt, Pixels, Recording, Files, Seconds, Task, Mode, Stored, Count, Bytes,
    Kind, Section, Organization, Department, TargetSource, TargetId, TargetSubject,
    None,
}

/// <summary>What stands as the value of a member.</summary>
internal enum Token : byte { Text, Escaped, Number, True, False, Null, Object, Array }

/// <summary>A value: of a text what is between its quotes, of an <see cref="Token.Escaped"/> one what it means, in the scratch.</summary>
internal struct Slot
{
    public int Start;
    public int Length;
    public Token Token;
}

/// <summary>The members of one event, as places in the body that is being read. Reused for each event.</summary>
internal sealed class EventFields
{
    public readonly Slot[] Slots = new Slot[(int)Field.None + 1];

    /// <summary>Texts and plain integers that are skipped: they vary from event to event and leave its shape as it is.</summary>
    public readonly Slot[] Skipped = new Slot[8];
    public int SkippedCount;

    private byte[] scratch = new byte[256];
    private int scratchCount;
    private uint seen;

    /// <summary>A bit for each member that has a value.</summary>
    public uint Present { get; set; }

    public void Reset() => (Present, seen, scratchCount, SkippedCount) = (0, 0, 0, 0);

    public bool Has(Field field) => (Present >> (int)field & 1) != 0;

    /// <summary>Whether any of them is a text with escapes.</summary>
    public bool HasEscaped()
    {
        for (Field field = 0; field < Field.None; field++)
        {
            if (Has(field) && Slots[(int)field].Token == Token.Escaped)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Notes that a member's key came; false where it came before.</summary>
    public bool See(Field field)
    {
        uint bit = 1u << (int)field;
        bool first = (seen & bit) == 0;
        seen |= bit;
        return first;
    }

    public void Set(Field field, Token token, int start, int length)
    {
        Present |= 1u << (int)field;
        Slots[(int)field] = new Slot { Start = start, Length = length, Token = token };
    }

    public void Skip(Token token, int start, int length)
    {
        if (SkippedCount < Skipped.Length)
        {
            Skipped[SkippedCount++] = new Slot { Start = start, Length = length, Token = token };
        }
    }

    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> body, Field field) => Text(body, Slots[(int)field]);

    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> body, in Slot slot) =>
        (slot.Token == Token.Escaped ? scratch : body).Slice(slot.Start, slot.Length);

    /// <summary>Keeps what an escaped text means until the next event; false where it means no text (a lone surrogate).</summary>
    public bool Unescape(ReadOnlySpan<byte> raw, out int start, out int length)
    {
        start = scratchCount;
        if (scratchCount + raw.Length > scratch.Length)
        {
            Array.Resize(ref scratch, Math.Max(scratch.Length * 2, scratchCount + raw.Length));
        }

        bool whole = JsonText.TryUnescape(raw, scratch.AsSpan(start), out length);
        if (!whole && length == 0)
        {
            // It is a fault already, and should not be called empty too.
            scratch[start + length++] = (byte)'?';
        }

        scratchCount += length;
        return whole;
    }

    /// <summary>Keeps a text that does not stand in the body.</summary>
    public void SetElsewhere(Field field, ReadOnlySpan<byte> text)
    {
        if (scratchCount + text.Length > scratch.Length)
        {
            Array.Resize(ref scratch, Math.Max(scratch.Length * 2, scratchCount + text.Length));
        }

        text.CopyTo(scratch.AsSpan(scratchCount));
        Set(field, Token.Escaped, scratchCount, text.Length);
        scratchCount += text.Length;
    }

    public ReadOnlySpan<byte> Scratch(int start, int length) => scratch.AsSpan(start, length);
}

/// <summary>How the members are called, in events and in pointers to faults.</summary>
internal static class FieldNames
{
    private static readonly string[] Pointers =
    [
        "/specversion", "/id", "/source", "/type", "/time", "/subject", "/data", "/data_base64",
        "/data/application", "/data/name", "/data/user", "/data/role", "/data/connection", "/data/medium", "/data/joinedAt",
        "/data/pixels", "/data/recording", "/data/files", "/data/seconds", "/data/task", "/data/mode", "/data/stored",
        "/data/count", "/data/bytes", "/data/kind", "/data/section", "/data/organization", "/data/department",
        "/data/source", "/data/id", "/data/subject",
    ];

    public static string Pointer(Field field) => Pointers[(int)field];

    public static Field OfEvent(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("id"u8) => Field.Id,
        4 when name.SequenceEqual("type"u8) => Field.Type,
        4 when name.SequenceEqual("time"u8) => Field.Time,
        4 when name.SequenceEqual("data"u8) => Field.Data,
        6 when name.SequenceEqual("source"u8) => Field.Source,
        7 when name.SequenceEqual("subject"u8) => Field.Subject,
        11 when name.SequenceEqual("specversion"u8) => Field.SpecVersion,
        11 when name.SequenceEqual("data_base64"u8) => Field.DataBase64,
        _ => Field.None,
    };

    public static Field OfData(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => name.SequenceEqual("id"u8) ? Field.TargetId : Field.None,
        4 => OfFour(name),
        5 => name.SequenceEqual("files"u8) ? Field.Files : name.SequenceEqual("count"u8) ? Field.Count :
            name.SequenceEqual("bytes"u8) ? Field.Bytes : Field.None,
        6 => name.SequenceEqual("medium"u8) ? Field.Medium : name.SequenceEqual("pixels"u8) ? Field.Pixels :
            name.SequenceEqual("stored"u8) ? Field.Stored : name.SequenceEqual("source"u8) ? Field.TargetSource : Field.None,
        7 => name.SequenceEqual("seconds"u8) ? Field.Seconds : name.SequenceEqual("section"u8) ? Field.Section :
            name.SequenceEqual("subject"u8) ? Field.TargetSubject : Field.None,
        8 => name.SequenceEqual("joinedAt"u8) ? Field.JoinedAt : Field.None,
        9 => name.SequenceEqual("recording"u8) ? Field.Recording : Field.None,
        10 => name.SequenceEqual("connection"u8) ? Field.Connection : name.SequenceEqual("department"u8) ? Field.Department : Field.None,
        11 => name.SequenceEqual("application"u8) ? Field.Application : Field.None,
        12 => name.SequenceEqual("organization"u8) ? Field.Organization : Field.None,
        _ => Field.None,
    };

    private static Field OfFour(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("user"u8) ? Field.User : name.SequenceEqual("role"u8) ? Field.Role :
        name.SequenceEqual("kind"u8) ? Field.Kind : name.SequenceEqual("name"u8) ? Field.Name :
        name.SequenceEqual("mode"u8) ? Field.Mode : name.SequenceEqual("task"u8) ? Field.Task : Field.None;
}
