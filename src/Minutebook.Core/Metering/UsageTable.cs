using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>A quantity, and presence that is open and grows with time.</summary>
internal struct Tally
{
    /// <summary>What is over, in base units.</summary>
    public Int128 Quantity;
    /// <summary>How many presences are open.</summary>
    public long OpenCount;
    /// <summary>The sum of the seconds at which they opened.</summary>
    public Int128 OpenSum;
    /// <summary>Changed since the last flush.</summary>
    public bool Dirty;

    public readonly bool IsEmpty => Quantity == 0 && OpenCount == 0;

    /// <summary>
    /// The quantity as of an instant: what is open counts from where it opened, in [start, end) and up to now. Whiteboard minutes are
    /// counted when they begin.
    /// </summary>
    /// <param name="openedBefore">Whether what is open opened before <paramref name="start"/>.</param>
    /// <param name="start">Second.</param>
    /// <param name="end">Second, excluded.</param>
    /// <param name="now">Second.</param>
    /// <param name="inMinutes">Whole clock minutes are counted.</param>
    public readonly Int128 OpenAt(bool openedBefore, long start, long end, long now, bool inMinutes)
    {
        long until = inMinutes && now % 60 != 0 ? now + 60 - (now % 60) : now;
        until = Math.Min(until, end);
        if (until <= start)
        {
            return 0;
        }

        return openedBefore ? (Int128)OpenCount * (until - start) : ((Int128)OpenCount * until) - OpenSum;
    }
}

/// <summary>What an account's applications used, by hour and dimensions.</summary>
internal sealed class UsageTable(Calendar calendar)
{
    private readonly Dictionary<long, Dictionary<(int Application, int Dimensions), Tally>> hours = [];
    private readonly List<(long Hour, int Application, int Dimensions)> dirty = [];
    private readonly HashSet<long> changedHours = [];
    private long lastHour = long.MinValue;
    private long lastChanged = long.MinValue;
    private Dictionary<(int, int), Tally>? last;

    public IReadOnlyList<(long Hour, int Application, int Dimensions)> Dirty => dirty;

    public void Add(int application, int dimensions, long hour, Int128 quantity) =>
        At(application, dimensions, hour).Quantity += quantity;

    public void AddOpen(int application, int dimensions, long from, int count)
    {
        ref Tally tally = ref At(application, dimensions, calendar.HourOf(from));
        tally.OpenCount += count;
        tally.OpenSum += (Int128)count * from;
    }

    public Tally Get(int application, int dimensions, long hour) =>
        hours.TryGetValue(hour, out var its) && its.TryGetValue((application, dimensions), out Tally tally) ? tally : default;

    /// <summary>The hours in which something was used or opened, that start in [from, to).</summary>
    public IEnumerable<(long Hour, int Application, int Dimensions, Tally Tally)> Between(long from, long to)
    {
        for (long hour = calendar.HourOf(from); hour < to; hour = calendar.NextHour(hour))
        {
            if (hour < from || !hours.TryGetValue(hour, out var its))
            {
                continue;
            }

            foreach (((int application, int dimensions), Tally tally) in its)
            {
                yield return (hour, application, dimensions, tally);
            }
        }
    }

    public void Restore(int application, int dimensions, long hour, Int128 quantity, long openCount, Int128 openSum)
    {
        ref Tally tally = ref At(application, dimensions, hour, touch: false);
        tally.Quantity += quantity;
        tally.OpenCount += openCount;
        tally.OpenSum += openSum;
    }

    /// <summary>The hours that changed since the last time that this was asked.</summary>
    public List<long> TakeChangedHours()
    {
        List<long> taken = [.. changedHours];
        changedHours.Clear();
        lastChanged = long.MinValue;
        return taken;
    }

    /// <summary>Marks all as written.</summary>
    public void Flushed()
    {
        foreach ((long hour, int application, int dimensions) in dirty)
        {
            At(application, dimensions, hour, touch: false).Dirty = false;
        }

        dirty.Clear();
    }

    private ref Tally At(int application, int dimensions, long hour, bool touch = true)
    {
        if (hour != lastHour)
        {
            if (!hours.TryGetValue(hour, out last))
            {
                hours.Add(hour, last = []);
            }

            lastHour = hour;
        }

        ref Tally tally = ref CollectionsMarshal.GetValueRefOrAddDefault(last!, (application, dimensions), out _);
        if (touch && hour != lastChanged)
        {
            changedHours.Add(hour);
            lastChanged = hour;
        }

        if (touch && !tally.Dirty)
        {
            tally.Dirty = true;
            dirty.Add((hour, application, dimensions));
        }

        return ref tally;
    }
}
