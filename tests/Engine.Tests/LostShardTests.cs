using System.Buffers;
using System.Collections.Concurrent;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using Minutebook.Testing;
using NodaTime;
using Npgsql;
using Xunit;

namespace Minutebook.Tests;

/// <summary>
/// A process that was silent for so long that another has its shard by now, and that does not know it. What it reads of the store does not fit
/// what it has in memory; it lets go of the shard, and takes that for no defect of its own. Each process is here a store of its own.
/// </summary>
public sealed class LostShardTests
{
    private const int Number = 1;
    private const int RunEvents = 16;
    private static readonly Instant Start = Instant.FromUtc(2027, 4, 5, 12, 0);

    private readonly string schema = PostgresServer.Shared.NewSchema();
    private readonly ConcurrentQueue<Exception> defects = [];
    private long time = Start.ToUnixTimeMilliseconds();

    [Fact]
    public void What_the_new_owner_has_merged_and_removed_is_no_defect_of_the_old_one()
    {
        using Store.Store silent = Open(), other = Open();
        using RunMerger merger = new(other);
        var resting = new RunMerger(silent);
        resting.Dispose();
        using Shard old = Take(silent, resting);
        old.Start();
        long last = AppendAccount(other);
        for (int run = 0; run < 8; run++)
        {
            last = Append(other, Delivered(run * RunEvents, RunEvents));
        }

        old.ComeTo(last);
        Until(() => silent.PositionOf(Number).Position == last, "The old owner did not fold what there was.");
        EndWriter();
        using Shard owner = Take(other, merger);
        owner.Start();
        Until(() => HasOnlyMergedRuns(other), "The new owner merged no runs.", () => owner.ComeTo(Append(other, Delivered(0, 1))));

        // An event that came long ago: its identity is looked for in the runs that there were.
        old.ComeTo(silent.LastPosition(Number));
        Until(() => old.IsLost, "The old owner went on.");
        Assert.Empty(defects);
    }

    [Fact]
    public void Pages_that_the_new_owner_has_written_are_no_defect_of_the_old_one()
    {
        using Store.Store silent = Open(), other = Open();
        using RunMerger resting = new(silent), merger = new(other);
        using Shard old = Take(silent, resting);
        old.Start();
        AppendAccount(other);
        Append(other, Joined("u1", 0), Joined("u2", 1));
        // Long after, so that the class leaves memory.
        time += 3_600_000;
        long last = Append(other, Delivered(0, 1));
        old.ComeTo(last);
        Until(() => silent.PositionOf(Number).Position == last, "The old owner did not fold what there was.");
        EndWriter();
        long next = Append(other, Joined("u3", 2), new UsageEvent.EventVoided("//s", "void", Start, "app", "//s", "join-u1"));
        using Shard owner = Take(other, merger);

        old.ComeTo(next);
        Until(() => old.IsLost, "The old owner went on.");
        Assert.Empty(defects);
        Assert.Equal(next, other.PositionOf(Number).Position);
    }

    [Fact]
    public async Task A_shard_that_was_lost_while_its_books_were_opened_is_no_defect_and_taken_again()
    {
        using Store.Store store = Open();
        using RunMerger merger = new(store);
        int opened = 0;
        var shards = new Shard?[Number + 1];
        var node = new Node(store, shards, OpenShard, new Elsewhere(), new Decisions(), false, defects.Enqueue);
        await node.StartAsync();
        Until(() => Array.TrueForAll(shards, static shard => shard is not null), "A shard was not taken again.");
        await node.DisposeAsync();
        Assert.Empty(defects);

        Shard OpenShard(int number)
        {
            if (number == Number && opened++ == 0)
            {
                EndWriter();
                throw new InvalidOperationException("Rows of the store do not fit each other.");
            }

            var shard = new Shard(store, number, defects.Enqueue, static _ => { }, merger, RunEvents, new Elsewhere());
            shard.Open();
            shard.Start();
            return shard;
        }
    }

    private Store.Store Open() => Store.Store.Open(new StoreOptions { Directory = "", Postgres = schema, Shards = 1 });

    private Shard Take(Store.Store store, RunMerger merger)
    {
        Until(() => store.TryHold(Number), "The shard was not free.");
        var shard = new Shard(store, Number, defects.Enqueue, static _ => { }, merger, RunEvents, new Elsewhere());
        shard.Open();
        return shard;
    }

    private static void Until(Func<bool> isSo, string wrong, Action? meanwhile = null)
    {
        for (long until = Environment.TickCount64 + 30_000; !isSo(); Thread.Sleep(20))
        {
            Assert.True(Environment.TickCount64 < until, wrong);
            meanwhile?.Invoke();
        }
    }

    /// <summary>The database ends the session by which the shard is held; its process has not heard of it.</summary>
    private void EndWriter()
    {
        using NpgsqlConnection connection = new(schema);
        connection.Open();
        using NpgsqlCommand end = new(
            $"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND objid = {Number} "
            + $"AND classid = '{new NpgsqlConnectionStringBuilder(schema).SearchPath}'::regnamespace", connection);
        Assert.Equal(true, end.ExecuteScalar());
    }

    private static bool HasOnlyMergedRuns(Store.Store store)
    {
        using Reader read = store.Read();
        return read.RunsBegun("school") is [(1, 0)];
    }

    private long AppendAccount(Store.Store store) => Append(store, to =>
    {
        Entry.WriteCommand(to, new Command.PutAccount("school", "School", "USD", "UTC"));
        Entry.WriteCommand(to, new Command.PutApplication("school", "app", "Lessons"));
    });

    private long Append(Store.Store store, params UsageEvent[] events) => Append(store, to =>
    {
        EventBatch batch = new();
        foreach (UsageEvent happened in events)
        {
            batch.Add(happened);
        }

        Entry.WriteEvents(to, "school", "test", batch, [.. Enumerable.Range(0, batch.Count)]);
    });

    private long Append(Store.Store store, Action<ArrayBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> to = new();
        write(to);
        return store.Append(time, Entry.Codec, [(Number, to.WrittenMemory)])[0].Position;
    }

    private static UsageEvent[] Delivered(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(number => new UsageEvent.ContentDelivered("//s", $"{number}", Start - Duration.FromMinutes(number), "app", null, 1, DeliveryKind.Other))];

    private static UsageEvent.ParticipantJoined Joined(string user, int minute) => new("//s", $"join-{user}", Start + Duration.FromMinutes(minute), "app", "algebra", user);
}
