using System.Numerics;
using System.Text.Json;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Core.Tests.Reference;

public sealed class WorkloadTests(ITestOutputHelper output)
{
    public static TheoryData<int> Seeds => [1, 2, 3, 4, 5, 6, 7, 8];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_workload_is_the_same_for_the_same_seed_and_sends_nothing_that_is_refused(int seed)
    {
        Workload workload = Workload.Of(seed);

        Assert.Equal(Json(workload), Json(Workload.Of(seed)));
        Assert.True(workload.Steps.Zip(workload.Steps.Skip(1)).All(p => p.First.AtMs < p.Second.AtMs), workload.ToString());
        Assert.True(workload.History.Arrivals.All(a => a.Event is null || a.Event.TimeMs <= a.AtMs + 300_000), workload.ToString());
        Assert.True(workload.History.Arrivals.All(a => a.Event is null || Reads(a.Event)), workload.ToString());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_is_expected_adds_up(int seed)
    {
        Workload workload = Workload.Of(seed);
        var expected = new Expected(workload.History, workload.EndMs);
        string which = workload.ToString();
        output.WriteLine($"{which}: {workload.History.Arrivals.Count} arrivals, {expected.Set.Count} in the set, {expected.Kept.Count} kept, "
            + $"{expected.Duplicates} duplicates, {expected.Conflicts} conflicts, {expected.Rows.Count} rows, {expected.Usage.Count} figures");

        foreach (DetailsRow row in expected.Rows)
        {
            ClassView view = expected.Views[(row.Application, row.Class)];
            Assert.True(row.Seconds == view.Participants.Sum(p => p.Seconds), which);
            Assert.True(row.UserCount <= view.Participants.Count, which);
        }

        BigInteger delivered = Sum(expected.Set.Where(a => a.Event.Type == "content.delivered").Select(a => (BigInteger)a.Event.Bytes!.Value));
        Assert.True(delivered == Sum(expected.CloudUsage().Select(c => c.Bytes)), which);
        Assert.True(expected.Usage.All(u => u.Key.HourMs % 1000 == 0 && u.Value > 0), which);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rule_1_4_the_order_of_arrival_changes_nothing_where_no_event_contradicts_another(int seed)
    {
        var options = new WorkloadOptions { Seed = seed, ConflictChance = 0, WithRejected = false, WithChanges = false };
        Workload workload = Workload.Of(options);
        ReferenceHistory history = workload.History;
        long last = workload.Steps[^1].AtMs;
        var events = history.Arrivals.Select(a => a.Event).ToArray();
        new Random(seed).Shuffle(events);
        ReferenceHistory reordered = history with
        {
            Account = history.Account with { LateDays = 1000 },
            Arrivals = [.. events.Distinct().Select(e => new Arrival(last, e))],
        };

        var expected = new Expected(history, workload.EndMs);
        Assert.True(expected.Kept.Count == 0, workload.ToString());
        Assert.True(Same(expected, new Expected(reordered, workload.EndMs)), workload.ToString());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rule_2_4_counting_second_by_second_gives_the_same_seconds_and_the_same_peak(int seed)
    {
        var options = new WorkloadOptions { Seed = seed, Types = WorkloadOptions.PresenceTypes, Classes = 4, UsersPerClass = 2 };
        Workload workload = Workload.Of(options);
        var expected = new Expected(workload.History, workload.EndMs);
        var grid = new Grid(workload.Account.TimeZone);
        Dictionary<(string, long), long> seconds = [];
        Dictionary<(string, long), HashSet<string>> users = [];
        foreach (var ofClass in expected.Set.Select(a => a.Event).GroupBy(e => (e.Application, e.Subject)))
        {
            ReferenceApplication application = workload.History.Application(ofClass.Key.Application)!;
            HashSet<(string, string?, long)> present = [];
            foreach (Presence p in new ClassUsage(application, ofClass.Key.Subject!, [.. ofClass], workload.EndMs, grid).Presence)
            {
                for (long second = p.From; second < p.To; second++)
                {
                    (string, long) now = (application.Id, second);
                    users[now] = users.GetValueOrDefault(now) ?? [];
                    users[now].Add(p.User);
                    if (present.Add((p.User, p.CountedConnection, second)))
                    {
                        (string, long) hour = (application.Id, grid.HourOf(second) * 1000);
                        seconds[hour] = seconds.GetValueOrDefault(hour) + 1;
                    }
                }
            }
        }

        Assert.True(Equal(seconds, OfMeter("av")), workload.ToString());
        var peaks = users.GroupBy(u => (u.Key.Item1, grid.HourOf(u.Key.Item2) * 1000)).ToDictionary(g => g.Key, g => (long)g.Max(u => u.Value.Count));
        Assert.True(Equal(peaks, OfMeter("peak")), workload.ToString());

        Dictionary<(string, long), long> OfMeter(string meter) => expected.Usage.Where(u => u.Key.Meter == meter)
            .GroupBy(u => (u.Key.Application, u.Key.HourMs)).ToDictionary(g => g.Key, g => (long)Sum(g.Select(u => u.Value)));
    }

    [Fact]
    public void Only_the_types_that_are_asked_for_are_made_and_in_the_end_all_of_them_with_all_reasons()
    {
        var some = WorkloadOptions.PresenceTypes;
        Assert.All(
            Workload.Of(new WorkloadOptions { Seed = 11, Types = some }).History.Arrivals, a => Assert.True(a.Event is null || some.Contains(a.Event.Type)));

        HashSet<string> types = [];
        HashSet<string> reasons = [];
        foreach (int seed in Enumerable.Range(1, 8))
        {
            Workload workload = Workload.Of(seed);
            types.UnionWith(workload.History.Arrivals.Where(a => a.Event is not null).Select(a => a.Event!.Type));
            reasons.UnionWith(workload.Steps.Where((_, i) => i % 20 == 0).SelectMany(s => new Intake(workload.History, s.AtMs).Kept).Select(k => k.Reason));
        }

        Assert.True(types.Count > 12, string.Join(' ', types));
        Assert.Equal(["edition", "late", "unknown-application", "unknown-type"], reasons.Order());
    }

    private static string Json(Workload workload) =>
        string.Join('\n', workload.History.Arrivals.Select(a => $"{a.AtMs} {a.Event?.ToJson()}"));

    private static bool Reads(ReferenceEvent e)
    {
        using var json = JsonDocument.Parse(e.ToJson());
        return json.RootElement.GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds() == e.TimeMs
            && json.RootElement.GetProperty("data").GetProperty("application").GetString() == e.Application;
    }

    private static bool Same(Expected a, Expected b) =>
        Equal(a.Usage, b.Usage) && a.Rows.SequenceEqual(b.Rows) && a.PlaybackRows.SequenceEqual(b.PlaybackRows);

    private static bool Equal<TKey, TValue>(IReadOnlyDictionary<TKey, TValue> a, IReadOnlyDictionary<TKey, TValue> b)
        where TKey : notnull
        where TValue : IEquatable<TValue> =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out TValue? other) && pair.Value.Equals(other));

    private static BigInteger Sum(IEnumerable<BigInteger> values) => values.Aggregate(BigInteger.Zero, (sum, v) => sum + v);
}
