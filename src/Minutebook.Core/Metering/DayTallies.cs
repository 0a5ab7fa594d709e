namespace Minutebook.Core.Metering;

/// <summary>What a page used on local days, by dimensions. A class has one or two entries; a day of deliveries may have thousands.</summary>
internal sealed class DayTallies
{
    /// <summary>So many are looked through one by one.</summary>
    private const int Few = 8;
    private const int None = -1;

    private Entry[] entries = new Entry[1];
    private Dictionary<(int Day, int Dimensions), int>? places;
    private int firstDirty = None;

    public struct Entry
    {
        public Tally Tally;
        public int Day;
        public int Dimensions;
        /// <summary>The next that changed since the last flush.</summary>
        public int NextDirty;
        public bool IsDirty;
    }

    public int Count { get; private set; }

    public ref readonly Entry this[int index] => ref entries[index];

    /// <summary>An entry that changed since the last flush, or -1; further ones by <see cref="Entry.NextDirty"/>.</summary>
    public int FirstDirty => firstDirty;

    /// <summary>The tally of a day and dimensions; marks it as changed.</summary>
    public ref Tally On(int day, int dimensions)
    {
        int at = Find(day, dimensions);
        if (at == None)
        {
            at = Add(day, dimensions);
        }

        ref Entry entry = ref entries[at];
        if (!entry.IsDirty)
        {
            entry.IsDirty = true;
            entry.NextDirty = firstDirty;
            firstDirty = at;
        }

        return ref entry.Tally;
    }

    /// <summary>Marks all as written.</summary>
    public void Flushed()
    {
        for (int at = firstDirty; at != None; at = entries[at].NextDirty)
        {
            entries[at].IsDirty = false;
        }

        firstDirty = None;
    }

    private int Find(int day, int dimensions)
    {
        if (places is not null)
        {
            return places.TryGetValue((day, dimensions), out int place) ? place : None;
        }

        for (int at = Count - 1; at >= 0; at--)
        {
            if (entries[at].Day == day && entries[at].Dimensions == dimensions)
            {
                return at;
            }
        }

        return None;
    }

    private int Add(int day, int dimensions)
    {
        if (Count == entries.Length)
        {
            Array.Resize(ref entries, Count * 2);
        }

        int at = Count++;
        entries[at] = new Entry { Day = day, Dimensions = dimensions };
        places?.Add((day, dimensions), at);
        if (Count == Few && places is null)
        {
            places = [];
            for (int i = 0; i < Count; i++)
            {
                places.Add((entries[i].Day, entries[i].Dimensions), i);
            }
        }

        return at;
    }
}
