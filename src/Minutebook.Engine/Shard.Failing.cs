using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>What becomes of the books and of who waits when a shard cannot go on.</summary>
internal sealed partial class Shard
{
    private void FailAll(UnavailableException why)
    {
        FailUnshown(why);
        while (waiting.TryTake(Timeout.InfiniteTimeSpan, out Durable group))
        {
            Fail(group, 0, why);
        }
    }

    /// <summary>Tells who waits for what was folded, or was about to be.</summary>
    private void FailUnshown(UnavailableException why)
    {
        unshown.ForEach(one => one.Work.IsUnknown(why));
        unshown.Clear();
        if (inHand is { } group)
        {
            Fail(group, taken, why);
            inHand = null;
        }
    }

    private void Fail(in Durable group, int from, UnavailableException why)
    {
        Interlocked.Add(ref queuedBytes, -group.Bytes);
        foreach (Part part in group.Parts.AsSpan(from))
        {
            part.Work.IsUnknown(why);
            part.Work.Folded(part, null);
        }
    }

    /// <summary>
    /// The store could not be read, or something not be folded, and what is in memory may be half of something: the books are opened again
    /// as after a restart, as soon as that works. Who waits is told meanwhile; what is in the journal is folded then.
    /// </summary>
    private void Reopen(UnavailableException why, FoldFailedException? failed = null)
    {
        long until = Math.Max(fold.Position, inHand?.Position ?? 0);
        Volatile.Write(ref nextDue, 0);
        do
        {
            FailUnshown(why);
            for (; waiting.TryTake(TimeSpan.Zero, out Durable group); until = group.Position)
            {
                Fail(group, 0, why);
            }
        }
        while (!TryOpen(until, ref failed));

        Volatile.Write(ref foldingSince, long.MaxValue);
    }

    private bool TryOpen(long until, ref FoldFailedException? failed)
    {
        try
        {
            (FoldFailedException? its, failed) = (failed, null);
            OpenAnew(its);
            CatchUp(until);
            return true;
        }
        catch (StoreException wrong) when (elsewhere is null && wrong is not JournalDamagedException && !waiting.IsClosed)
        {
            Thread.Sleep(RetryAfter);
            return false;
        }
    }

    private void OpenBooks()
    {
        try
        {
            if (isPrepared)
            {
                fold.Own();
                return;
            }
        }
        catch (FoldFailedException)
        {
            // What its owner could fold is in the tables.
        }

        OpenAnew(null);
    }

    private bool IsHaltedByAnother()
    {
        using Reader read = store.Read();
        return read.Halted(Number).Exists(static row => row.Build != Fold.Build);
    }

    /// <summary>Whether more was told of it than its tables have: somebody who made them again was broken off.</summary>
    private bool WereFurther() => store.Nodes is { } nodes && nodes.Permits(Number, store.PositionOf(Number).Position + 1).Count > 0;

    /// <summary>Folds and stores what the journal has up to a position, without the accounts of which something cannot be folded.</summary>
    private void CatchUp(long until)
    {
        while (true)
        {
            try
            {
                FromJournal(until);
                Show();
                suspects.Clear();
                fold.Gathers = false;
                return;
            }
            catch (FoldFailedException failed) when (elsewhere is null || store.IsOurs(Number))
            {
                OpenAnew(failed);
            }
        }
    }

    /// <summary>Opens the books as they are stored. An account of which something could not be folded, or opened, for the second time is halted.</summary>
    private void OpenAnew(FoldFailedException? failed)
    {
        writing.GetAwaiter().GetResult();
        changes.Clear();
        told.Clear();
        fold.Abandon();
        fold.Gathers = true;
        List<FoldFailedException> halts = [];
        do
        {
            foreach (FoldFailedException its in failed?.All ?? [])
            {
                if (!suspects.TryAdd(its.Account, fold.Position))
                {
                    halts.Add(its);
                }
            }
        }
        while (!TryOpenAnew(halts, out failed));

        dirty = awaited = false;
        foreach (FoldFailedException its in halts)
        {
            // That it is halted has to be stored, whatever else comes.
            Begin();
            halt(its);
        }
    }

    private bool TryOpenAnew(List<FoldFailedException> halts, out FoldFailedException? unopened)
    {
        try
        {
            fold = fold.Anew(halts);
            unopened = null;
            return true;
        }
        catch (FoldFailedException failed)
        {
            unopened = failed;
            return false;
        }
    }

    /// <summary>Somebody else folds it on: what waits for it waits for him.</summary>
    private void Lose()
    {
        isLost = true;
        waiting.Close();
        unshown.ForEach(one => elsewhere!.Await(Number, one.Position, one.Work));
        unshown.Clear();
        if (inHand is { } begun)
        {
            elsewhere!.Await(Number, begun, taken);
        }

        while (waiting.TryTake(Timeout.InfiniteTimeSpan, out Durable group))
        {
            elsewhere!.Await(Number, group);
        }
    }
}
