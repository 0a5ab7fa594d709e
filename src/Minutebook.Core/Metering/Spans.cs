namespace Minutebook.Core.Metering;

/// <summary>Seconds in which a user is present, end excluded; <see cref="ClassWindow.Never"/> while it is.</summary>
internal readonly record struct Span(long From, long To);

/// <summary>What a span list gained (sign 1) or lost (sign −1).</summary>
internal readonly record struct SpanChange(long From, long To, int Sign);

/// <summary>Sorted lists of spans that do not touch each other.</summary>
internal static class Spans
{
    /// <summary>Joins spans that overlap or touch, in place.</summary>
    public static void Unite(List<Span> spans)
    {
        if (spans.Count < 2)
        {
            return;
        }

        // One connection's stays come in their order.
        if (!InOrder(spans))
        {
            spans.Sort(static (a, b) => a.From.CompareTo(b.From));
        }

        int last = 0;
        for (int i = 1; i < spans.Count; i++)
        {
            if (spans[i].From <= spans[last].To)
            {
                spans[last] = spans[last] with { To = Math.Max(spans[last].To, spans[i].To) };
            }
            else
            {
                spans[++last] = spans[i];
            }
        }

        spans.RemoveRange(last + 1, spans.Count - last - 1);
    }

    private static bool InOrder(List<Span> spans)
    {
        for (int i = 1; i < spans.Count; i++)
        {
            if (spans[i].From < spans[i - 1].From)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether two lists are the same.</summary>
    public static bool Same(ReadOnlySpan<Span> before, ReadOnlySpan<Span> after)
    {
        for (int i = 0; i < before.Length && i < after.Length; i++)
        {
            if (before[i].From != after[i].From || before[i].To != after[i].To)
            {
                return false;
            }
        }

        return before.Length == after.Length;
    }

    /// <summary>What one list has and the other has not.</summary>
    public static void Compare(ReadOnlySpan<Span> before, ReadOnlySpan<Span> after, List<SpanChange> changes)
    {
        changes.Clear();
        if (before.Length == 0 && after.Length == 1)
        {
            changes.Add(new SpanChange(after[0].From, after[0].To, 1));
            return;
        }

        // Edge by edge: each list's next edge is a start where its place is even.
        (int b, int a, long since) = (0, 0, 0);
        while (b < 2 * before.Length || a < 2 * after.Length)
        {
            long edgeB = b < 2 * before.Length ? Edge(before, b) : ClassWindow.Never;
            long edgeA = a < 2 * after.Length ? Edge(after, a) : ClassWindow.Never;
            long edge = Math.Min(edgeB, edgeA);
            int sign = (a % 2) - (b % 2);
            if (sign != 0 && since < edge)
            {
                changes.Add(new SpanChange(since, edge, sign));
            }

            b += b < 2 * before.Length && edgeB == edge ? 1 : 0;
            a += a < 2 * after.Length && edgeA == edge ? 1 : 0;
            since = edge;
        }
    }

    private static long Edge(ReadOnlySpan<Span> spans, int edge) => edge % 2 == 0 ? spans[edge / 2].From : spans[edge / 2].To;
}
