using System.Collections.Concurrent;
using System.Diagnostics;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>A group of the journal that is durable: what a shard has to fold, in order.</summary>
internal readonly record struct Durable(long Position, long Time, int Bytes, Part[] Parts)
{
    /// <summary>Since when, by the machine's count of ms, it has waited to be folded.</summary>
    public long Since { get; } = Environment.TickCount64;
}

/// <summary>
/// One shard's writer: folds what is durable, and about once a second stores what changed together with its position, at once when
/// somebody waits for it. One thread.
/// </summary>
internal sealed class Shard : IDisposable
{
    private const long MostQueuedBytes = 32L << 20;
    private static readonly TimeSpan FlushAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);
    private readonly Store.Store store;
    private readonly Fold fold;
    private Changes changes = new();
    private Changes spare = new();
    private Task writing = Task.CompletedTask;
    private readonly ConcurrentQueue<Durable> waiting = [];
    private readonly BlockingCollection<Durable> queue;
    private List<Work> unshown = [];
    private readonly Stopwatch sinceFlush = Stopwatch.StartNew();
    private readonly Action<Exception> fail;
    private readonly Thread thread;
    private bool awaited;
    private bool dirty;
    private long nextDue;
    private long queuedBytes;
    private long foldingSince = long.MaxValue;

    public Shard(Store.Store store, int number, Action<Exception> fail, Action<Permits> publish, RunMerger merger, int runEvents)
    {
        (this.store, Number, this.fail) = (store, number, fail);
        fold = new Fold(store, number, publish, merger, runEvents);
        queue = new BlockingCollection<Durable>(waiting);
        thread = new Thread(Run) { Name = $"shard {number}", IsBackground = true };
    }

    public int Number { get; }

    /// <summary>So much waits to be folded that nothing more should be accepted.</summary>
    public bool IsBehind => Interlocked.Read(ref queuedBytes) > MostQueuedBytes;

    /// <summary>Since when, by the machine's count of ms, something durable has waited to be folded; else the largest number.</summary>
    public long BehindSince => Math.Min(Volatile.Read(ref foldingSince), waiting.TryPeek(out Durable next) ? next.Since : long.MaxValue);

    /// <summary>The next instant, in ms, at which something happens by time alone; of what has been folded so far.</summary>
    public long NextDue => Volatile.Read(ref nextDue);

    /// <summary>Opens the books and folds what the journal has beyond their position.</summary>
    public void Open()
    {
        fold.Open();
        foreach (JournalGroup group in store.ReadJournal(Number, fold.Position))
        {
            fold.Take(group);
            dirty = true;
            if (sinceFlush.Elapsed > FlushAfter)
            {
                Flush();
            }
        }

        if (dirty)
        {
            Flush();
        }

        Written();
        Volatile.Write(ref nextDue, fold.NextDue);
    }

    public void Start() => thread.Start();

    public void Enqueue(in Durable group)
    {
        Interlocked.Add(ref queuedBytes, group.Bytes);
        queue.Add(group);
    }

    public void Dispose()
    {
        queue.CompleteAdding();
        if (thread.IsAlive)
        {
            thread.Join();
        }

        queue.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!queue.IsCompleted)
            {
                TimeSpan patience = dirty ? FlushAfter - sinceFlush.Elapsed : Timeout.InfiniteTimeSpan;
                if (queue.TryTake(out Durable group, dirty && patience < TimeSpan.Zero ? TimeSpan.Zero : patience))
                {
                    Take(group);
                }

                if (dirty && (sinceFlush.Elapsed >= FlushAfter || (awaited && queue.Count == 0)))
                {
                    Flush();
                }
            }

            if (dirty)
            {
                Flush();
            }

            Written();
        }
        catch (Exception bug)
        {
            // A fold that throws is a bug of ours, and going on would write wrong figures: nothing more is accepted or shown.
            fail(bug);
            FailAll(new UnavailableException("The server has failed and takes nothing more; its log says why.", TimeSpan.FromSeconds(30), bug));
        }
    }

    private void FailAll(UnavailableException why)
    {
        unshown.ForEach(work => work.Fail(why));
        foreach (Durable group in queue.GetConsumingEnumerable())
        {
            foreach (Part part in group.Parts)
            {
                part.Work.Fail(why);
            }
        }
    }

    private void Take(in Durable group)
    {
        if (!dirty)
        {
            dirty = true;
            sinceFlush.Restart();
        }

        foreach (Part part in group.Parts)
        {
            if (part.Work.IsAwaited)
            {
                awaited = true;
                unshown.Add(part.Work);
            }
        }

        Volatile.Write(ref foldingSince, group.Since);
        fold.Begin(group.Position, group.Time);
        foreach (Part part in group.Parts)
        {
            Outcome? outcome = null;
            if (part.Command is { } command)
            {
                outcome = fold.Take(command);
            }
            else if (part.Work.Batch is { } batch)
            {
                fold.Take(part.Account, batch, part.Rows);
            }

            part.Work.Folded(part, outcome);
        }

        fold.End();
        Volatile.Write(ref foldingSince, long.MaxValue);
        Interlocked.Add(ref queuedBytes, -group.Bytes);
        Volatile.Write(ref nextDue, fold.NextDue);
    }

    /// <summary>Hands what changed to the store, which writes it while folding goes on; one write at a time.</summary>
    private void Flush()
    {
        Written();
        fold.Flush(changes);
        (Changes its, List<Work> shows, long position, long time) = (changes, unshown, fold.Position, fold.Time);
        (changes, spare, unshown) = (spare, changes, []);
        writing = Task.Run(() => Write(its, shows, position, time));
        Volatile.Write(ref nextDue, fold.NextDue);
        dirty = awaited = false;
        sinceFlush.Restart();
    }

    /// <summary>Waits for the write that is under way. Only what is stored may leave memory.</summary>
    private void Written()
    {
        writing.GetAwaiter().GetResult();
        fold.Flushed();
    }

    private void Write(Changes its, List<Work> shows, long position, long time)
    {
        while (!TryWrite(its, position, time))
        {
            // What is in the journal is safe; the tables follow when there is room again.
            Thread.Sleep(RetryAfter);
        }

        its.Clear();
        foreach (Work work in shows)
        {
            work.IsShown();
        }
    }

    private bool TryWrite(Changes its, long position, long time)
    {
        try
        {
            store.Write(Number, its, position, time);
            return true;
        }
        catch (StoreException) when (!queue.IsAddingCompleted)
        {
            return false;
        }
    }
}
