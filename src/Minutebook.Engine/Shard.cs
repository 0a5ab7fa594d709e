using System.Diagnostics;
using System.Text.Json;
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

/// <summary>What is folded cannot be stored.</summary>
/// <param name="Since">Since when, by the machine's count of ms.</param>
/// <param name="Why">What the store said last.</param>
internal sealed record Unwritten(long Since, StoreException Why);

/// <summary>
/// One shard's writer: folds what is durable, and about twice a second stores what changed together with its position, at once when
/// somebody waits for it. What other processes appended it reads from the journal. One thread.
/// </summary>
internal sealed partial class Shard : IDisposable
{
    private const long MostQueuedBytes = 32L << 20;
    private const long MostQueuedTime = 250;
    private static readonly TimeSpan FlushAfter = TimeSpan.FromMilliseconds(400);
    /// <summary>So long folding goes on while the store is still at the last flush.</summary>
    private static readonly TimeSpan FlushAtLast = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);
    private readonly Store.Store store;
    private Fold fold;
    private Changes changes = new();
    private Changes spare = new();
    private Task writing = Task.CompletedTask;
    private readonly Line<Durable> waiting = new();
    private readonly Elsewhere? elsewhere;
    private List<(Work Work, long Position)> unshown = [];
    private Told told = new();
    private Told spareTold = new();
    private readonly Stopwatch sinceFlush = Stopwatch.StartNew();
    private readonly Action<Exception> fail;
    private readonly Action<FoldFailedException> halt;
    private readonly Action<StoreException> complain;
    /// <summary>Accounts that could not be folded once, and at which position: what fails by chance is no defect.</summary>
    private readonly Dictionary<string, long> suspects = new(StringComparer.Ordinal);
    private readonly Thread thread;
    private bool awaited;
    private bool dirty;
    private Durable? inHand;
    private int taken;
    private long nextDue;
    private long queuedBytes;
    private long foldingSince = long.MaxValue;
    private long enqueued;
    private volatile Unwritten? unwritten;
    private volatile bool isLost;
    private bool isPrepared;
    /// <summary>Its tables are made again from the journal's beginning.</summary>
    private bool isRemade;
    /// <summary>Tells what is known of an account when they are made.</summary>
    private readonly Dictionary<string, Action> untold = new(StringComparer.Ordinal);

    /// <param name="store">The store.</param>
    /// <param name="number">Which shard.</param>
    /// <param name="fail">Told of a bug that nothing more can be done after.</param>
    /// <param name="halt">Told of an account that goes no further.</param>
    /// <param name="complain">Told that the store cannot be written.</param>
    /// <param name="publish">Told what decisions go by.</param>
    /// <param name="merger">Merges identity runs.</param>
    /// <param name="options">What tests ask for.</param>
    /// <param name="elsewhere">Where work waits that is folded by others; null where there are none.</param>
    public Shard(
        Store.Store store, int number, Action<Exception> fail, Action<FoldFailedException> halt, Action<StoreException> complain, Action<Permits> publish, RunMerger merger, EngineOptions options,
        Elsewhere? elsewhere)
    {
        (this.store, Number, this.fail, this.halt, this.complain, this.elsewhere) = (store, number, fail, halt, complain, elsewhere);
        fold = new Fold(store, number, permits => Tell(permits, publish), merger, options.RunEvents) { Folding = options.Folding };
        thread = new Thread(Run) { Name = $"shard {number}", IsBackground = true };
    }

    public int Number { get; }

    /// <summary>So much, or for so long, waits to be folded that what was accepted now would show too late.</summary>
    public bool IsBehind => Interlocked.Read(ref queuedBytes) > MostQueuedBytes
        || (waiting.TryPeek(out Durable next) && Environment.TickCount64 - next.Since > MostQueuedTime);

    /// <summary>Since when, by the machine's count of ms, something durable has waited to be folded; else the largest number.</summary>
    public long BehindSince => Math.Min(Volatile.Read(ref foldingSince), waiting.TryPeek(out Durable next) ? next.Since : long.MaxValue);

    /// <summary>That its tables cannot be written; null when they can.</summary>
    public Unwritten? Unwritten => unwritten;

    /// <summary>The next instant, in ms, at which something happens by time alone; of what has been folded so far.</summary>
    public long NextDue => Volatile.Read(ref nextDue);

    /// <summary>Called whenever what changed is stored, before who waits for it is told.</summary>
    public Action? Stored { get; set; }

    /// <summary>Its books are being opened: what is due is not known yet, and is not worth an entry.</summary>
    public bool IsOpening => NextDue == 0;

    /// <summary>It is another process's by now, or nobody's: what is known of it here is worth nothing.</summary>
    public bool IsLost => isLost;

    /// <summary>Opens the books while they are another process's still, so that little is left to do when they are this one's.</summary>
    public void Prepare()
    {
        fold.Prepare();
        isPrepared = true;
    }

    /// <summary>Keeps prepared books up with their owner.</summary>
    public void Follow() => fold.Follow();

    /// <summary>Opens the books, now this process's, and folds what the journal has beyond their position.</summary>
    public void Open()
    {
        // Before anything is done with them: the merger would go on in tables that are empty by then.
        bool isHaltedByAnother = IsHaltedByAnother();
        isRemade = isHaltedByAnother || WereFurther();
        if (isHaltedByAnother)
        {
            // What another build could not fold, this one perhaps can.
            store.Empty(Number);
            OpenAnew(null);
        }
        else
        {
            OpenBooks();
        }

        CatchUp(long.MaxValue);
        Volatile.Write(ref enqueued, fold.Position);
    }

    /// <summary>Stores what was caught up with; only then does the shard say that nothing is due of it.</summary>
    private void Show()
    {
        isRemade = false;
        foreach (Action tell in untold.Values)
        {
            tell();
        }

        untold.Clear();
        if (dirty || told.Permits.Count > 0)
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
        Volatile.Write(ref enqueued, group.Position);
        if (!waiting.TryAdd(group))
        {
            // It has just been let go of.
            elsewhere!.Await(Number, group);
        }
    }

    /// <summary>Others appended to the journal up to this position: it is to be folded from there, unless it was already.</summary>
    public void ComeTo(long position)
    {
        if (position > Volatile.Read(ref enqueued))
        {
            Volatile.Write(ref enqueued, position);
            waiting.TryAdd(new Durable(position, 0, 0, []));
        }
    }

    public void Dispose()
    {
        waiting.Close();
        if (thread.IsAlive)
        {
            thread.Join();
        }

        fold.LetGo();
        fold.Abandon();
    }

    private void Run()
    {
        try
        {
            while (!waiting.IsClosed || waiting.Count > 0 || dirty)
            {
                try
                {
                    Step();
                }
                catch (StoreException wrong) when (elsewhere is null && wrong is not JournalDamagedException && !waiting.IsClosed)
                {
                    Reopen(new UnavailableException("The store cannot be read at the moment: what was sent is written down, and what came of it is not known yet.", RetryAfter, wrong));
                }
                catch (FoldFailedException wrong) when (elsewhere is null || store.IsOurs(Number))
                {
                    Reopen(new UnavailableException("The books are being opened again: what was sent is written down, and what came of it is not known yet.", RetryAfter, wrong), wrong);
                }
            }

            Written();
        }
        catch (StoreException lost) when (elsewhere is not null && lost is not JournalDamagedException)
        {
            Lose();
        }
        catch (Exception) when (elsewhere is not null && !store.IsOurs(Number))
        {
            // It has been another's for a while, and the pages that were read of the store were newer than what they were folded into.
            Lose();
        }
        catch (StoreException) when (waiting.IsClosed)
        {
            // It ends, and what the disk had no room for is in the journal.
            FailAll(new UnavailableException("The server is stopping: what was sent is written down, and what came of it is not known yet.", RetryAfter));
        }
        catch (Exception bug)
        {
            // A fold that throws is a bug of ours, and going on would write wrong figures: nothing more is accepted or shown.
            fail(bug);
            FailAll(new UnavailableException("The server has failed and takes nothing more; its log says why.", TimeSpan.FromSeconds(30), bug));
        }
    }

    /// <summary>Folds what comes next, and stores what changed when it is time.</summary>
    private void Step()
    {
        TimeSpan patience = dirty ? FlushAfter - sinceFlush.Elapsed : Timeout.InfiniteTimeSpan;
        if (waiting.TryTake(dirty && patience < TimeSpan.Zero ? TimeSpan.Zero : patience, out Durable group))
        {
            Take(group);
        }

        if (dirty && (waiting.Count == 0 ? awaited || waiting.IsClosed || sinceFlush.Elapsed >= FlushAfter
            : sinceFlush.Elapsed >= (writing.IsCompleted ? FlushAfter : FlushAtLast)))
        {
            Flush();
        }
    }

    /// <summary>Decisions are told to other processes with the next flush. While tables are made again they go by what was known before.</summary>
    private void Tell(Permits permits, Action<Permits> publish)
    {
        if (isRemade)
        {
            untold[permits.Account] = () => Tell(permits, publish);
            return;
        }

        publish(permits);
        if (elsewhere is not null)
        {
            told.Permits[permits.Account] = PermitsJson.Write(permits);
        }
    }

    /// <summary>Folds what the journal has up to a position.</summary>
    private void FromJournal(long until)
    {
        foreach (JournalGroup group in store.ReadJournal(Number, fold.Position))
        {
            if (group.Position > until)
            {
                break;
            }

            // What fails now for the second time, or failed when it was flushed, leaves behind all that was there before.
            if (dirty && (sinceFlush.Elapsed > FlushAfter || suspects.ContainsValue(group.Position)))
            {
                Flush();
            }

            Begin();
            fold.Take(group, elsewhere is null ? null : (number, outcome) =>
            {
                awaited = true;
                told.Outcomes.Add(new OutcomeRow(group.Position, number, JsonSerializer.Serialize(outcome)));
            });
        }
    }

    private void Begin()
    {
        if (!dirty)
        {
            dirty = true;
            sinceFlush.Restart();
        }
    }

    private void Take(in Durable group)
    {
        (inHand, taken) = (group, 0);
        Volatile.Write(ref foldingSince, group.Since);
        if (group.Position != fold.Position + 1 || group.Parts.Length == 0)
        {
            FromJournal(group.Parts.Length == 0 ? group.Position : group.Position - 1);
            if (group.Position <= fold.Position)
            {
                elsewhere!.Await(Number, group);
                Taken(group);
                Volatile.Write(ref nextDue, fold.NextDue);
                return;
            }
        }

        Begin();
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
            taken++;
            if (part.Work.IsAwaited)
            {
                awaited = true;
                unshown.Add((part.Work, group.Position));
            }
        }

        fold.End();
        Taken(group);
        Volatile.Write(ref nextDue, fold.NextDue);
    }

    private void Taken(in Durable group)
    {
        inHand = null;
        Volatile.Write(ref foldingSince, long.MaxValue);
        Interlocked.Add(ref queuedBytes, -group.Bytes);
    }

    /// <summary>Hands what changed to the store, which writes it while folding goes on; one write at a time.</summary>
    private void Flush()
    {
        Written();
        fold.Flush(changes);
        (Changes its, Told tells, List<(Work, long)> shows, long position, long time) = (changes, told, unshown, fold.Position, fold.Time);
        (changes, spare, told, spareTold, unshown) = (spare, changes, spareTold, told, []);
        writing = Task.Run(() => Write(its, tells, shows, position, time));
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

    private void Write(Changes its, Told tells, List<(Work Work, long Position)> shows, long position, long time)
    {
        try
        {
            while (!TryWrite(its, tells, position, time))
            {
                // What is in the journal is safe; the tables follow when there is room again.
                Thread.Sleep(RetryAfter);
            }
        }
        catch (StoreException) when (elsewhere is not null)
        {
            shows.ForEach(one => elsewhere.Await(Number, one.Position, one.Work));
            // The thread may be waiting for something to fold.
            isLost = true;
            waiting.Close();
            throw;
        }

        its.Clear();
        tells.Clear();
        foreach ((Work work, _) in shows)
        {
            work.IsShown();
        }
    }

    private bool TryWrite(Changes its, Told tells, long position, long time)
    {
        try
        {
            store.Write(Number, its, position, time, tells);
            unwritten = null;
        }
        catch (StoreException wrong) when (wrong is not ShardLostException && !waiting.IsClosed)
        {
            unwritten = new Unwritten(unwritten?.Since ?? Environment.TickCount64, wrong);
            complain(wrong);
            // Who starts a server is told, and not kept waiting for a server that never comes: nothing is taken or shown before.
            bool isStarting = elsewhere is null && !thread.IsAlive;
            if (isStarting && Environment.TickCount64 - unwritten.Since > Engine.Patience)
            {
                throw;
            }

            return false;
        }

        Stored?.Invoke();
        return true;
    }
}
