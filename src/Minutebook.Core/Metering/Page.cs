using System.Runtime.InteropServices;
using System.Text;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>What a page holds.</summary>
public enum PageKind
{
    /// <summary>The events of a class.</summary>
    Class = 0,
    /// <summary>The events of an application without class, of one UTC day.</summary>
    Day = 1,
    /// <summary>The voids of an account, of one UTC day.</summary>
    Voids = 2,
}

/// <summary>One event in a page.</summary>
internal struct Record
{
    public UInt128 Identity;
    /// <summary>When it happened, ms.</summary>
    public long Time;
    /// <summary>
    /// Pixels, or joinedAt in ms; <see cref="EventRow.NoQuantity"/> where there is none. Of an event with amounts and of a void, the hash
    /// of all that it says (<see cref="Content"/>): more than is kept of it.
    /// </summary>
    public long Value;
    /// <summary>A participant's event: its slot. One with amounts: the first of them. A void: its target.</summary>
    public int Slot;
    /// <summary>A participant's event: the slot's record before it, or -1. One with amounts: how many.</summary>
    public int Next;
    /// <summary>A class's name, the order key of a leave with joinedAt, or the user of an amount; -1 for none.</summary>
    public int Text;
    public short Role;
    public EventKind Kind;
    public bool Voided;
}

/// <summary>A user's connection for one medium: what stays belong to (rule 2.2).</summary>
internal struct Slot
{
    public ulong Hash;
    /// <summary>Where its connection stands among the page's names.</summary>
    public Name Connection;
    public int User;
    /// <summary>The slot's record that came last, or -1.</summary>
    public int Last;
    /// <summary>The user's slot before it, or -1.</summary>
    public int NextOfUser;
    public Medium Medium;
}

/// <summary>A participant of a class, and what its presence amounts to.</summary>
internal struct Participant
{
    public ulong Hash;
    /// <summary>Where its user id stands among the page's names.</summary>
    public Name Name;
    /// <summary>The user's slot that came last, or -1.</summary>
    public int LastSlot;
    public bool Dirty;
    /// <summary>Counts as a user of the class (rule 2.6).</summary>
    public bool Counted;
    /// <summary>Something of it is open: <see cref="Open"/>, or else <see cref="ManyOpen"/>.</summary>
    public bool IsOpen;
    /// <summary>When time alone changes what it amounts to, before the class's own due instant; 0 for never.</summary>
    public long Due;
    /// <summary>What it used, when that is in one hour and of one kind, as mostly; none of 0 seconds.</summary>
    public Piece Piece;
    /// <summary>What it used, when that is more; else null.</summary>
    public Piece[]? Pieces;
    /// <summary>Where it is present still, when that is one presence.</summary>
    public OpenPiece Open;
    /// <summary>Where it is present still, when that is more; else null.</summary>
    public OpenPiece[]? ManyOpen;
}

/// <summary>A text among a page's names, by its place.</summary>
internal readonly record struct Name(int Start, int Length);

/// <summary>Seconds of a user in an hour.</summary>
internal readonly record struct Piece(long Hour, int Dimensions, int Seconds);

/// <summary>A presence that is open since a second.</summary>
internal readonly record struct OpenPiece(long From, int Dimensions);

/// <summary>A quantity of an event that is not presence.</summary>
internal readonly record struct Amount(int Dimensions, long Quantity);

/// <summary>
/// A set of events (rule 1.4) and what they amount to: a class, or a day of an application's other events. Events are only ever added
/// or marked as voided; everything else is worked out from them. What is added is also written down as a stream of items, which
/// <see cref="PageStream"/> reads back: the stream does not depend on when it was cut into chunks.
/// </summary>
public sealed partial class Page
{
    private Record[] records = [];
    private Slot[] slots = [];
    private int[] slotIndex = [];
    private Participant[] participants = [];
    private int[] participantIndex = [];
    private byte[] names = [];
    private int nameBytes;
    private Amount[] amounts = [];
    private int amountCount;
    private readonly ByteWriter written = new();
    private readonly List<byte[]> rolesUtf8 = [];
    private long lastTime;
    private int persisted;

    private readonly Func<int, Dimensions>? dimensionsOf;

    internal Page(int number, int application, PageKind kind, string key, Func<int, Dimensions>? dimensionsOf)
    {
        this.dimensionsOf = dimensionsOf;
        Number = number;
        Application = application;
        Kind = kind;
        Key = key;
        KeyUtf8 = Encoding.UTF8.GetBytes(key);
    }

    /// <summary>Its number in the account.</summary>
    public int Number { get; }
    /// <summary>The account's application that it belongs to, by its place.</summary>
    internal int Application { get; }
    /// <summary>What it holds.</summary>
    public PageKind Kind { get; }
    /// <summary>The class id, or the UTC day.</summary>
    public string Key { get; }
    internal byte[] KeyUtf8 { get; }
    /// <summary>How many events it holds, voided ones included.</summary>
    public int Count { get; private set; }

    internal int SlotCount { get; private set; }
    internal int ParticipantCount { get; private set; }
    internal List<byte[]> Texts { get; } = [];
    internal List<string> Roles { get; } = [];
    internal List<UInt128> Targets { get; } = [];
    internal List<int> Starts { get; } = [];
    internal List<int> Ends { get; } = [];
    /// <summary>Dimensions that its amounts use, by the account's numbers.</summary>
    internal List<int> AmountDimensions { get; } = [];

    internal ref Record RecordAt(int index) => ref records[index];
    internal ref Slot SlotAt(int index) => ref slots[index];
    internal ref Participant ParticipantAt(int index) => ref participants[index];
    internal ReadOnlySpan<Amount> AmountsOf(in Record record) => amounts.AsSpan(record.Slot, record.Next);
    internal static bool HasAmounts(EventKind kind) => kind >= EventKind.RecordingCompleted && kind <= EventKind.ContentDelivered;
    private static bool HasContent(EventKind kind) => HasAmounts(kind) || kind == EventKind.EventVoided;
    internal static bool IsParticipants(EventKind kind) =>
        kind is EventKind.ParticipantJoined or EventKind.ParticipantLeft or EventKind.ParticipantReceiving;

    /// <summary>Where the next chunk begins in the page's stream.</summary>
    internal int Persisted => persisted;
    internal bool HasUnwritten => written.Count > 0;

    /// <summary>The items since the last time, for the next chunk.</summary>
    internal byte[] TakeWritten()
    {
        byte[] taken = written.Take();
        persisted += taken.Length;
        return taken;
    }

    /// <summary>Adds a record without its links; the caller fills it, then calls <see cref="Added"/>.</summary>
    private ref Record NewRecord()
    {
        if (Count == records.Length)
        {
            Pooled.Grow(ref records, Count);
        }

        return ref records[Count++];
    }

    /// <summary>Links a new record into its slot or list, and writes it down unless it was read back.</summary>
    private void Added(ref Record record, bool write)
    {
        if (write)
        {
            Write(record);
        }

        int index = Count - 1;
        switch (record.Kind)
        {
            case EventKind.ClassStarted:
                Starts.Add(index);
                break;
            case EventKind.ClassEnded:
                Ends.Add(index);
                break;
            case EventKind.ParticipantJoined or EventKind.ParticipantLeft or EventKind.ParticipantReceiving:
                record.Next = slots[record.Slot].Last;
                slots[record.Slot].Last = index;
                break;
        }

        lastTime = record.Time;
    }

    /// <summary>Adds an event of the class, or the application's day, that the row tells.</summary>
    /// <returns>Its index.</returns>
    internal int Add(EventBatch batch, in EventRow row, ReadOnlySpan<Amount> its)
    {
        int slot = IsParticipants(row.Kind) ? SlotOf(batch, row) : -1;
        int text = TextOf(batch, row);
        short role = row.Kind is EventKind.ParticipantJoined or EventKind.ParticipantLeft ? RoleOf(batch.Text(row.Role)) : (short)-1;
        int firstAmount = amountCount;
        foreach (Amount amount in its)
        {
            AddAmount(amount, write: true);
        }

        ref Record record = ref NewRecord();
        record = new Record
        {
            Identity = row.Identity,
            Time = row.Time,
            Kind = row.Kind,
            Value = HasContent(row.Kind) ? Content.Of(batch, row)
                : row.Kind is EventKind.ParticipantLeft or EventKind.ParticipantReceiving ? row.Quantity
                : EventRow.NoQuantity,
            Slot = HasAmounts(row.Kind) ? firstAmount : slot,
            Next = HasAmounts(row.Kind) ? its.Length : -1,
            Text = text,
            Role = role,
        };
        Added(ref record, write: true);
        return Count - 1;
    }

    /// <summary>Adds a void.</summary>
    internal int AddVoid(EventBatch batch, in EventRow row, UInt128 target)
    {
        Targets.Add(target);
        ref Record record = ref NewRecord();
        record = new Record
        {
            Identity = row.Identity,
            Time = row.Time,
            Kind = EventKind.EventVoided,
            Value = Content.Of(batch, row),
            Slot = Targets.Count - 1,
            Next = -1,
            Text = -1,
            Role = -1,
        };
        Added(ref record, write: true);
        return Count - 1;
    }

    /// <summary>Marks an event as voided.</summary>
    internal void MarkVoided(int index)
    {
        records[index].Voided = true;
        written.Byte(PageItem.Voided);
        written.Varint((ulong)index);
    }

    /// <summary>Whether a row tells the same as the event that came first (rule 1.3).</summary>
    internal bool Same(int index, EventBatch batch, in EventRow row)
    {
        ref Record record = ref records[index];
        if (record.Kind != row.Kind || record.Time != row.Time)
        {
            return false;
        }

        if (HasContent(row.Kind))
        {
            return record.Value == Content.Of(batch, row);
        }

        if (!IsParticipants(row.Kind))
        {
            return row.Kind != EventKind.ClassStarted || SameText(record.Text, batch.Text(row.Name));
        }

        ref Slot slot = ref slots[record.Slot];
        return (row.Kind == EventKind.ParticipantJoined || record.Value == row.Quantity)
            && TextAt(slot.Connection).SequenceEqual(batch.Text(row.Connection))
            && slot.Medium == MediumOf(row)
            && TextAt(participants[slot.User].Name).SequenceEqual(batch.Text(row.User))
            && (row.Kind == EventKind.ParticipantReceiving || SameRole(record.Role, batch.Text(row.Role)));
    }

    private bool SameText(int text, ReadOnlySpan<byte> utf8) => text < 0 ? utf8.IsEmpty : Texts[text].AsSpan().SequenceEqual(utf8);

    private bool SameRole(short role, ReadOnlySpan<byte> utf8) =>
        role < 0 ? utf8.IsEmpty : rolesUtf8[role].AsSpan().SequenceEqual(utf8);

    private static Medium MediumOf(in EventRow row) =>
        row.Kind == EventKind.ParticipantReceiving ? Medium.Av : (Medium)row.Mode;

    private static int TextNumber(in EventRow row) => row.Kind switch
    {
        EventKind.ClassStarted => row.Name,
        EventKind.PlaybackViewed => row.User,
        _ => EventRow.None,
    };

    private int TextOf(EventBatch batch, in EventRow row)
    {
        if (row.Kind == EventKind.ParticipantLeft && row.Quantity != EventRow.NoQuantity)
        {
            // Leaves with joinedAt at one millisecond count in the order of (source, id): rule 2.2.
            ReadOnlySpan<byte> source = batch.Text(row.Source);
            ReadOnlySpan<byte> id = batch.Text(row.Id);
            byte[] key = new byte[source.Length + 1 + id.Length];
            source.CopyTo(key);
            id.CopyTo(key.AsSpan(source.Length + 1));
            return NewText(key, write: true);
        }

        if (row.Kind != EventKind.ClassStarted && !HasAmounts(row.Kind))
        {
            return -1;
        }

        int text = TextNumber(row);
        return text < 0 ? -1 : NewText(batch.Text(text).ToArray(), write: true);
    }

    private int NewText(byte[] utf8, bool write)
    {
        if (write)
        {
            written.Byte(PageItem.Text);
            written.Text(utf8);
        }

        Texts.Add(utf8);
        return Texts.Count - 1;
    }

    private short RoleOf(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return -1;
        }

        for (int i = 0; i < rolesUtf8.Count; i++)
        {
            if (rolesUtf8[i].AsSpan().SequenceEqual(utf8))
            {
                return (short)i;
            }
        }

        if (Roles.Count == short.MaxValue)
        {
            return -1;
        }

        written.Byte(PageItem.Role);
        written.Text(utf8);
        return NewRole(utf8);
    }

    private short NewRole(ReadOnlySpan<byte> utf8)
    {
        rolesUtf8.Add(utf8.ToArray());
        Roles.Add(Encoding.UTF8.GetString(utf8));
        return (short)(Roles.Count - 1);
    }

    private void AddAmount(Amount amount, bool write)
    {
        if (amountCount == amounts.Length)
        {
            Pooled.Grow(ref amounts, amountCount);
        }

        amounts[amountCount++] = amount;
        if (write)
        {
            WriteAmount(amount);
        }
    }

    private int SlotOf(EventBatch batch, in EventRow row)
    {
        ulong userHash = batch.Hash(row.User);
        ulong connectionHash = row.Connection < 0 ? 0 : batch.Hash(row.Connection);
        Medium medium = MediumOf(row);
        ulong hash = SlotHash(userHash, connectionHash, medium);
        int mask = slotIndex.Length - 1;
        if (mask > 0)
        {
            ReadOnlySpan<byte> user = batch.Text(row.User);
            ReadOnlySpan<byte> connection = batch.Text(row.Connection);
            for (int at = (int)(hash & (ulong)mask); slotIndex[at] != 0; at = (at + 1) & mask)
            {
                ref Slot slot = ref slots[slotIndex[at] - 1];
                if (slot.Hash == hash && slot.Medium == medium && TextAt(slot.Connection).SequenceEqual(connection)
                    && TextAt(participants[slot.User].Name).SequenceEqual(user))
                {
                    return slotIndex[at] - 1;
                }
            }
        }

        int participant = ParticipantOf(userHash, batch.Text(row.User));
        return NewSlot(participant, hash, batch.Text(row.Connection), medium, write: true);
    }

    private static ulong SlotHash(ulong user, ulong connection, Medium medium) =>
        unchecked((user ^ (connection * 0x9E3779B97F4A7C15) ^ ((ulong)medium << 63)) | 1);

    private int NewSlot(int participant, ulong hash, ReadOnlySpan<byte> connection, Medium medium, bool write)
    {
        if (SlotCount == slots.Length)
        {
            Pooled.Grow(ref slots, SlotCount);
        }

        int added = SlotCount++;
        slots[added] = new Slot
        {
            Hash = hash,
            Connection = NewName(connection),
            User = participant,
            Last = -1,
            NextOfUser = participants[participant].LastSlot,
            Medium = medium,
        };
        participants[participant].LastSlot = added;
        if (SlotCount * 2 > slotIndex.Length)
        {
            slotIndex = new int[Math.Max(8, slotIndex.Length * 2)];
            for (int i = 0; i < SlotCount; i++)
            {
                Insert(slotIndex, slots[i].Hash, i);
            }
        }
        else
        {
            Insert(slotIndex, hash, added);
        }

        if (write)
        {
            written.Byte(medium == Medium.Av ? PageItem.AvSlot : PageItem.WhiteboardSlot);
            written.Varint((ulong)participant);
            written.Text(connection);
        }

        return added;
    }

    private int ParticipantOf(ulong hash, ReadOnlySpan<byte> name)
    {
        int mask = participantIndex.Length - 1;
        if (mask > 0)
        {
            for (int at = (int)(hash & (ulong)mask); participantIndex[at] != 0; at = (at + 1) & mask)
            {
                ref Participant participant = ref participants[participantIndex[at] - 1];
                if (participant.Hash == hash && TextAt(participant.Name).SequenceEqual(name))
                {
                    return participantIndex[at] - 1;
                }
            }
        }

        written.Byte(PageItem.Participant);
        written.Text(name);
        return NewParticipant(hash, name);
    }

    private int NewParticipant(ulong hash, ReadOnlySpan<byte> name)
    {
        if (ParticipantCount == participants.Length)
        {
            Pooled.Grow(ref participants, ParticipantCount);
        }

        int added = ParticipantCount++;
        participants[added] = new Participant { Hash = hash, Name = NewName(name), LastSlot = -1 };
        if (ParticipantCount * 2 > participantIndex.Length)
        {
            participantIndex = new int[Math.Max(8, participantIndex.Length * 2)];
            for (int i = 0; i < ParticipantCount; i++)
            {
                Insert(participantIndex, participants[i].Hash, i);
            }
        }
        else
        {
            Insert(participantIndex, hash, added);
        }

        return added;
    }

    private Name NewName(ReadOnlySpan<byte> name)
    {
        while (nameBytes + name.Length > names.Length)
        {
            Pooled.Grow(ref names, Math.Max(nameBytes, 64), nameBytes);
        }

        name.CopyTo(names.AsSpan(nameBytes));
        var added = new Name(nameBytes, name.Length);
        nameBytes += name.Length;
        return added;
    }

    private ReadOnlySpan<byte> TextAt(Name name) => names.AsSpan(name.Start, name.Length);

    /// <summary>A participant's user id, UTF-8.</summary>
    internal ReadOnlySpan<byte> NameOf(in Participant participant) => TextAt(participant.Name);

    /// <summary>A slot's connection, UTF-8.</summary>
    internal ReadOnlySpan<byte> ConnectionOf(in Slot slot) => TextAt(slot.Connection);

    /// <summary>What a participant used, by hour and dimensions.</summary>
    internal static ReadOnlySpan<Piece> PiecesOf(ref Participant participant) =>
        participant.Pieces is { } many ? many : MemoryMarshal.CreateReadOnlySpan(ref participant.Piece, participant.Piece.Seconds == 0 ? 0 : 1);

    /// <summary>Where a participant is present still.</summary>
    internal static ReadOnlySpan<OpenPiece> OpenOf(ref Participant participant) =>
        participant.ManyOpen is { } many ? many : MemoryMarshal.CreateReadOnlySpan(ref participant.Open, participant.IsOpen ? 1 : 0);

    internal static void SetPieces(ref Participant participant, ReadOnlySpan<Piece> pieces)
    {
        participant.Pieces = pieces.Length > 1 ? pieces.ToArray() : null;
        participant.Piece = pieces.Length == 1 ? pieces[0] : default;
    }

    internal static void SetOpen(ref Participant participant, ReadOnlySpan<OpenPiece> open)
    {
        participant.ManyOpen = open.Length > 1 ? open.ToArray() : null;
        participant.Open = open.Length == 1 ? open[0] : default;
        participant.IsOpen = open.Length > 0;
    }

    private static void Insert(int[] index, ulong hash, int value)
    {
        int mask = index.Length - 1;
        int at = (int)(hash & (ulong)mask);
        while (index[at] != 0)
        {
            at = (at + 1) & mask;
        }

        index[at] = value + 1;
    }
}
