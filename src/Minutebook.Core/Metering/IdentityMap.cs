namespace Minutebook.Core.Metering;

/// <summary>Where an event is: its page by number, and its place there.</summary>
internal readonly record struct Place(int Page, int Index)
{
    /// <summary>Voided before it came (rule 1.6).</summary>
    public static readonly Place Awaited = new(-1, 0);
}

/// <summary>All identities that an account's book knows, and where their events are. Open addressing; nothing is ever taken out.</summary>
internal sealed class IdentityMap
{
    private Entry[] entries = new Entry[16];

    private struct Entry
    {
        public UInt128 Identity;
        public Place Place;
    }

    public int Count { get; private set; }

    /// <summary>The place of an identity; a new one gets the default place, page 0, which no page has.</summary>
    /// <param name="identity">Who.</param>
    /// <param name="known">Whether it was there.</param>
    public ref Place At(UInt128 identity, out bool known)
    {
        if (Count * 4 > entries.Length * 3)
        {
            Grow();
        }

        ref Entry entry = ref entries[Find(identity)];
        known = entry.Place != default;
        if (!known)
        {
            entry.Identity = identity;
            Count++;
        }

        return ref entry.Place;
    }

    /// <summary>The place of an identity; page 0 if it is not known.</summary>
    public Place Find(UInt128 identity, out bool known)
    {
        ref Entry entry = ref entries[Find(identity)];
        known = entry.Place != default;
        return entry.Place;
    }

    /// <summary>Forgets that <see cref="At"/> made room for an identity whose event was then not taken.</summary>
    public void Undo() => Count--;

    private int Find(UInt128 identity)
    {
        int mask = entries.Length - 1;
        int at = (int)((ulong)identity & (ulong)mask);
        while (entries[at].Place != default && entries[at].Identity != identity)
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private void Grow()
    {
        Entry[] old = entries;
        entries = new Entry[old.Length * 2];
        foreach (ref readonly Entry entry in old.AsSpan())
        {
            if (entry.Place != default)
            {
                entries[Find(entry.Identity)] = entry;
            }
        }
    }
}
