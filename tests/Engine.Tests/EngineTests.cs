using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using NodaTime;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

public sealed class EngineTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private Engine.Engine Open(string now) =>
        Engine.Engine.Open(new EngineOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory), Clock = Clock.Sandbox(At(now)) });

    private static async Task<Engine.Engine> WithAccount(Engine.Engine engine)
    {
        Assert.Null((await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "Asia/Shanghai"))).Refusal);
        Assert.Null((await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"))).Refusal);
        Assert.Null((await engine.ExecuteAsync(new Command.TopUp("school", "10.00", "USD", "t1"))).Refusal);
        return engine;
    }

    private static UsageEvent[] Class(string id, string from, string to, int users) =>
    [
        new UsageEvent.ClassStarted("//s", $"{id}-s", At(from), "app", id),
        .. Enumerable.Range(0, users).Select(user => new UsageEvent.ParticipantJoined("//s", $"{id}-{user}", At(from), "app", id, $"u{user}")),
        new UsageEvent.ClassEnded("//s", $"{id}-e", At(to), "app", id),
    ];

    [Fact]
    public async Task A_batch_that_grew_large_for_one_body_is_not_kept_for_small_ones()
    {
        await using Engine.Engine engine = Open("2027-04-05T00:30:00Z");
        EventBatch batch = engine.Rent();
        batch.Keep(new byte[1 << 20]);
        engine.Return(batch);
        Assert.Same(batch, engine.Rent());

        batch.Keep(new byte[5 << 20]);
        engine.Return(batch);
        Assert.NotSame(batch, engine.Rent());
    }

    [Fact]
    [Trait("Store", "SQLite")]
    public async Task What_cannot_be_opened_lets_go_of_the_shards_that_could()
    {
        // More than any other test has, whose threads have names of their own therefore.
        const int shards = 60;
        EngineOptions options = new() { Directory = directory, Shards = shards, Clock = Clock.Sandbox(At("2027-04-05T00:30:00Z")) };
        await using (Engine.Engine engine = Engine.Engine.Open(options))
        {
            Assert.Null((await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "Asia/Shanghai"))).Refusal);
            Assert.Contains($"shard {shards}", NamesOfThreads());
        }

        using (Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory }))
        {
            int shard = store.ShardOf("school");
            Assert.True(SpinWait.SpinUntil(() => store.TryHold(shard), 30_000));
            (long position, long time) = store.PositionOf(shard);
            var changes = new Changes();
            changes.Cards.Add(new CardRow("spoilt", "2027-04-05", "{}"u8.ToArray()));
            store.Write(shard, changes, position, time);
            store.Release(shard);
        }

        Assert.Throws<FormatException>(() => Engine.Engine.Open(options));
        Assert.DoesNotContain(NamesOfThreads(), static name => name.StartsWith("shard ", StringComparison.Ordinal) && int.Parse(name[6..]) > shards / 2);
    }

    private static string[] NamesOfThreads() =>
        [.. Directory.EnumerateDirectories("/proc/self/task").Select(static task => Path.Combine(task, "comm")).Where(File.Exists).Select(NameIn)];

    private static string NameIn(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return "";
        }
    }

    [Fact]
    public async Task Ten_students_in_a_sixty_minute_class_are_billed_six_hundred_minutes_the_next_day()
    {
        await using Engine.Engine engine = await WithAccount(Open("2027-04-05T00:30:00Z"));
        await engine.MoveClockAsync(At("2027-04-05T02:30:00Z"));
        await Accept(engine, Class("algebra", "2027-04-05T01:00:00Z", "2027-04-05T02:00:00Z", 10));
        using (Reader read = engine.Store.Read())
        {
            var row = Assert.Single(read.Classes("school", 0, long.MaxValue, null, null, 10));
            Assert.Equal((10, 36000), (row.Users, (int)row.Seconds));
        }

        Assert.True(await engine.MoveClockAsync(At("2027-04-05T18:00:00Z")));
        using Reader after = engine.Store.Read();
        var bill = after.Bill("school-D-2027-04-05");
        Assert.NotNull(bill);
        Assert.Equal("0.59", bill.Value.Total);
        Assert.Equal("9.410000", after.Ledger("school", 0, 10)[^1].Balance);
    }

    [Fact]
    public async Task Rule_1_4_a_class_that_was_told_late_and_ended_by_itself_is_the_same_in_a_replay_which_flushes_less_often()
    {
        await using (Engine.Engine engine = await WithAccount(Open("2027-04-05T20:00:00Z")))
        {
            await engine.MoveClockAsync(At("2027-04-06T20:00:00Z"));
            await Accept(engine, Class("endless", "2027-04-06T01:00:00Z", "2027-04-06T02:00:00Z", 1)[..^1]);
            await engine.MoveClockAsync(At("2027-04-07T02:00:00Z"));
        }

        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory) });
        for (int shard = 0; shard <= store.Shards; shard++)
        {
            Assert.Empty(Replay.Verify(store, shard, Path.Combine(directory, $"replay-{shard}")).Differences);
        }
    }

    [Fact]
    public async Task A_restart_goes_on_where_the_store_is_and_a_replay_makes_the_same_tables()
    {
        await using (Engine.Engine engine = await WithAccount(Open("2027-04-05T00:30:00Z")))
        {
            await engine.MoveClockAsync(At("2027-04-05T01:30:00Z"));
            await Accept(engine, Class("running", "2027-04-05T01:00:00Z", "2027-04-05T02:00:00Z", 3)[..^1]);
            await Accept(engine, Class("done", "2027-04-05T00:40:00Z", "2027-04-05T01:20:00Z", 2));
        }

        await using (Engine.Engine engine = Open("2027-04-05T00:30:00Z"))
        {
            Assert.Equal(At("2027-04-05T01:30:00Z"), engine.Now);
            await engine.MoveClockAsync(At("2027-04-05T03:00:00Z"));
            await Accept(engine, Class("running", "2027-04-05T01:00:00Z", "2027-04-05T02:00:00Z", 3));
            await Accept(engine, new UsageEvent.EventVoided("//s", "v", At("2027-04-05T02:50:00Z"), "app", "//s", "done-1"));
            await engine.MoveClockAsync(At("2027-04-06T03:00:00Z"));
        }

        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory) });
        using (Reader read = store.Read())
        {
            Assert.Equal([40 * 60, 3 * 3600], read.Classes("school", 0, long.MaxValue, null, null, 10).Select(row => (int)row.Seconds));
        }

        for (int shard = 0; shard <= store.Shards; shard++)
        {
            string scratch = Path.Combine(directory, $"replay-{shard}");
            Assert.Empty(Replay.Verify(store, shard, scratch).Differences);
        }
    }
}
