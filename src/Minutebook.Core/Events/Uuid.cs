using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Minutebook.Core.Events;

/// <summary>UUIDs as most sources write them, 36 characters with lower-case digits, and their 16 bytes in the order of the digits.</summary>
internal static class Uuid
{
    public const int Length = 36, Bytes = 16;
    private const int Digits = 32;

    /// <summary>The bytes of a text that is such a UUID to the letter; false for every other text.</summary>
    public static bool TryPack(ReadOnlySpan<byte> text, Span<byte> to)
    {
        if (text.Length != Length || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        {
            return false;
        }

        Span<byte> digits = stackalloc byte[Digits];
        ref byte from = ref MemoryMarshal.GetReference(text);
        ref byte into = ref MemoryMarshal.GetReference(digits);
        Copy8(ref from, 0, ref into, 0);
        Copy4(ref from, 9, ref into, 8);
        Copy4(ref from, 14, ref into, 12);
        Copy4(ref from, 19, ref into, 16);
        Copy8(ref from, 24, ref into, 20);
        Copy4(ref from, 32, ref into, 28);
        return TryPackDigits(digits, to);
    }

    /// <summary>Writes the 36 characters.</summary>
    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> to)
    {
        Span<byte> digits = stackalloc byte[Digits];
        Convert.TryToHexStringLower(packed[..Bytes], digits, out _);
        ref byte from = ref MemoryMarshal.GetReference(digits);
        ref byte into = ref MemoryMarshal.GetReference(to[..Length]);
        Copy8(ref from, 0, ref into, 0);
        Copy4(ref from, 8, ref into, 9);
        Copy4(ref from, 12, ref into, 14);
        Copy4(ref from, 16, ref into, 19);
        Copy8(ref from, 20, ref into, 24);
        Copy4(ref from, 28, ref into, 32);
        to[8] = to[13] = to[18] = to[23] = (byte)'-';
    }

    /// <summary>The bytes of an even number of lower-case hexadecimal digits; false for every other text.</summary>
    public static bool TryPackDigits(ReadOnlySpan<byte> digits, Span<byte> to) =>
        !digits.ContainsAnyInRange((byte)'A', (byte)'F') &&
        Convert.FromHexString(digits, to, out int read, out _) == OperationStatus.Done && read == digits.Length;

    private static void Copy8(ref byte from, int at, ref byte into, int to) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref into, to), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, at)));

    private static void Copy4(ref byte from, int at, ref byte into, int to) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref into, to), Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, at)));
}
