using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>An account of which something that is stored cannot be opened stands still, all others go on (decision 0015).</summary>
public sealed class HaltedAtOpeningTests : IDisposable
{
    private const int Shard = 1;
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private readonly string second = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private readonly List<string> halted = [];

    public void Dispose()
    {
        Directory.Delete(directory, recursive: true);
        Directory.Delete(second, recursive: true);
    }

    private Engine.Engine Open()
    {
        Engine.Engine engine = Engine.Engine.Open(new EngineOptions
        {
            Directory = directory,
            Postgres = Testing.TestStore.PostgresOf(directory),
            Shards = 1,
            Clock = Clock.Sandbox(At("2027-04-05T03:00:00Z")),
        });
        engine.Halted += (account, _) => halted.Add(account);
        return engine;
    }

    private static UsageEvent[] Lesson(string account, int user) =>
    [
        new UsageEvent.ClassStarted("//s", $"{account}-start", At("2027-04-05T01:00:00Z"), $"{account}-app", "algebra"),
        new UsageEvent.ParticipantJoined("//s", $"{account}-{user}", At("2027-04-05T01:00:00Z"), $"{account}-app", "algebra", $"u{user}"),
    ];

    private static int Users(Engine.Engine engine, string account)
    {
        using Reader read = engine.Store.Read();
        return Assert.Single(read.Classes(account, 0, long.MaxValue, null, null, 10)).Users;
    }

    private async Task Filled()
    {
        await using Engine.Engine engine = Open();
        foreach (string account in new[] { "good", "bad" })
        {
            Assert.Null((await engine.ExecuteAsync(new Command.PutAccount(account, "School", "USD", "UTC"))).Refusal);
            Assert.Null((await engine.ExecuteAsync(new Command.PutApplication(account, $"{account}-app", "Lessons"))).Refusal);
            await Accept(engine, Lesson(account, 1));
        }
    }

    private void Change(Action<Reader, Changes> change)
    {
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory) });
        Assert.True(SpinWait.SpinUntil(() => store.TryHold(Shard), 30_000));
        (long position, long time) = store.PositionOf(Shard);
        var changes = new Changes();
        using (Reader read = store.Read())
        {
            change(read, changes);
        }

        store.Write(Shard, changes, position, time);
        store.Release(Shard);
    }

    private static void DamageState(Reader read, Changes changes) => changes.Accounts.Add(read.Account("bad")!.Value with { State = "null"u8.ToArray() });

    private static void DamageBill(Reader read, Changes changes) => changes.Bills.Add(new BillRow("bad", "bad-D-2027-04-04", 0, "2027-04-04", "2027-04-05", 0, "0.00", "{"u8.ToArray()));

    private static void DamagePage(Reader read, Changes changes)
    {
        ChunkRow chunk = read.DuePages(Shard).Where(static its => its.Page.Account == "bad").Select(static its => new ChunkRow("bad", its.Page.Page, 0, its.Chunks[0].AsMemory(0, its.Chunks[0].Length / 2))).First();
        changes.Chunks.Add(chunk);
    }

    public static TheoryData<string> Damages => ["state", "bill", "page"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task An_account_that_cannot_be_opened_stands_still_and_all_others_go_on(string what)
    {
        await Filled();
        Change(what switch
        {
            "state" => DamageState,
            "bill" => DamageBill,
            _ => DamagePage,
        });
        await using (Engine.Engine engine = Open())
        {
            Assert.Equal(["bad"], engine.Decisions.Halted);
            await Accept(engine, Lesson("good", 2));
            Assert.Equal(2, Users(engine, "good"));
            await AcceptUnseen(engine, Lesson("bad", 2));
            Assert.True(engine.IsReady);
        }

        // The same build opens it no better.
        await using (Engine.Engine engine = Open())
        {
            Assert.Equal(["bad"], engine.Decisions.Halted);
            await Accept(engine, Lesson("good", 3));
        }

        Change(static (read, changes) => changes.Halted.AddRange(read.Halted(Shard).Select(static row => row with { Account = "bad too", Build = "another" })));
        await using Engine.Engine mended = Open();
        Assert.Empty(mended.Decisions.Halted);
        Assert.Equal((3, 2), (Users(mended, "good"), Users(mended, "bad")));
        Assert.Empty(Replay.Verify(mended.Store, Shard, second).Differences);
    }
}
