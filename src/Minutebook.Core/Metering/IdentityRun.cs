using System.Runtime.Intrinsics;

namespace Minutebook.Core.Metering;

/// <summary>
/// What memory knows of identities that are stored, in order, in blocks: two bytes of each and where they stand. It says that an identity
/// is not among them, and is wrong about one in two thousand; of the others it says where to look. What stands in a block says
/// <see cref="IdentityBlock"/>.
/// </summary>
public sealed class IdentityRun
{
    /// <summary>How many entries a block has; the last may have fewer. Two of them fit one page of the store.</summary>
    public const int BlockEntries = 640;
    /// <summary>So many runs of one level are merged into one of the next.</summary>
    public const int Fan = 8;

    internal const int KeyBits = 40;
    private const int MarkBits = 16;
    private const int Spread = 16;

    private readonly ushort[] marks;
    private readonly int[] starts;
    private readonly int bucketBits;
    private int added;
    private int lastBucket = -1;

    /// <param name="level">0 as sealed; a run of level n was merged from <see cref="Fan"/> of the level below.</param>
    /// <param name="number">Its number among those of its level, from 0.</param>
    /// <param name="count">How many entries it will have.</param>
    public IdentityRun(int level, int number, int count)
    {
        (Level, Number, Count) = (level, number, count);
        bucketBits = Math.Max(1, System.Numerics.BitOperations.Log2((uint)Math.Max(1, count / Spread)));
        marks = new ushort[count + Vector256<ushort>.Count];
        starts = new int[(1 << bucketBits) + 1];
    }

    /// <summary>How often it was merged.</summary>
    public int Level { get; }
    /// <summary>Its number among those of its level.</summary>
    public int Number { get; }
    /// <summary>How many entries it has.</summary>
    public int Count { get; }

    /// <summary>How many have been added so far.</summary>
    internal int Added => added;

    /// <summary>
    /// What runs keep of an identity: the highest 40 bits of its lower half. Of a billion identities one in a thousand shares them with
    /// another, and its page is read for nothing: there identities stand whole.
    /// </summary>
    public static ulong KeyOf(UInt128 identity) => KeyOf(unchecked((ulong)identity));

    /// <summary>The same by the lower half of an identity.</summary>
    internal static ulong KeyOf(ulong low) => low >> (64 - KeyBits);

    /// <summary>Where a key stands among so many blocks, if keys are spread evenly: there or near.</summary>
    public static int BlockOf(ulong key, int blocks) => (int)(((UInt128)key * (uint)blocks) >> KeyBits);

    /// <summary>Adds the next entry, in the order of the keys.</summary>
    public void Add(ulong key)
    {
        for (int bucket = BucketOf(key); lastBucket < bucket;)
        {
            starts[++lastBucket] = added;
        }

        marks[added++] = MarkOf(key);
        if (added == Count)
        {
            while (lastBucket < starts.Length - 1)
            {
                starts[++lastBucket] = added;
            }
        }
    }

    /// <summary>
    /// Names where identities may stand. All are read before the first is looked at: reads that do not wait for each other take a tenth
    /// of the time.
    /// </summary>
    /// <returns>Nothing of meaning; it keeps the reads from being left out.</returns>
    internal int Find(ReadOnlySpan<UInt128> identities, ICollection<DoubtfulIdentity> doubtful)
    {
        Span<int> from = stackalloc int[identities.Length];
        for (int i = 0; i < from.Length; i++)
        {
            from[i] = Math.Min(starts[BucketOf(KeyOf(identities[i]))], Count - 1);
        }

        int seen = 0;
        foreach (int at in from)
        {
            seen ^= marks[at];
        }

        foreach (UInt128 identity in identities)
        {
            int count = Find(KeyOf(identity), out int first);
            if (count > 0)
            {
                doubtful.Add(new DoubtfulIdentity(identity, this, first, count));
            }
        }

        return seen;
    }

    /// <summary>Where an identity may stand: entries from <paramref name="first"/> on.</summary>
    /// <returns>How many entries; 0 when it is not in this run.</returns>
    internal int Find(ulong key, out int first)
    {
        int bucket = BucketOf(key);
        (int from, int to) = (starts[bucket], starts[bucket + 1]);
        ushort mark = MarkOf(key);
        Vector256<ushort> wanted = Vector256.Create(mark);
        for (int at = from; at < to; at += Vector256<ushort>.Count)
        {
            // The marks of a bucket are in order, so equal ones stand together; there is room behind the last.
            uint same = Vector256.Equals(Vector256.LoadUnsafe(ref marks[at]), wanted).ExtractMostSignificantBits();
            if (same == 0)
            {
                continue;
            }

            first = at + System.Numerics.BitOperations.TrailingZeroCount(same);
            int end = first;
            while (end < to && marks[end] == mark)
            {
                end++;
            }

            return Math.Max(0, end - first);
        }

        first = 0;
        return 0;
    }

    private int BucketOf(ulong key) => unchecked((int)(key >> (KeyBits - bucketBits)));

    private ushort MarkOf(ulong key) => unchecked((ushort)(key >> (KeyBits - bucketBits - MarkBits)));
}
