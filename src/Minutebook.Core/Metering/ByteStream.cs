using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>Bytes that grow at the end: how a page writes down what is added to it.</summary>
internal sealed class ByteWriter(Slab<byte> memory)
{
    private const int First = 128;

    private Stretch<byte> bytes;

    public int Count { get; private set; }

    public void Byte(byte value)
    {
        Reserve(1);
        bytes[Count++] = value;
    }

    public void Varint(ulong value)
    {
        Reserve(Leb128.Longest);
        Count = Leb128.Write(bytes.Span, Count, value);
    }

    /// <summary>A number of either sign, small when near zero.</summary>
    public void Signed(long value) => Varint(Leb128.ZigZag(value));

    public void Identity(UInt128 value)
    {
        Reserve(16);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.Span[Count..], value);
        Count += 16;
    }

    public void Hash(long value)
    {
        Reserve(8);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.Span[Count..], value);
        Count += 8;
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        Varint((ulong)utf8.Length);
        Reserve(utf8.Length);
        utf8.CopyTo(bytes.Span[Count..]);
        Count += utf8.Length;
    }

    /// <summary>A text by one before it: how many bytes they share, and the rest.</summary>
    public void Text(ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> before)
    {
        int shared = utf8.CommonPrefixLength(before);
        Varint((ulong)shared);
        Text(utf8[shared..]);
    }

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => bytes.Span[..Count];

    /// <summary>Hands over what was written and starts anew.</summary>
    public byte[] Take()
    {
        byte[] taken = Written.ToArray();
        Release();
        return taken;
    }

    /// <summary>Gives its memory back. Thousands of pages are idle.</summary>
    public void Release()
    {
        Count = 0;
        memory.Return(ref bytes);
    }

    private void Reserve(int more)
    {
        if (Count + more > bytes.Length)
        {
            memory.Grow(ref bytes, Count, Math.Max(First, Math.Max(bytes.Length * 2, Count + more)));
        }
    }
}

/// <summary>Reads what <see cref="ByteWriter"/> wrote, and other bytes of its form.</summary>
/// <exception cref="FormatException">Thrown where the bytes end too early.</exception>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at;

    public readonly bool AtEnd => at == bytes.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Byte() => at < bytes.Length ? bytes[at++] : throw Short();

    // Mostly one byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Varint() => at < bytes.Length && bytes[at] < 0x80 ? bytes[at++] : Longer();

    /// <summary>Up to four bytes are taken at once: the highest bit of the last is 0, those of the others are 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Longer()
    {
        if (bytes.Length - at >= sizeof(uint))
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            int end = BitOperations.TrailingZeroCount(~word & 0x8080_8080);
            if (end < 32)
            {
                uint its = word & (uint.MaxValue >> (31 - end));
                at += (end + 1) / 8;
                return (its & 0x7F) | ((its >> 1) & 0x3F80) | ((its >> 2) & 0x1F_C000) | ((its >> 3) & 0xFE0_0000);
            }
        }

        return Longest();
    }

    private ulong Longest()
    {
        ReadOnlySpan<byte> rest = bytes[at..Math.Min(bytes.Length, at + Leb128.Longest)];
        ulong value = 0;
        for (int i = 0; i < rest.Length; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                at += i + 1;
                return value;
            }
        }

        throw rest.Length < Leb128.Longest ? Short() : new FormatException("A number in stored bytes is longer than 64 bits.");
    }

    public int Int() => checked((int)Varint());

    public long Signed() => Leb128.Signed(Varint());

    public UInt128 Identity()
    {
        UInt128 value = BinaryPrimitives.ReadUInt128LittleEndian(Span(16));
        return value;
    }

    public long Hash() => BinaryPrimitives.ReadInt64LittleEndian(Span(8));

    public ReadOnlySpan<byte> Text() => Span(Int());

    public string String() => Encoding.UTF8.GetString(Text());

    private ReadOnlySpan<byte> Span(int length)
    {
        if (length < 0 || length > bytes.Length - at)
        {
            throw Short();
        }

        ReadOnlySpan<byte> span = bytes.Slice(at, length);
        at += length;
        return span;
    }

    private static FormatException Short() => new("Stored bytes end in the middle of an item.");
}
