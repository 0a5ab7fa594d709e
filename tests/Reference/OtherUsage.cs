using System.Numerics;
using NodaTime.Text;

namespace Minutebook.Reference;

/// <summary>Usage that is not presence in one class: what single events say, storage, and the peak of an application (3.3 to 3.5).</summary>
public sealed class OtherUsage(ReferenceHistory history, Grid grid, long nowMs)
{
    /// <summary>Each event's quantities, in the hour of its time (3.5).</summary>
    public IEnumerable<UsageItem> OfEvent(AppliedEvent applied)
    {
        ReferenceEvent e = applied.Event;
        return e.Type switch
        {
            "recording.completed" => (e.Files ?? []).Select(f => Item("recording", e.Subject, f.User, [f.Kind], f.Seconds)),
            "playback.viewed" => [Item("playback", e.Subject, e.User, [], e.Seconds!.Value)],
            "slicing.completed" => [Item("slicing", e.Subject, null, [e.Mode], e.Seconds!.Value)],
            "screenshot.captured" => [Item("screenshot", e.Subject, e.User, [], e.Count!.Value)],
            "content.delivered" => [Item("delivery", null, e.User, Categories(applied), e.Bytes!.Value)],
            _ => [],
        };

        UsageItem Item(string meter, string? ofClass, string? user, string?[] dimensions, long quantity) => new(
            meter, e.Application, ofClass, user, HourMsOf(e.TimeMs), UsageItem.DimensionsOf(dimensions), quantity);
    }

    /// <summary>dataType, organization, department, download (3.4). Choice: download is false for all that is no download, live and other too.</summary>
    private string?[] Categories(AppliedEvent applied)
    {
        ReferenceEvent e = applied.Event;
        if (e.Kind is "live" or "other")
        {
            return [e.Kind, null, null, "false"];
        }

        string download = e.Kind == "download" ? "true" : "false";
        string? organization = e.Organization ?? applied.Section?.Organization;
        string? department = e.Department ?? applied.Section?.Department;
        bool isBefore = history.CategorizedSinceAt(nowMs) is string day
            && Floor.Second(e.TimeMs) < grid.StartOf(LocalDatePattern.Iso.Parse(day).Value);
        return isBefore || (organization is null && department is null)
            ? ["vod-institution", null, null, download]
            : ["vod-department", organization, department, download];
    }

    /// <summary>
    /// The step function of an application, up to now: each hour's byte-seconds ÷ 3,600, rounded down. Choice: of two samples in one
    /// millisecond the larger holds, as with what is received (3.1).
    /// </summary>
    public IEnumerable<UsageItem> Storage(string application, IEnumerable<ReferenceEvent> samples)
    {
        List<ReferenceEvent> steps = [.. samples.OrderBy(s => s.TimeMs).ThenBy(s => s.Bytes)];
        Dictionary<long, BigInteger> byteSeconds = [];
        for (int i = 0; i < steps.Count; i++)
        {
            long to = Floor.Second(i + 1 < steps.Count ? steps[i + 1].TimeMs : nowMs);
            for (long from = Floor.Second(steps[i].TimeMs); from < to;)
            {
                long hour = grid.HourOf(from);
                long until = Math.Min(to, grid.NextHour(hour));
                byteSeconds[hour] = byteSeconds.GetValueOrDefault(hour) + (BigInteger)steps[i].Bytes!.Value * (until - from);
                from = until;
            }
        }

        return byteSeconds.Select(h => new UsageItem("storage", application, null, null, h.Key * 1000, "[]", h.Value / 3600));
    }

    /// <summary>By hour, the most distinct users present in one second, over all classes of an application.</summary>
    public IEnumerable<UsageItem> Peak(string application, IReadOnlyList<Presence> presence)
    {
        foreach (long hour in presence.SelectMany(p => grid.Hours(p.From, p.To)).Distinct())
        {
            long next = grid.NextHour(hour);
            List<Presence> here = [.. presence.Where(p => p.From < next && hour < p.To)];
            // A new highest number can only be reached in a second in which someone's presence begins, or in the hour's first.
            var seconds = here.Select(p => Math.Max(p.From, hour)).Distinct();
            int most = seconds.Max(s => here.Where(p => p.From <= s && s < p.To).Select(p => p.User).Distinct().Count());
            yield return new UsageItem("peak", application, null, null, hour * 1000, "[]", most);
        }
    }

    /// <summary>The viewing of a class's recordings on a local day (8.1). Choice: a day is its hours (1.2), as for usage.</summary>
    public IEnumerable<DetailsRow> PlaybackRows(IEnumerable<ReferenceEvent> viewings, Func<string, string, string?> className) =>
        viewings.GroupBy(v => (v.Application, Class: v.Subject!, Day: grid.DateOf(grid.HourOf(Floor.Second(v.TimeMs))))).Select(g => new DetailsRow(
            "playback", g.Key.Application, g.Key.Class, className(g.Key.Application, g.Key.Class), g.Min(v => v.TimeMs), g.Max(v => v.TimeMs), null,
            g.Select(v => v.User).Distinct().Count(), g.Aggregate(BigInteger.Zero, (sum, v) => sum + v.Seconds!.Value)));

    private long HourMsOf(long ms) => grid.HourOf(Floor.Second(ms)) * 1000;
}
