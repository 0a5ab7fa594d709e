using System.Buffers;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>What was issued before something that cannot be folded is on record, and is worked out again by the version that stands still, too (decision 0015).</summary>
public sealed class HaltedBillTests : IDisposable
{
    private const int Shard = 1;
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private readonly string second = Directory.CreateTempSubdirectory("minutebook-").FullName;

    public void Dispose()
    {
        Directory.Delete(directory, recursive: true);
        Directory.Delete(second, recursive: true);
    }

    private Engine.Engine Open() => Engine.Engine.Open(new EngineOptions { Directory = directory, Shards = 1, Clock = Clock.Sandbox(At("2027-04-05T03:00:00Z")) });

    [Fact]
    public async Task A_bill_of_before_is_worked_out_again()
    {
        await using (Engine.Engine engine = Open())
        {
            await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
            await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"));
            await Accept(
                engine,
                new UsageEvent.ClassStarted("//s", "start", At("2027-04-05T01:00:00Z"), "app", "algebra"),
                new UsageEvent.ParticipantJoined("//s", "join", At("2027-04-05T01:00:00Z"), "app", "algebra", "u1"),
                new UsageEvent.ClassEnded("//s", "end", At("2027-04-05T02:00:00Z"), "app", "algebra"));
            await engine.MoveClockAsync(At("2027-04-06T02:00:00Z"));
        }

        using (Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory }))
        {
            ArrayBufferWriter<byte> to = new();
            Entry.WriteCommand(to, new Command.TopUp("school", "no amount", "USD", "t1"));
            store.Append(store.LastTime(Shard), Entry.Codec, [(Shard, to.WrittenMemory)]);
        }

        await using (Engine.Engine engine = Open())
        {
            Assert.Equal(["school"], engine.Decisions.Halted);
            await engine.MoveClockAsync(At("2027-04-07T02:00:00Z"));
            Bill bill = BillVerification.Of(engine.Store, "school", "school-D-2027-04-05", second).Bill!;
            using Reader read = engine.Store.Read();
            Assert.Equal(System.Text.Encoding.UTF8.GetString(read.Bill("school-D-2027-04-05")!.Value.Json), BillJson.ToJson(bill));
        }

        using Store.Store again = Store.Store.Open(new StoreOptions { Directory = directory });
        Assert.Contains("cannot be folded", Assert.Throws<StoreException>(() => BillVerification.Of(again, "school", "school-D-2027-04-06", Path.Combine(second, "other"))).Message);
    }
}
