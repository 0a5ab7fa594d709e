using System.Runtime.CompilerServices;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>
/// What a participant's stays in a class amount to: seconds by hour and tier, whiteboard minutes, whether it counts as a user
/// (rules 2.4 to 2.6, 3.1, 3.2). Keeps its lists for the next participant: not for two threads at once.
/// </summary>
internal sealed partial class Presence(Calendar calendar)
{
    /// <summary>The number of the dimensions of whiteboard usage; tiers come before it, by their own numbers.</summary>
    public const int WhiteboardDimensions = Tiers.Count;

    private const long Open = ClassWindow.Never;
    private readonly Stays stays = new();
    private readonly List<Interval> intervals = [];
    private readonly List<Edge> edges = [];
    private readonly List<(long Time, long Second, ReceivedTier ReceivedTier)> steps = [];
    private Page page = null!;
    private ClassWindow window = null!;
    private long now;

    /// <summary>Seconds, end excluded; a slot's presence with the settings that it is metered by.</summary>
    private readonly record struct Interval(long From, long To, int Slot, ApplicationSettings Settings);

    private readonly record struct Edge(long Second, ReceivedTier ReceivedTier, int Change);

    /// <summary>What is over, by hour and dimensions.</summary>
    public List<Piece> Pieces { get; } = [];
    /// <summary>When the participant is present, whatever it receives and by whichever connections: what the peak counts.</summary>
    public List<Span> Spans { get; } = [];
    /// <summary>Presence in the order of time, cut where the tier changes; for who asks for it.</summary>
    public List<TierSpan>? TierSpans { get; init; }
    /// <summary>What is still open.</summary>
    public List<OpenPiece> Opened { get; } = [];
    /// <summary>Whether the participant is one of the class's users (rule 2.6).</summary>
    public bool Counted { get; private set; }
    /// <summary>When time alone changes this; <see cref="ClassWindow.Never"/> if it does not.</summary>
    public long Due { get; private set; }
    /// <summary>The stays that count.</summary>
    public IReadOnlyList<Stay> Stays => stays.Found;

    /// <summary>Measures a participant, of the events up to now.</summary>
    public void Measure(Page of, ClassWindow its, int participant, long at)
    {
        Begin(of, its, at);
        for (int slot = page.ParticipantAt(participant).LastSlot; slot >= 0; slot = page.SlotAt(slot).NextOfUser)
        {
            stays.Find(page, window, slot, now);
            Due = Math.Min(Due, stays.Due);
        }

        MeasureAv(participant);
        MeasureWhiteboard();
        Counted = IsUser(participant);
    }

    private void Begin(Page of, ClassWindow its, long at)
    {
        (page, window, now, Due) = (of, its, at, ClassWindow.Never);
        Pieces.Clear();
        Opened.Clear();
        Spans.Clear();
        TierSpans?.Clear();
        stays.Found.Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Second(long ms) => ms == Open ? Open : Math.DivRem(ms, 1000, out long rest) - (rest < 0 ? 1 : 0);

    private void MeasureAv(int participant)
    {
        intervals.Clear();
        bool byConnection = false;
        foreach (Stay stay in stays.Found)
        {
            if (page.SlotAt(stay.Slot).Medium == Medium.Av && Clipped(stay) is { } interval)
            {
                intervals.Add(interval);
                Spans.Add(new Span(interval.From, interval.To));
                byConnection |= stay.Settings.CountBy == CountBy.Connection;
            }
        }

        if (intervals.Count == 0)
        {
            return;
        }

        Metering.Spans.Unite(Spans);
        if (!byConnection)
        {
            UnionOfAll();
            return;
        }

        // Rule 2.4: each connection by itself; stays of a room may differ in the settings of their joins.
        Union(static (interval, _) => interval.Settings.CountBy == CountBy.User, 0);
        for (int slot = page.ParticipantAt(participant).LastSlot; slot >= 0; slot = page.SlotAt(slot).NextOfUser)
        {
            Union(static (interval, one) => interval.Settings.CountBy == CountBy.Connection && interval.Slot == one, slot);
        }
    }

    /// <summary>The part of a stay that counts as presence, in seconds (rules 1.1, 2.1, 2.3); null if none does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Interval? Clipped(in Stay stay)
    {
        long from = Second(stay.From);
        long to = Second(stay.To);
        if (stay.Settings.Metering == MeteringMode.Class)
        {
            if (!window.HasStart)
            {
                return null;
            }

            from = Math.Max(from, Second(window.Start));
            to = Math.Min(to, Second(window.End));
        }

        return from < to ? new Interval(from, to, stay.Slot, stay.Settings) : null;
    }

    /// <summary>The union of all connections; where they receive one tier, as mostly, that is the spans as they are.</summary>
    private void UnionOfAll()
    {
        Interval first = intervals[0];
        ReceivedTier tier = DefaultTier(first);
        foreach (Interval interval in intervals)
        {
            if (HasSteps(interval.Slot) || (!ReferenceEquals(interval.Settings, first.Settings) && DefaultTier(interval) != tier))
            {
                Union(static (_, _) => true, 0);
                return;
            }
        }

        foreach (Span span in Spans)
        {
            Emit(span.From, span.To, tier);
        }
    }

    private void Union(Func<Interval, int, bool> wanted, int slot)
    {
        edges.Clear();
        Interval? only = null;
        int count = 0;
        foreach (Interval interval in intervals)
        {
            if (wanted(interval, slot))
            {
                only = interval;
                count++;
            }
        }

        if (count == 1 && !HasSteps(only!.Value.Slot))
        {
            Emit(only.Value.From, only.Value.To, DefaultTier(only.Value));
            return;
        }

        foreach (Interval interval in intervals)
        {
            if (wanted(interval, slot))
            {
                AddEdges(interval);
            }
        }

        Sweep();
    }

    private static ReceivedTier DefaultTier(in Interval interval) => Tiers.Named(interval.Settings.DefaultTier) ?? ReceivedTier.Audio;

    private bool HasSteps(int slot) => page.SlotAt(slot).HasSteps;

    /// <summary>Cuts an interval where its connection's tier changes (rule 3.1).</summary>
    private void AddEdges(in Interval interval)
    {
        steps.Clear();
        for (int i = page.SlotAt(interval.Slot).Last; i >= 0; i = page.RecordAt(i).Next)
        {
            ref Record record = ref page.RecordAt(i);
            if (record.Kind == EventKind.ParticipantReceiving && !record.Voided && record.Time <= now)
            {
                steps.Add((record.Time, Second(record.Time), Tiers.Of(record.Value)));
            }
        }

        // Of two in one millisecond the larger counts: it comes last.
        steps.Sort();
        ReceivedTier tier = DefaultTier(interval);
        long from = interval.From;
        foreach ((_, long second, ReceivedTier next) in steps)
        {
            if (second >= interval.To)
            {
                break;
            }

            if (second > from)
            {
                Cover(from, second, tier);
                from = second;
            }

            tier = next;
        }

        Cover(from, interval.To, tier);
    }

    private void Cover(long from, long to, ReceivedTier tier)
    {
        edges.Add(new Edge(from, tier, 1));
        if (to != Open)
        {
            edges.Add(new Edge(to, tier, -1));
        }
    }

    /// <summary>Where connections overlap, the highest tier counts.</summary>
    private void Sweep()
    {
        edges.Sort(static (a, b) => a.Second.CompareTo(b.Second));
        Span<int> present = stackalloc int[Tiers.Count];
        int tier = -1;
        long since = 0;
        for (int i = 0; i < edges.Count;)
        {
            long second = edges[i].Second;
            for (; i < edges.Count && edges[i].Second == second; i++)
            {
                present[(int)edges[i].ReceivedTier] += edges[i].Change;
            }

            int highest = present.LastIndexOfAnyExcept(0);
            if (highest == tier)
            {
                continue;
            }

            if (tier >= 0)
            {
                Emit(since, second, (ReceivedTier)tier);
            }

            (tier, since) = (highest, second);
        }

        if (tier >= 0)
        {
            Emit(since, Open, (ReceivedTier)tier);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Emit(long from, long to, ReceivedTier tier)
    {
        TierSpans?.Add(new TierSpan(from, to == Open ? null : to, tier));
        if (to == Open)
        {
            Opened.Add(new OpenPiece(from, (int)tier));
            return;
        }

        for (long hour = calendar.HourOf(from); from < to;)
        {
            long next = calendar.NextHour(hour);
            long end = Math.Min(to, next);
            AddPiece(hour, (int)tier, (int)(end - from));
            (from, hour) = (end, next);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddPiece(long hour, int dimensions, int seconds)
    {
        // Like pieces come close together; one that is missed only makes two pieces of one.
        for (int i = Pieces.Count - 1; i >= Math.Max(0, Pieces.Count - 8); i--)
        {
            if (Pieces[i].Hour == hour && Pieces[i].Dimensions == dimensions)
            {
                Pieces[i] = Pieces[i] with { Seconds = Pieces[i].Seconds + seconds };
                return;
            }
        }

        Pieces.Add(new Piece(hour, dimensions, seconds));
    }

    /// <summary>The clock minutes that the union of the user's whiteboard stays touches (rule 3.2).</summary>
    private void MeasureWhiteboard()
    {
        intervals.Clear();
        foreach (Stay stay in stays.Found)
        {
            if (page.SlotAt(stay.Slot).Medium != Medium.Whiteboard || Second(stay.From) >= Second(stay.To))
            {
                continue;
            }

            if (stay.To == Open && Second(stay.From) == Second(now))
            {
                // It is empty yet, and touches its minute a second from now.
                Due = Math.Min(Due, (Second(now) + 1) * 1000);
                continue;
            }

            long to = stay.To == Open ? Open : MinuteUp(Second(stay.To));
            intervals.Add(new Interval(Minute(Second(stay.From)), to, stay.Slot, stay.Settings));
        }

        intervals.Sort(static (a, b) => a.From.CompareTo(b.From));
        long done = long.MinValue;
        foreach (Interval interval in intervals)
        {
            long from = Math.Max(done, interval.From);
            if (from < interval.To)
            {
                EmitMinutes(from, interval.To);
                done = interval.To;
            }
        }
    }

    private static long Minute(long second) => second - (((second % 60) + 60) % 60);

    /// <summary>The first start of a minute at a second or after it.</summary>
    public static long MinuteUp(long second) => Minute(second + 59);

    private void EmitMinutes(long from, long to)
    {
        if (to == Open)
        {
            Opened.Add(new OpenPiece(from, WhiteboardDimensions));
            return;
        }

        while (from < to)
        {
            long hour = calendar.HourOf(from);
            long end = Math.Min(to, MinuteUp(calendar.NextHour(hour)));
            AddPiece(hour, WhiteboardDimensions, (int)(end - from));
            from = end;
        }
    }

    /// <summary>A stay in the window that is not empty, or a join inside it by the millisecond (rule 2.6).</summary>
    private bool IsUser(int participant)
    {
        if (!window.HasRow)
        {
            return false;
        }

        foreach (Stay stay in stays.Found)
        {
            long from = Math.Max(Second(stay.From), Second(window.Start));
            long to = Math.Min(Second(stay.To), Second(window.End));
            if (to == Open && from >= Second(now))
            {
                Due = Math.Min(Due, (from + 1) * 1000);
            }
            else if (from < to)
            {
                return true;
            }
        }

        for (int slot = page.ParticipantAt(participant).LastSlot; slot >= 0; slot = page.SlotAt(slot).NextOfUser)
        {
            if (JoinedInside(slot))
            {
                return true;
            }
        }

        return false;
    }

    private bool JoinedInside(int slot)
    {
        for (int i = page.SlotAt(slot).Last; i >= 0; i = page.RecordAt(i).Next)
        {
            ref Record record = ref page.RecordAt(i);
            if (record.Kind == EventKind.ParticipantJoined && !record.Voided && record.Time <= now
                && record.Time >= window.Start && record.Time < window.End
                && !ClassWindow.IsExcluded(page, record.Role, window.SettingsAt(record.Time)))
            {
                return true;
            }
        }

        return false;
    }
}
