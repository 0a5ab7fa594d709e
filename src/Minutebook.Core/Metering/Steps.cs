namespace Minutebook.Core.Metering;

/// <summary>
/// An hour in which a step function changed: what an application stores, or how many users it has present. Between changes it holds its
/// value, so an hour without a change needs no row, however many there are. Nothing in it depends on now. Seconds since 1970.
/// </summary>
/// <param name="Hour">When the hour starts.</param>
/// <param name="First">Its first change: until then the value before it holds.</param>
/// <param name="Between">What [first, last) amounts to: byte-seconds of storage, or the most users at once.</param>
/// <param name="Last">Its last change.</param>
/// <param name="Level">The value from then on, until the next hour with a change.</param>
public readonly record struct StepHour(long Hour, long First, Int128 Between, long Last, long Level)
{
    /// <summary>What the hour amounts to up to an instant (section 3): byte-hours rounded down, or the most users in one second.</summary>
    /// <param name="meter"><see cref="Meter.Storage"/> or <see cref="Meter.Peak"/>.</param>
    /// <param name="before">The value when the hour starts.</param>
    /// <param name="until">The end of the hour, or now, in seconds; excluded.</param>
    public Int128 Quantity(Meter meter, long before, long until)
    {
        if (ReferenceEquals(meter, Meter.Storage))
        {
            return (((Int128)before * (First - Hour)) + Between + ((Int128)Level * Math.Max(0, until - Last))) / Steps.SecondsPerHour;
        }

        Int128 most = First > Hour ? Int128.Max(before, Between) : Between;
        return until > Last ? Int128.Max(most, Level) : most;
    }
}

/// <summary>What step functions amount to by hour.</summary>
public static class Steps
{
    internal const int SecondsPerHour = 3600;

    /// <summary>Whether a meter is kept as a step function, and not by the hour.</summary>
    public static bool Has(Meter meter) => ReferenceEquals(meter, Meter.Storage) || ReferenceEquals(meter, Meter.Peak);

    /// <summary>The hours that start in [from, to) and before now, with what each amounts to; those of zero are left out.</summary>
    /// <param name="meter"><see cref="Meter.Storage"/> or <see cref="Meter.Peak"/>.</param>
    /// <param name="changes">One application's hours with a change, in their order, from the last one before <paramref name="from"/> on.</param>
    /// <param name="calendar">The account's hours.</param>
    /// <param name="from">Second.</param>
    /// <param name="to">Second, excluded.</param>
    /// <param name="now">Until when what holds now counts, in seconds.</param>
    public static IEnumerable<(long Hour, Int128 Quantity)> Hours(
        Meter meter, IReadOnlyList<StepHour> changes, Calendar calendar, long from, long to, long now)
    {
        to = Math.Min(to, now);
        (int at, long level) = (0, 0);
        for (; at < changes.Count && changes[at].Hour < from; at++)
        {
            level = changes[at].Level;
        }

        long hour = calendar.HourOf(from);
        hour = hour < from ? calendar.NextHour(hour) : hour;
        while (hour < to)
        {
            if (level == 0 && (at == changes.Count || changes[at].Hour > hour))
            {
                // Nothing is there until the next change.
                hour = at == changes.Count ? to : changes[at].Hour;
                continue;
            }

            long next = calendar.NextHour(hour);
            bool changed = at < changes.Count && changes[at].Hour == hour;
            StepHour its = changed ? changes[at++] : new StepHour(hour, hour, 0, hour, level);
            Int128 quantity = its.Quantity(meter, level, Math.Min(next, now));
            level = its.Level;
            if (quantity != 0)
            {
                yield return (hour, quantity);
            }

            hour = next;
        }
    }
}

/// <summary>One application's hours with a change, in their order.</summary>
internal sealed class StepHours
{
    private readonly List<StepHour> hours = [];

    public IReadOnlyList<StepHour> All => hours;

    /// <summary>The place of an hour, or where it would be put as a complement.</summary>
    public int Find(long hour)
    {
        if (hours.Count > 0 && hours[^1].Hour <= hour)
        {
            return hours[^1].Hour == hour ? hours.Count - 1 : ~hours.Count;
        }

        (int low, int high) = (0, hours.Count - 1);
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = hours[middle].Hour.CompareTo(hour);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    public StepHour? Get(long hour) => Find(hour) is >= 0 and var at ? hours[at] : null;

    /// <summary>The value when an hour starts.</summary>
    public long Before(long hour)
    {
        int at = Find(hour);
        at = at < 0 ? ~at : at;
        return at == 0 ? 0 : hours[at - 1].Level;
    }

    /// <summary>The first hour with a change after an hour; null when there is none.</summary>
    public long? After(long hour)
    {
        int at = Find(hour);
        at = at < 0 ? ~at : at + 1;
        return at < hours.Count ? hours[at].Hour : null;
    }

    /// <summary>Puts an hour in its place, or takes it out.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Set(long hour, StepHour? its)
    {
        int at = Find(hour);
        if (its is not { } row)
        {
            if (at >= 0)
            {
                hours.RemoveAt(at);
            }

            return at >= 0;
        }

        if (at < 0)
        {
            hours.Insert(~at, row);
            return true;
        }

        if (hours[at] == row)
        {
            return false;
        }

        hours[at] = row;
        return true;
    }
}
