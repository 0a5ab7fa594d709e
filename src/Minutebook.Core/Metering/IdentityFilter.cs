namespace Minutebook.Core.Metering;

/// <summary>
/// Says of most identities that no run has them, by one read, however many runs there are; wrong about one in two hundred, of which
/// the runs are asked. Sixteen bits an identity, four of which are set, all in one word.
/// </summary>
internal sealed class IdentityFilter
{
    private const int PerWord = 4;
    private readonly ulong[] words;
    private readonly int shift;
    private int left;

    /// <param name="capacity">How many it takes; a power of two.</param>
    public IdentityFilter(int capacity)
    {
        Capacity = left = capacity;
        words = new ulong[capacity / PerWord];
        shift = 64 - System.Numerics.BitOperations.Log2((uint)words.Length);
    }

    public int Capacity { get; }
    public bool IsFull => left == 0;

    public void Add(ulong low)
    {
        words[WordOf(low)] |= BitsOf(low);
        left--;
    }

    public bool MayHave(ulong low) => (words[WordOf(low)] & BitsOf(low)) == BitsOf(low);

    /// <summary>By the highest bits; the bits in it by the lowest.</summary>
    private int WordOf(ulong low) => unchecked((int)(low >> shift));

    private static ulong BitsOf(ulong low) =>
        (1UL << (int)(low & 63)) | (1UL << (int)((low >> 6) & 63)) | (1UL << (int)((low >> 12) & 63)) | (1UL << (int)((low >> 18) & 63));
}
