using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using NodaTime;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>An account that cannot be folded stands still, all others go on, and nothing is lost (decision 0015).</summary>
public sealed class HaltedAccountTests : IDisposable
{
    private const int Shard = 1;
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private readonly string second = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private readonly List<string> halted = [];
    private volatile string? defective;
    private volatile int failures = int.MaxValue;
    private long defectiveFrom;

    public void Dispose()
    {
        Directory.Delete(directory, recursive: true);
        Directory.Delete(second, recursive: true);
    }

    private Engine.Engine Open(string? where = null)
    {
        Engine.Engine engine = Engine.Engine.Open(new EngineOptions
        {
            Directory = where ?? directory,
            Postgres = Testing.TestStore.PostgresOf(where ?? directory),
            Shards = 1,
            Clock = Clock.Sandbox(At("2027-04-05T03:00:00Z")),
            Folding = Fold,
        });
        engine.Halted += (account, _) => halted.Add(account);
        return engine;
    }

    private void Fold(string account, long position)
    {
        if (account == defective && position >= Interlocked.Read(ref defectiveFrom) && failures-- > 0)
        {
            throw new InvalidOperationException("A defect.");
        }
    }

    private async Task<Engine.Engine> Opened()
    {
        Engine.Engine engine = Open();
        foreach (string account in new[] { "good", "bad" })
        {
            Assert.Null((await engine.ExecuteAsync(new Command.PutAccount(account, "School", "USD", "UTC"))).Refusal);
            Assert.Null((await engine.ExecuteAsync(new Command.PutApplication(account, $"{account}-app", "Lessons"))).Refusal);
            await Accept(engine, Lesson(account, 1));
        }

        return engine;
    }

    private static UsageEvent[] Lesson(string account, int user) =>
    [
        new UsageEvent.ClassStarted("//s", $"{account}-start", At("2027-04-05T01:00:00Z"), $"{account}-app", "algebra"),
        new UsageEvent.ParticipantJoined("//s", $"{account}-{user}", At("2027-04-05T01:00:00Z"), $"{account}-app", "algebra", $"u{user}"),
        new UsageEvent.ClassEnded("//s", $"{account}-end", At("2027-04-05T02:00:00Z"), $"{account}-app", "algebra"),
    ];

    private static int Users(Engine.Engine engine, string account)
    {
        using Reader read = engine.Store.Read();
        return Assert.Single(read.Classes(account, 0, long.MaxValue, null, null, 10)).Users;
    }

    private static async Task Goes(Func<Task> act)
    {
        for (long until = Environment.TickCount64 + 60_000; ; await Task.Delay(20))
        {
            try
            {
                await act();
                return;
            }
            catch (UnavailableException) when (Environment.TickCount64 < until)
            {
                // The books are being opened again.
            }
        }
    }

    private async Task<Engine.Engine> Halted()
    {
        Engine.Engine engine = await Opened();
        defective = "bad";
        await Assert.ThrowsAsync<UnavailableException>(() => Accept(engine, Lesson("bad", 2)));
        await Goes(() => Accept(engine, Lesson("good", 2)));
        return engine;
    }

    [Fact]
    public async Task An_account_that_cannot_be_folded_stands_still_and_all_others_go_on()
    {
        await using Engine.Engine engine = await Halted();
        Assert.Equal(["bad"], halted);
        Assert.True(engine.IsReady);
        Assert.Equal((2, 1), (Users(engine, "good"), Users(engine, "bad")));
        Assert.Equal(At("2027-04-05T03:00:00Z").ToUnixTimeMilliseconds(), engine.Decisions.HaltedAt("bad"));
        Assert.Null(engine.Decisions.HaltedAt("good"));

        // What comes is durable, and said not to show; what would have to be decided is refused.
        await AcceptUnseen(engine, Lesson("bad", 3));
        Assert.Contains("written down", (await Assert.ThrowsAsync<UnavailableException>(() => Accept(engine, Lesson("bad", 4)))).Message);
        Assert.Contains("nothing was accepted", (await Assert.ThrowsAsync<UnavailableException>(
            () => engine.ExecuteAsync(new Command.TopUp("bad", "10.00", "USD", "t1")))).Message);
        Assert.Null((await engine.ExecuteAsync(new Command.TopUp("good", "10.00", "USD", "t1"))).Refusal);

        // Days are closed for the others alone.
        await Goes(() => engine.MoveClockAsync(At("2027-04-06T02:00:00Z")));
        using Reader read = engine.Store.Read();
        Assert.NotNull(read.Bill("good-D-2027-04-05"));
        Assert.Null(read.Bill("bad-D-2027-04-05"));
    }

    [Fact]
    public async Task It_stands_still_after_a_restart_too_and_a_replay_makes_the_same_tables()
    {
        await using (Engine.Engine engine = await Halted())
        {
            await AcceptUnseen(engine, Lesson("bad", 3));
            await Accept(engine, Lesson("good", 3));
        }

        // The same build would fold it no better, whatever it seems.
        defective = null;
        await using Engine.Engine again = Open();
        Assert.Equal((3, 1), (Users(again, "good"), Users(again, "bad")));
        Assert.NotNull(again.Decisions.HaltedAt("bad"));
        ShardReplay replay = Replay.Verify(again.Store, Shard, second);
        Assert.Empty(replay.Differences);
    }

    [Fact]
    public async Task Another_build_makes_the_tables_as_if_nothing_had_been()
    {
        await using (Engine.Engine engine = await Halted())
        {
            await AcceptUnseen(engine, Lesson("bad", 3));
            await Goes(() => engine.MoveClockAsync(At("2027-04-06T02:00:00Z")));
        }

        defective = null;
        HaltedByAnother();
        await using Engine.Engine mended = Open();
        Assert.Null(mended.Decisions.HaltedAt("bad"));
        Assert.Equal((2, 3), (Users(mended, "good"), Users(mended, "bad")));
        using Reader read = mended.Store.Read();
        Assert.Empty(read.Halted(Shard));
        Assert.NotNull(read.Bill("bad-D-2027-04-05"));
        Assert.Null((await mended.ExecuteAsync(new Command.TopUp("bad", "10.00", "USD", "t1"))).Refusal);
        Assert.Empty(Replay.Verify(mended.Store, Shard, second).Differences);
    }

    /// <summary>Has the store say that it was another build that failed.</summary>
    private void HaltedByAnother()
    {
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory) });
        Assert.True(store.TryHold(Shard));
        (long position, long time) = store.PositionOf(Shard);
        HaltedRow row;
        using (Reader read = store.Read())
        {
            row = Assert.Single(read.Halted(Shard));
        }

        var changes = new Changes();
        changes.Halted.Add(row with { Account = "bad too", Build = "another" });
        store.Write(Shard, changes, position, time);
        store.Release(Shard);
    }

    [Fact]
    public async Task What_fails_by_chance_is_folded_again_and_halts_nothing()
    {
        await using Engine.Engine engine = await Opened();
        (failures, defective) = (1, "bad");
        await Assert.ThrowsAsync<UnavailableException>(() => Accept(engine, Lesson("bad", 2)));
        await Goes(() => Accept(engine, Lesson("good", 2)));
        Assert.Empty(halted);
        Assert.Equal((2, 2), (Users(engine, "good"), Users(engine, "bad")));
    }

    [Fact]
    public async Task A_store_opens_whose_journal_holds_what_cannot_be_folded()
    {
        await using (Engine.Engine engine = await Opened())
        {
            await Accept(engine, Lesson("good", 2));
        }

        Empty();
        defective = "bad";
        await using Engine.Engine again = Open();
        Assert.Equal(2, Users(again, "good"));
        using Reader read = again.Store.Read();
        HaltedRow row = Assert.Single(read.Halted(Shard));
        Assert.Equal("bad", row.Account);
        Assert.Equal(row.At, again.Decisions.HaltedAt("bad"));
    }

    private void Empty()
    {
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory) });
        Assert.True(SpinWait.SpinUntil(() => store.TryHold(Shard), 30_000));
        store.Empty(Shard);
        store.Release(Shard);
    }

    [Fact]
    public async Task What_was_before_the_entry_that_cannot_be_folded_is_stored()
    {
        await using (Engine.Engine engine = await Opened())
        {
            await Accept(engine, Lesson("bad", 2));
            Interlocked.Exchange(ref defectiveFrom, engine.Store.LastPosition(Shard) + 1);
            await Accept(engine, Lesson("bad", 3));
            await Accept(engine, Lesson("good", 2));
        }

        Empty();
        defective = "bad";
        await using Engine.Engine again = Open();
        Assert.Equal((2, 2), (Users(again, "good"), Users(again, "bad")));
        using (Reader read = again.Store.Read())
        {
            Assert.Equal(defectiveFrom - 1, Assert.Single(read.Halted(Shard)).Position);
        }

        Assert.Empty(Replay.Verify(again.Store, Shard, second).Differences);
    }

    [Fact]
    public async Task An_account_that_cannot_even_be_opened_is_known_to_be_halted()
    {
        await using (Engine.Engine engine = await Opened())
        {
            Assert.True(engine.IsReady);
        }

        Empty();
        (defective, failures) = ("bad", int.MaxValue);
        await using Engine.Engine again = Open();
        Assert.True(again.Decisions.HaltedAt("bad") >= 0);
        Assert.Contains("written down", (await Assert.ThrowsAsync<UnavailableException>(() => Accept(again, Lesson("bad", 4)))).Message);
        Assert.False(again.Decisions.Decide("bad-app", AskedAction.CreateClass, null, 0).Decision.Allow);
    }

    [Fact]
    public async Task What_fails_when_the_server_stops_is_halted_like_any_other()
    {
        await using (Engine.Engine engine = await Opened())
        {
            engine.Failed += _ => halted.Add("the server");
            defective = "bad";
            await AcceptUnseen(engine, Lesson("bad", 2));
        }

        Assert.DoesNotContain("the server", halted);
        defective = null;
        await using Engine.Engine again = Open();
        Assert.NotNull(again.Decisions.HaltedAt("bad"));
    }

    [Fact]
    public async Task What_was_kept_before_its_application_was_registered_is_handed_over_once()
    {
        UsageEvent[] early = [.. Lesson("bad", 9).Select(static its => its with { Id = $"late-{its.Id}", Application = "bad-late" })];
        var joined = (UsageEvent.ParticipantJoined)early[1];
        await using (Engine.Engine engine = await Opened())
        {
            await Accept(engine, early);
            Assert.Equal(early.Length, Kept(engine));
            defective = "bad";
            await Assert.ThrowsAsync<UnavailableException>(() => engine.ExecuteAsync(new Command.PutApplication("bad", "bad-late", "Late")));
            await Goes(() => Accept(engine, Lesson("good", 2)));
        }

        await using (Engine.Engine engine = Open())
        {
            await AcceptUnseen(engine, joined with { Id = "another", User = "u10" });
            Assert.Equal(0, Kept(engine));
            // Nothing is left to be handed over once more.
            long position = engine.Store.LastPosition(Shard);
            await AcceptUnseen(engine, joined with { Id = "third", User = "u11" });
            Assert.Equal(position + 1, engine.Store.LastPosition(Shard));
        }

        defective = null;
        HaltedByAnother();
        await using Engine.Engine mended = Open();
        Assert.Equal((0, 3), (Kept(mended), Kept(mended, "bad")));
        Assert.Equal(3, await mended.ReapplyAsync("bad", new Asker("key", "k", null)));
        using Reader read = mended.Store.Read();
        Assert.Equal(3, Assert.Single(read.Classes("bad", 0, long.MaxValue, null, null, 10), static row => row.Application == "bad-late").Users);
    }

    private static int Kept(Engine.Engine engine, string account = "")
    {
        using Reader read = engine.Store.Read();
        return read.Kept(account, null, 10).Count;
    }

    [Fact]
    public async Task What_time_alone_brings_halts_its_account_alone()
    {
        await using Engine.Engine engine = await Opened();
        defective = "bad";
        await Goes(() => engine.MoveClockAsync(At("2027-04-06T02:00:00Z")));
        Assert.Equal(["bad"], halted);
        using Reader read = engine.Store.Read();
        Assert.NotNull(read.Bill("good-D-2027-04-05"));
        Assert.Null(read.Bill("bad-D-2027-04-05"));
    }
}
