namespace Minutebook.Reference;

/// <summary>An event of the set, and where its section belonged when it was taken in (1.4, 3.4).</summary>
public sealed record AppliedEvent(ReferenceEvent Event, long ArrivalMs, SectionAt? Section);

/// <param name="HasAccount">False for an event of an application that was unknown: it has no account yet (1.5).</param>
public sealed record KeptEvent(ReferenceEvent Event, string Reason, long FirstArrivalMs, bool HasAccount);

/// <summary>Which events are in the set, and which are kept and not applied (1.3 to 1.6).</summary>
public sealed class Intake
{
    private const long DayMs = 86_400_000;

    private static readonly HashSet<string> KnownTypes =
    [
        "class.started", "class.ended", "participant.joined", "participant.left", "participant.receiving", "recording.completed",
        "playback.viewed", "slicing.completed", "screenshot.captured", "storage.sampled", "content.delivered", "event.voided",
    ];

    private static readonly HashSet<string> ScreenshotEditions = ["trial", "flagship", "flagship-plus", "enterprise"];

    private readonly ReferenceHistory history;
    private readonly Dictionary<(string, string), AppliedEvent> applied = [];
    private readonly List<KeptEvent> kept = [];

    public Intake(ReferenceHistory history, long nowMs)
    {
        this.history = history;
        foreach (Arrival arrival in history.Arrivals.Where(a => a.AtMs <= nowMs).OrderBy(a => a.AtMs))
        {
            Adopt(arrival.AtMs);
            if (arrival.Event is null)
            {
                Reapply(arrival.AtMs);
                continue;
            }

            Receive(arrival.Event, arrival.AtMs);
        }

        Adopt(nowMs);
    }

    /// <summary>Events that came again when they were in the set already; conflicts among them included.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Events that came again with other content, whether the first one is in the set or kept.</summary>
    public int Conflicts { get; private set; }

    public IReadOnlyList<KeptEvent> Kept => kept;

    /// <summary>The set at <paramref name="nowMs"/>: without events still ahead of their time (1.5), voids, and what they name (1.6).</summary>
    public IReadOnlyList<AppliedEvent> SetAt(long nowMs)
    {
        List<AppliedEvent> here = [.. applied.Values.Where(a => a.Event.TimeMs <= nowMs)];
        HashSet<(string?, string?)> voided =
            [.. here.Where(a => a.Event.Type == "event.voided").Select(a => (a.Event.TargetSource, a.Event.TargetId))];
        return [.. here.Where(a => a.Event.Type != "event.voided" && !voided.Contains(a.Event.Identity))];
    }

    private void Receive(ReferenceEvent e, long atMs)
    {
        bool known = IsKnown(e, atMs);
        if (known && applied.TryGetValue(e.Identity, out AppliedEvent? first))
        {
            CountDuplicate(first.Event, e);
            return;
        }

        // Choice: the same (source, id) sent for an application that is known now is the account's own identity; a kept event of
        // an application that is still unknown does not stand in its way, and stays kept.
        KeptEvent? earlier = kept.FirstOrDefault(k => k.Event.Identity == e.Identity && k.HasAccount == known);
        if (earlier is null)
        {
            Try(new KeptEvent(e, "", atMs, false), atMs);
            return;
        }

        // Choice: the first to arrive counts (1.3) also when it was kept: sending again tries the first one's content again.
        Conflicts += earlier.Event.SaysTheSameAs(e) ? 0 : 1;
        Try(earlier, atMs);
    }

    /// <summary>Choice: what came for an unknown application is the account's, and still kept, from when the application is known.</summary>
    private void Adopt(long atMs)
    {
        foreach (KeptEvent candidate in kept.Where(k => !k.HasAccount && IsKnown(k.Event, atMs)).ToList())
        {
            if (IdentityTaken(candidate.Event, out ReferenceEvent? first))
            {
                kept.Remove(candidate);
                CountDuplicate(first!, candidate.Event);
            }
            else
            {
                kept[kept.IndexOf(candidate)] = candidate with { HasAccount = true };
            }
        }
    }

    private void Reapply(long atMs)
    {
        foreach (KeptEvent candidate in kept.Where(k => k.HasAccount).ToList())
        {
            Try(candidate, atMs);
        }
    }

    private void Try(KeptEvent candidate, long atMs)
    {
        string? reason = Check(candidate.Event, atMs);
        bool hasAccount = reason != "unknown-application";
        int place = kept.IndexOf(candidate);
        if (reason is null)
        {
            kept.Remove(candidate);
            SectionAt? section = candidate.Event.Section is string name ? history.SectionAt(name, atMs) : null;
            applied.Add(candidate.Event.Identity, new AppliedEvent(candidate.Event, atMs, section));
            return;
        }

        KeptEvent again = candidate with { Reason = reason, HasAccount = hasAccount };
        if (place < 0)
        {
            kept.Add(again);
            return;
        }

        kept[place] = again;
    }

    private bool IdentityTaken(ReferenceEvent e, out ReferenceEvent? first)
    {
        first = applied.TryGetValue(e.Identity, out AppliedEvent? inSet)
            ? inSet.Event
            : kept.FirstOrDefault(k => k.HasAccount && k.Event.Identity == e.Identity)?.Event;
        return first is not null;
    }

    /// <summary>
    /// Why an event is not applied, or null (1.5). Choice: an unknown application comes first, having no account to be late for;
    /// then the order of the rule. A day of lateness is 24 hours, and exactly lateDays old is not late.
    /// </summary>
    private string? Check(ReferenceEvent e, long atMs)
    {
        if (!IsKnown(e, atMs))
        {
            return "unknown-application";
        }

        if (atMs - e.TimeMs > history.LateDaysAt(atMs) * DayMs)
        {
            return "late";
        }

        if (!KnownTypes.Contains(e.Type))
        {
            return "unknown-type";
        }

        return e.Type == "screenshot.captured" && !IsUnlocked(e, atMs) ? "edition" : null;
    }

    /// <summary>
    /// Choice: an edition unlocks what happened while it was in force (1.7), however late that arrives; and the one in force at the
    /// check unlocks what happened before, as in the golden case edition-gate. Either will do.
    /// </summary>
    private bool IsUnlocked(ReferenceEvent e, long atMs)
    {
        ReferenceApplication application = history.Application(e.Application)!;
        return ScreenshotEditions.Contains(application.InForce(e.TimeMs, atMs).Edition ?? "")
            || ScreenshotEditions.Contains(application.InForce(atMs, atMs).Edition ?? "");
    }

    private bool IsKnown(ReferenceEvent e, long atMs) => history.Application(e.Application)?.IsKnownAt(atMs) ?? false;

    private void CountDuplicate(ReferenceEvent first, ReferenceEvent second)
    {
        Duplicates++;
        Conflicts += first.SaysTheSameAs(second) ? 0 : 1;
    }
}
