using System.Runtime.CompilerServices;
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
    /// <summary>The storage samples of an application, of one local day.</summary>
    Samples = 3,
}

/// <summary>
/// A set of events (rule 1.4) and what they amount to: a class, or a day of an application's other events. Events are only ever added
/// or marked as voided; everything else is worked out from them. What is added is also written down as a stream of items
/// (<see cref="PageItem"/>), from which it is read back: the stream does not depend on when it was cut into chunks.
/// </summary>
public sealed partial class Page
{
    private const int FirstRecords = 8;

    private readonly PageMemory memory;
    private Stretch<Record> records;
    private List<Amount>? amounts;
    private int amountsOfUsers;
    private List<byte[]>? texts;
    private List<Role>? roles;
    private List<UInt128>? targets;
    private readonly ByteWriter written;
    private long lastTime;
    private int persisted;

    private readonly Func<int, Dimensions>? dimensionsOf;

    internal Page(int number, int application, PageKind kind, string key, PageMemory memory, Func<int, Dimensions>? dimensionsOf)
    {
        this.memory = memory;
        this.dimensionsOf = dimensionsOf;
        written = new ByteWriter(memory.Bytes);
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

    /// <summary>The record of a class.started that came last, or -1; those before it by <see cref="Record.Next"/>.</summary>
    internal int LastStart { get; private set; } = -1;
    /// <summary>The same of class.ended.</summary>
    internal int LastEnd { get; private set; } = -1;

    internal ref Record RecordAt(int index) => ref records[index];
    /// <summary>A class's name, an order key or the user of an amount, UTF-8.</summary>
    internal ReadOnlySpan<byte> TextAt(int text) => texts![text];
    /// <summary>A role by its number in the page.</summary>
    internal string RoleAt(int role) => roles![role].Name;
    /// <summary>The identity that a void names.</summary>
    internal UInt128 TargetOf(in Record record) => targets![record.Slot];
    internal ReadOnlySpan<Amount> AmountsOf(in Record record) => CollectionsMarshal.AsSpan(amounts).Slice(record.Slot, record.Next);
    /// <summary>Whose an amount is, or null.</summary>
    internal string? UserOf(Amount amount) => amount.User < 0 ? null : Encoding.UTF8.GetString(TextAt(amount.User));
    internal static bool HasAmounts(EventKind kind) => kind >= EventKind.RecordingCompleted && kind <= EventKind.ContentDelivered;
    private static bool HasContent(EventKind kind) => HasAmounts(kind) || kind == EventKind.EventVoided;
    internal static bool IsParticipants(EventKind kind) =>
        kind is EventKind.ParticipantJoined or EventKind.ParticipantLeft or EventKind.ParticipantReceiving;

    /// <summary>Where the next chunk begins in the page's stream.</summary>
    internal int Persisted => persisted;
    internal bool HasUnwritten => written.Count > 0;

    /// <summary>The items since the last time, for the next chunk.</summary>
    internal ReadOnlyMemory<byte> TakeWritten(ChunkMemory to)
    {
        ReadOnlyMemory<byte> taken = to.Copy(written.Written);
        persisted += taken.Length;
        written.Release();
        return taken;
    }

    /// <summary>Adds a record without its links; the caller fills it, then calls <see cref="Added"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Record NewRecord()
    {
        if (Count == records.Length)
        {
            memory.Records.Grow(ref records, Count, Math.Max(FirstRecords, Count * 2));
        }

        return ref records[Count++];
    }

    /// <summary>Links a new record into its slot or list, and writes it down unless it was read back.</summary>
    private void Added(ref Record record)
    {
        int index = Count - 1;
        switch (record.Kind)
        {
            case EventKind.ClassStarted:
                (record.Next, LastStart) = (LastStart, index);
                break;
            case EventKind.ClassEnded:
                (record.Next, LastEnd) = (LastEnd, index);
                break;
            case EventKind.ParticipantJoined or EventKind.ParticipantLeft or EventKind.ParticipantReceiving:
                ref Slot slot = ref slots[record.Slot];
                record.Next = slot.Last;
                slot.Last = index;
                slot.HasSteps |= record.Kind == EventKind.ParticipantReceiving;
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
        int firstAmount = amounts?.Count ?? 0;
        foreach (Amount one in its)
        {
            Amount amount = one.User < 0 ? one : one with { User = NewText(batch.Text(one.User).ToArray(), write: true) };
            AddAmount(amount);
            WriteAmount(amount);
        }

        ref Record record = ref NewRecord();
        record = new Record
        {
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
        Write(record, row.Identity);
        Added(ref record);
        return Count - 1;
    }

    /// <summary>Adds a void.</summary>
    internal int AddVoid(EventBatch batch, in EventRow row, UInt128 target)
    {
        int number = NewTarget(target);
        ref Record record = ref NewRecord();
        record = new Record
        {
            Time = row.Time,
            Kind = EventKind.EventVoided,
            Value = Content.Of(batch, row),
            Slot = number,
            Next = -1,
            Text = -1,
            Role = -1,
        };
        Write(record, row.Identity);
        Added(ref record);
        return Count - 1;
    }

    /// <summary>Marks an event as voided.</summary>
    internal void MarkVoided(int index)
    {
        ref Record record = ref records[index];
        record.Voided = true;
        if (IsParticipants(record.Kind))
        {
            participants[slots[record.Slot].User].Measured = default;
        }

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

    private bool SameText(int text, ReadOnlySpan<byte> utf8) => text < 0 ? utf8.IsEmpty : TextAt(text).SequenceEqual(utf8);

    private bool SameRole(short role, ReadOnlySpan<byte> utf8) =>
        role < 0 ? utf8.IsEmpty : roles![role].Utf8.AsSpan().SequenceEqual(utf8);

    private static Medium MediumOf(in EventRow row) =>
        row.Kind == EventKind.ParticipantReceiving ? Medium.Av : (Medium)row.Mode;

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

        return row.Kind != EventKind.ClassStarted || row.Name < 0 ? -1 : NewText(batch.Text(row.Name).ToArray(), write: true);
    }

    private int NewText(byte[] utf8, bool write)
    {
        if (write)
        {
            written.Byte(PageItem.Text);
            written.Text(utf8);
        }

        texts ??= [];
        texts.Add(utf8);
        return texts.Count - 1;
    }

    private int NewTarget(UInt128 target)
    {
        targets ??= [];
        targets.Add(target);
        return targets.Count - 1;
    }

    private short RoleOf(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return -1;
        }

        for (int i = 0; i < roles?.Count; i++)
        {
            if (roles[i].Utf8.AsSpan().SequenceEqual(utf8))
            {
                return (short)i;
            }
        }

        if (roles?.Count == short.MaxValue)
        {
            return -1;
        }

        written.Byte(PageItem.Role);
        written.Text(utf8);
        return NewRole(utf8);
    }

    private short NewRole(ReadOnlySpan<byte> utf8)
    {
        roles ??= [];
        roles.Add(memory.RoleOf(utf8));
        return (short)(roles.Count - 1);
    }

    private void AddAmount(Amount amount)
    {
        (amounts ??= []).Add(amount);
        amountsOfUsers += amount.User < 0 ? 0 : 1;
    }

    /// <summary>Gives its memory to other pages: it is not to be used any more.</summary>
    internal void Release()
    {
        memory.Records.Return(ref records);
        ReleaseParticipants();
        written.Release();
    }
}
