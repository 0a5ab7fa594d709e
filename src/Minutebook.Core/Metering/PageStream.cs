using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>
/// The items of a page's stream. One byte says what follows; numbers are variable-length (LEB128), texts a length and UTF-8, and of one
/// that is written as another before it, how many bytes they share and the rest as a text. Users, slots, roles, texts and dimensions are
/// numbered in the order in which they come, from 0. User ids stand whole: they are searched for in the bytes.
/// </summary>
internal static class PageItem
{
    /// <summary>text: a participant's user id.</summary>
    public const byte Participant = 1;
    /// <summary>number of the participant, text as the slot's before: a connection for audio/video.</summary>
    public const byte AvSlot = 2;
    /// <summary>number of the participant, text as the slot's before: a connection for the whiteboard.</summary>
    public const byte WhiteboardSlot = 3;
    /// <summary>text: a role.</summary>
    public const byte Role = 4;
    /// <summary>text: a name or an order key.</summary>
    public const byte Text = 5;
    /// <summary>number of a record: it is voided.</summary>
    public const byte Voided = 6;
    /// <summary>number of the meter, text: the key of dimensions that amounts refer to.</summary>
    public const byte Dimensions = 7;
    /// <summary>number of the dimensions, quantity: an amount of the record that follows.</summary>
    public const byte Amount = 8;
    /// <summary>signed difference to the position before: where the journal has what follows.</summary>
    public const byte Position = 9;
    /// <summary>number of a text, then as an amount: an amount of a user.</summary>
    public const byte AmountOfUser = 12;
    /// <summary>number of a record: the same event came again.</summary>
    public const byte Repeat = 10;
    /// <summary>number of a record: it came again, and said something else.</summary>
    public const byte Conflict = 11;
    /// <summary>plus the event's kind: a record. Identity (16 bytes), time as a signed difference to the record before, then by kind.</summary>
    public const byte Record = 16;
}

public sealed partial class Page
{
    /// <summary>Dimensions that its amounts use, by the account's numbers, in the order of the stream; and the other way round.</summary>
    private List<int>? amountDimensions;
    private Dictionary<int, int>? amountDimensionNumbers;
    // The kind, the identity and a byte each for time, slot and role, mostly.
    private const int LeastRecord = 20;

    private int unclaimedAmounts;
    private long position;

    /// <summary>Notes where the journal has its events, when they are to be looked into; else null.</summary>
    internal PageArrivals? History { get; init; }

    /// <summary>Where the journal has what is added next.</summary>
    internal void At(long journalPosition)
    {
        if (journalPosition != position)
        {
            written.Byte(PageItem.Position);
            written.Signed(journalPosition - position);
            position = journalPosition;
        }
    }

    /// <summary>Writes down that an event came again; that has no effect on what the page amounts to.</summary>
    internal void Repeat(int index, bool conflict)
    {
        written.Byte(conflict ? PageItem.Conflict : PageItem.Repeat);
        written.Varint((ulong)index);
    }

    private int NewAmountDimensions(int dimensions)
    {
        amountDimensions ??= [];
        amountDimensionNumbers ??= [];
        amountDimensions.Add(dimensions);
        return amountDimensionNumbers[dimensions] = amountDimensions.Count - 1;
    }

    private void WriteAmount(Amount amount)
    {
        int dimensions = 0;
        if (amountDimensionNumbers?.TryGetValue(amount.Dimensions, out dimensions) != true)
        {
            Dimensions its = dimensionsOf!(amount.Dimensions);
            written.Byte(PageItem.Dimensions);
            written.Varint((ulong)IndexOf(its.Meter));
            written.Text(System.Text.Encoding.UTF8.GetBytes(its.Key));
            dimensions = NewAmountDimensions(amount.Dimensions);
        }

        written.Byte(amount.User < 0 ? PageItem.Amount : PageItem.AmountOfUser);
        if (amount.User >= 0)
        {
            written.Varint((ulong)amount.User);
        }

        written.Varint((ulong)dimensions);
        written.Varint((ulong)amount.Quantity);
    }

    private void Write(in Record record, UInt128 identity)
    {
        written.Byte((byte)(PageItem.Record + record.Kind));
        written.Identity(identity);
        written.Signed(unchecked(record.Time - lastTime));
        switch (record.Kind)
        {
            case EventKind.ClassStarted:
                written.Varint((ulong)(record.Text + 1));
                break;
            case EventKind.ParticipantJoined:
                written.Varint((ulong)record.Slot);
                written.Varint((ulong)(record.Role + 1));
                break;
            case EventKind.ParticipantLeft:
                written.Varint((ulong)record.Slot);
                written.Varint((ulong)(record.Role + 1));
                written.Varint((ulong)(record.Text + 1));
                if (record.Text >= 0)
                {
                    written.Signed(unchecked(record.Time - record.Value));
                }

                break;
            case EventKind.ParticipantReceiving:
                written.Varint((ulong)record.Slot);
                written.Varint((ulong)record.Value);
                break;
            case EventKind.EventVoided:
                written.Identity(TargetOf(record));
                written.Hash(record.Value);
                break;
            case EventKind.ClassEnded:
                break;
            default:
                written.Varint((ulong)record.Next);
                written.Hash(record.Value);
                break;
        }
    }

    /// <summary>A page as the store has it, by itself: it is looked into and let go of, and nothing is added to it.</summary>
    /// <param name="chunks">Its stream.</param>
    /// <param name="numberOf">Numbers dimensions; null where they are not needed.</param>
    /// <param name="identities">Gets the identities of the records, in order; null where they are not needed.</param>
    /// <param name="memory">The memory that it borrows; null for its own.</param>
    /// <exception cref="FormatException">The bytes are not such a stream.</exception>
    internal static Page Of(
        IReadOnlyList<byte[]> chunks, Func<Dimensions, int>? numberOf = null, List<UInt128>? identities = null, PageMemory? memory = null)
    {
        Page page = WithRoom(chunks.Sum(static chunk => (long)chunk.Length), memory ?? new PageMemory());
        page.Read(chunks, numberOf ?? NoNumber, identities);
        return page;
    }

    /// <summary>The same of a stream that is too large to stand in memory beside its page.</summary>
    /// <param name="length">How many bytes it has.</param>
    /// <param name="chunks">The stream; each chunk is read before the next is asked for.</param>
    internal static Page Of(long length, IEnumerable<ReadOnlyMemory<byte>> chunks)
    {
        Page page = WithRoom(length, new PageMemory());
        foreach (ReadOnlyMemory<byte> chunk in chunks)
        {
            page.Read(chunk.Span, NoNumber);
        }

        return page;
    }

    private static int NoNumber(Dimensions its) => 0;

    /// <summary>A page by itself, with room for what so many bytes of a stream can hold, all at once.</summary>
    private static Page WithRoom(long bytes, PageMemory memory)
    {
        var page = new Page(0, 0, PageKind.Class, "", memory, null);
        if (bytes / LeastRecord > FirstRecords)
        {
            memory.Records.Grow(ref page.records, 0, checked((int)(bytes / LeastRecord)));
        }

        return page;
    }

    /// <summary>Reads the stream that was written down, chunk after chunk, into a page that is still empty.</summary>
    /// <param name="chunks">The stream.</param>
    /// <param name="numberOf">The account's number of dimensions.</param>
    /// <param name="identities">Gets the identities of the records, in order; null where they are not needed.</param>
    /// <exception cref="FormatException">The bytes are not such a stream.</exception>
    internal void Read(IEnumerable<byte[]> chunks, Func<Dimensions, int> numberOf, List<UInt128>? identities = null)
    {
        foreach (byte[] chunk in chunks)
        {
            Read(chunk, numberOf, identities);
        }
    }

    /// <summary>Reads the next chunk of it.</summary>
    internal void Read(ReadOnlySpan<byte> chunk, Func<Dimensions, int> numberOf, List<UInt128>? identities = null)
    {
        var reader = new ByteReader(chunk);
        while (!reader.AtEnd)
        {
            ReadItem(ref reader, numberOf, identities);
        }

        persisted += chunk.Length;
    }

    private void ReadItem(ref ByteReader reader, Func<Dimensions, int> numberOf, List<UInt128>? identities)
    {
        byte item = reader.Byte();
        switch (item)
        {
            case PageItem.Participant:
                ReadOnlySpan<byte> name = reader.Text();
                NewParticipant(Math.Max(1, TextHash.Of(name)), name);
                break;
            case PageItem.AvSlot or PageItem.WhiteboardSlot:
                int participant = Known(reader.Int(), ParticipantCount);
                Name connection = NewName(LastConnection, reader.Int(), reader.Text());
                Medium medium = item == PageItem.AvSlot ? Medium.Av : Medium.Whiteboard;
                ulong connectionHash = connection.Length == 0 ? 0 : Math.Max(1, TextHash.Of(TextAt(connection)));
                NewSlot(participant, SlotHash(participants[participant].Hash, connectionHash, medium), connection, medium);
                break;
            case PageItem.Role:
                NewRole(reader.Text());
                break;
            case PageItem.Text:
                NewText(reader.Text().ToArray(), write: false);
                break;
            case PageItem.Voided:
                records[Known(reader.Int(), Count)].Voided = true;
                break;
            case PageItem.Position:
                position += reader.Signed();
                break;
            case PageItem.Repeat or PageItem.Conflict:
                int repeated = Known(reader.Int(), Count);
                History?.Repeat(repeated, position, item == PageItem.Conflict);
                break;
            case PageItem.Dimensions:
                Meter meter = Meter.All[Known(reader.Int(), Meter.All.Count)];
                NewAmountDimensions(numberOf(Metering.Dimensions.FromKey(meter, reader.String())));
                break;
            case PageItem.Amount or PageItem.AmountOfUser:
                int user = item == PageItem.Amount ? -1 : Known(reader.Int(), texts?.Count ?? 0);
                int dimensions = amountDimensions![Known(reader.Int(), amountDimensions?.Count ?? 0)];
                AddAmount(new Amount(dimensions, (long)reader.Varint(), user));
                unclaimedAmounts++;
                break;
            default:
                UInt128 identity = reader.Identity();
                identities?.Add(identity);
                ReadRecord(ref reader, (EventKind)(item - PageItem.Record));
                break;
        }
    }

    private void ReadRecord(ref ByteReader reader, EventKind kind)
    {
        History?.Add(Count, position);
        ref Record record = ref NewRecord();
        record = new Record { Kind = kind, Slot = -1, Next = -1, Text = -1, Role = -1, Value = EventRow.NoQuantity };
        record.Time = unchecked(lastTime + reader.Signed());
        switch (kind)
        {
            case EventKind.ClassStarted:
                record.Text = reader.Int() - 1;
                break;
            case EventKind.ClassEnded:
                break;
            case EventKind.ParticipantJoined or EventKind.ParticipantLeft:
                record.Slot = Known(reader.Int(), SlotCount);
                record.Role = (short)(reader.Int() - 1);
                record.Text = kind == EventKind.ParticipantLeft ? reader.Int() - 1 : -1;
                record.Value = record.Text >= 0 ? unchecked(record.Time - reader.Signed()) : EventRow.NoQuantity;
                break;
            case EventKind.ParticipantReceiving:
                record.Slot = Known(reader.Int(), SlotCount);
                record.Value = (long)reader.Varint();
                break;
            case EventKind.EventVoided:
                record.Slot = NewTarget(reader.Identity());
                record.Value = reader.Hash();
                break;
            case >= EventKind.RecordingCompleted and <= EventKind.ContentDelivered:
                record.Next = Known(reader.Int(), unclaimedAmounts + 1);
                record.Slot = (amounts?.Count ?? 0) - record.Next;
                record.Value = reader.Hash();
                unclaimedAmounts = 0;
                break;
            default:
                throw new FormatException($"A page's stream has an item {PageItem.Record + (byte)kind} that this version does not know.");
        }

        Added(ref record);
    }

    private static int Known(int number, int count) =>
        number >= 0 && number < count ? number : throw new FormatException($"A page's stream refers to {number} of {count}.");

    private static int IndexOf(Meter meter)
    {
        for (int i = 0; i < Meter.All.Count; i++)
        {
            if (ReferenceEquals(Meter.All[i], meter))
            {
                return i;
            }
        }

        throw new ArgumentException($"{meter.Name} is no meter of the rules.", nameof(meter));
    }
}
