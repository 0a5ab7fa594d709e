using System.Buffers;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>
/// Makes work durable: takes all that waits, appends it to the journal in one transaction, synced, hands it to the shards in that order,
/// and only then lets the requests go. The next group gathers meanwhile. One thread.
/// </summary>
internal sealed class Committer : IDisposable
{
    private const int MostBytes = 16 << 20;
    private const long MostWaiting = 256L << 20;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);
    private readonly Store.Store store;
    private readonly Clock clock;
    private readonly IReadOnlyList<Shard?> shards;
    private readonly Elsewhere? elsewhere;
    private readonly Func<int, bool> isBehind;
    private readonly Action<StoreException> complain;
    private readonly Line<Work> waiting = new();
    private readonly Thread thread;
    private readonly List<Work> group = [];
    private readonly ArrayBufferWriter<byte>?[] data;
    private long waitingBytes;
    private long behindSince = long.MaxValue;
    private long lastTime;

    /// <param name="store">The store.</param>
    /// <param name="clock">Gives groups their instants.</param>
    /// <param name="shards">Those that are this process's, by number.</param>
    /// <param name="elsewhere">Where work of other processes' shards waits; null where there are none.</param>
    /// <param name="isBehind">Whether a shard, whosever it is, cannot take more now.</param>
    /// <param name="complain">Told that the journal cannot be written.</param>
    public Committer(Store.Store store, Clock clock, IReadOnlyList<Shard?> shards, Elsewhere? elsewhere, Func<int, bool> isBehind, Action<StoreException> complain)
    {
        (this.store, this.clock, this.shards, this.elsewhere, this.isBehind, this.complain) = (store, clock, shards, elsewhere, isBehind, complain);
        data = new ArrayBufferWriter<byte>[shards.Count];
        lastTime = Enumerable.Range(0, shards.Count).Max(store.LastTime);
        thread = new Thread(Run) { Name = "committer", IsBackground = true };
        thread.Start();
    }

    /// <summary>Since when, by the machine's count of ms, something has waited to be durable, or could not be made so; else the largest number.</summary>
    public long BehindSince => Volatile.Read(ref behindSince);

    /// <summary>Lets work wait for its turn, unless too much waits already.</summary>
    /// <exception cref="UnavailableException">The server is stopping.</exception>
    public bool TrySubmit(Work work)
    {
        int bytes = work.Bytes;
        if (Interlocked.Add(ref waitingBytes, bytes) > MostWaiting || work.Parts.Exists(part => isBehind(part.Shard)))
        {
            Interlocked.Add(ref waitingBytes, -bytes);
            return false;
        }

        foreach (Part part in work.Parts)
        {
            part.Work = work;
        }

        work.Submitted();
        return waiting.TryAdd(work) ? true : throw new UnavailableException("The server is stopping.", RetryAfter);
    }

    public void Dispose()
    {
        waiting.Close();
        thread.Join();
    }

    private void Run()
    {
        while (waiting.TryTake(Timeout.InfiniteTimeSpan, out Work? first))
        {
            long bytes = Gather(first);
            Commit();
            Interlocked.Add(ref waitingBytes, -bytes);
            group.Clear();
        }
    }

    private long Gather(Work first)
    {
        group.Add(first);
        long bytes = first.Bytes;
        // Work of an instant of its own (a tick, a step of the sandbox's clock) makes a group of its own.
        while (bytes < MostBytes && first.Time is null && waiting.TryPeek(out Work? next) && next.Time is null)
        {
            waiting.TryTake(TimeSpan.Zero, out _);
            group.Add(next);
            bytes += next.Bytes;
        }

        return bytes;
    }

    private void Commit()
    {
        Volatile.Write(ref behindSince, Math.Min(behindSince, group[0].SubmittedAt));
        IReadOnlyList<JournalGroup> rows;
        try
        {
            rows = store.Append(Math.Max(lastTime, group[0].Time ?? clock.Milliseconds), Entry.Codec, Encoded());
        }
        catch (StoreException why)
        {
            string message = why is StoreFullException ? "The disk is full; nothing was accepted. Make room, then send it again." : "The journal cannot be written; nothing was accepted.";
            complain(why);
            Announce(work => work.Fail(new UnavailableException(message, RetryAfter, why)));
            return;
        }

        Volatile.Write(ref behindSince, long.MaxValue);
        lastTime = rows[0].Time;
        foreach (JournalGroup row in rows)
        {
            var durable = new Durable(row.Position, row.Time, row.Data.Length, PartsOf(row.Shard));
            if (shards[row.Shard] is { } shard)
            {
                shard.Enqueue(durable);
            }
            else
            {
                elsewhere!.Await(row.Shard, durable);
            }
        }

        Announce(static work => work.IsDurable());
    }

    private Part[] PartsOf(int shard) => [.. group.SelectMany(static work => work.Parts).Where(part => part.Shard == shard)];

    private List<(int Shard, ReadOnlyMemory<byte> Data)> Encoded()
    {
        List<(int, ReadOnlyMemory<byte>)> parts = [];
        foreach (ArrayBufferWriter<byte>? used in data)
        {
            used?.ResetWrittenCount();
        }

        foreach (Part part in group.SelectMany(static work => work.Parts))
        {
            ArrayBufferWriter<byte>? its = data[part.Shard];
            if (its is null || its.Capacity > 8 * MostBytes)
            {
                its = data[part.Shard] = new ArrayBufferWriter<byte>();
            }

            its.Write(part.Encoded.WrittenSpan);
        }

        for (int shard = 0; shard < data.Length; shard++)
        {
            if (data[shard] is { WrittenCount: > 0 } its)
            {
                parts.Add((shard, its.WrittenMemory));
            }
        }

        return parts;
    }

    /// <summary>
    /// Lets the requests of the group go, on another thread, one after the other: to hand each to a thread of its own costs more than most of
    /// what is left to do for it.
    /// </summary>
    private void Announce(Action<Work> tell) =>
        ThreadPool.UnsafeQueueUserWorkItem(static its => Array.ForEach(its.Group, its.Tell), (Group: group.ToArray(), Tell: tell), preferLocal: false);
}
