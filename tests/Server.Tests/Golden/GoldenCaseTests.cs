using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Golden;

/// <summary>The golden cases against the running server: all of them.</summary>
public sealed class GoldenCaseTests(GoldenRun run) : IClassFixture<GoldenRun>
{
    public static TheoryData<string> Names => [.. GoldenCase.All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_golden_case_passes(string name) =>
        Assert.True(run.Wrong[name].Count == 0, $"{name}:\n{string.Join('\n', run.Wrong[name])}");
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
