using System.Collections.Concurrent;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using NodaTime;
using Xunit;
using static Minutebook.Tests.Accepting;

namespace Minutebook.Tests;

/// <summary>Many accounts, and defects and chance that strike anywhere: in the end everything is as if nothing had been (decision 0015).</summary>
public sealed class HaltedByChanceTests : IDisposable
{
    private const int Shards = 2;
    private static readonly string[] Accounts = ["ann", "ben", "cat", "dan", "eve", "fay"];
    private readonly string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;
    private readonly List<string> scratches = [];
    /// <summary>Folds of an account that fail from a position on, each time.</summary>
    private readonly ConcurrentDictionary<string, long> defects = [];
    /// <summary>Folds that fail once.</summary>
    private readonly ConcurrentDictionary<string, bool> chances = [];
    private readonly ConcurrentQueue<string> halted = [];
    private readonly ConcurrentQueue<Exception> failed = [];
    private readonly Dictionary<string, (HashSet<string> Users, HashSet<string> Topups)> sent = Accounts.ToDictionary(its => its, _ => (new HashSet<string>(), new HashSet<string>()));
    private Instant now = Instant.FromUtc(2027, 4, 5, 3, 0);

    public void Dispose()
    {
        Directory.Delete(directory, recursive: true);
        scratches.ForEach(its => Directory.Delete(its, recursive: true));
    }

    private Engine.Engine Open()
    {
        Engine.Engine engine = Engine.Engine.Open(new EngineOptions
        {
            Directory = directory,
            Postgres = Testing.TestStore.PostgresOf(directory),
            Shards = Shards,
            Clock = Clock.Sandbox(now),
            Folding = Fold,
        });
        engine.Halted += (account, _) => halted.Enqueue(account);
        engine.Failed += failed.Enqueue;
        return engine;
    }

    private void Fold(string account, long position)
    {
        if (chances.TryRemove(account, out _) || (defects.TryGetValue(account, out long from) && position >= from))
        {
            throw new InvalidOperationException("A defect.");
        }
    }

    private static UsageEvent[] Joining(string account, string user) =>
    [
        new UsageEvent.ClassStarted("//s", $"{account}-start", Instant.FromUtc(2027, 4, 5, 1, 0), $"{account}-app", "algebra"),
        new UsageEvent.ParticipantJoined("//s", $"{account}-{user}", Instant.FromUtc(2027, 4, 5, 1, 0), $"{account}-app", "algebra", user),
    ];

    private async Task<bool> Join(Engine.Engine engine, string account, string user, bool wait = true)
    {
        sent[account].Users.Add(user);
        return await Goes(10, () => Accept(engine, wait, Joining(account, user)));
    }

    private async Task<bool> TopUp(Engine.Engine engine, string account, string reference)
    {
        sent[account].Topups.Add(reference);
        return await Goes(10, async () => Assert.Contains((await engine.ExecuteAsync(new Command.TopUp(account, "1.00", "USD", reference))).Refusal, (Refusal?[])[null, Refusal.Unavailable]));
    }

    private async Task Act(Engine.Engine engine, Random random, int step)
    {
        string account = Accounts[random.Next(Accounts.Length)];
        int shard = engine.Store.ShardOf(account);
        switch (random.Next(10))
        {
            case 0:
                chances[account] = true;
                break;
            case 1 when defects.Count < 3:
                defects.TryAdd(account, engine.Store.LastPosition(shard) + random.Next(4));
                break;
            case 2:
                now += Duration.FromHours(random.Next(12));
                await Goes(10, () => engine.MoveClockAsync(now));
                break;
            case 3 or 4:
                await TopUp(engine, account, $"t{step}");
                break;
            case 5:
                // Several at once, of which nobody waits.
                await Task.WhenAll(Accounts.Select(its => Join(engine, its, $"crowd-{step}", wait: false)));
                break;
            default:
                await Join(engine, account, $"u{step}");
                break;
        }
    }

    private void MendedBuild()
    {
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = Testing.TestStore.PostgresOf(directory) });
        for (int shard = 1; shard <= Shards; shard++)
        {
            Assert.True(SpinWait.SpinUntil(() => store.TryHold(shard), 30_000));
            (long position, long time) = store.PositionOf(shard);
            var changes = new Changes();
            using (Reader read = store.Read())
            {
                changes.Halted.AddRange(read.Halted(shard).Select(static row => row with { Account = $"{row.Account} too", Build = "another" }));
            }

            store.Write(shard, changes, position, time);
            store.Release(shard);
        }
    }

    private void Verify(Store.Store store)
    {
        for (int shard = 0; shard <= Shards; shard++)
        {
            scratches.Add(Directory.CreateTempSubdirectory("minutebook-").FullName);
            Assert.Empty(Replay.Verify(store, shard, scratches[^1]).Differences);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_fails_when_a_mended_build_makes_everything_as_if_nothing_had_been(int seed)
    {
        var random = new Random(seed);
        Engine.Engine engine = Open();
        try
        {
            foreach (string account in Accounts)
            {
                Assert.Null((await engine.ExecuteAsync(new Command.PutAccount(account, "School", "USD", "UTC"))).Refusal);
                Assert.Null((await engine.ExecuteAsync(new Command.PutApplication(account, $"{account}-app", "Lessons"))).Refusal);
            }

            for (int step = 0; step < 60; step++)
            {
                await Act(engine, random, step);
                if (step % 20 == 19)
                {
                    await engine.DisposeAsync();
                    engine = Open();
                    Verify(engine.Store);
                }
            }

            foreach (string account in Accounts.Where(its => engine.Decisions.HaltedAt(its) is null))
            {
                Assert.True(await Join(engine, account, "last"));
            }

            Assert.True(halted.Count == halted.Distinct().Count());
            await engine.DisposeAsync();
            string[] were = [.. halted];
            defects.Clear();
            chances.Clear();
            MendedBuild();
            engine = Open();
            Assert.Empty(engine.Decisions.Halted);
            foreach (string account in Accounts)
            {
                // What was said not to be known is sent once more, and counts once.
                Assert.True(await Goes(10, async () => await Task.WhenAll(sent[account].Users.Select(user => Accept(engine, Joining(account, user))))));
                foreach (string reference in sent[account].Topups.ToArray())
                {
                    Assert.True(await TopUp(engine, account, reference));
                }
            }

            using (Reader read = engine.Store.Read())
            {
                foreach ((string account, (HashSet<string> users, HashSet<string> topups)) in sent)
                {
                    Assert.Equal(users.Count, read.Classes(account, 0, long.MaxValue, null, null, 10).Sum(static row => row.Users));
                    Assert.Equal(topups.Count, read.Ledger(account, 0, 1_000).Count(row => topups.Contains(row.Reference)));
                }
            }

            Verify(engine.Store);
            Assert.NotEmpty(were);
            Assert.Empty(failed);
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }
}
