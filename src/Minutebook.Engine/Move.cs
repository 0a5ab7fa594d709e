using Minutebook.Core;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>What a move brought over.</summary>
/// <param name="Groups">Groups of the journal.</param>
/// <param name="Downtime">How long nothing could be taken: from when the old server had stopped until a new one could start.</param>
/// <param name="Differences">Shards whose tables are not what the old server had; none if all is well.</param>
public sealed record MoveReport(long Groups, TimeSpan Downtime, IReadOnlyList<int> Differences);

/// <summary>
/// Moves a store from SQLite's files to PostgreSQL. The journal is copied while the server runs, and folded anew; when the server has
/// stopped, the rest of it follows, and a new server may start: what came out until then is compared with what the old one had, row by row,
/// while the new one goes on.
/// </summary>
public sealed class Move : IDisposable
{
    private const int MostBytes = 8 << 20;
    private const int MostGroups = 1_000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private readonly string directory;
    private readonly JournalFile source;
    private readonly Store.Store target;
    private readonly Fold[] folds;
    private long groups;

    /// <exception cref="StoreException">There is nothing to move, or somewhere else is already what would be moved.</exception>
    public Move(string directory, string postgres)
    {
        this.directory = directory;
        source = new JournalFile(directory);
        target = Store.Store.Open(new StoreOptions { Directory = directory, Postgres = postgres, Shards = source.Shards, IsPatient = true });
        folds = [.. Enumerable.Range(0, source.Shards + 1).Select(shard => new Fold(target, shard))];
        try
        {
            foreach (Fold fold in folds)
            {
                RefuseOthers(fold.Shard);
            }

            // From now on no server takes a shard, also if this process loses them; and none has one.
            target.Nodes!.BeginMove();
            foreach (Fold fold in folds)
            {
                fold.Open();
                // Of a move that was broken off, the journal may be ahead of the tables.
                Take(fold, target.ReadJournal(fold.Shard, fold.Position));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Everything is there, and a server may have it.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Copies what there is, and what comes, until hardly anything is left; the server goes on meanwhile.</summary>
    /// <param name="progress">Told how many groups were copied so far.</param>
    /// <param name="stop">Whether to give up.</param>
    public void CatchUp(Action<long> progress, CancellationToken stop)
    {
        for (long before = -1; groups - before > MostGroups || before < 0;)
        {
            before = groups;
            source.Refresh();
            Copy(source.LastPosition, source.Read, () => progress(groups), stop);
        }
    }

    /// <summary>Waits until the server has stopped, copying on, and finishes.</summary>
    /// <param name="moved">Told when everything is there, and a new server may start: how long that took since the old one had stopped.</param>
    /// <param name="stop">Whether to give up.</param>
    public MoveReport Finish(Action<TimeSpan> moved, CancellationToken stop)
    {
        Store.Store? old = null;
        while (old is null)
        {
            stop.ThrowIfCancellationRequested();
            source.Refresh();
            Copy(source.LastPosition, source.Read, static () => { }, stop);
            old = TryOpen();
            if (old is null)
            {
                Thread.Sleep(LookEvery);
            }
        }

        using (old)
        {
            var since = System.Diagnostics.Stopwatch.StartNew();
            Copy(old.LastPosition, old.ReadJournal, static () => { }, stop);
            old.Outbox.CopyTo(target.Outbox);
            using Reader here = old.Read(), there = target.Read();
            target.Nodes!.EndMove();
            IsWhole = true;
            foreach (Fold fold in folds)
            {
                target.Release(fold.Shard);
            }

            TimeSpan taken = since.Elapsed;
            moved(taken);
            return new MoveReport(groups, taken, [.. folds.Select(static fold => fold.Shard).Where(shard => !IsSame(here, there, shard))]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        source.Dispose();
        target.Dispose();
    }

    private Store.Store? TryOpen()
    {
        try
        {
            return Store.Store.Open(new StoreOptions { Directory = directory });
        }
        catch (StoreInUseException)
        {
            // The server still has it.
            return null;
        }
    }

    private void RefuseOthers(int shard)
    {
        if (!target.TryHold(shard))
        {
            throw new StoreException("A server runs on the database that is to be moved to. Stop it, or name another database or Search Path.");
        }

        long last = target.LastPosition(shard);
        bool isSame = last <= source.LastPosition(shard)
            && (last == 0 || target.ReadJournal(shard, last - 1).First() is var there && source.Read(shard, last - 1).First() is var here
                && there.Time == here.Time && there.Data.Span.SequenceEqual(here.Data.Span));
        if (!isSame)
        {
            throw new StoreException("The database has something else already. Name another database or Search Path.");
        }
    }

    private void Copy(Func<int, long> last, Func<int, long, IEnumerable<JournalGroup>> read, Action progress, CancellationToken stop)
    {
        foreach (Fold fold in folds)
        {
            long until = last(fold.Shard);
            List<JournalGroup> some = [];
            foreach (JournalGroup group in fold.Position < until ? read(fold.Shard, fold.Position) : [])
            {
                stop.ThrowIfCancellationRequested();
                some.Add(group);
                if (some.Count == MostGroups || some.Sum(static one => (long)one.Data.Length) > MostBytes || group.Position == until)
                {
                    target.Import(some);
                    Take(fold, some);
                    groups += some.Count;
                    some.Clear();
                    progress();
                }

                if (group.Position == until)
                {
                    break;
                }
            }
        }
    }

    private void Take(Fold fold, IEnumerable<JournalGroup> some)
    {
        bool any = false;
        try
        {
            foreach (JournalGroup group in some)
            {
                fold.Take(group);
                any = true;
            }

            if (any)
            {
                fold.FlushTo(target);
            }
        }
        catch (FoldFailedException failed)
        {
            throw new StoreException($"{failed.Message} Nothing is moved before a version without this defect has gone on with it.");
        }
    }

    /// <summary>
    /// A server that was killed left its tables behind its journal, and one that halted an account those of that account: then the journal is
    /// folded once more instead.
    /// </summary>
    private bool IsSame(Reader here, Reader there, int shard)
    {
        if (here.PositionOf(shard).Position == there.PositionOf(shard).Position && here.Halted(shard).Count == 0)
        {
            Task<string> its = Task.Run(() => Replay.Digest(there, shard));
            return Replay.Digest(here, shard) == its.GetAwaiter().GetResult();
        }

        DirectoryInfo scratch = Directory.CreateTempSubdirectory("minutebook-move-");
        try
        {
            return Replay.Verify(target, shard, scratch.FullName).Differences.Count == 0;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }
}
