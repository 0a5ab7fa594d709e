using System.Runtime.InteropServices;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

public sealed partial class Page
{
    private const int FirstParticipants = 8;
    private const int FirstNames = 128;

    private Stretch<Slot> slots;
    private Stretch<int> slotIndex;
    private Stretch<Participant> participants;
    private Stretch<int> participantIndex;
    private Stretch<byte> names;
    private int nameBytes;

    /// <summary>What participants used, of those few where it is in several pieces.</summary>
    private Dictionary<int, Piece[]>? pieces;
    /// <summary>Where participants are present, of those few that are in several places.</summary>
    private Dictionary<int, OpenPiece[]>? manyOpen;

    internal int SlotCount { get; private set; }
    internal int ParticipantCount { get; private set; }
    internal ref Slot SlotAt(int index) => ref slots[index];
    internal ref Participant ParticipantAt(int index) => ref participants[index];

    private void ReleaseParticipants()
    {
        memory.Slots.Return(ref slots);
        memory.Numbers.Return(ref slotIndex);
        memory.Participants.Return(ref participants);
        memory.Numbers.Return(ref participantIndex);
        memory.Bytes.Return(ref names);
        memory.Present.Return(ref present);
    }

    private int SlotOf(EventBatch batch, in EventRow row)
    {
        ulong userHash = batch.Hash(row.User);
        ulong connectionHash = row.Connection < 0 ? 0 : batch.Hash(row.Connection);
        Medium medium = MediumOf(row);
        ulong hash = SlotHash(userHash, connectionHash, medium);
        ReadOnlySpan<byte> user = batch.Text(row.User);
        ReadOnlySpan<byte> connection = batch.Text(row.Connection);
        int mask = slotIndex.Length - 1;
        if (mask > 0)
        {
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

        int participant = ParticipantOf(userHash, user);
        written.Byte(medium == Medium.Av ? PageItem.AvSlot : PageItem.WhiteboardSlot);
        written.Varint((ulong)participant);
        written.Text(connection, TextAt(LastConnection));
        return NewSlot(participant, hash, NewName(connection), medium);
    }

    private static ulong SlotHash(ulong user, ulong connection, Medium medium) =>
        unchecked((user ^ (connection * 0x9E3779B97F4A7C15) ^ ((ulong)medium << 63)) | 1);

    private int NewSlot(int participant, ulong hash, Name connection, Medium medium)
    {
        if (SlotCount == slots.Length)
        {
            memory.Slots.Grow(ref slots, SlotCount, Math.Max(FirstParticipants, SlotCount * 2));
        }

        int added = SlotCount++;
        slots[added] = new Slot
        {
            Hash = hash,
            Connection = connection,
            User = participant,
            Last = -1,
            NextOfUser = participants[participant].LastSlot,
            Medium = medium,
        };
        participants[participant].LastSlot = added;
        if (GrowIndex(ref slotIndex, SlotCount))
        {
            for (int i = 0; i < added; i++)
            {
                Insert(slotIndex.Span, slots[i].Hash, i);
            }
        }

        Insert(slotIndex.Span, hash, added);
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
            memory.Participants.Grow(ref participants, ParticipantCount, Math.Max(FirstParticipants, ParticipantCount * 2));
        }

        int added = ParticipantCount++;
        participants[added] = new Participant { Hash = hash, Name = NewName(name), LastSlot = -1 };
        if (GrowIndex(ref participantIndex, ParticipantCount))
        {
            for (int i = 0; i < added; i++)
            {
                Insert(participantIndex.Span, participants[i].Hash, i);
            }
        }

        Insert(participantIndex.Span, hash, added);
        return added;
    }

    /// <summary>Keeps an index half empty; true when it was emptied for that, and all but the newest must be put in again.</summary>
    private bool GrowIndex(ref Stretch<int> index, int count)
    {
        if (count * 2 <= index.Length)
        {
            return false;
        }

        memory.Numbers.Grow(ref index, 0, Math.Max(FirstParticipants * 2, index.Length * 2));
        index.Span.Clear();
        return true;
    }

    private static void Insert(Span<int> index, ulong hash, int value)
    {
        int mask = index.Length - 1;
        int at = (int)(hash & (ulong)mask);
        while (index[at] != 0)
        {
            at = (at + 1) & mask;
        }

        index[at] = value + 1;
    }

    private Name LastConnection => SlotCount == 0 ? default : slots[SlotCount - 1].Connection;

    /// <summary>A name that begins as one before it.</summary>
    private Name NewName(Name before, int shared, ReadOnlySpan<byte> rest)
    {
        if (shared < 0 || shared > before.Length)
        {
            throw new FormatException($"A page's stream takes {shared} bytes of a name of {before.Length}.");
        }

        if (nameBytes + shared + rest.Length > names.Length)
        {
            memory.Bytes.Grow(ref names, nameBytes, Math.Max(FirstNames, (nameBytes + shared + rest.Length) * 2));
        }

        var added = new Name(nameBytes, shared + rest.Length);
        names.Span.Slice(before.Start, shared).CopyTo(names.Span[nameBytes..]);
        rest.CopyTo(names.Span[(nameBytes + shared)..]);
        nameBytes += added.Length;
        return added;
    }

    private Name NewName(ReadOnlySpan<byte> name) => NewName(default, 0, name);

    private ReadOnlySpan<byte> TextAt(Name name) => name.Length == 0 ? [] : names.Span.Slice(name.Start, name.Length);

    /// <summary>A participant's user id, UTF-8.</summary>
    internal ReadOnlySpan<byte> NameOf(in Participant participant) => TextAt(participant.Name);

    /// <summary>A slot's connection, UTF-8.</summary>
    internal ReadOnlySpan<byte> ConnectionOf(in Slot slot) => TextAt(slot.Connection);

    /// <summary>What a participant used, by hour and dimensions.</summary>
    internal ReadOnlySpan<Piece> PiecesOf(int participant)
    {
        ref Participant its = ref participants[participant];
        return its.HasPieces ? pieces![participant] : its.Pieces[..(its.Pieces[0].Seconds == 0 ? 0 : its.Pieces[1].Seconds == 0 ? 1 : 2)];
    }

    /// <summary>Where a participant is present still.</summary>
    internal ReadOnlySpan<OpenPiece> OpenOf(int participant)
    {
        ref Participant its = ref participants[participant];
        return its.IsManyOpen ? manyOpen![participant] : MemoryMarshal.CreateReadOnlySpan(ref its.Open, its.IsOpen ? 1 : 0);
    }

    internal void SetPieces(int participant, ReadOnlySpan<Piece> used)
    {
        ref Participant its = ref participants[participant];
        its.HasPieces = used.Length > 2;
        its.Pieces = default;
        if (its.HasPieces)
        {
            (pieces ??= [])[participant] = used.ToArray();
        }
        else
        {
            used.CopyTo(its.Pieces);
        }
    }

    internal void SetOpen(int participant, ReadOnlySpan<OpenPiece> open)
    {
        ref Participant its = ref participants[participant];
        its.IsOpen = open.Length > 0;
        its.IsManyOpen = open.Length > 1;
        its.Open = open.Length == 1 ? open[0] : default;
        if (its.IsManyOpen)
        {
            (manyOpen ??= [])[participant] = open.ToArray();
        }
    }
}
