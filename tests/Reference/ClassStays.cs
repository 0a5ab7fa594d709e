namespace Minutebook.Reference;

/// <summary>The window of a class (2.1); it has no end while it runs.</summary>
public sealed record ClassWindow(long StartMs, long? EndMs, string? EndedBy);

/// <summary>A stay as rule 2.2 makes it, before any window cuts it; still open ones reach to now.</summary>
/// <param name="Settings">Those that it is metered by: the class's, or those at its own join (1.7).</param>
/// <param name="IsOpen">It has not ended yet.</param>
public sealed record Stay(
    string User, string Connection, string Medium, string? Role, long FromMs, long ToMs, bool IsOpen, ReferenceSettings Settings);

/// <summary>The window and the stays of one class (2.1 to 2.3), from those of its events that are in the set.</summary>
public sealed class ClassStays
{
    private const long DayMs = 86_400_000;

    private readonly ReferenceApplication application;
    private readonly long nowMs;
    private readonly List<long> endings;
    private readonly ReferenceSettings? classSettings;
    private readonly List<Stay> stays = [];

    public ClassStays(ReferenceApplication application, IEnumerable<ReferenceEvent> events, long nowMs)
    {
        this.application = application;
        this.nowMs = nowMs;
        List<ReferenceEvent> ordered =
            [.. events.OrderBy(e => e.TimeMs).ThenBy(e => e.Source, StringComparer.Ordinal).ThenBy(e => e.Id, StringComparer.Ordinal)];
        endings = [.. ordered.Where(e => e.Type == "class.ended").Select(e => e.TimeMs)];
        Joins = [.. ordered.Where(e => e.Type == "participant.joined")];
        List<ReferenceEvent> starts = [.. ordered.Where(e => e.Type == "class.started")];
        // Choice: the name is that of the earliest start that has one; of several in one millisecond, the first in ordinal order.
        Name = starts.Where(e => e.Name is not null).OrderBy(e => e.TimeMs).ThenBy(e => e.Name, StringComparer.Ordinal).FirstOrDefault()?.Name;
        if (starts.Count > 0)
        {
            Window = WindowFrom(starts[0].TimeMs);
            ReferenceSettings atStart = application.InForce(starts[0].TimeMs, nowMs);
            classSettings = atStart.Metering == "class" ? atStart : null;
        }

        var comings = ordered.Where(e => e.Type is "participant.joined" or "participant.left");
        foreach (var one in comings.GroupBy(e => (User: e.User!, Connection: e.Connection ?? "", Medium: e.Medium ?? "av")))
        {
            FollowStays(one.Key, one);
        }
    }

    public string? Name { get; }

    /// <summary>Null without a <c>class.started</c>.</summary>
    public ClassWindow? Window { get; }

    /// <summary>All joins, of excluded roles too.</summary>
    public IReadOnlyList<ReferenceEvent> Joins { get; }

    /// <summary>Stays that count: without those of excluded roles (2.5).</summary>
    public IEnumerable<Stay> Stays => stays.Where(s => !IsExcluded(s.Role, s.Settings));

    public static bool IsExcluded(string? role, ReferenceSettings settings) => role is not null && settings.ExcludeRoles.Contains(role);

    /// <summary>
    /// Choice: a class whose settings at its start say class is metered by those; otherwise each stay by the settings at its join.
    /// </summary>
    public ReferenceSettings SettingsAt(long joinMs) => classSettings ?? application.InForce(joinMs, nowMs);

    /// <summary>The window of a class that starts at an instant (2.1). A class.ended exactly 24 hours later still ends it.</summary>
    public ClassWindow WindowFrom(long startMs)
    {
        long cap = startMs + DayMs;
        long? end = FirstEndingFrom(startMs);
        if (end <= cap)
        {
            return new ClassWindow(startMs, end, "event");
        }

        return cap <= nowMs ? new ClassWindow(startMs, cap, "cap") : new ClassWindow(startMs, null, null);
    }

    private long? FirstEndingFrom(long ms) => endings.Where(t => t >= ms).Select(t => (long?)t).FirstOrDefault();

    /// <summary>
    /// When a stay ends without a leave (2.3). Choice: a stay that opens at the very instant of the class's end ends there; one
    /// that opens later is not ended by it; and this holds for stays made by joinedAt, too. Without a start a class has no end.
    /// </summary>
    private long EndWithoutLeave(long joinMs)
    {
        bool isRoom = SettingsAt(joinMs).Metering == "room";
        long? end = isRoom ? FirstEndingFrom(joinMs) : Window?.EndMs;
        return end >= joinMs ? Math.Min(end.Value, joinMs + DayMs) : joinMs + DayMs;
    }

    /// <summary>The state machine of rule 2.2 for one (user, connection, medium), whose events come in time order.</summary>
    private void FollowStays((string User, string Connection, string Medium) whose, IEnumerable<ReferenceEvent> ordered)
    {
        ReferenceEvent? open = null;
        foreach (var moment in ordered.GroupBy(e => e.TimeMs))
        {
            // Choice: a stay that ended by itself at this very millisecond is found closed: [from, to).
            if (open is not null && EndWithoutLeave(open.TimeMs) <= moment.Key)
            {
                Add(open.Role, open.TimeMs, EndWithoutLeave(open.TimeMs));
                open = null;
            }

            // Choice: of several joins in one millisecond the first role in ordinal order makes the stay, none before any.
            var joins = moment.Where(e => e.Type == "participant.joined").OrderBy(e => e.Role, StringComparer.Ordinal);
            var leaves = moment.Where(e => e.Type == "participant.left").OrderBy(e => e.JoinedAtMs is not null);
            IEnumerable<ReferenceEvent> inOrder = open is null ? joins.Concat(leaves) : leaves.Concat(joins);
            foreach (ReferenceEvent e in inOrder)
            {
                open = Step(open, e);
            }
        }

        if (open is not null)
        {
            Add(open.Role, open.TimeMs, EndWithoutLeave(open.TimeMs));
        }

        ReferenceEvent? Step(ReferenceEvent? joined, ReferenceEvent e)
        {
            if (e.Type == "participant.joined")
            {
                return joined ?? e;
            }

            if (joined is not null)
            {
                Add(joined.Role, joined.TimeMs, e.TimeMs);
            }
            else if (e.JoinedAtMs < e.TimeMs)
            {
                Add(e.Role, e.JoinedAtMs.Value, Math.Min(e.TimeMs, EndWithoutLeave(e.JoinedAtMs.Value)));
            }

            return null;
        }

        void Add(string? role, long fromMs, long toMs) => stays.Add(new Stay(
            whose.User, whose.Connection, whose.Medium, role, fromMs, Math.Min(toMs, nowMs), toMs > nowMs, SettingsAt(fromMs)));
    }
}
