using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>From a second on a user is present in so many classes. There are so many of these that they are not to be padded.</summary>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(int))]
internal readonly record struct CoverageStep(long Second, int Count);

/// <summary>
/// In how many classes of an application one user is present, over time. For users of several classes. A change that would touch very
/// many steps waits for others, so that one walk takes them all.
/// </summary>
/// <param name="memory">Where its steps are kept.</param>
internal sealed class Coverage(Slab<CoverageStep> memory)
{
    /// <summary>So many steps are changed at once.</summary>
    private const int Few = 32;
    private const int FirstSteps = 4;
    private Stretch<CoverageStep> steps;
    private int count;
    private List<(long Second, int Change)>? waiting;

    public bool IsEmpty => count == 0 && !Waits;

    /// <summary>How many times the number of classes changes.</summary>
    public int Steps => count;

    /// <summary>The second of the last step; 0 if there is none. Reading it brings it near.</summary>
    public long LastSecond => count == 0 ? 0 : steps[count - 1].Second;

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
        int end = to == ClassWindow.Never ? count : Cut(to);
        for (int i = at; i < end; i++)
        {
            (long second, int classes) = steps[i];
            steps[i] = new CoverageStep(second, classes + sign);
            if (classes == 0 || classes + sign == 0)
            {
                told?.Add(new SpanChange(second, i + 1 < count ? steps[i + 1].Second : ClassWindow.Never, sign));
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
        Stretch<CoverageStep> old = steps;
        int length = count;
        steps = default;
        memory.Grow(ref steps, 0, Math.Max(FirstSteps, length + waiting.Count));
        old.Span[..from].CopyTo(steps.Span);
        count = from;
        int before = from == 0 ? 0 : old[from - 1].Count;
        (int change, int since, int next) = (0, 0, 0);
        long begun = 0;
        for (int i = from; i < length || next < waiting.Count;)
        {
            long second = Math.Min(i < length ? old[i].Second : ClassWindow.Never, next < waiting.Count ? waiting[next].Second : ClassWindow.Never);
            for (; next < waiting.Count && waiting[next].Second == second; next++)
            {
                change += waiting[next].Change;
            }

            for (; i < length && old[i].Second == second; i++)
            {
                before = old[i].Count;
            }

            int sign = (before + change > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
            if (sign != since)
            {
                Tell(told, begun, second, since);
                (begun, since) = (second, sign);
            }

            if (before + change != (count == 0 ? 0 : steps[count - 1].Count))
            {
                steps[count++] = new CoverageStep(second, before + change);
            }
        }

        Tell(told, begun, ClassWindow.Never, since);
        memory.Return(ref old);
        waiting.Clear();
    }

    /// <summary>Forgets what was before a second.</summary>
    public void Forget(long before)
    {
        int at = Place(before + 1);
        if (at > 0 && steps[at - 1].Count > 0)
        {
            at--;
            steps[at] = steps[at] with { Second = before };
        }

        Remove(0, at);
        if (count == 0)
        {
            memory.Return(ref steps);
        }
    }

    /// <summary>Adds the seconds at which the user ceases to be present.</summary>
    public void AddEnds(List<long> ends)
    {
        foreach ((long second, int classes) in steps.Span[..count])
        {
            if (classes == 0)
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
        if (count == 0 || steps[count - 1].Second < second)
        {
            return count;
        }

        (int low, int high) = (0, count - 1);
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
        if (at == count || steps[at].Second != second)
        {
            if (count == steps.Length)
            {
                memory.Grow(ref steps, count, Math.Max(FirstSteps, count * 2));
            }

            steps.Span[at..count].CopyTo(steps.Span[(at + 1)..]);
            steps[at] = new CoverageStep(second, at == 0 ? 0 : steps[at - 1].Count);
            count++;
        }

        return at;
    }

    private void Heal(int at)
    {
        if (at < count && steps[at].Count == (at == 0 ? 0 : steps[at - 1].Count))
        {
            Remove(at, 1);
        }
    }

    private void Remove(int at, int some)
    {
        steps.Span[(at + some)..count].CopyTo(steps.Span[at..]);
        count -= some;
    }
}
