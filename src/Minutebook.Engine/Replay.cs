using System.Security.Cryptography;
using System.Text;
using Minutebook.Core;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>What came of folding a shard's journal a second time.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Position">Up to which position.</param>
/// <param name="Rows">How many rows its tables have.</param>
/// <param name="Differences">Rows that differ: <c>-</c> what the store has, <c>+</c> what the replay made; the first hundred. <c>!</c> is why there was no replay.</param>
public sealed record ShardReplay(int Shard, long Position, long Rows, IReadOnlyList<string> Differences);

/// <summary>Folds a journal again from its beginning, and compares the tables that come out with those that are stored.</summary>
public static class Replay
{
    private const int MostDifferences = 100;
    private const int FlushEvery = 64;

    /// <summary>Replays one shard up to the position that its tables have now.</summary>
    /// <param name="store">The store.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="scratch">An empty directory for the second set of tables.</param>
    /// <param name="progress">Told the position after each group.</param>
    public static ShardReplay Verify(Store.Store store, int shard, string scratch, Action<long>? progress = null)
    {
        using Reader stored = store.Read();
        (long position, _) = stored.PositionOf(shard);
        using Store.Store second = Store.Store.Open(new StoreOptions { Directory = scratch, Shards = store.Shards });
        try
        {
            Fill(store, second, shard, position, stored.Halted(shard), progress);
        }
        catch (FoldFailedException failed)
        {
            return new ShardReplay(shard, position, 0, [$"! {failed.Message} The store could."]);
        }

        using Reader made = second.Read();
        return Compare(shard, position, stored.DumpRows(shard, Join), made.DumpRows(shard, Join));
    }

    private static void Fill(Store.Store store, Store.Store second, int shard, long position, List<HaltedRow> halted, Action<long>? progress)
    {
        var fold = new Fold(second, shard);
        fold.Open();
        foreach (JournalGroup group in store.ReadJournal(shard, 0))
        {
            if (group.Position > position)
            {
                break;
            }

            // What could not be folded then is left where it was left.
            foreach (HaltedRow row in halted.Where(row => row.Position == fold.Position))
            {
                fold = fold.Anew(new FoldFailedException(row.Account, new InvalidOperationException(row.Why)));
            }

            fold.Take(group);
            progress?.Invoke(group.Position);
            if (group.Position % FlushEvery == 0 || group.Position == position || halted.Exists(row => row.Position == group.Position))
            {
                fold.FlushTo(second);
            }
        }
    }

    /// <summary>A digest over all rows of a shard: two stores that hold the same have the same.</summary>
    public static string Digest(Store.Store store, int shard)
    {
        using Reader read = store.Read();
        return Digest(read, shard);
    }

    /// <summary>The same of a view of them.</summary>
    public static string Digest(Reader read, int shard)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string line in read.DumpRows(shard, Join))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line));
            hash.AppendData("\n"u8);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] Join(IEnumerable<byte[]> chunks)
    {
        byte[][] all = [.. chunks];
        byte[] joined = new byte[all.Sum(static chunk => chunk.Length)];
        int at = 0;
        foreach (byte[] chunk in all)
        {
            chunk.CopyTo(joined, at);
            at += chunk.Length;
        }

        return joined;
    }

    private static ShardReplay Compare(int shard, long position, IEnumerable<string> stored, IEnumerable<string> made)
    {
        List<string> differences = [];
        using IEnumerator<string> left = stored.GetEnumerator();
        using IEnumerator<string> right = made.GetEnumerator();
        long rows = 0;
        bool more = left.MoveNext(), moreMade = right.MoveNext();
        while ((more || moreMade) && differences.Count < MostDifferences)
        {
            int order = !more ? 1 : !moreMade ? -1 : string.CompareOrdinal(left.Current, right.Current);
            if (order == 0)
            {
                rows++;
                (more, moreMade) = (left.MoveNext(), right.MoveNext());
            }
            else if (!moreMade || (more && order < 0))
            {
                differences.Add($"- {left.Current}");
                more = left.MoveNext();
            }
            else
            {
                differences.Add($"+ {right.Current}");
                moreMade = right.MoveNext();
            }
        }

        return new ShardReplay(shard, position, rows, differences);
    }
}
