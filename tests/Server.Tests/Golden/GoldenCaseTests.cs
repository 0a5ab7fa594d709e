using System.Reflection;
using NodaTime;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Golden;

/// <summary>
/// The golden cases against the running server. Those that wait for something that is not built yet stand in one list, are shown by name
/// as not run, and are run all the same: one that would pass fails, so that the list does not go stale.
/// </summary>
public sealed class GoldenCaseTests(GoldenRun run, ITestOutputHelper output) : IClassFixture<GoldenRun>
{
    private const string Standing = "waits for the suspension of applications (rule 5.6)";

    public static TheoryData<string> NotWaiting => [.. GoldenCase.All.Select(one => one.Name).Except(Waiting.Keys)];

    private static Dictionary<string, string> Waiting => typeof(GoldenCaseTests).GetMethod(nameof(The_golden_case_waits))!
        .GetCustomAttributes<InlineDataAttribute>().ToDictionary(row => (string)row.GetData(null!).Single()[0], row => row.Skip);

    [Theory]
    [InlineData("monthly-package-month-end", Skip = Standing)]
    [InlineData("package-exhausted", Skip = Standing)]
    public void The_golden_case_waits(string name) => Assert.Fail($"{name} is listed as waiting; the list says for what.");

    [Theory]
    [MemberData(nameof(NotWaiting))]
    public void The_golden_case_passes(string name) =>
        Assert.True(run.Wrong[name].Count == 0, $"{name}:\n{string.Join('\n', run.Wrong[name])}");

    [Fact]
    public void No_case_waits_that_would_pass_already_and_none_that_is_not_there()
    {
        foreach ((string name, string what) in Waiting)
        {
            output.WriteLine($"{name}: {what}");
            Assert.True(run.Wrong.TryGetValue(name, out IReadOnlyList<string>? wrong), $"There is no case {name}.");
            Assert.True(wrong!.Count > 0, $"{name} passes now: take it off the list.");
        }
    }
}

/// <summary>All cases, run once, in the order of their clocks, on one server.</summary>
public sealed class GoldenRun : IAsyncLifetime
{
    private readonly Dictionary<string, IReadOnlyList<string>> wrong = [];

    internal IReadOnlyDictionary<string, IReadOnlyList<string>> Wrong => wrong;

    public async Task InitializeAsync()
    {
        await using Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0));
        foreach (GoldenCase one in GoldenCase.All)
        {
            wrong[one.Name] = await one.RunAsync(served.Client);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
