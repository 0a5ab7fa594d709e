using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using NodaTime;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>A defect that strikes many accounts at once keeps the others no longer than one that strikes one (decision 0015).</summary>
public sealed class HaltedTogetherTests : IDisposable
{
    private const int Many = 20;
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private readonly List<string> halted = [];
    private volatile bool fails;
    private int folds;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private Engine.Engine Open()
    {
        Engine.Engine engine = Engine.Engine.Open(new EngineOptions
        {
            Directory = directory,
            Postgres = Testing.TestStore.PostgresOf(directory),
            Shards = 1,
            Clock = Clock.Sandbox(At("2027-04-05T03:00:00Z")),
            Folding = Fold,
        });
        engine.Halted += (account, _) => halted.Add(account);
        return engine;
    }

    private void Fold(string account, long position)
    {
        folds += fails && account == "good" ? 1 : 0;
        if (fails && account != "good")
        {
            throw new InvalidOperationException("A defect.");
        }
    }

    private static UsageEvent.ParticipantJoined Joined(string account, int user) =>
        new("//s", $"{account}-{user}", At("2027-04-05T01:00:00Z"), $"{account}-app", "algebra", $"u{user}");

    [Fact]
    public async Task Accounts_that_fail_in_one_group_are_halted_together()
    {
        string[] accounts = ["good", .. Enumerable.Range(0, Many).Select(static number => $"bad{number}")];
        await using Engine.Engine engine = Open();
        foreach (string account in accounts)
        {
            Assert.Null((await engine.ExecuteAsync(new Command.PutAccount(account, "School", "USD", "UTC"))).Refusal);
            Assert.Null((await engine.ExecuteAsync(new Command.PutApplication(account, $"{account}-app", "Lessons"))).Refusal);
        }

        fails = true;
        await Assert.ThrowsAsync<UnavailableException>(() => Accept(engine, [.. accounts.Select(static account => Joined(account, 1))]));
        for (long until = Environment.TickCount64 + 60_000; engine.Decisions.Halted.Count() < Many; await Task.Delay(20))
        {
            Assert.True(Environment.TickCount64 < until, "They were not halted.");
        }

        await Accept(engine, Joined("good", 1));
        Assert.Equal(accounts.Skip(1).Order(), halted.Order());
        // Live, twice until all have failed twice, without them; and then once more.
        Assert.InRange(folds, 2, 6);
    }
}
