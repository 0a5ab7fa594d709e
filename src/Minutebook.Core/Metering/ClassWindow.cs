namespace Minutebook.Core.Metering;

/// <summary>What ended a class.</summary>
public enum EndedBy
{
    /// <summary>Nothing yet: it is running.</summary>
    Nothing = 0,
    /// <summary><c>class.ended</c></summary>
    Event = 1,
    /// <summary>It had lasted for 24 hours (rule 2.1).</summary>
    Cap = 2,
}

/// <summary>
/// When a class takes place (rules 2.1 and 2.3) and by which settings its stays are metered (rule 1.7), as of an instant. In ms.
/// </summary>
internal sealed class ClassWindow
{
    public const long Day = 24L * 60 * 60 * 1000;
    public const long Never = long.MaxValue;

    private readonly IReadOnlyList<ApplicationSettings> history;
    private readonly List<long> ends = [];

    private ClassWindow(IReadOnlyList<ApplicationSettings> history) => this.history = history;

    /// <summary>There is a row: a class.started, or a join in a room.</summary>
    public bool HasRow { get; private set; }
    /// <summary>There is a class.started.</summary>
    public bool HasStart { get; private set; }
    /// <summary>Start of the window, included.</summary>
    public long Start { get; private set; } = Never;
    /// <summary>End of the window, excluded; <see cref="Never"/> while the class runs.</summary>
    public long End { get; private set; } = Never;
    public EndedBy EndedBy { get; private set; }
    /// <summary>The class's name among the page's texts; -1 for none.</summary>
    public int Name { get; private set; } = -1;
    /// <summary>The settings that hold for all of the class; null in a room, where each stay has those of its join.</summary>
    public ApplicationSettings? Fixed { get; private set; }

    /// <summary>The settings of all stays, as long as no others come; null if they may differ.</summary>
    public ApplicationSettings? Only => Fixed ?? (history.Count == 1 ? history[0] : null);

    /// <summary>When time alone ends the class; <see cref="Never"/> when it has ended or there is none.</summary>
    public long Due => HasRow && EndedBy == EndedBy.Nothing ? Start + Day : Never;

    public static ClassWindow Of(Page page, IReadOnlyList<ApplicationSettings> history, long now)
    {
        var window = new ClassWindow(history);
        window.FindStart(page, now);
        for (int index = page.LastEnd; index >= 0; index = page.RecordAt(index).Next)
        {
            ref Record record = ref page.RecordAt(index);
            if (!record.Voided && record.Time <= now)
            {
                window.ends.Add(record.Time);
            }
        }

        window.ends.Sort();
        if (!window.HasStart)
        {
            window.FindFirstJoin(page, now);
        }

        window.FindEnd(now);
        return window;
    }

    /// <summary>The settings by which a stay is metered that was joined at an instant (rule 1.7).</summary>
    public ApplicationSettings SettingsAt(long join) => Fixed ?? ApplicationSettings.At(history, join);

    /// <summary>When a stay ends at the latest, without a leave: the class's end or 24 hours after its join (rule 2.3).</summary>
    public long LimitOf(long join)
    {
        long limit = join + Day;
        if (SettingsAt(join).Metering == MeteringMode.Room)
        {
            int at = ends.BinarySearch(join);
            at = at < 0 ? ~at : at;
            return at < ends.Count ? Math.Min(limit, ends[at]) : limit;
        }

        return HasStart && join <= End ? Math.Min(limit, End) : limit;
    }

    private void FindStart(Page page, long now)
    {
        long namedAt = Never;
        for (int index = page.LastStart; index >= 0; index = page.RecordAt(index).Next)
        {
            ref Record record = ref page.RecordAt(index);
            if (record.Voided || record.Time > now)
            {
                continue;
            }

            Start = Math.Min(Start, record.Time);
            // The name is that of the earliest start that has one; of two in one millisecond, the first in the order of their bytes.
            if (record.Text >= 0 && (record.Time < namedAt
                || (record.Time == namedAt && page.TextAt(record.Text).SequenceCompareTo(page.TextAt(Name)) < 0)))
            {
                (namedAt, Name) = (record.Time, record.Text);
            }
        }

        HasStart = HasRow = Start != Never;
        if (HasStart && ApplicationSettings.At(history, Start) is { Metering: MeteringMode.Class } settings)
        {
            Fixed = settings;
        }
    }

    /// <summary>A room without class.started starts at its first participant.joined that counts (rules 2.3 and 2.5).</summary>
    private void FindFirstJoin(Page page, long now)
    {
        if (!AnyRoom())
        {
            return;
        }

        for (int i = 0; i < page.Count; i++)
        {
            ref Record record = ref page.RecordAt(i);
            if (record.Kind != Events.EventKind.ParticipantJoined || record.Voided || record.Time > now || record.Time >= Start)
            {
                continue;
            }

            ApplicationSettings settings = SettingsAt(record.Time);
            if (settings.Metering == MeteringMode.Room && !IsExcluded(page, record.Role, settings))
            {
                Start = record.Time;
            }
        }

        HasRow = Start != Never;
    }

    private bool AnyRoom()
    {
        for (int i = 0; i < history.Count; i++)
        {
            if (history[i].Metering == MeteringMode.Room)
            {
                return true;
            }
        }

        return false;
    }

    public static bool IsExcluded(Page page, short role, ApplicationSettings settings) =>
        role >= 0 && settings.ExcludeRoles.Count > 0 && settings.ExcludeRoles.Contains(page.RoleAt(role));

    private void FindEnd(long now)
    {
        if (!HasRow)
        {
            return;
        }

        int at = ends.BinarySearch(Start);
        at = at < 0 ? ~at : at;
        long cap = Start + Day;
        if (at < ends.Count && ends[at] <= cap)
        {
            (End, EndedBy) = (ends[at], EndedBy.Event);
        }
        else if (cap <= now)
        {
            (End, EndedBy) = (cap, EndedBy.Cap);
        }
    }
}
