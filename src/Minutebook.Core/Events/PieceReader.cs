namespace Minutebook.Core.Events;

/// <summary>Takes numbers and texts off a piece of the journal. Once anything was wrong it has failed, and gives zeros and nothing.</summary>
internal ref struct PieceReader(ReadOnlySpan<byte> piece)
{
    private readonly ReadOnlySpan<byte> piece = piece;
    private int at;

    public bool Failed { get; private set; }

    public readonly int Left => piece.Length - at;

    public readonly bool IsAtEnd => !Failed && at == piece.Length;

    public void Fail()
    {
        Failed = true;
        at = piece.Length;
    }

    public int Byte()
    {
        unchecked
        {
            if ((uint)at < (uint)piece.Length)
            {
                return piece[at++];
            }

            Fail();
            return 0;
        }
    }

    public ulong Number()
    {
        unchecked
        {
            ulong value = 0;
            ReadOnlySpan<byte> bytes = piece;
            int next = at;
            for (int shift = 0; shift < 64 && (uint)next < (uint)bytes.Length; shift += 7)
            {
                byte each = bytes[next++];
                value |= (ulong)(each & 0x7F) << shift;
                if (each < 0x80)
                {
                    at = next;
                    return value;
                }
            }

            Fail();
            return 0;
        }
    }

    public long Signed() => Leb128.Signed(Number());

    public long Quantity()
    {
        ulong value = Number();
        if (value > EventChecks.MaxQuantity)
        {
            Fail();
            return 0;
        }

        return (long)value;
    }

    /// <summary>A length of what follows; -1 where not so much follows.</summary>
    public int Length()
    {
        ulong length = Number();
        return length <= (ulong)Left ? (int)length : -1;
    }

    /// <summary>So many bytes; nothing where there are not so many, or their number is negative.</summary>
    public ReadOnlySpan<byte> Bytes(int length)
    {
        if (length < 0 || length > Left)
        {
            Fail();
            return default;
        }

        ReadOnlySpan<byte> bytes = piece.Slice(at, length);
        at += length;
        return bytes;
    }
}
