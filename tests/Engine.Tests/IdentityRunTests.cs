using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using NodaTime;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>Duplicates are recognised (rule 1.3) long after their identities have left memory, through merges and restarts.</summary>
public sealed class IdentityRunTests : IDisposable
{
    private const int RunEvents = 16;
    private const int Events = RunEvents * 70;
    private static readonly Instant Now = Instant.FromUtc(2027, 4, 5, 12, 0);
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Of_events_sent_twice_each_counts_once_wherever_its_identity_is_kept()
    {
        await using (Engine.Engine engine = Open())
        {
            await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
            await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"));
            await SendAll(engine);
            Assert.Equal((Events, 0), Counted(engine));
            await SendAgain(engine);
            await UntilMerged(engine);
            await SendAgain(engine);
        }

        await using Engine.Engine again = Open();
        await SendAgain(again);
        using Reader read = again.Store.Read();
        // 70 runs: one of 64 merged twice, six as they were sealed, and nothing of what was merged.
        Assert.Equal([(0, 64), (0, 65), (0, 66), (0, 67), (0, 68), (0, 69), (2, 0)], read.RunHeads("school").Select(head => (head.Level, head.Number)));
        Assert.Equal(read.RunHeads("school").Select(head => (head.Level, head.Number)), read.RunsBegun("school"));
    }

    [Fact]
    public async Task An_event_is_found_by_its_identity_wherever_that_is_kept()
    {
        await using Engine.Engine engine = Open();
        await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
        await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"));
        await SendAll(engine);
        await UntilMerged(engine);
        await Accept(engine, [Delivered(Events)]);
        using Reader read = engine.Store.Read();
        for (int number = 0; number <= Events; number += 20)
        {
            (UInt128 identity, byte[] bytes) = IdentityOf($"{number}");
            Assert.Contains(read.PagesOf("school", [(identity, bytes)]), page => Holds(read, page, identity));
        }

        Assert.DoesNotContain(read.PagesOf("school", [IdentityOf("never")]), page => Holds(read, page, IdentityOf("never").Identity));
    }

    [Fact]
    public async Task Two_events_are_two_though_runs_keep_the_same_of_both()
    {
        (int first, int second) = SameKey();
        await using (Engine.Engine engine = Open())
        {
            await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
            await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"));
            await Accept(engine, [Delivered(first)]);
            await SendAll(engine);
            await UntilMerged(engine);
            (long _, long before) = Counted(engine);
            await Accept(engine, [Delivered(second)]);
            Assert.Equal((Events + 2, before), Counted(engine));
        }

        await using Engine.Engine again = Open();
        (long _, long duplicates) = Counted(again);
        await Accept(again, [Delivered(first), Delivered(second)]);
        Assert.Equal((Events + 2, duplicates + 2), Counted(again));
    }

    /// <summary>Numbers of two events with one key: of three million there are some.</summary>
    private static (int First, int Second) SameKey()
    {
        Dictionary<ulong, int> seen = [];
        for (int number = Events; ; number++)
        {
            ulong key = Minutebook.Core.Metering.IdentityRun.KeyOf(IdentityOf($"{number}").Identity);
            if (!seen.TryAdd(key, number))
            {
                return (seen[key], number);
            }
        }
    }

    private static (UInt128 Identity, byte[] Bytes) IdentityOf(string id)
    {
        UInt128 identity = TextHash.Identity(TextHash.Of("//s"u8), System.Text.Encoding.UTF8.GetBytes(id));
        byte[] bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes, identity);
        return (identity, bytes);
    }

    private static bool Holds(Reader read, int page, UInt128 identity)
    {
        var history = Minutebook.Core.Metering.PageHistory.Of(read.Chunks("school", page));
        return Enumerable.Range(0, history.Count).Any(at => history[at].Identity == identity);
    }

    [Fact]
    public async Task A_merge_that_was_interrupted_leaves_nothing_behind()
    {
        await using (Engine.Engine engine = Open())
        {
            await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
            await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"));
            await SendAll(engine);
            await UntilMerged(engine);
            int shard = engine.Store.ShardOf("school");
            engine.Store.WriteRuns(shard, [new RunRow("school", 1, 8, 0, new byte[12])]);
        }

        await using Engine.Engine again = Open();
        using Reader read = again.Store.Read();
        Assert.DoesNotContain((1, 8), read.RunsBegun("school"));
        await SendAgain(again);
    }

    [Fact]
    public async Task A_void_that_came_first_waits_through_a_restart()
    {
        UsageEvent.ContentDelivered late = Delivered(Events + 1);
        await using (Engine.Engine engine = Open())
        {
            await engine.ExecuteAsync(new Command.PutAccount("school", "School", "USD", "UTC"));
            await engine.ExecuteAsync(new Command.PutApplication("school", "app", "Lessons"));
            await Accept(engine, [new UsageEvent.EventVoided("//s", "void", Now, "app", late.Source, late.Id)]);
        }

        await using Engine.Engine again = Open();
        await Accept(again, [late]);
        using Reader read = again.Store.Read();
        int shard = again.Store.ShardOf("school");
        Assert.Empty(read.Usage(shard));
        Assert.Empty(read.Awaited(shard));
    }

    private Engine.Engine Open() =>
        Engine.Engine.Open(new EngineOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory), Clock = Clock.Sandbox(Now), RunEvents = RunEvents });

    private static UsageEvent.ContentDelivered Delivered(int number) =>
        new("//s", $"{number}", Now - Duration.FromMinutes(number % 3000), "app", null, 1, DeliveryKind.Other);

    private static async Task SendAll(Engine.Engine engine)
    {
        for (int from = 0; from < Events; from += 50)
        {
            await Accept(engine, [.. Enumerable.Range(from, Math.Min(50, Events - from)).Select(Delivered)]);
        }
    }

    private static async Task SendAgain(Engine.Engine engine)
    {
        long before = Counted(engine).Duplicates;
        await SendAll(engine);
        Assert.Equal((Events, before + Events), Counted(engine));
    }

    private static (long Events, long Duplicates) Counted(Engine.Engine engine)
    {
        using Reader read = engine.Store.Read();
        AccountState state = JsonSerializer.Deserialize<AccountState>(read.Account("school")!.Value.State, AccountState.Json)!;
        return (state.Counters.Events, state.Counters.Duplicates);
    }

    private static async Task UntilMerged(Engine.Engine engine)
    {
        for (int i = 0; ; i++)
        {
            using (Reader read = engine.Store.Read())
            {
                if (read.RunHeads("school").Count == 7)
                {
                    return;
                }
            }

            Assert.True(i < 600, "Runs were not merged.");
            // A flush picks up what the merger has done.
            await Accept(engine, [Delivered(0)]);
            await Task.Delay(20);
        }
    }
}
