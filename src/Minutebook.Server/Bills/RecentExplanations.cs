namespace Minutebook.Server;

/// <summary>
/// The last few explanations, because their pages are asked for one after the other and a bill's line never changes. One is made at a time:
/// that takes the memory of a day's pages. One that is dropped closes its file of events as soon as nobody reads in it.
/// </summary>
internal sealed class RecentExplanations
{
    private const int Most = 4;

    private readonly Lock gate = new();
    private readonly Lock making = new();
    private readonly LinkedList<Known> recent = [];

    private sealed class Known((string Bill, int Line) key, Explanation explanation)
    {
        public (string Bill, int Line) Key => key;
        public Explanation Explanation => explanation;
        public int Readers { get; set; }
        public bool IsDropped { get; set; }
    }

    /// <summary>Reads in a line's explanation, made if it is none of the last; it stays readable until that is done.</summary>
    public T With<T>((string Bill, int Line) key, Func<Explanation> make, Func<Explanation, T> read)
    {
        Known its = Find(key) ?? Made(key, make);
        try
        {
            return read(its.Explanation);
        }
        finally
        {
            lock (gate)
            {
                its.Readers--;
                CloseUnread(its);
            }
        }
    }

    private Known Made((string Bill, int Line) key, Func<Explanation> make)
    {
        lock (making)
        {
            // Somebody may have asked for the same line just before.
            return Find(key) ?? Keep(new Known(key, make()));
        }
    }

    private Known? Find((string, int) key)
    {
        lock (gate)
        {
            for (var at = recent.First; at is not null; at = at.Next)
            {
                if (at.Value.Key == key)
                {
                    recent.Remove(at);
                    recent.AddFirst(at);
                    at.Value.Readers++;
                    return at.Value;
                }
            }
        }

        return null;
    }

    private Known Keep(Known made)
    {
        lock (gate)
        {
            made.Readers++;
            recent.AddFirst(made);
            while (recent.Count > Most)
            {
                Known last = recent.Last!.Value;
                recent.RemoveLast();
                last.IsDropped = true;
                CloseUnread(last);
            }
        }

        return made;
    }

    private static void CloseUnread(Known its)
    {
        if (its.IsDropped && its.Readers == 0)
        {
            its.Explanation.Events.Dispose();
        }
    }
}
