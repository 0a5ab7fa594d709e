using Minutebook.Core;
using Minutebook.Core.Billing;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>A bill worked out a second time, from the journal alone.</summary>
/// <param name="Bill">The bill that the journal gives; null if it gives none of that number.</param>
/// <param name="Groups">How many groups of the journal were read.</param>
public sealed record BillVerification(Bill? Bill, long Groups)
{
    private const int FlushEvery = 256;

    /// <summary>
    /// Folds an account's entries into a fresh book, from the journal's beginning to the close that issues the bill. Nothing is read of the
    /// tables, and nothing of the store is changed.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="account">The account.</param>
    /// <param name="number">The bill's number.</param>
    /// <param name="scratch">An empty directory for the second set of tables.</param>
    /// <param name="stop">Whether to give up.</param>
    /// <exception cref="StoreException">A journal cannot be read, or something of the account not be folded.</exception>
    public static BillVerification Of(Store.Store store, string account, string number, string scratch, CancellationToken stop = default)
    {
        int shard = store.ShardOf(account);
        long failing = 0;
        try
        {
            return Of(store, account, number, Path.Combine(scratch, "tables"), store.LastPosition(shard), position => failing = position, stop);
        }
        catch (FoldFailedException failed)
        {
            // It may have been issued before that. What fails where it is measured is found some entries after what brought it.
            foreach (long last in (long[])[failing - 1, failing - FlushEvery])
            {
                try
                {
                    if (Of(store, account, number, Path.Combine(scratch, $"{last}"), last, static _ => { }, stop) is { Bill: not null } before)
                    {
                        return before;
                    }
                }
                catch (FoldFailedException)
                {
                    // It is further back.
                }
            }

            throw new StoreException($"{failed.Message} The bill is worked out again by a version without this defect.");
        }
    }

    private static BillVerification Of(Store.Store store, string account, string number, string scratch, long last, Action<long> progress, CancellationToken stop)
    {
        int shard = store.ShardOf(account);
        using Store.Store second = Store.Store.Open(new StoreOptions { Directory = scratch, Shards = store.Shards });
        var fold = new Fold(second, shard) { Only = account };
        var changes = new Changes();
        fold.Open();
        long groups = 0;
        foreach (JournalGroup group in store.ReadJournal(shard, 0).TakeWhile(group => group.Position <= last))
        {
            stop.ThrowIfCancellationRequested();
            progress(group.Position);
            fold.Take(group);
            groups++;
            if (group.Position % FlushEvery != 0 && group.Position != last)
            {
                continue;
            }

            fold.Flush(changes);
            if (changes.Bills.Find(row => row.Number == number) is { Json: not null } row)
            {
                return new BillVerification(BillReader.Read(System.Text.Encoding.UTF8.GetString(row.Json)), groups);
            }

            second.Write(shard, changes, fold.Position, fold.Time);
            changes.Clear();
            fold.Flushed();
        }

        return new BillVerification(null, groups);
    }
}
