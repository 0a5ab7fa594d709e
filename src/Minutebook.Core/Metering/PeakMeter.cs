using System.Runtime.InteropServices;

namespace Minutebook.Core.Metering;

/// <summary>
/// The most distinct users present at once, by application and hour (section 3). What a participant's presence gains or loses changes the
/// number of users in two seconds; an hour's most is worked out of such changes when somebody is about to read it. A user of several
/// classes at once counts once, which only pages in memory tell: where presence changed that lies before what pages out of memory may
/// have, it waits until they are loaded.
/// </summary>
internal sealed class PeakMeter(Calendar calendar)
{
    private readonly Dictionary<int, PeakHours> applications = [];
    private readonly Dictionary<int, long> awayUntil = [];
    private readonly PresentUsers users = new();
    private readonly List<SpanChange> differences = [];
    private readonly List<SpanChange> changes = [];
    private readonly Dictionary<(Page Page, int Participant), Span> waiting = [];
    private long alwaysAwayUntil = long.MinValue;

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
    public void Restore(long now) => alwaysAwayUntil = now;

    /// <summary>Takes what a participant's presence is now.</summary>
    public void Take(Page page, int participant, List<Span> spans)
    {
        ReadOnlySpan<Span> now = CollectionsMarshal.AsSpan(spans);
        ReadOnlySpan<Span> before = page.SpansOf(participant);
        if (before.SequenceEqual(now))
        {
            return;
        }

        Spans.Compare(before, now, differences);
        if (differences[0].From < AwayUntil(page.Application))
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
    public void TakeWaiting(Func<Page, int, List<Span>> measured)
    {
        foreach ((Page page, int participant) in waiting.Keys)
        {
            List<Span> spans = measured(page, participant);
            ReadOnlySpan<Span> now = CollectionsMarshal.AsSpan(spans);
            Spans.Compare(page.SpansOf(participant), now, differences);
            Count(page, participant, now);
        }

        waiting.Clear();
    }

    /// <summary>A page came back into memory: what its participants have is counted already.</summary>
    public void Load(Page page, int participant, List<Span> spans)
    {
        if (spans.Count > 0)
        {
            page.SetSpans(participant, CollectionsMarshal.AsSpan(spans));
            users.Link(page, participant);
        }
    }

    /// <summary>A page leaves memory.</summary>
    public void Forget(Page page)
    {
        long until = long.MinValue;
        for (int i = 0; i < page.PresentCount; i++)
        {
            ReadOnlySpan<Span> spans = page.SpansOf(i);
            until = spans.Length == 0 ? until : Math.Max(until, spans[^1].To);
        }

        users.Forget(page);

        awayUntil[page.Application] = Math.Max(until, awayUntil.GetValueOrDefault(page.Application, long.MinValue));
    }

    /// <summary>Works out the hours that changed.</summary>
    public void Refresh()
    {
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

    private long AwayUntil(int application) => Math.Max(alwaysAwayUntil, awayUntil.GetValueOrDefault(application, long.MinValue));

    private void Count(Page page, int participant, ReadOnlySpan<Span> now)
    {
        users.Link(page, participant);
        PeakHours hours = Of(page.Application);
        Coverage? shared = users.SharedBy(page, participant);
        foreach (SpanChange difference in differences)
        {
            if (shared is null)
            {
                Add(hours, difference);
                continue;
            }

            changes.Clear();
            shared.Change(difference.From, difference.To, difference.Sign, changes);
            foreach (SpanChange change in changes)
            {
                Add(hours, change);
            }
        }

        page.SetSpans(participant, now);
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
