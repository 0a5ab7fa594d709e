using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Minutebook.Core.Metering;

/// <summary>
/// What memory knows of identities that are stored, in order, in blocks: two bytes of each and where they stand. It says that an identity
/// is not among them, and is wrong about one in two thousand; of the others it says where to look. An entry of a block is the lower half
/// of an identity and the number of its page.
/// </summary>
public sealed class IdentityRun
{
    /// <summary>How many entries a block has; the last may have fewer. With its key it fits one page of the store.</summary>
    public const int BlockEntries = 640;
    /// <summary>So many runs of one level are merged into one of the next.</summary>
    public const int Fan = 8;
    /// <summary>Bytes of an entry.</summary>
    public const int EntryBytes = 12;

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

    /// <summary>Adds the next entry, in the order of the lower halves.</summary>
    public void Add(ulong low)
    {
        for (int bucket = BucketOf(low); lastBucket < bucket;)
        {
            starts[++lastBucket] = added;
        }

        marks[added++] = MarkOf(low);
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
            from[i] = Math.Min(starts[BucketOf(unchecked((ulong)identities[i]))], Count - 1);
        }

        int seen = 0;
        foreach (int at in from)
        {
            seen ^= marks[at];
        }

        foreach (UInt128 identity in identities)
        {
            int count = Find(unchecked((ulong)identity), out int first);
            if (count > 0)
            {
                doubtful.Add(new DoubtfulIdentity(identity, this, first, count));
            }
        }

        return seen;
    }

    /// <summary>Where an identity may stand: entries from <paramref name="first"/> on.</summary>
    /// <returns>How many entries; 0 when it is not in this run.</returns>
    internal int Find(ulong low, out int first)
    {
        int bucket = BucketOf(low);
        (int from, int to) = (starts[bucket], starts[bucket + 1]);
        ushort mark = MarkOf(low);
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

    /// <summary>The pages that a block names for the lower half of an identity.</summary>
    public static void FindPages(ReadOnlySpan<byte> block, ulong low, ICollection<int> pages)
    {
        for (; block.Length >= EntryBytes; block = block[EntryBytes..])
        {
            if (BinaryPrimitives.ReadUInt64BigEndian(block) == low)
            {
                pages.Add(PageOf(block));
            }
        }
    }

    /// <summary>The lower half that an entry begins with.</summary>
    public static ulong LowOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadUInt64BigEndian(entry);

    internal static void Write(Span<byte> entry, ulong low, int page)
    {
        BinaryPrimitives.WriteUInt64BigEndian(entry, low);
        BinaryPrimitives.WriteInt32BigEndian(entry[sizeof(ulong)..], page);
    }

    private static int PageOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt32BigEndian(entry[sizeof(ulong)..]);

    private int BucketOf(ulong low) => unchecked((int)(low >> (64 - bucketBits)));

    private ushort MarkOf(ulong low) => unchecked((ushort)(low >> (64 - bucketBits - MarkBits)));
}
