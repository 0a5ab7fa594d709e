using System.Globalization;
using System.Text;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A class's stays on one time axis, from 0 to <see cref="Width"/>.</summary>
internal sealed class Timeline
{
    public const int Width = 10_000;
    public const int CurveHeight = 60;

    private const int Marks = 6;

    private static readonly long[] Steps = [1, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440];
    private static readonly string[] KnownRoles = ["teacher", "assistant", "student", "spectator"];

    private readonly Visit visit;
    private readonly ClassView view;
    private readonly long start;
    private readonly long end;

    public Timeline(Visit visit, ClassView view)
    {
        (this.visit, this.view) = (visit, view);
        IEnumerable<StayView> stays = view.Participants.SelectMany(one => one.Stays);
        long now = visit.Now.ToUnixTimeMilliseconds();
        start = stays.Select(stay => stay.From).Append(view.Start).Min();
        end = Math.Max(start + 60_000, stays.Select(stay => stay.To ?? now).Append(view.End ?? now).Max());
        string[] found = [.. view.Participants.Select(one => one.Role ?? "").Distinct()];
        Roles = [.. KnownRoles.Where(found.Contains), .. found.Except(KnownRoles).Order(StringComparer.Ordinal)];
        (Curve, Peak) = CurveOf(view, now);
    }

    /// <summary>Its roles, those that are known first.</summary>
    public IReadOnlyList<string> Roles { get; }
    /// <summary>How many were there, as the points of a line.</summary>
    public string Curve { get; }
    public int Peak { get; }

    /// <summary>Times along the axis, with their places.</summary>
    public IReadOnlyList<(int At, string Text)> Axis
    {
        get
        {
            long minutes = Steps.FirstOrDefault(step => (end - start) / 60_000 / step <= Marks, Steps[^1]);
            long grain = minutes * 60_000;
            List<(int, string)> marks = [];
            for (long at = (start + grain - 1) / grain * grain; at < end; at += grain)
            {
                marks.Add((At(at), visit.Show.Time(Instant.FromUnixTimeMilliseconds(at))));
            }

            return marks;
        }
    }

    public int RankOf(string? role) => Roles.ToList().IndexOf(role ?? "");

    public ParticipantRow Row(ParticipantView one, string link) => new(
        one.User, RoleName(one.Role), $"series-{RankOf(one.Role) % 8 + 1}", visit.Show.Quantity(one.Seconds, "second"),
        [.. Bars(one)], link);

    private string RoleName(string? role) => role is null ? visit.Texts["role.none"] : visit.Texts.Find("role." + role) ?? role;

    /// <summary>Presence cut where the tier changes, and the whiteboard.</summary>
    private IEnumerable<StayBar> Bars(ParticipantView one) =>
    [
        .. one.Spans.Select(span => Bar(span.From * 1000, span.To * 1000, span.Tier, TierName(span.Tier))),
        .. one.Stays.Where(stay => stay.Medium == Medium.Whiteboard).Select(stay => Bar(stay.From, stay.To, null, visit.Texts["service.whiteboard"])),
    ];

    private StayBar Bar(long fromMs, long? toMs, ReceivedTier? tier, string what)
    {
        string until = toMs is { } to ? visit.Show.Time(Instant.FromUnixTimeMilliseconds(to)) : visit.Texts["live"];
        int left = At(fromMs);
        return new StayBar(
            left, Math.Max(12, At(toMs ?? visit.Now.ToUnixTimeMilliseconds()) - left), tier is { } known ? HeightOf(known) : 2, tier is null,
            $"{visit.Show.Time(Instant.FromUnixTimeMilliseconds(fromMs))}–{until} {what}");
    }

    private string TierName(ReceivedTier tier) => visit.Texts["tier." + Core.Metering.Tiers.Name(tier)];

    // The finer, the thicker.
    private static int HeightOf(ReceivedTier tier) => 3 + 2 * (int)tier;

    /// <summary>Minutes by tier, in the order of the tiers, with how thick each is drawn.</summary>
    public IReadOnlyList<(string Tier, int Height, string Minutes)> Tiers =>
    [
        .. view.Participants.SelectMany(one => one.Tiers).GroupBy(part => part.Tier).OrderBy(same => same.Key)
            .Select(same => (TierName(same.Key), HeightOf(same.Key), visit.Show.Quantity(same.Sum(part => part.Seconds), "second"))),
    ];

    /// <summary>All of it as numbers along the axis, for a script to draw.</summary>
    public DrawnClass Drawn() => new(
        [.. Axis.Select(mark => new DrawnMark(mark.At, mark.Text))],
        [.. Roles.Select((role, rank) => new DrawnRole(RoleName(role.Length == 0 ? null : role), $"data-{rank % 8 + 1}"))],
        [
            .. view.Participants.OrderBy(one => RankOf(one.Role)).ThenBy(one => one.Stays.Count > 0 ? one.Stays[0].From : long.MaxValue).Select(one => new DrawnRow(
                one.User, RankOf(one.Role), visit.Show.Quantity(one.Seconds, "second"),
                [.. Bars(one).Select(bar => (int[])[bar.At, bar.Width, bar.Height, bar.IsWhiteboard ? 1 : 0])])),
        ]);

    private int At(long ms) => (int)((ms - start) * Width / (end - start));

    /// <summary>Users at each instant: of a user who is there twice, one.</summary>
    private (string Points, int Peak) CurveOf(ClassView view, long now)
    {
        var steps = new SortedDictionary<long, int>();
        foreach (ParticipantView one in view.Participants)
        {
            long until = long.MinValue;
            foreach (StayView stay in one.Stays.Where(stay => stay.Medium == Medium.Av))
            {
                long to = stay.To ?? now;
                if (to <= until)
                {
                    continue;
                }

                steps[Math.Max(stay.From, until)] = steps.GetValueOrDefault(Math.Max(stay.From, until)) + 1;
                steps[to] = steps.GetValueOrDefault(to) - 1;
                until = to;
            }
        }

        int count = 0;
        List<(int At, int Count)> points = [(0, 0)];
        foreach ((long at, int change) in steps)
        {
            points.Add((At(at), count));
            count += change;
            points.Add((At(at), count));
        }

        int peak = points.Max(point => point.Count);
        var text = new StringBuilder();
        foreach ((int at, int there) in points)
        {
            int y = peak == 0 ? CurveHeight : CurveHeight - there * (CurveHeight - 2) / peak;
            text.Append(CultureInfo.InvariantCulture, $"{at},{y} ");
        }

        return (text.ToString().TrimEnd(), peak);
    }
}

/// <summary>A class for a script to draw: places from 0 to 10,000.</summary>
internal sealed record DrawnClass(IReadOnlyList<DrawnMark> Axis, IReadOnlyList<DrawnRole> Roles, IReadOnlyList<DrawnRow> Rows);

/// <summary>A time on the axis.</summary>
internal sealed record DrawnMark(int At, string Text);

/// <summary>A role, with the token of its colour.</summary>
internal sealed record DrawnRole(string Name, string Colour);

/// <summary>A participant; of each bar its place, its width, its height, and whether it is the whiteboard.</summary>
internal sealed record DrawnRow(string User, int Role, string Minutes, IReadOnlyList<int[]> Bars);
