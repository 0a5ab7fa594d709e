using System.Text;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>Who registers an application may hear that it is written down and no more: its events are its all the same.</summary>
[Trait("Store", "SQLite")]
public sealed class UnsettledApplicationTests
{
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Events_of_an_application_that_was_put_with_an_unknown_outcome_are_its_own(bool isFull)
    {
        Engine.Engine? made = null;
        int fails = 0;
        void Fail(string account, long position)
        {
            if (account != "school" || Interlocked.Exchange(ref fails, 0) == 0)
            {
                return;
            }

            if (!isFull)
            {
                throw new InvalidOperationException("By chance.");
            }

            made!.Store.FailWrites(SQLitePCL.raw.SQLITE_FULL);
        }

        await using Engine.Engine engine = made = Engine.Engine.Open(new EngineOptions
        {
            Directory = directory,
            Shards = 1,
            Clock = Clock.Sandbox(At("2027-04-05T03:00:00Z")),
            Folding = Fail,
        });
        await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
        fails = 1;
        await Assert.ThrowsAsync<UnavailableException>(() => engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons")));
        engine.Store.FailWrites(0);
        Assert.True(SpinWait.SpinUntil(() => StateOf(engine).Contains("Lessons", StringComparison.Ordinal), 30_000));

        await Accept(engine, new UsageEvent.ClassStarted("//s", "start", At("2027-04-05T01:00:00Z"), "app", "algebra"));
        using Reader read = engine.Store.Read();
        Assert.Empty(read.Kept("", null, 10));
        Assert.Single(read.Classes("school", 0, long.MaxValue, null, null, 10));
    }

    private static string StateOf(Engine.Engine engine)
    {
        using Reader read = engine.Store.Read();
        return Encoding.UTF8.GetString(read.Account("school")!.Value.State);
    }
}
