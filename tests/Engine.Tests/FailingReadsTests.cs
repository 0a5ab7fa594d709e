using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using NodaTime;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>A store that cannot be read for a while: who waits is told, nothing is lost, and it goes on by itself.</summary>
public sealed class FailingReadsTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private Engine.Engine Open() => Engine.Engine.Open(new EngineOptions
    {
        Directory = directory,
        Postgres = Testing.TestStore.PostgresOf(directory),
        Clock = Clock.Sandbox(At("2027-04-05T03:00:00Z")),
    });

    private static UsageEvent[] Lesson(int user) =>
    [
        new UsageEvent.ClassStarted("//s", "start", At("2027-04-05T01:00:00Z"), "app", "algebra"),
        new UsageEvent.ParticipantJoined("//s", $"join-{user}", At("2027-04-05T01:00:00Z"), "app", "algebra", $"u{user}"),
        new UsageEvent.ClassEnded("//s", "end", At("2027-04-05T02:00:00Z"), "app", "algebra"),
    ];

    /// <summary>Fails as what cannot be read or done does, and does not hang.</summary>
    private static async Task IsRefused(Task waiting) =>
        Assert.True(await Record.ExceptionAsync(() => waiting.WaitAsync(TimeSpan.FromSeconds(60))) is UnavailableException or StoreException, "It was done, or it hung.");

    private static async Task Retry(Func<Task> act)
    {
        for (long until = Environment.TickCount64 + 60_000; ; await Task.Delay(50))
        {
            try
            {
                await act();
                return;
            }
            catch (Exception wrong) when (wrong is UnavailableException or StoreException && Environment.TickCount64 < until)
            {
                // It is not back yet.
            }
        }
    }

    [Fact]
    public async Task When_the_store_cannot_be_read_requests_that_wait_are_told_so_and_it_goes_on_when_it_can()
    {
        await using (Engine.Engine engine = Open())
        {
            await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
            await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"));
            await Accept(engine, Lesson(1));
        }

        // The class is not in memory after a restart: what comes of it has to be read.
        await using (Engine.Engine engine = Open())
        {
            engine.Store.FailReads(true);
            Task[] waiting = [Accept(engine, Lesson(2)), engine.ExecuteAsync(new Command.TopUp("school", "10.00", "USD", "t1")), Accept(engine, Lesson(3))];
            foreach (Task one in waiting)
            {
                await IsRefused(one);
            }

            engine.Store.FailReads(false);
            await Retry(() => Accept(engine, [.. Lesson(2), .. Lesson(3)]));
            await Retry(() => engine.ExecuteAsync(new Command.TopUp("school", "10.00", "USD", "t1")));
            Assert.True(engine.IsReady);
            using Reader read = engine.Store.Read();
            Assert.Equal((3, 3 * 3600), read.Classes("school", 0, long.MaxValue, null, null, 10).Select(row => (row.Users, (int)row.Seconds)).Single());
            Assert.Equal("10.000000", Assert.Single(read.Ledger("school", 0, 10)).Balance);
        }

        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory) });
        Assert.Empty(Replay.Verify(store, store.ShardOf("school"), Path.Combine(directory, "replay")).Differences);
    }
}
