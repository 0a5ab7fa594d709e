namespace Minutebook.Core.Metering;

/// <summary>The most distinct users present in one second of a class. Users are added one by one, then asked for, once.</summary>
internal sealed class ClassPeak
{
    /// <summary>Up to a range of a few days, seconds are counted one by one; a room that is open for years is sorted.</summary>
    private const long MostCounted = 1 << 20;

    // Twice the second at which somebody comes, and one less than twice that at which somebody goes.
    private readonly Slab<long> memory = new();
    private Stretch<long> changes;
    private int count;
    private long first = long.MaxValue;
    private long last = long.MinValue;

    /// <param name="events">How many events the class has; a stay has one at each end, mostly.</param>
    public ClassPeak(int events) => memory.Grow(ref changes, 0, Math.Max(2, events));

    /// <summary>Adds a user's presence: spans that neither meet nor overlap, in seconds, end excluded; those that are open reach to now.</summary>
    public void Add(List<Span> presence, long now)
    {
        foreach (Span span in presence)
        {
            long to = Math.Min(span.To, now);
            if (span.From < to)
            {
                (first, last) = (Math.Min(first, span.From), Math.Max(last, to));
                if (count + 2 > changes.Length)
                {
                    memory.Grow(ref changes, count, 2 * changes.Length);
                }

                changes[count++] = 2 * span.From;
                changes[count++] = (2 * to) - 1;
            }
        }
    }

    /// <summary>The most at once; leaving comes before joining in the same second.</summary>
    public int Most()
    {
        Span<long> all = changes.Span[..count];
        int most = all.IsEmpty ? 0 : last - first < MostCounted ? Counted(all) : Sorted(all);
        memory.Return(ref changes);
        return most;
    }

    private int Counted(Span<long> all)
    {
        int[] bySecond = new int[last - first + 1];
        foreach (long change in all)
        {
            bySecond[((change + 1) >> 1) - first] += IsComing(change) ? 1 : -1;
        }

        (int present, int most) = (0, 0);
        foreach (int change in bySecond)
        {
            most = Math.Max(most, present += change);
        }

        return most;
    }

    private static int Sorted(Span<long> all)
    {
        all.Sort();
        (int present, int most) = (0, 0);
        foreach (long change in all)
        {
            most = Math.Max(most, present += IsComing(change) ? 1 : -1);
        }

        return most;
    }

    private static bool IsComing(long change) => (change & 1) == 0;
}
