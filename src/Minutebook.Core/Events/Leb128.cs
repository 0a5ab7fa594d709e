using System.Runtime.CompilerServices;

namespace Minutebook.Core.Events;

/// <summary>Numbers as bytes, the fewer the smaller: seven bits a byte, lowest first; the top bit of a byte says that another follows.</summary>
internal static class Leb128
{
    /// <summary>The bytes of the largest number.</summary>
    public const int Longest = 10;

    /// <summary>Writes a number at a place, behind which there is room for it.</summary>
    /// <returns>The place behind it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> to, int at, ulong value)
    {
        unchecked
        {
            while (value >= 0x80)
            {
                to[at++] = (byte)(value | 0x80);
                value >>= 7;
            }

            to[at++] = (byte)value;
            return at;
        }
    }

    /// <summary>A number of either sign as one without, small when it is near zero.</summary>
    public static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>The number that <see cref="ZigZag"/> made it of.</summary>
    public static long Signed(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));
}
