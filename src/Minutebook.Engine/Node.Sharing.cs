using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>Takes and lets go of shards, so that each process has as many as the others.</summary>
internal sealed partial class Node
{
    /// <summary>Opening and closing a shard may take long, each in its own time: nothing waits for it here.</summary>
    private void Hold()
    {
        for (int shard = 0; shard < shards.Length; shard++)
        {
            if (shards[shard] is { } its && (its.IsLost || !store.Holds(shard)))
            {
                Release(shard);
            }
        }

        if (beats == 0)
        {
            return;
        }

        seen = nodes.Look();
        int share = Share();
        int[] mine = Those(shard => shards[shard] is not null);
        // What is being moved here is not taken from a move that has lost its sessions: it goes on from where it is.
        bool isMoved = mine.Length < share && nodes.IsMovedTo();
        bool others = seen.Held.Any(shard => shards[shard] is null && opening[shard].IsCompleted && closing[shard].IsCompleted);
        NoteSince(ref othersSince, others && !isMoved);
        NoteSince(ref brokenOffSince, isMoved && seen.Held.Count == 0);
        if (isMoved)
        {
            return;
        }

        Offer([.. mine.Skip(share)]);

        // Others that live may not have said so yet after a restart of the database.
        int wanted = share - mine.Length - opening.Count(static one => !one.IsCompleted);
        if (wanted > 0 && (isAlone || beats > 3 || (seen.Living.Count == 1 && !settled.Task.IsCompleted)))
        {
            Take(wanted);
        }

        if (shards.Count(static shard => shard is not null) >= share || (!isAlone && seen.Living.Count > 1))
        {
            settled.TrySetResult();
        }
    }

    /// <summary>Keeps since when, by the machine's count of ms, something has been so; 0 while it is not.</summary>
    private static void NoteSince(ref long since, bool isSo) => Volatile.Write(ref since, !isSo ? 0 : since == 0 ? Environment.TickCount64 : since);

    /// <summary>Who waits for the database, and for what the pool's threads write, takes none of theirs.</summary>
    private static Task OnThread(Action act) => Task.Factory.StartNew(act, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private int Share()
    {
        if (leaving || isAlone)
        {
            return leaving ? 0 : shards.Length;
        }

        return (shards.Length / seen.Living.Count) + (Place < shards.Length % seen.Living.Count ? 1 : 0);
    }

    /// <summary>Which of the living it is; one whose own word is late stands in the place of the first until its next look.</summary>
    private int Place => seen.Living.Index().FirstOrDefault(one => one.Item == nodes.Name).Index;

    /// <summary>Gives away what is more than its share: when another has prepared to take it, or after a while.</summary>
    private void Offer(int[] surplus)
    {
        long now = Environment.TickCount64;
        bool isNew = false;
        for (int shard = 0; shard < shards.Length; shard++)
        {
            bool offers = surplus.Contains(shard);
            isNew |= offers != offeredSince[shard] > 0;
            NoteSince(ref offeredSince[shard], offers);
        }

        if (isNew)
        {
            Beat();
        }

        foreach (int shard in surplus.Where(shard => seen.Prepared.Contains(shard) || now - offeredSince[shard] > SharingPatience))
        {
            Release(shard);
        }
    }

    /// <summary>Takes what nobody holds, and then of what others give away: each process from another place on.</summary>
    private void Take(int wanted)
    {
        int[] offered = Those(shard => seen.Held.Contains(shard) && seen.Offered.Contains(shard));
        int first = offered.Length * Place / seen.Living.Count;
        foreach (int shard in Those(shard => !seen.Held.Contains(shard)).Concat(offered[first..]).Concat(offered[..first])
            .Where(shard => shards[shard] is null && opening[shard].IsCompleted && closing[shard].IsCompleted).Take(wanted))
        {
            bool isHeld = seen.Held.Contains(shard);
            opening[shard] = OnThread(() => Open(shard, isHeld));
        }
    }

    private void Open(int shard, bool isHeld)
    {
        Shard? its = null;
        bool isOurs = false;
        try
        {
            isOurs = isHeld ? Await(its = make(shard)) : store.TryHold(shard);
            if (isOurs)
            {
                its ??= make(shard);
                its.Open();
                its.Start();
                Volatile.Write(ref shards[shard], its);
                return;
            }
        }
        catch (Exception wrong) when (wrong is StoreException and not JournalDamagedException || !store.IsOurs(shard))
        {
            // It was lost again, or the database with it; or it was another's while it was prepared.
        }
        catch (Exception bug)
        {
            fail(bug);
            settled.TrySetException(bug);
        }

        its?.Dispose();
        store.Release(shard);
    }

    /// <summary>Prepares to take a shard that another process gives away, and waits until it is let go of; false when it is not any more.</summary>
    private bool Await(Shard its)
    {
        int shard = its.Number;
        try
        {
            its.Prepare();
            Volatile.Write(ref prepared[shard], true);
            Beat();
            while (!store.TryHold(shard))
            {
                if (stopping.IsCancellationRequested || (seen.Held.Contains(shard) && !seen.Offered.Contains(shard)))
                {
                    return false;
                }

                Thread.Sleep(FollowEvery);
                its.Follow();
            }

            return true;
        }
        finally
        {
            Volatile.Write(ref prepared[shard], false);
        }
    }

    private void Release(int shard)
    {
        if (shards[shard] is { } its)
        {
            Volatile.Write(ref shards[shard], null);
            Volatile.Write(ref offeredSince[shard], 0);
            closing[shard] = OnThread(() =>
            {
                its.Dispose();
                store.Release(shard);
            });
        }
    }
}
