namespace Minutebook.Reference;

/// <summary>Whole seconds [From, To) during which a user is present (by a connection, where connections count by themselves).</summary>
public sealed record Presence(string User, string? CountedConnection, string Connection, string DefaultTier, long From, long To);

/// <summary>What one class amounts to: presence with its tiers, whiteboard minutes, row and view (2.4 to 2.6, 3.1, 3.2, 8.1).</summary>
public sealed class ClassUsage
{
    private static readonly string[] Tiers = ["audio", "hd", "fhd", "2k", "4k"];

    private readonly ReferenceApplication application;
    private readonly string id;
    private readonly long nowMs;
    private readonly Grid grid;
    private readonly ClassStays stays;
    private readonly List<Stay> counted;
    private readonly List<ReferenceEvent> receiving;

    public ClassUsage(ReferenceApplication application, string id, IReadOnlyList<ReferenceEvent> events, long nowMs, Grid grid)
    {
        this.application = application;
        this.id = id;
        this.nowMs = nowMs;
        this.grid = grid;
        stays = new ClassStays(application, events, nowMs);
        counted = [.. stays.Stays];
        receiving = [.. events.Where(e => e.Type == "participant.receiving").OrderBy(e => e.TimeMs).ThenBy(e => e.Pixels)];
        Presence = [.. counted.Select(PresenceOf).OfType<Presence>().Where(p => p.From < p.To)];
        Items = [.. Av(), .. Whiteboard()];
    }

    public string? Name => stays.Name;

    public IReadOnlyList<Presence> Presence { get; }

    public IReadOnlyList<UsageItem> Items { get; }

    /// <summary>The row of the class, if it has one.</summary>
    public DetailsRow? Row() => RowWindow() is not ClassWindow window ? null : new DetailsRow(
        "interactive", application.Id, id, stays.Name, window.StartMs, window.EndMs, window.EndedBy, Users(window).Count,
        Items.Where(i => i.Meter == "av").Aggregate(System.Numerics.BigInteger.Zero, (sum, i) => sum + i.Quantity));

    /// <summary>
    /// Choices: who is counted by 2.6, or has a stay that counts (on the whiteboard also outside the window), is a participant; the
    /// role is that of the first stay that is shown, else of the first join in the window (of several in one millisecond, the first role
    /// in ordinal order, none before any); stays that are empty by the millisecond are left out unless open.
    /// </summary>
    public ClassView? View()
    {
        if (RowWindow() is not ClassWindow window)
        {
            return null;
        }

        var shown = counted.Select(s => (Stay: s, Shown: Clip(s))).Where(s => s.Shown is not null)
            .OrderBy(s => s.Shown!.FromMs).ThenBy(s => s.Shown!.Connection, StringComparer.Ordinal)
            .ThenBy(s => s.Shown!.Medium, StringComparer.Ordinal).ToList();
        HashSet<string> users = Users(window);
        var everyone = users.Concat(shown.Select(s => s.Stay.User)).Distinct().Order(StringComparer.Ordinal);
        return new ClassView(
            application.Id, id, stays.Name, window.StartMs, window.EndMs, window.EndedBy, users.Count, Peak(), [.. everyone.Select(Viewed)]);

        ViewedParticipant Viewed(string user)
        {
            var mine = shown.Where(s => s.Stay.User == user).ToList();
            string? role = mine.Count > 0 ? mine[0].Stay.Role : JoinsIn(window).Where(j => j.User == user)
                .OrderBy(j => j.TimeMs).ThenBy(j => j.Role, StringComparer.Ordinal).FirstOrDefault()?.Role;
            long seconds = (long)Items.Where(i => i.Meter == "av" && i.User == user).Sum(i => (decimal)i.Quantity);
            return new ViewedParticipant(user, role, seconds, [.. mine.Select(s => s.Shown!)], SpansOf(user));
        }
    }

    /// <summary>A new highest number can only be reached in a second in which someone's presence begins.</summary>
    private int Peak() => Presence.Select(p => Presence.Where(o => o.From <= p.From && p.From < o.To).Select(o => o.User).Distinct().Count())
        .DefaultIfEmpty().Max();

    private List<ViewedSpan> SpansOf(string user)
    {
        List<ViewedSpan> spans = [];
        foreach (var counted in Presence.Where(p => p.User == user).GroupBy(p => p.CountedConnection))
        {
            List<ViewedSpan> its = [];
            foreach ((_, long from, long to, string tier) in PiecesOf(user, [.. counted]))
            {
                bool goesOn = its.Count > 0 && its[^1].To == from && its[^1].Tier == tier;
                ViewedSpan span = goesOn ? its[^1] with { To = to } : new ViewedSpan(from, to, tier);
                its = [.. its.SkipLast(goesOn ? 1 : 0), span];
            }

            spans.AddRange(its);
        }

        return [.. spans.OrderBy(span => span.From).ThenBy(span => span.To).ThenBy(span => span.Tier, StringComparer.Ordinal)];
    }

    /// <summary>
    /// A class has the window of 2.1; a room without a start begins at its first join of a role that is not excluded, by settings
    /// that say room (2.3). Without such a join it has no row.
    /// </summary>
    private ClassWindow? RowWindow()
    {
        ReferenceEvent? first = CountedJoins().FirstOrDefault(j => stays.SettingsAt(j.TimeMs).Metering == "room");
        return stays.Window ?? (first is null ? null : stays.WindowFrom(first.TimeMs));
    }

    private IEnumerable<ReferenceEvent> CountedJoins() => stays.Joins.Where(j => !ClassStays.IsExcluded(j.Role, stays.SettingsAt(j.TimeMs)));

    /// <summary>
    /// 2.6. Choices: the window of a running class has no end yet, so someone who joins just now is counted at once; whether a stay is
    /// empty is a matter of its length, and so of whole seconds (1.1), while a join is an instant.
    /// </summary>
    private HashSet<string> Users(ClassWindow window)
    {
        long end = window.EndMs ?? long.MaxValue;
        (long fromSecond, long toSecond) = (Floor.Second(window.StartMs), Floor.Second(end));
        var staying = counted
            .Where(s => Math.Max(Floor.Second(s.FromMs), fromSecond) < Math.Min(Floor.Second(s.ToMs), toSecond))
            .Select(s => s.User);
        return [.. staying, .. JoinsIn(window).Select(j => j.User!)];
    }

    private IEnumerable<ReferenceEvent> JoinsIn(ClassWindow window) =>
        CountedJoins().Where(j => j.TimeMs >= window.StartMs && j.TimeMs < (window.EndMs ?? long.MaxValue));

    /// <summary>A stay as it counts: on the whiteboard and in a room whole, else within the window; null if there is none or nothing is left.</summary>
    private ViewedStay? Clip(Stay stay)
    {
        (long from, long to) = (stay.FromMs, stay.ToMs);
        bool isOpen = stay.IsOpen;
        if (stay.Medium == "av" && stay.Settings.Metering == "class")
        {
            if (stays.Window is not ClassWindow window)
            {
                return null;
            }

            from = Math.Max(from, window.StartMs);
            to = Math.Min(to, window.EndMs ?? nowMs);
            isOpen = isOpen && window.EndMs is null;
        }

        return from < to || isOpen ? new ViewedStay(from, isOpen ? null : to, stay.Connection, stay.Medium) : null;
    }

    private Presence? PresenceOf(Stay stay) => stay.Medium == "av" && Clip(stay) is ViewedStay clipped
        ? new Presence(
            stay.User, stay.Settings.CountBy == "connection" ? stay.Connection : null, stay.Connection, stay.Settings.DefaultTier,
            Floor.Second(clipped.FromMs), Floor.Second(clipped.ToMs ?? nowMs))
        : null;

    /// <summary>2.4 and 3.1: between any two neighbouring instants at which something changes, whoever is present has one tier.</summary>
    private IEnumerable<UsageItem> Av() =>
        Presence.GroupBy(p => (p.User, p.CountedConnection))
            .SelectMany(one => AvOf(one.Key.User, [.. one]))
            .GroupBy(piece => (piece.User, piece.Hour, piece.Tier))
            .Select(g => new UsageItem(
                "av", application.Id, id, g.Key.User, g.Key.Hour * 1000, UsageItem.DimensionsOf(g.Key.Tier), g.Sum(piece => piece.Seconds)));

    private IEnumerable<(string User, long Hour, string Tier, long Seconds)> AvOf(string user, List<Presence> mine) =>
        PiecesOf(user, mine).Select(piece => (user, grid.HourOf(piece.From), piece.Tier, piece.To - piece.From));

    private IEnumerable<(string User, long From, long To, string Tier)> PiecesOf(string user, List<Presence> mine)
    {
        var changes = mine.SelectMany(p => new[] { p.From, p.To })
            .Concat(receiving.Where(r => r.User == user).Select(r => Floor.Second(r.TimeMs)))
            .Concat(mine.SelectMany(p => grid.Hours(p.From, p.To)));
        List<long> instants = [.. changes.Distinct().Order()];
        foreach ((long from, long to) in instants.Zip(instants.Skip(1)))
        {
            List<Presence> present = [.. mine.Where(p => p.From <= from && to <= p.To)];
            if (present.Count > 0)
            {
                yield return (user, from, to, Tiers[present.Max(p => TierAt(p, from))]);
            }
        }
    }

    private int TierAt(Presence present, long second) =>
        receiving.LastOrDefault(r =>
            r.User == present.User && (r.Connection ?? "") == present.Connection && Floor.Second(r.TimeMs) <= second)?.Pixels switch
        {
            null => Array.IndexOf(Tiers, present.DefaultTier),
            0 => 0,
            <= 921_600 => 1,
            <= 2_073_600 => 2,
            <= 3_686_400 => 3,
            _ => 4,
        };

    /// <summary>3.2: the set of clock minutes that a user's whiteboard stays touch, 60 seconds each.</summary>
    private IEnumerable<UsageItem> Whiteboard() =>
        counted.Where(s => s.Medium == "whiteboard")
            .SelectMany(s => Grid.Minutes(Floor.Second(s.FromMs), Floor.Second(s.ToMs)).Select(minute => (s.User, Minute: minute)))
            .Distinct()
            .GroupBy(m => (m.User, Hour: grid.HourOf(m.Minute)))
            .Select(g => new UsageItem("whiteboard", application.Id, id, g.Key.User, g.Key.Hour * 1000, "[]", 60 * g.Count()));
}
