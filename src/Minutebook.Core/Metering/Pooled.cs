using System.Buffers;
using System.Runtime.CompilerServices;

namespace Minutebook.Core.Metering;

/// <summary>
/// Arrays that grow by taking a larger one from the shared pool and giving the smaller one back: pages grow all the time, and the arrays
/// that one has outgrown are what the next one needs.
/// </summary>
internal static class Pooled
{
    private const int First = 4;
    private const int SmallestOfPool = 16;

    /// <summary>Makes room for more than <paramref name="count"/>; what is behind them is undefined.</summary>
    public static void Grow<T>(ref T[] array, int count)
    {
        T[] larger = count < SmallestOfPool / 2 ? new T[Math.Max(First, count * 2)] : ArrayPool<T>.Shared.Rent(Math.Max(SmallestOfPool, count * 2));
        array.AsSpan(0, count).CopyTo(larger);
        Return(array);
        array = larger;
    }

    /// <summary>Makes room for more than <paramref name="count"/>, of which <paramref name="used"/> are kept.</summary>
    public static void Grow(ref byte[] array, int count, int used)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(count * 2);
        array.AsSpan(0, used).CopyTo(larger);
        Return(array);
        array = larger;
    }

    public static void Return<T>(T[] array)
    {
        if (array.Length >= SmallestOfPool)
        {
            ArrayPool<T>.Shared.Return(array, RuntimeHelpers.IsReferenceOrContainsReferences<T>());
        }
    }
}
