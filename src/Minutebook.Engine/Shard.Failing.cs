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
    /// The store could not be read, and what is in memory may be half of something: the books are opened again as after a restart, as soon
    /// as that works. Who waits is told meanwhile; what is in the journal is folded then.
    /// </summary>
    private void Reopen(StoreException wrong)
    {
        var why = new UnavailableException("The store cannot be read at the moment: what was sent is written down, and what came of it is not known yet.", RetryAfter, wrong);
        long until = Math.Max(fold.Position, inHand?.Position ?? 0);
        writing.GetAwaiter().GetResult();
        changes.Clear();
        do
        {
            FailUnshown(why);
            for (; waiting.TryTake(TimeSpan.Zero, out Durable group); until = group.Position)
            {
                Fail(group, 0, why);
            }
        }
        while (!TryOpen(until));

        Volatile.Write(ref foldingSince, long.MaxValue);
    }

    private bool TryOpen(long until)
    {
        try
        {
            fold = books();
            fold.Open();
            FromJournal(until);
            return true;
        }
        catch (StoreException wrong) when (wrong is not JournalDamagedException && !waiting.IsClosed)
        {
            Thread.Sleep(RetryAfter);
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
