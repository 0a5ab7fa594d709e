namespace Minutebook.Core.Metering;

/// <summary>
/// By how much the number of distinct users present changes in each second of an hour. Mostly changes come at its end; the others are
/// put in their places together. When it has been left alone for long it is kept packed, in the form in which it is stored.
/// </summary>
internal sealed class PeakHour
{
    /// <summary>Above this a count for each second is smaller than a list of the seconds in which something changes.</summary>
    private const int Many = 1024;
    /// <summary>Where a clock changes inside an hour there are hours of 90 minutes (rule 1.2).</summary>
    private const int MostSeconds = 5400;

    private (int Offset, int Change)[]? changes = [];
    /// <summary>What does not stand in <see cref="changes"/> yet: the second in the upper half, the change in the lower.</summary>
    private List<long>? late;
    /// <summary>All of it, by the second, where that is much.</summary>
    private int[]? seconds;
    private byte[] packed = [];
    private int count;
    private bool behind;

    public PeakHour(long hour) => Hour = hour;

    public PeakHour(long hour, byte[] packed) => (Hour, this.packed, changes) = (hour, packed, null);

    /// <summary>When it starts, in seconds.</summary>
    public long Hour { get; }
    /// <summary>It changed since it was worked out last.</summary>
    public bool Dirty { get; set; }

    /// <summary>Nothing changes in it.</summary>
    public bool IsEmpty
    {
        get
        {
            CatchUp();
            return changes is not null && count == 0;
        }
    }

    public void Add(long second, int change)
    {
        Unpack();
        int offset = (int)(second - Hour);
        if (seconds is not null)
        {
            seconds[offset] += change;
            behind = true;
        }
        else if (late is not { Count: > 0 } && (count == 0 || changes![count - 1].Offset < offset))
        {
            Append(offset, change);
        }
        else
        {
            (late ??= []).Add(((long)offset << 32) + change);
            behind = true;
            if (count + late.Count > Many)
            {
                CountBySecond();
            }
        }
    }

    private void Append(int offset, int change)
    {
        if (count == changes!.Length)
        {
            Array.Resize(ref changes, Math.Max(4, count * 2));
        }

        changes[count++] = (offset, change);
    }

    /// <summary>Puts what did not come at the end in its place.</summary>
    private void CatchUp()
    {
        if (!behind)
        {
            return;
        }

        behind = false;
        if (seconds is null)
        {
            PutLate();
            return;
        }

        count = 0;
        for (int offset = 0; offset < seconds.Length; offset++)
        {
            if (seconds[offset] != 0)
            {
                Append(offset, seconds[offset]);
            }
        }
    }

    private void CountBySecond()
    {
        seconds = new int[MostSeconds];
        for (int i = 0; i < count; i++)
        {
            seconds[changes![i].Offset] = changes[i].Change;
        }

        foreach (long one in late!)
        {
            seconds[OffsetOf(one)] += ChangeOf(one);
        }

        late = null;
    }

    private void PutLate()
    {
        late!.Sort();
        ((int Offset, int Change)[] before, int length) = (changes!, count);
        (changes, count) = (new (int, int)[length + late.Count], 0);
        (int next, int taken) = (0, 0);
        while (next < length || taken < late.Count)
        {
            bool isLate = next == length || (taken < late.Count && OffsetOf(late[taken]) < before[next].Offset);
            (int offset, int change) = isLate ? (OffsetOf(late[taken]), ChangeOf(late[taken++])) : before[next++];
            while (taken < late.Count && OffsetOf(late[taken]) == offset)
            {
                change += ChangeOf(late[taken++]);
            }

            if (change != 0)
            {
                Append(offset, change);
            }
        }

        late.Clear();
    }

    private static int OffsetOf(long one) => (int)((one - ChangeOf(one)) >> 32);

    private static int ChangeOf(long one) => unchecked((int)one);

    /// <summary>Its row, from the number of users present when it starts.</summary>
    public StepHour Row(long before)
    {
        Unpack();
        CatchUp();
        (long level, long most) = (before, 0);
        for (int i = 0; i < count; i++)
        {
            most = i == 0 ? 0 : Math.Max(most, level);
            level += changes![i].Change;
        }

        return new StepHour(Hour, Hour + changes![0].Offset, most, Hour + changes[count - 1].Offset, level);
    }

    /// <summary>Its changes in the form in which they are stored: each second as a difference to the one before.</summary>
    public byte[] Packed(ByteWriter written)
    {
        if (changes is null)
        {
            return packed;
        }

        CatchUp();
        int offset = 0;
        for (int i = 0; i < count; i++)
        {
            written.Varint((ulong)(changes[i].Offset - offset));
            written.Signed(changes[i].Change);
            offset = changes[i].Offset;
        }

        return written.Take();
    }

    /// <summary>Gives up the memory that is needed to change it.</summary>
    public void Pack(ByteWriter written)
    {
        if (changes is not null)
        {
            (packed, changes, count, late, seconds) = (Packed(written), null, 0, null, null);
        }
    }

    private void Unpack()
    {
        if (changes is not null)
        {
            return;
        }

        var reader = new ByteReader(packed);
        changes = new (int, int)[Math.Max(4, packed.Length / 2)];
        int offset = 0;
        while (!reader.AtEnd)
        {
            offset += reader.Int();
            Append(offset, (int)reader.Signed());
        }

        packed = [];
    }
}

/// <summary>One application's hours in which users came or went, and what they amount to.</summary>
internal sealed class PeakHours(Calendar calendar)
{
    private const long RestsAfter = 26 * 3600;
    private readonly SortedList<long, PeakHour> hours = [];
    private readonly List<PeakHour> dirty = [];
    private readonly List<PeakHour> awake = [];
    private readonly ByteWriter written = new(new Slab<byte>());
    private PeakHour? last;

    /// <summary>What the hours amount to, as of <see cref="Refresh"/>.</summary>
    public StepHours Rows { get; } = new();

    public void Restore(long hour, byte[] packed) => hours.Add(hour, new PeakHour(hour, packed));

    public byte[] Packed(long hour) => hours.TryGetValue(hour, out PeakHour? its) ? its.Packed(written) : [];

    public void Add(long second, int change)
    {
        long hour = calendar.HourOf(second);
        if (last?.Hour != hour)
        {
            if (!hours.TryGetValue(hour, out last))
            {
                hours.Add(hour, last = new PeakHour(hour));
            }
        }

        if (!last!.Dirty)
        {
            last.Dirty = true;
            dirty.Add(last);
        }

        last.Add(second, change);
    }

    /// <summary>Works out the hours that changed, and those after them that begin with another number of users than before.</summary>
    /// <param name="changed">Told each hour whose row or changes are not what they were.</param>
    public void Refresh(Action<long> changed)
    {
        dirty.Sort(static (a, b) => a.Hour.CompareTo(b.Hour));
        foreach (PeakHour its in dirty)
        {
            // Hours that an earlier one has carried on into are worked out already, unless they changed themselves.
            long? next = its.Hour;
            while (next is { } hour && (hour == its.Hour || !hours[hour].Dirty))
            {
                changed(hour);
                next = Work(hours[hour]) ? Rows.After(hour) : null;
            }
        }

        foreach (PeakHour its in dirty)
        {
            its.Dirty = false;
            if (its.IsEmpty)
            {
                hours.Remove(its.Hour);
            }
        }

        awake.AddRange(dirty);
        dirty.Clear();
        last = null;
    }

    /// <summary>Packs hours that lie a day back.</summary>
    public void Rest(long now)
    {
        foreach (PeakHour its in awake)
        {
            if (its.Hour < now - RestsAfter && !its.Dirty)
            {
                its.Pack(written);
            }
        }

        awake.RemoveAll(its => its.Hour < now - RestsAfter && !its.Dirty);
    }

    /// <returns>Whether the hours after it begin with another number than before.</returns>
    private bool Work(PeakHour its)
    {
        long before = Rows.Before(its.Hour);
        long level = Rows.Get(its.Hour)?.Level ?? before;
        Rows.Set(its.Hour, its.IsEmpty ? null : its.Row(before));
        return (Rows.Get(its.Hour)?.Level ?? before) != level;
    }
}
