using System.Buffers.Binary;
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

/// <summary>
/// The server is killed after each of its writes to the tables, one after the other: while it halts accounts, while another build makes their
/// tables again, and while that merges identities. SQLite's log holds each state that there was (decision 0015). MINUTEBOOK_TEST_LONG=1 kills after
/// every write and not after some, in more random histories.
/// </summary>
public sealed class HaltedByKillTests : IDisposable
{
    private const int Shards = 2;
    private const int RunEvents = 4;
    private static readonly string[] Accounts = ["ann", "ben", "cat", "dan"];
    private readonly List<string> directories = [];
    private readonly ConcurrentDictionary<string, long> defects = [];
    private readonly ConcurrentQueue<Exception> failed = [];
    private readonly Dictionary<string, HashSet<string>> sent = Accounts.ToDictionary(its => its, _ => new HashSet<string>());
    private int slowness;
    private Instant now = Instant.FromUtc(2027, 4, 5, 3, 0);

    public void Dispose() => directories.ForEach(its => Directory.Delete(its, recursive: true));

    private string New()
    {
        directories.Add(Directory.CreateTempSubdirectory("minutebook-").FullName);
        return directories[^1];
    }

    private Engine.Engine Open(string directory)
    {
        Engine.Engine engine = Engine.Engine.Open(new EngineOptions { Directory = directory, Shards = Shards, Clock = Clock.Sandbox(now), Folding = Fold, RunEvents = RunEvents });
        engine.Failed += failed.Enqueue;
        return engine;
    }

    private void Fold(string account, long position)
    {
        Thread.Sleep(slowness);
        if (defects.TryGetValue(account, out long from) && position >= from)
        {
            throw new InvalidOperationException("A defect.");
        }
    }

    private async Task Join(Engine.Engine engine, string account, string user)
    {
        sent[account].Add(user);
        await Goes(20, () => Accept(
            engine,
            wait: true,
            new UsageEvent.ClassStarted("//s", $"{account}-start", Instant.FromUtc(2027, 4, 5, 1, 0), $"{account}-app", "algebra"),
            new UsageEvent.ParticipantJoined("//s", $"{account}-{user}", Instant.FromUtc(2027, 4, 5, 1, 0), $"{account}-app", "algebra", user)));
    }

    private async Task Act(Engine.Engine engine, Random random, int step)
    {
        string account = Accounts[random.Next(Accounts.Length)];
        switch (random.Next(8))
        {
            case 0:
                now += Duration.FromHours(random.Next(12));
                await Goes(20, () => engine.MoveClockAsync(now));
                break;
            case 1:
                await Goes(20, () => engine.ExecuteAsync(new Command.TopUp(account, "1.00", "USD", $"t{step}") { By = new Asker("key", "k", null) }));
                break;
            case 2:
                await Goes(20, () => Accept(engine, new UsageEvent.EventVoided("//s", $"void{step}", now, $"{account}-app", "//s", $"{account}-u{random.Next(step)}")));
                break;
            default:
                await Join(engine, account, $"u{step}");
                break;
        }
    }

    /// <summary>A copy of what a server that is killed now leaves.</summary>
    private string Copy(string directory)
    {
        string copy = New();
        foreach (string file in Directory.GetFiles(directory, "*.db").Concat(Directory.GetFiles(directory, "*.db-wal")))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    /// <summary>Where in a log each write ends.</summary>
    private static List<long> Ends(string log)
    {
        byte[] bytes = File.ReadAllBytes(log);
        int page = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(8));
        List<long> ends = [];
        for (int at = 32; at + 24 + page <= bytes.Length && bytes.AsSpan(at + 8, 8).SequenceEqual(bytes.AsSpan(16, 8)); at += 24 + page)
        {
            if (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 4)) != 0)
            {
                ends.Add(at + 24 + page);
            }
        }

        return ends;
    }

    private static void Cut(string log, long end)
    {
        using FileStream file = File.OpenWrite(log);
        file.SetLength(end);
    }

    private static void MendedBuild(string directory)
    {
        using Store.Store store = Store.Store.Open(new StoreOptions { Directory = directory });
        for (int shard = 1; shard <= Shards; shard++)
        {
            (long position, long time) = store.PositionOf(shard);
            var changes = new Changes();
            using (Reader read = store.Read())
            {
                changes.Halted.AddRange(read.Halted(shard).Select(static row => row with { Account = $"{row.Account} too", Build = "another" }));
            }

            store.Write(shard, changes, position, time);
        }
    }

    private void Verify(Store.Store store)
    {
        for (int shard = 0; shard <= Shards; shard++)
        {
            // A page names the run of its last event, and a replay seals larger ones; rows that are the same stand on both sides.
            string[] lines = [.. Replay.Verify(store, shard, New()).Differences.Where(static line => !line[2..].StartsWith("pages\t", StringComparison.Ordinal))];
            Assert.Equal(lines.Where(static line => line[0] == '-').Select(static line => line[2..]), lines.Where(static line => line[0] == '+').Select(static line => line[2..]));
        }
    }

    private static string[] Digests(Store.Store store) => [.. Enumerable.Range(0, Shards + 1).Select(shard => Replay.Digest(store, shard))];

    /// <summary>Opens what is left after each write to the tables, by this build and by a mended one, and compares.</summary>
    private async Task<int> KillEach(string left)
    {
        string clean = Copy(left);
        File.Delete(Path.Combine(clean, "tables.db"));
        File.Delete(Path.Combine(clean, "tables.db-wal"));
        KeyValuePair<string, long>[] its = [.. defects];
        defects.Clear();
        string[] expected;
        await using (Engine.Engine engine = Open(clean))
        {
            expected = Digests(engine.Store);
        }

        List<long> ends = Ends(Path.Combine(left, "tables.db-wal"));
        foreach (long end in ends.Where((_, place) => IsLong || place % 6 == ends.Count % 6))
        {
            string killed = Copy(left);
            Cut(Path.Combine(killed, "tables.db-wal"), end);
            Array.ForEach(its, defect => defects[defect.Key] = defect.Value);
            await using (Engine.Engine engine = Open(killed))
            {
                Verify(engine.Store);
                Assert.All(engine.Decisions.Halted, account => Assert.Contains(account, (IDictionary<string, long>)defects));
            }

            defects.Clear();
            MendedBuild(killed);
            await using (Engine.Engine engine = Open(killed))
            {
                Assert.Empty(engine.Decisions.Halted);
                Assert.Equal(expected, Digests(engine.Store));
                using Reader read = engine.Store.Read();
                foreach (string account in Accounts)
                {
                    List<(int, int)> runs = [.. read.RunHeads(account).Select(static head => (head.Level, head.Number))];
                    Assert.All(runs, run => Assert.NotEmpty(read.RunBlocks(account, run.Item1, run.Item2)));
                }
            }

            Assert.Empty(failed);
        }

        Array.ForEach(its, defect => defects[defect.Key] = defect.Value);
        return ends.Count;
    }

    private static bool IsLong => Environment.GetEnvironmentVariable("MINUTEBOOK_TEST_LONG") == "1";

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, IsLong ? 6 : 1)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whenever_it_is_killed_it_goes_on_as_if_nothing_had_been(int seed)
    {
        var random = new Random(seed);
        string directory = New();
        int kills = 0;
        Engine.Engine engine = Open(directory);
        try
        {
            foreach (string account in Accounts)
            {
                Assert.Null((await engine.ExecuteAsync(new Command.PutAccount(account, "School", "USD", "UTC"))).Refusal);
                Assert.Null((await engine.ExecuteAsync(new Command.PutApplication(account, $"{account}-app", "Lessons"))).Refusal);
            }

            for (int step = 1; step <= 60; step++)
            {
                if (step % 20 == 0)
                {
                    string account = Accounts[random.Next(Accounts.Length)];
                    defects.TryAdd(account, engine.Store.LastPosition(engine.Store.ShardOf(account)) + random.Next(4) - 1);
                }

                await Act(engine, random, step);
            }

            kills += await KillEach(Copy(directory));
            await engine.DisposeAsync();
            MendedBuild(directory);
            KeyValuePair<string, long>[] were = [.. defects];
            defects.Clear();
            // What it makes again is stored piece by piece.
            slowness = 12;
            engine = Open(directory);
            slowness = 0;
            await Join(engine, "ann", "one more");
            Array.ForEach(were, defect => defects[defect.Key] = defect.Value);
            string left = Copy(directory);
            kills += await KillEach(left);
            defects.Clear();
            kills += await KillEach(left);
            Verify(engine.Store);
            using Reader read = engine.Store.Read();
            Assert.True(kills > 30, $"{kills}");
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }
}
