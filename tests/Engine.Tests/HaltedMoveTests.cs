using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using Minutebook.Testing;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>A store with a halted account is moved by a version that can fold it (decision 0015).</summary>
public sealed class HaltedMoveTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private volatile string? defective;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private Engine.Engine Open(string? postgres) => Engine.Engine.Open(new EngineOptions
    {
        Directory = directory,
        Postgres = postgres,
        Shards = 1,
        Clock = Clock.Sandbox(At("2027-04-05T03:00:00Z")),
        Folding = (account, _) =>
        {
            if (account == defective)
            {
                throw new InvalidOperationException("A defect.");
            }
        },
    });

    private static UsageEvent.ParticipantJoined Joined(int user) => new("//s", $"join-{user}", At("2027-04-05T01:00:00Z"), "app", "algebra", $"u{user}");

    [Fact]
    public async Task What_the_old_server_could_not_fold_is_no_difference_where_a_mended_one_moves_it()
    {
        await using (Engine.Engine engine = Open(null))
        {
            await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
            await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"));
            await Accept(engine, new UsageEvent.ClassStarted("//s", "start", At("2027-04-05T01:00:00Z"), "app", "algebra"), Joined(1));
            defective = "school";
            await Assert.ThrowsAsync<UnavailableException>(() => Accept(engine, Joined(2)));
            Assert.True(SpinWait.SpinUntil(() => engine.Decisions.HaltedAt("school") is not null, 30_000));
            await AcceptUnseen(engine, Joined(3));
        }

        defective = null;
        string postgres = PostgresServer.Shared.NewSchema();
        using (var move = new Move(directory, postgres))
        {
            move.CatchUp(static _ => { }, default);
            Assert.Empty(move.Finish(static _ => { }, default).Differences);
        }

        await using Engine.Engine moved = Open(postgres);
        Assert.Empty(moved.Decisions.Halted);
        using Reader read = moved.Store.Read();
        Assert.Equal(3, Assert.Single(read.Classes("school", 0, long.MaxValue, null, null, 10)).Users);
    }
}
