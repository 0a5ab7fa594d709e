using System.Collections.Concurrent;
using Minutebook.Core;
using Minutebook.Core.Metering;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>An identity run to make of those below it.</summary>
internal readonly record struct Merge(Fold Fold, string Account, int Level, int Number);

/// <summary>
/// Merges identity runs in the background, so that there are few to look in. A block is written at a time, between the folds' own writes;
/// the new run counts when its head is there, and what it was made of goes when its fold looks there no more. Whatever is interrupted
/// leaves blocks without a head, which the next opening removes.
/// </summary>
internal sealed class RunMerger : IDisposable
{
    /// <summary>A run of this level has 134 million identities; more are not merged, because it would take long to do again.</summary>
    public const int MostLevel = 3;

    private const int BlocksAtOnce = 64;
    private readonly Store.Store store;
    private readonly BlockingCollection<Action> queue = [];
    private readonly Thread thread;
    private volatile bool stopping;

    public RunMerger(Store.Store store)
    {
        this.store = store;
        thread = new Thread(Work) { Name = "merger", IsBackground = true };
        thread.Start();
    }

    /// <summary>Merges, and tells the fold when it is done.</summary>
    public void Enqueue(Merge merge) => Add(() => merge.Fold.WhileHeld(() => Run(merge)));

    /// <summary>Deletes the runs that a merged one was made of.</summary>
    public void DropBelow(Merge merge) => Add(() => merge.Fold.WhileHeld(() => Drop(merge)));

    public void Dispose()
    {
        stopping = true;
        queue.CompleteAdding();
        thread.Join();
        queue.Dispose();
    }

    /// <summary>Removes the blocks of runs that have no head, or were merged: of all that a book does not know.</summary>
    public static void Tidy(Store.Store store, int shard, Book book)
    {
        string account = book.State.Id;
        List<(int Level, int Number)> begun;
        using (Reader read = store.Read())
        {
            begun = read.RunsBegun(account);
        }

        foreach ((int level, int number) in begun.Where(run => !book.Runs.Any(its => (its.Level, its.Number) == run)))
        {
            Delete(store, shard, account, level, number);
        }
    }

    private void Add(Action work)
    {
        if (!queue.IsAddingCompleted)
        {
            queue.Add(work);
        }
    }

    private void Work()
    {
        foreach (Action work in queue.GetConsumingEnumerable())
        {
            if (stopping)
            {
                continue;
            }

            try
            {
                work();
            }
            catch (Exception wrong) when (wrong is StoreException or FormatException)
            {
                // There is no room or no disk, or a block is damaged; nothing is lost, there are only more runs. It is tried again at the next
                // opening, which halts the account of such a block.
            }
        }
    }

    private void Run(Merge merge)
    {
        IdentityRun merged = Merged(merge);
        if (!IsOver(merge))
        {
            store.WriteRuns(merge.Fold.Shard, [RunRow.Head(merge.Account, merge.Level, merge.Number, merged.Count)]);
            merge.Fold.Merged(merge, merged);
        }
    }

    private IdentityRun Merged(Merge merge)
    {
        using Reader read = store.Read();
        List<RunCursor> below = [.. BelowOf(merge)
            .Select(number => new RunCursor(read, merge.Account, merge.Level - 1, number))];
        var merged = new IdentityRun(merge.Level, merge.Number, below.Sum(run => run.Entries));
        below.RemoveAll(static run => !run.MoveNext());
        ulong[] keys = [.. below.Select(static run => run.Entry.Key)];
        List<RunRow> rows = [];
        var block = new RunEntry[IdentityRun.BlockEntries];
        (int blocks, int filled) = (0, 0);
        while (below.Count > 0 && !IsOver(merge))
        {
            int least = Least(keys.AsSpan(0, below.Count));
            RunCursor run = below[least];
            merged.Add(keys[least]);
            block[filled++] = run.Entry;
            if (run.MoveNext())
            {
                keys[least] = run.Entry.Key;
            }
            else
            {
                below.RemoveAt(least);
                keys.AsSpan(least + 1).CopyTo(keys.AsSpan(least));
            }

            if (filled == block.Length || below.Count == 0)
            {
                rows.Add(new RunRow(merge.Account, merge.Level, merge.Number, blocks++, IdentityBlock.Of(block.AsSpan(0, filled))));
                filled = 0;
            }

            if (rows.Count == BlocksAtOnce)
            {
                Write(merge.Fold.Shard, rows);
            }
        }

        Write(merge.Fold.Shard, rows);
        return merged;
    }

    private bool IsOver(Merge merge) => stopping || merge.Fold.IsLetGo;

    /// <summary>They are so few that looking at all is faster than keeping them in order.</summary>
    private static int Least(ReadOnlySpan<ulong> keys)
    {
        int least = 0;
        for (int i = 1; i < keys.Length; i++)
        {
            least = keys[i] < keys[least] ? i : least;
        }

        return least;
    }

    private void Write(int shard, List<RunRow> rows)
    {
        if (rows.Count > 0)
        {
            store.WriteRuns(shard, rows);
            rows.Clear();
        }
    }

    private void Drop(Merge merge)
    {
        foreach (int number in BelowOf(merge))
        {
            Delete(store, merge.Fold.Shard, merge.Account, merge.Level - 1, number);
        }
    }

    private static IEnumerable<int> BelowOf(Merge merge) => Enumerable.Range(merge.Number * IdentityRun.Fan, IdentityRun.Fan);

    private static void Delete(Store.Store store, int shard, string account, int level, int number)
    {
        List<int> blocks;
        using (Reader read = store.Read())
        {
            blocks = read.RunBlocks(account, level, number);
        }

        foreach (int[] some in blocks.Prepend(RunRow.HeadBlock).Chunk(BlocksAtOnce))
        {
            store.WriteRuns(shard, [.. some.Select(block => new RunRow(account, level, number, block, []))]);
        }
    }
}

/// <summary>Goes through the entries of a stored run in their order.</summary>
internal sealed class RunCursor
{
    private readonly Reader read;
    private readonly string account;
    private readonly int level;
    private readonly int number;
    private readonly RunEntry[] block = new RunEntry[IdentityRun.BlockEntries];
    private int filled;
    private int at = -1;
    private int blocks;
    private int left;

    public RunCursor(Reader read, string account, int level, int number)
    {
        (this.read, this.account, this.level, this.number) = (read, account, level, number);
        List<RunRow> heads = read.RunHeads(account);
        int place = heads.FindIndex(head => head.Level == level && head.Number == number);
        Entries = place >= 0
            ? heads[place].Entries
            : throw new StoreException($"Identities of account '{account}' were merged by another process meanwhile.");
        left = Entries;
    }

    /// <summary>How many it has in all.</summary>
    public int Entries { get; }

    public RunEntry Entry => block[at];

    public bool MoveNext()
    {
        if (left == 0)
        {
            return false;
        }

        if (++at == filled)
        {
            filled = IdentityBlock.Read(read.RunBlock(account, level, number, blocks++), block);
            at = 0;
        }

        left--;
        return true;
    }
}
