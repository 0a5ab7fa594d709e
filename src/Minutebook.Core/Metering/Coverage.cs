namespace Minutebook.Core.Metering;

/// <summary>
/// In how many classes of an application one user is present, over time. For users of several classes. A change that would touch very
/// many steps waits for others, so that one walk takes them all.
/// </summary>
internal sealed class Coverage
{
    /// <summary>So many steps are changed at once.</summary>
    private const int Few = 32;
    private List<(long Second, int Count)> steps = [];
    private List<(long Second, int Change)>? waiting;

    public bool IsEmpty => steps.Count == 0 && !Waits;

    /// <summary>How many times the number of classes changes.</summary>
    public int Steps => steps.Count;

    /// <summary>Something waits for <see cref="TakeWaiting"/>.</summary>
    public bool Waits => waiting is { Count: > 0 };

    /// <summary>Adds a span, or takes it away, and tells where the user came to be present at all, or ceased to be; unless that waits.</summary>
    public void Change(in SpanChange change, List<SpanChange> told)
    {
        if (!Waits && Place(change.To) - Place(change.From) <= Few)
        {
            Change(change.From, change.To, change.Sign, told);
            return;
        }

        waiting ??= [];
        waiting.Add((change.From, change.Sign));
        if (change.To != ClassWindow.Never)
        {
            waiting.Add((change.To, -change.Sign));
        }
    }

    /// <summary>Adds a span, or takes it away, at once.</summary>
    public void Change(long from, long to, int sign, List<SpanChange>? told)
    {
        int at = Cut(from);
        int end = to == ClassWindow.Never ? steps.Count : Cut(to);
        for (int i = at; i < end; i++)
        {
            (long second, int count) = steps[i];
            steps[i] = (second, count + sign);
            if (count == 0 || count + sign == 0)
            {
                told?.Add(new SpanChange(second, i + 1 < steps.Count ? steps[i + 1].Second : ClassWindow.Never, sign));
            }
        }

        Heal(end);
        Heal(at);
    }

    /// <summary>Takes what waits, in one walk over the steps behind its first second.</summary>
    public void TakeWaiting(List<SpanChange> told)
    {
        waiting!.Sort();
        int from = Place(waiting[0].Second);
        List<(long Second, int Count)> after = new(steps.Count + waiting.Count);
        after.AddRange(steps[..from]);
        int before = from == 0 ? 0 : steps[from - 1].Count;
        (int change, int since, int next) = (0, 0, 0);
        long begun = 0;
        for (int i = from; i < steps.Count || next < waiting.Count;)
        {
            long second = Math.Min(i < steps.Count ? steps[i].Second : ClassWindow.Never, next < waiting.Count ? waiting[next].Second : ClassWindow.Never);
            for (; next < waiting.Count && waiting[next].Second == second; next++)
            {
                change += waiting[next].Change;
            }

            for (; i < steps.Count && steps[i].Second == second; i++)
            {
                before = steps[i].Count;
            }

            int sign = (before + change > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
            if (sign != since)
            {
                Tell(told, begun, second, since);
                (begun, since) = (second, sign);
            }

            if (before + change != (after.Count == 0 ? 0 : after[^1].Count))
            {
                after.Add((second, before + change));
            }
        }

        Tell(told, begun, ClassWindow.Never, since);
        steps = after;
        waiting.Clear();
    }

    /// <summary>Forgets what was before a second.</summary>
    public void Forget(long before)
    {
        int at = Place(before + 1);
        if (at == 0)
        {
            return;
        }

        int count = steps[at - 1].Count;
        steps.RemoveRange(0, at);
        if (count > 0)
        {
            steps.Insert(0, (before, count));
        }
    }

    /// <summary>Adds the seconds at which the user ceases to be present.</summary>
    public void AddEnds(List<long> ends)
    {
        foreach ((long second, int count) in steps)
        {
            if (count == 0)
            {
                ends.Add(second);
            }
        }
    }

    private static void Tell(List<SpanChange> told, long from, long to, int sign)
    {
        if (sign != 0)
        {
            told.Add(new SpanChange(from, to, sign));
        }
    }

    /// <summary>The first step at a second or after it.</summary>
    private int Place(long second)
    {
        if (steps.Count == 0 || steps[^1].Second < second)
        {
            return steps.Count;
        }

        (int low, int high) = (0, steps.Count - 1);
        while (low <= high)
        {
            int middle = (low + high) / 2;
            (low, high) = steps[middle].Second < second ? (middle + 1, high) : (low, middle - 1);
        }

        return low;
    }

    /// <summary>Makes a step begin at a second; returns its place.</summary>
    private int Cut(long second)
    {
        int at = Place(second);
        if (at == steps.Count || steps[at].Second != second)
        {
            steps.Insert(at, (second, at == 0 ? 0 : steps[at - 1].Count));
        }

        return at;
    }

    private void Heal(int at)
    {
        if (at < steps.Count && steps[at].Count == (at == 0 ? 0 : steps[at - 1].Count))
        {
            steps.RemoveAt(at);
        }
    }
}
