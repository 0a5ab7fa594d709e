using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Minutebook.Core.Events;

/// <summary>
/// Hashes of UTF-8 text: 64 bits for tables in memory, 128 bits for the identity of events. The same bytes give the same hash on
/// every machine and in every version, because identities are stored. Folded 64 × 64 → 128-bit multiplication over 16 bytes a step.
/// </summary>
public static class TextHash
{
    private const ulong K0 = 0xA0761D6478BD642F, K1 = 0xE7037ED1A0B428DB, K2 = 0x8EBC6AF09C88C6E3, K3 = 0x589965CC75374CC3;

    /// <summary>The 64-bit hash of a text.</summary>
    public static ulong Of(ReadOnlySpan<byte> text) => Of(text, K0);

    /// <summary>The 64-bit hash of a text under a seed; different seeds give independent hashes.</summary>
    public static ulong Of(ReadOnlySpan<byte> text, ulong seed)
    {
        ref byte at = ref MemoryMarshal.GetReference(text);
        int left = text.Length;
        ulong hash = seed ^ K1;
        while (left > 16)
        {
            hash = Fold(Read64(ref at) ^ K2, Read64(ref Unsafe.Add(ref at, 8)) ^ hash);
            at = ref Unsafe.Add(ref at, 16);
            left -= 16;
        }

        (ulong a, ulong b) = Tail(ref at, left);
        return Fold(Fold(a ^ K2, b ^ hash) ^ K3, (ulong)text.Length ^ K1);
    }

    /// <summary>The 128-bit identity of an event: of its source and id (rule 1.3).</summary>
    public static UInt128 Identity(ulong sourceHash, ReadOnlySpan<byte> id) =>
        new(Of(id, sourceHash ^ K3), Of(id, unchecked(sourceHash * K2) ^ K0));

    private static (ulong A, ulong B) Tail(ref byte at, int left)
    {
        if (left >= 8)
        {
            return (Read64(ref at), Read64(ref Unsafe.Add(ref at, left - 8)));
        }

        if (left >= 4)
        {
            return (Read32(ref at), Read32(ref Unsafe.Add(ref at, left - 4)));
        }

        ulong few = left == 0 ? 0 : ((ulong)at << 16) | ((ulong)Unsafe.Add(ref at, left >> 1) << 8) | Unsafe.Add(ref at, left - 1);
        return (few, 0UL);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    private static ulong Read64(ref byte at) => Unsafe.ReadUnaligned<ulong>(ref at);

    private static ulong Read32(ref byte at) => Unsafe.ReadUnaligned<uint>(ref at);
}
