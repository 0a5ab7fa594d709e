using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
    public void Set(UInt128 identity, Place place) => SetAt(PlaceFor(identity), identity, place);

    /// <summary>Where an identity stands, or would stand; good until the next is set.</summary>
    public int PlaceFor(UInt128 identity)
    {
        if (Count * 4 > entries.Length * 3)
        {
            Grow();
        }

        return Find(identity);
    }

    /// <summary>What stands at a place; page 0, which no page has, if nothing does.</summary>
    public Place At(int at) => entries[at].Place;

    /// <summary>Puts an identity where <see cref="PlaceFor"/> said.</summary>
    public void SetAt(int at, UInt128 identity, Place place)
    {
        ref Entry entry = ref entries[at];
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
        Entry[] all = entries;
        ReadOnlySpan<EventRow> its = batch.Rows;
        foreach (int row in rows)
        {
            seen ^= all[HomeOf(unchecked((ulong)its[row].Identity))].Low;
        }

        return seen;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(UInt128 identity) => Find((ulong)(identity >> 64), unchecked((ulong)identity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(ulong high, ulong low)
    {
        Entry[] all = entries;
        int mask = all.Length - 1;
        for (int at = HomeOf(low); ; at = (at + 1) & mask)
        {
            ref readonly Entry entry = ref all[at];
            if (entry.Place.Page == 0 || (entry.Low == low && entry.High == high))
            {
                return at;
            }
        }
    }

    /// <summary>By the highest bits, so that what stands together still does when the table has grown: it is copied from end to end.</summary>
    private int HomeOf(ulong low) => unchecked((int)(low >> shift));

    /// <summary>Tells the keys of all (<see cref="IdentityRun.KeyOf(UInt128)"/>), in no order.</summary>
    public void ForEach(Action<ulong> told)
    {
        foreach (ref readonly Entry entry in entries.AsSpan())
        {
            if (entry.Place.Page != 0)
            {
                told(IdentityRun.KeyOf(entry.Low));
            }
        }
    }

    /// <summary>Forgets all, and keeps its size for those to come.</summary>
    public void Clear()
    {
        Array.Clear(entries);
        Count = 0;
    }

    /// <summary>What is in it as a run, and the blocks of it.</summary>
    /// <remarks>
    /// By the keys. They stand by their highest bits already, but for neighbours, and for those that went on from the end at the
    /// start: what stands without a gap is sorted by itself.
    /// </remarks>
    public IdentityRun ToRun(int number, List<byte[]> blocks)
    {
        var run = new IdentityRun(0, number, Count);
        var block = new List<RunEntry>(IdentityRun.BlockEntries);
        List<RunEntry> together = [];
        List<RunEntry> fromEnd = [];
        for (int at = 0; at < entries.Length; at++)
        {
            ref readonly Entry entry = ref entries[at];
            if (entry.Place.Page != 0)
            {
                (HomeOf(entry.Low) > at ? fromEnd : together).Add(new RunEntry(IdentityRun.KeyOf(entry.Low), entry.Place.Page));
            }
            else if (together.Count > 0)
            {
                Add(run, together, block, blocks);
            }
        }

        together.AddRange(fromEnd);
        Add(run, together, block, blocks);
        if (block.Count > 0)
        {
            blocks.Add(IdentityBlock.Of(CollectionsMarshal.AsSpan(block)));
        }

        return run;
    }

    private static void Add(IdentityRun run, List<RunEntry> together, List<RunEntry> block, List<byte[]> blocks)
    {
        Sort(CollectionsMarshal.AsSpan(together));
        foreach (RunEntry entry in together)
        {
            run.Add(entry.Key);
            block.Add(entry);
            if (block.Count == IdentityRun.BlockEntries)
            {
                blocks.Add(IdentityBlock.Of(CollectionsMarshal.AsSpan(block)));
                block.Clear();
            }
        }

        together.Clear();
    }

    /// <summary>They are few, and nearly in order.</summary>
    private static void Sort(Span<RunEntry> together)
    {
        for (int i = 1; i < together.Length; i++)
        {
            RunEntry one = together[i];
            int to = i;
            for (; to > 0 && (together[to - 1].Key > one.Key || (together[to - 1].Key == one.Key && together[to - 1].Page > one.Page)); to--)
            {
                together[to] = together[to - 1];
            }

            together[to] = one;
        }
    }

    private void Grow()
    {
        Entry[] old = entries;
        entries = GC.AllocateUninitializedArray<Entry>(old.Length * 2);
        // From end to end, before entries are put here and there: a page of memory that is read before it is written costs twice.
        Array.Clear(entries);
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
