namespace Minutebook.Core.Metering;

/// <summary>The most distinct users present in one second of a class. Users are added one by one, then asked for.</summary>
/// <param name="events">How many events the class has; a stay has one at each end, mostly.</param>
internal sealed class ClassPeak(int events)
{
    /// <summary>Up to a range of a few days, seconds are counted one by one; a room that is open for years is sorted.</summary>
    private const long MostCounted = 1 << 20;

    // Twice the second at which somebody comes, and one less than twice that at which somebody goes.
    private readonly List<long> changes = new(events);
    private long first = long.MaxValue;
    private long last = long.MinValue;

    /// <summary>Adds a user's presence: spans that neither meet nor overlap, in seconds, end excluded; those that are open reach to now.</summary>
    public void Add(List<Span> presence, long now)
    {
        foreach (Span span in presence)
        {
            long to = Math.Min(span.To, now);
            if (span.From < to)
            {
                (first, last) = (Math.Min(first, span.From), Math.Max(last, to));
                changes.Add(2 * span.From);
                changes.Add((2 * to) - 1);
            }
        }
    }

    /// <summary>The most at once; leaving comes before joining in the same second.</summary>
    public int Most()
    {
        if (changes.Count == 0)
        {
            return 0;
        }

        return last - first < MostCounted ? Counted() : Sorted();
    }

    private int Counted()
    {
        int[] bySecond = new int[last - first + 1];
        foreach (long change in changes)
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

    private int Sorted()
    {
        changes.Sort();
        (int present, int most) = (0, 0);
        foreach (long change in changes)
        {
            most = Math.Max(most, present += IsComing(change) ? 1 : -1);
        }

        return most;
    }

    private static bool IsComing(long change) => (change & 1) == 0;
}
