namespace Minutebook.Core.Metering;

/// <summary>The most distinct users present in one second of a class. Users are added one by one, then asked for.</summary>
internal sealed class ClassPeak
{
    private readonly List<(long Second, int Change)> edges = [];
    private readonly List<(long From, long To)> own = [];

    /// <summary>Adds a user's stays for audio and video, as they count; seconds, end excluded.</summary>
    public void Add(IEnumerable<(long From, long To)> stays)
    {
        own.Clear();
        own.AddRange(stays.Where(static stay => stay.From < stay.To));
        own.Sort();
        long reached = long.MinValue;
        foreach ((long from, long to) in own)
        {
            if (to <= reached)
            {
                continue;
            }

            // What overlaps or touches is one presence of the same user.
            if (from > reached)
            {
                edges.Add((from, 1));
            }
            else
            {
                edges.RemoveAt(edges.Count - 1);
            }

            edges.Add((to, -1));
            reached = to;
        }
    }

    /// <summary>The most at once; leaving comes before joining in the same second.</summary>
    public int Most()
    {
        edges.Sort();
        (int present, int most) = (0, 0);
        foreach ((_, int change) in edges)
        {
            present += change;
            most = Math.Max(most, present);
        }

        return most;
    }
}
