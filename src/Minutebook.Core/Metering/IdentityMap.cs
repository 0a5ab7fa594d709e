using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>Where an event is: its page by number, and its place there.</summary>
internal readonly record struct Place(int Page, int Index)
{
    /// <summary>Voided before it came (rule 1.6).</summary>
    public static readonly Place Awaited = new(-1, 0);
}

/// <summary>Identities and where their events are. Open addressing; nothing is ever taken out.</summary>
internal sealed class IdentityMap
{
    private const int FirstBits = 4;

    private Entry[] entries = new Entry[1 << FirstBits];
    private int shift = 64 - FirstBits;

    /// <summary>Two halves, because a UInt128 would be aligned to 16 bytes and the entry would take 32.</summary>
    private struct Entry
    {
        public ulong High;
        public ulong Low;
        public Place Place;
    }

    public int Count { get; private set; }

    /// <summary>The place of an identity; page 0, which no page has, if it is not known.</summary>
    public Place Find(UInt128 identity, out bool known)
    {
        Place place = entries[Find(identity)].Place;
        known = place.Page != 0;
        return place;
    }

    /// <summary>Says where an identity is, or is now.</summary>
    public void Set(UInt128 identity, Place place)
    {
        if (Count * 4 > entries.Length * 3)
        {
            Grow();
        }

        ref Entry entry = ref entries[Find(identity)];
        if (entry.Place.Page == 0)
        {
            Count++;
        }

        entry = new Entry { High = (ulong)(identity >> 64), Low = unchecked((ulong)identity), Place = place };
    }

    /// <summary>
    /// Reads where identities would be, so that they are near when they are looked for one by one: the table is far larger than any
    /// cache, and reads that do not wait for each other take a tenth of the time.
    /// </summary>
    /// <returns>Nothing of meaning; it keeps the reads from being left out.</returns>
    public ulong Approach(EventBatch batch, ReadOnlySpan<int> rows)
    {
        ulong seen = 0;
        foreach (int row in rows)
        {
            seen ^= entries[HomeOf(unchecked((ulong)batch[row].Identity))].Low;
        }

        return seen;
    }

    private int Find(UInt128 identity) => Find((ulong)(identity >> 64), unchecked((ulong)identity));

    private int Find(ulong high, ulong low)
    {
        int mask = entries.Length - 1;
        int at = HomeOf(low);
        while (entries[at].Place.Page != 0 && (entries[at].Low != low || entries[at].High != high))
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    /// <summary>By the highest bits, so that what stands together still does when the table has grown: it is copied from end to end.</summary>
    private int HomeOf(ulong low) => unchecked((int)(low >> shift));

    /// <summary>What is in it as the blocks of a run.</summary>
    public IEnumerable<byte[]> ToBlocks()
    {
        Entry[] sorted = Sorted();
        for (int from = 0; from < sorted.Length; from += IdentityRun.BlockEntries)
        {
            int count = Math.Min(IdentityRun.BlockEntries, sorted.Length - from);
            byte[] block = new byte[count * IdentityRun.EntryBytes];
            for (int i = 0; i < count; i++)
            {
                IdentityRun.Write(block.AsSpan(i * IdentityRun.EntryBytes), sorted[from + i].Low, sorted[from + i].Place.Page);
            }

            yield return block;
        }
    }

    /// <summary>What is in it as a run.</summary>
    public IdentityRun ToRun(int number)
    {
        var run = new IdentityRun(0, number, Count);
        foreach (ref readonly Entry entry in Sorted().AsSpan())
        {
            run.Add(entry.Low);
        }

        return run;
    }

    /// <summary>They stand by their highest bits already, but for neighbours, and for those that went on from the end at the start.</summary>
    private Entry[] Sorted()
    {
        var sorted = new Entry[Count];
        int at = 0;
        int from = Wrapped();
        for (int i = 0; i < entries.Length; i++)
        {
            ref readonly Entry entry = ref entries[(from + i) & (entries.Length - 1)];
            if (entry.Place.Page == 0)
            {
                continue;
            }

            int to = at++;
            for (; to > 0 && sorted[to - 1].Low > entry.Low; to--)
            {
                sorted[to] = sorted[to - 1];
            }

            sorted[to] = entry;
        }

        return sorted;
    }

    /// <summary>How many places at the start are taken by entries whose home is at the end.</summary>
    private int Wrapped()
    {
        int at = 0;
        while (entries[at].Place.Page != 0 && HomeOf(entries[at].Low) > at)
        {
            at++;
        }

        return at;
    }

    private void Grow()
    {
        Entry[] old = entries;
        entries = new Entry[old.Length * 2];
        shift--;
        foreach (ref readonly Entry entry in old.AsSpan())
        {
            if (entry.Place.Page != 0)
            {
                entries[Find(entry.High, entry.Low)] = entry;
            }
        }
    }
}
