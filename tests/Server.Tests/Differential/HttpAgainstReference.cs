using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using NodaTime;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Differential;

/// <summary>
/// The running server, driven with random histories over HTTP, answers what the brute-force reference says, at the end and on the way
/// (rules 1 to 3, 8.1 and 9). MINUTEBOOK_TEST_LONG=1 tries many more histories, MINUTEBOOK_SEED=n only that one.
/// </summary>
public sealed class HttpAgainstReference(ITestOutputHelper output) : HttpHistory(output)
{
    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: Testing.TestStore.IsPostgres ? 3 : 8, many: 100)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task The_server_says_what_the_reference_says_on_the_way_and_at_the_end(int seed) => TellAsync(Workload.Of(seed), seed, stopsOnTheWay: 3, all: true);
}

/// <summary>The same of many small ones, beside the others; MINUTEBOOK_TEST_LONG=1 tells them all.</summary>
public sealed class SmallHistoriesAgainstReference(ITestOutputHelper output) : HttpHistory(output)
{
    public static TheoryData<int> ManySeeds => [.. TestRun.Seeds(few: Testing.TestStore.IsPostgres ? 10 : 80, many: 200, first: 1001)];

    [Theory]
    [MemberData(nameof(ManySeeds))]
    public Task The_server_says_what_the_reference_says_of_many_small_histories(int seed) => TellAsync(
        Workload.Of(new WorkloadOptions { Seed = seed, Applications = 2, Classes = 3, UsersPerClass = 3, OthersOfEach = 4, Days = 2 }), seed, stopsOnTheWay: 1, all: false);
}

/// <summary>A history told to a server, and every kind of question asked of it.</summary>
public abstract class HttpHistory(ITestOutputHelper output)
{
    private protected async Task TellAsync(Workload workload, int seed, int stopsOnTheWay, bool all)
    {
        output.WriteLine($"{workload}");
        var chance = new Random(seed);
        await using Served served = await Served.StartAsync(Instant.FromUnixTimeMilliseconds(workload.Steps[0].AtMs));
        var desk = new HttpDesk(served, workload, chance);
        await desk.CreateAccountAsync();
        HashSet<int> stops = [.. Enumerable.Range(0, stopsOnTheWay).Select(_ => chance.Next(workload.Steps.Count / 4, workload.Steps.Count - 1))];
        for (int i = 0; i < workload.Steps.Count; i++)
        {
            await desk.DoAsync(workload.Steps[i]);
            if (stops.Contains(i))
            {
                await CheckAsync(chance.NextInt64(workload.Steps[i].AtMs, workload.Steps[i + 1].AtMs), all: false);
            }
        }

        await CheckAsync(workload.EndMs, all);
        if (all)
        {
            await served.RestartAsync();
            await CheckAsync(workload.EndMs, all: false);
        }

        async Task CheckAsync(long nowMs, bool all)
        {
            await desk.MoveToAsync(nowMs);
            await desk.ShowAsync(nowMs);
            IReadOnlyList<string> wrong = await new Answers(served, desk.History, nowMs, chance).CheckAsync(all);
            Assert.True(wrong.Count == 0, $"{workload} at {ReferenceEvent.Rfc3339(nowMs)}:\n{string.Join('\n', wrong.Take(60))}");
        }
    }
}
