using System.Buffers.Binary;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>What a run keeps of an identity, and where it is.</summary>
/// <param name="Key">What <see cref="IdentityRun.KeyOf(UInt128)"/> makes of it.</param>
/// <param name="Page">The number of its page.</param>
public readonly record struct RunEntry(ulong Key, int Page);

/// <summary>
/// Entries of an <see cref="IdentityRun"/> as the store keeps them, five to six bytes each: a byte with the width of page numbers, four with
/// the lowest (big-endian); then for each entry its key less the one before (at first less 0) as a LEB128, and its page less the lowest in
/// so many bytes, lowest first.
/// </summary>
public static class IdentityBlock
{
    private const int HeadBytes = 1 + sizeof(int);
    private const int LargestEntry = Leb128.Longest + sizeof(int);

    /// <summary>The bytes of entries, which are in the order of their keys.</summary>
    public static byte[] Of(ReadOnlySpan<RunEntry> entries)
    {
        (int lowest, int highest) = (int.MaxValue, int.MinValue);
        foreach (RunEntry entry in entries)
        {
            (lowest, highest) = (Math.Min(lowest, entry.Page), Math.Max(highest, entry.Page));
        }

        int width = WidthOf(unchecked((uint)(highest - lowest)));
        Span<byte> to = stackalloc byte[HeadBytes + (IdentityRun.BlockEntries * LargestEntry)];
        to[0] = (byte)width;
        BinaryPrimitives.WriteInt32BigEndian(to[1..], lowest);
        int at = HeadBytes;
        ulong before = 0;
        foreach (RunEntry entry in entries)
        {
            at = Leb128.Write(to, at, entry.Key - before);
            before = entry.Key;
            BinaryPrimitives.WriteUInt32LittleEndian(to[at..], unchecked((uint)(entry.Page - lowest)));
            at += width;
        }

        return to[..at].ToArray();
    }

    /// <summary>Reads a block.</summary>
    /// <param name="block">Its bytes.</param>
    /// <param name="into">Gets its entries: room for <see cref="IdentityRun.BlockEntries"/>.</param>
    /// <returns>How many it has.</returns>
    /// <exception cref="FormatException">The bytes are no block.</exception>
    public static int Read(ReadOnlySpan<byte> block, Span<RunEntry> into)
    {
        if (block.Length < HeadBytes || block[0] > sizeof(int))
        {
            throw Wrong();
        }

        int width = block[0];
        int lowest = BinaryPrimitives.ReadInt32BigEndian(block[1..]);
        var reader = new ByteReader(block[HeadBytes..]);
        int count = 0;
        ulong key = 0;
        while (!reader.AtEnd)
        {
            key = unchecked(key + reader.Varint());
            uint page = 0;
            for (int i = 0; i < width; i++)
            {
                page |= (uint)reader.Byte() << (8 * i);
            }

            if (count == IdentityRun.BlockEntries)
            {
                throw Wrong();
            }

            into[count++] = new RunEntry(key, unchecked(lowest + (int)page));
        }

        return count;
    }

    /// <summary>The pages that a block names for a key.</summary>
    /// <returns>Whether the block before, and whether the block after, may have it too: no key of this one is lower, or higher.</returns>
    /// <exception cref="FormatException">The bytes are no block.</exception>
    public static (bool Before, bool After) FindPages(ReadOnlySpan<byte> block, ulong key, ICollection<int> pages)
    {
        Span<RunEntry> entries = stackalloc RunEntry[IdentityRun.BlockEntries];
        entries = entries[..Read(block, entries)];
        foreach (RunEntry entry in entries)
        {
            if (entry.Key == key)
            {
                pages.Add(entry.Page);
            }
        }

        return entries.IsEmpty ? default : (key <= entries[0].Key, key >= entries[^1].Key);
    }

    private static int WidthOf(uint range) => range == 0 ? 0 : (System.Numerics.BitOperations.Log2(range) / 8) + 1;

    private static FormatException Wrong() => new("A block of an identity run has no head, or too many entries.");
}
