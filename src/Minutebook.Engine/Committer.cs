using System.Buffers;
using System.Threading.Channels;
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
    private readonly Channel<Work> waiting = Channel.CreateUnbounded<Work>(new() { SingleReader = true });
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
    public Committer(Store.Store store, Clock clock, IReadOnlyList<Shard?> shards, Elsewhere? elsewhere, Func<int, bool> isBehind)
    {
        (this.store, this.clock, this.shards, this.elsewhere, this.isBehind) = (store, clock, shards, elsewhere, isBehind);
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
        return waiting.Writer.TryWrite(work) ? true : throw new UnavailableException("The server is stopping.", RetryAfter);
    }

    public void Dispose()
    {
        waiting.Writer.TryComplete();
        thread.Join();
    }

    private void Run()
    {
        while (waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            long bytes = Gather();
            if (group.Count > 0)
            {
                Commit();
                Interlocked.Add(ref waitingBytes, -bytes);
                group.Clear();
            }
        }
    }

    private long Gather()
    {
        long bytes = 0;
        while (bytes < MostBytes && waiting.Reader.TryPeek(out Work? work))
        {
            // Work of an instant of its own (a tick, a step of the sandbox's clock) makes a group of its own.
            if (group.Count > 0 && (work.Time is not null || group[0].Time is not null))
            {
                break;
            }

            waiting.Reader.TryRead(out _);
            group.Add(work);
            bytes += work.Bytes;
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
            group.ForEach(work => work.Fail(new UnavailableException(message, RetryAfter, why)));
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

        group.ForEach(static work => work.IsDurable());
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
}
