namespace Minutebook.Core.Metering;

/// <summary>
/// Says of most identities that no run has them, by one read, however many runs there are; wrong about one in a thousand, of which
/// the runs are asked. Sixteen bits an identity, eight of which are set, in two words that stand together.
/// </summary>
internal sealed class IdentityFilter
{
    private const int PerPair = 8;
    private readonly ulong[] words;
    private readonly int shift;

    /// <param name="capacity">How many it takes; a power of two.</param>
    public IdentityFilter(int capacity)
    {
        Capacity = Left = capacity;
        words = new ulong[capacity / PerPair * 2];
        shift = IdentityRun.KeyBits - System.Numerics.BitOperations.Log2((uint)(capacity / PerPair));
    }

    public int Capacity { get; }
    /// <summary>How many more it takes.</summary>
    public int Left { get; private set; }

    public void Add(ulong key)
    {
        int at = PairOf(key);
        words[at] |= FirstBits(key);
        words[at + 1] |= SecondBits(key);
        Left--;
    }

    /// <summary>Marks those of identities that it may have.</summary>
    /// <param name="keys">Their keys (<see cref="IdentityRun.KeyOf(UInt128)"/>).</param>
    /// <param name="first">Of each, <see cref="FirstBits"/>: they are the same for all filters.</param>
    /// <param name="second">Of each, <see cref="SecondBits"/>.</param>
    /// <param name="possible">Gets true for those.</param>
    public void Find(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> second, Span<bool> possible)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            int at = PairOf(keys[i]);
            possible[i] |= ((~words[at] & first[i]) | (~words[at + 1] & second[i])) == 0;
        }
    }

    public static ulong FirstBits(ulong key) => BitsOf(Mixed(key));

    public static ulong SecondBits(ulong key) => BitsOf(Mixed(key) >> 24);

    /// <summary>By the highest bits.</summary>
    private int PairOf(ulong key) => unchecked(2 * (int)(key >> shift));

    /// <summary>The highest bits of those of one pair are the same: all have to be mixed into those that are set.</summary>
    private static ulong Mixed(ulong key) => unchecked(key * 0x9E3779B97F4A7C15) >> 16;

    private static ulong BitsOf(ulong mixed) =>
        (1UL << (int)(mixed & 63)) | (1UL << (int)((mixed >> 6) & 63)) | (1UL << (int)((mixed >> 12) & 63)) | (1UL << (int)((mixed >> 18) & 63));
}
