using System.Buffers;
using System.Collections.Concurrent;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Engine;
using Minutebook.Store;
using Minutebook.Testing;
using NodaTime;
using Xunit;

namespace Minutebook.Tests;

/// <summary>A shard of one database, and two processes that have it one after the other. Each process is here a store of its own.</summary>
public abstract class ShardOfTwo
{
    private protected const int Number = 1;
    private protected const int RunEvents = 16;
    private protected static readonly EngineOptions Options = new() { Directory = "", RunEvents = RunEvents };
    private protected static readonly Instant Start = Instant.FromUtc(2027, 4, 5, 12, 0);

    private readonly string schema = PostgresServer.Shared.NewSchema();

    private protected ConcurrentQueue<Exception> Defects { get; } = [];

    /// <summary>When what is appended next is appended, in ms.</summary>
    private protected long Time { get; set; } = Start.ToUnixTimeMilliseconds();

    private protected Store.Store Open() => Store.Store.Open(new StoreOptions { Directory = "", Postgres = schema, Shards = 1 });

    private protected Shard Take(Store.Store store, RunMerger merger)
    {
        Until(() => store.TryHold(Number), "The shard was not free.");
        var shard = new Shard(store, Number, Defects.Enqueue, Defects.Enqueue, static _ => { }, static _ => { }, merger, Options, new Elsewhere());
        shard.Open();
        return shard;
    }

    private protected static void Until(Func<bool> isSo, string wrong, Action? meanwhile = null)
    {
        for (long until = Environment.TickCount64 + 30_000; !isSo(); Thread.Sleep(20))
        {
            Assert.True(Environment.TickCount64 < until, wrong);
            meanwhile?.Invoke();
        }
    }

    /// <summary>The database ends the session by which the shard is held; its process has not heard of it.</summary>
    private protected void EndWriter() => Assert.Equal(1, PostgresServer.EndHolders(schema, Number));

    private protected static bool HasOnlyMergedRuns(Store.Store store)
    {
        using Reader read = store.Read();
        return read.RunsBegun("school") is [(1, 0)];
    }

    private protected long AppendAccount(Store.Store store) => Append(store, to =>
    {
        Entry.WriteCommand(to, new Command.PutAccount("school", "School", "USD", "UTC"));
        Entry.WriteCommand(to, new Command.PutApplication("school", "app", "Lessons"));
    });

    private protected long Append(Store.Store store, params UsageEvent[] events) => Append(store, to =>
    {
        EventBatch batch = new();
        foreach (UsageEvent happened in events)
        {
            batch.Add(happened);
        }

        Entry.WriteEvents(to, "school", "test", batch, [.. Enumerable.Range(0, batch.Count)]);
    });

    private protected long Append(Store.Store store, Action<ArrayBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> to = new();
        write(to);
        return store.Append(Time, Entry.Codec, [(Number, to.WrittenMemory)])[0].Position;
    }

    private protected static UsageEvent[] Delivered(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(number => new UsageEvent.ContentDelivered("//s", $"{number}", Start - Duration.FromMinutes(number), "app", null, 1, DeliveryKind.Other))];

    private protected static UsageEvent.ParticipantJoined Joined(string user, int minute) => new("//s", $"join-{user}", Start + Duration.FromMinutes(minute), "app", "algebra", user);
}
