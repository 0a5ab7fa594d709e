using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>
/// The most distinct users present at once, by application and hour (section 3). What a participant's presence gains or loses changes the
/// number of users in two seconds; an hour's most is worked out of such changes when somebody is about to read it. A user of several
/// classes at once counts once: where presence changed in a time of which <see cref="PresentUsers"/> does not know all, it waits until
/// the pages that do are loaded.
/// </summary>
/// <param name="calendar">The account's.</param>
/// <param name="mostUsers">So much is kept of users' presence, about.</param>
internal sealed class PeakMeter(Calendar calendar, int mostUsers)
{
    private readonly Dictionary<int, PeakHours> applications = [];
    private readonly PresentUsers users = new(mostUsers);
    private readonly List<SpanChange> differences = [];
    private readonly List<SpanChange> changes = [];
    private readonly Dictionary<(Page Page, int Participant), Span> waiting = [];
    private long approached;

    /// <summary>Hours whose row or changes are not what they were at the last flush.</summary>
    public HashSet<(int Application, long Hour)> Changed { get; } = [];

    /// <summary>Participants whose presence changed at a time at which classes out of memory may have had them too; and when.</summary>
    public IReadOnlyDictionary<(Page Page, int Participant), Span> Waiting => waiting;

    public PeakHours Of(int application)
    {
        if (!applications.TryGetValue(application, out PeakHours? its))
        {
            applications.Add(application, its = new PeakHours(calendar));
        }

        return its;
    }

    /// <summary>The book was opened at an instant, in seconds: nothing out of memory has presence at or after it.</summary>
    public void Restore(long now) => users.Forget(now);

    /// <summary>Participants are about to be taken, one by one.</summary>
    public void Approach(Page page, ReadOnlySpan<int> participants) => approached ^= users.Approach(page, participants);

    /// <summary>Takes what a participant's presence is now.</summary>
    public void Take(Page page, int participant, List<Span> spans)
    {
        ReadOnlySpan<Span> now = CollectionsMarshal.AsSpan(spans);
        ReadOnlySpan<Span> before = page.SpansOf(participant);
        if (Spans.Same(before, now))
        {
            return;
        }

        Spans.Compare(before, now, differences);
        if (differences[0].From < users.KnownSince)
        {
            var at = new Span(differences[0].From, differences[^1].To);
            waiting[(page, participant)] = waiting.TryGetValue((page, participant), out Span known)
                ? new Span(Math.Min(known.From, at.From), Math.Max(known.To, at.To))
                : at;
            return;
        }

        Count(page, participant, now);
    }

    /// <summary>Takes what waited: the pages that matter are in memory.</summary>
    /// <param name="pages">All pages in memory.</param>
    /// <param name="measured">A participant's presence as it is now.</param>
    public void TakeWaiting(IEnumerable<Page> pages, Func<Page, int, List<Span>> measured)
    {
        if (waiting.Count == 0)
        {
            return;
        }

        Dictionary<int, Coverage> coverages = Covered(pages);
        foreach ((Page page, int participant) in waiting.Keys)
        {
            List<Span> spans = measured(page, participant);
            ReadOnlySpan<Span> now = CollectionsMarshal.AsSpan(spans);
            Spans.Compare(page.SpansOf(participant), now, differences);
            int user = users.UserOf(page, participant);
            foreach (SpanChange difference in differences)
            {
                changes.Clear();
                coverages[user].Change(difference.From, difference.To, difference.Sign, changes);
                Tell(page.Application);
                if (difference.To > users.KnownSince)
                {
                    users.Change(user, difference with { From = Math.Max(difference.From, users.KnownSince) }, changes);
                    changes.Clear();
                }
            }

            page.SetSpans(participant, now);
        }

        waiting.Clear();
    }

    /// <summary>All that is counted of the users of participants that wait.</summary>
    private Dictionary<int, Coverage> Covered(IEnumerable<Page> pages)
    {
        Dictionary<int, Coverage> its = [];
        var memory = new Slab<CoverageStep>();
        foreach ((Page page, int participant) in waiting.Keys)
        {
            its.TryAdd(users.UserOf(page, participant), new Coverage(memory));
        }

        HashSet<int> wanted = [.. waiting.Keys.Select(one => one.Page.Application)];
        foreach (Page page in pages)
        {
            for (int i = 0; wanted.Contains(page.Application) && i < page.PresentCount; i++)
            {
                if (page.SpansOf(i) is { Length: > 0 } spans && its.TryGetValue(users.UserOf(page, i), out Coverage? coverage))
                {
                    foreach (Span span in spans)
                    {
                        coverage.Change(span.From, span.To, 1, null);
                    }
                }
            }
        }

        return its;
    }

    /// <summary>
    /// A page came back into memory: what its participants have is counted already. What goes on still is of a time of which all is to be
    /// known; it comes back only when the book is opened.
    /// </summary>
    public void Load(Page page, int participant, List<Span> spans)
    {
        if (spans.Count == 0)
        {
            return;
        }

        page.SetSpans(participant, CollectionsMarshal.AsSpan(spans));
        if (spans[^1].To == ClassWindow.Never)
        {
            users.Change(users.UserOf(page, participant), new SpanChange(spans[^1].From, ClassWindow.Never, 1), changes);
            changes.Clear();
        }
    }

    /// <summary>Works out the hours that changed.</summary>
    public void Refresh()
    {
        users.TakeWaiting((application, change) => Add(Of(application), change));
        foreach ((int application, PeakHours its) in applications)
        {
            its.Refresh(hour => Changed.Add((application, hour)));
        }
    }

    /// <summary>Marks all as written, and lets go of what is needed to change hours long past.</summary>
    public void Flushed(long now)
    {
        foreach ((int application, _) in Changed)
        {
            applications[application].Rest(now);
        }

        Changed.Clear();
    }

    private void Count(Page page, int participant, ReadOnlySpan<Span> now)
    {
        int user = users.UserOf(page, participant);
        changes.Clear();
        foreach (SpanChange difference in differences)
        {
            users.Change(user, difference, changes);
        }

        Tell(page.Application);
        page.SetSpans(participant, now);
    }

    private void Tell(int application)
    {
        PeakHours hours = Of(application);
        foreach (SpanChange change in changes)
        {
            Add(hours, change);
        }
    }

    private static void Add(PeakHours hours, in SpanChange change)
    {
        hours.Add(change.From, change.Sign);
        if (change.To != ClassWindow.Never)
        {
            hours.Add(change.To, -change.Sign);
        }
    }
}
