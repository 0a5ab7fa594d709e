using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>Opens the books of a shard from the store. A halted account of which something cannot be opened is left out.</summary>
internal sealed class BookOpening(Reader read, int shard, IReadOnlyDictionary<string, HaltedRow> halted)
{
    private readonly Dictionary<string, Book> books = new(StringComparer.Ordinal);
    private readonly List<FoldFailedException> failed = [];
    private readonly HashSet<string> leftOut = new(StringComparer.Ordinal);
    private Book? last;

    /// <summary>All of them as the store has them, but for the pages that are due.</summary>
    /// <exception cref="FoldFailedException">Something of an account that is not halted cannot be opened.</exception>
    public IReadOnlyCollection<Book> Open(RateCards cards, long time, int runEvents)
    {
        Each(read.Accounts(shard), static row => row.Account, row =>
        {
            var state = JsonSerializer.Deserialize<AccountState>(row.State, AccountState.Json)
                ?? throw new FormatException($"The state of account '{row.Account}' in the store is null.");
            var book = new Book(state, cards, runEvents);
            book.Restore(time);
            books.Add(state.Id, book);
        });
        RestoreRows();
        Each(books.Values.ToArray(), static book => book.State.Id, book =>
        {
            RestoreKept(book);
            RestoreBills(book);
            if (book.State.Counters.Events > 0)
            {
                RestoreClassUsage(book);
                RestoreIdentities(book);
            }

            book.Restored();
        });
        return failed.Count == 0 ? books.Values : throw new FoldFailedException(failed);
    }

    private void Each<T>(IEnumerable<T> all, Func<T, string> accountOf, Action<T> act)
    {
        foreach (T one in all)
        {
            string account = accountOf(one);
            if (leftOut.Contains(account))
            {
                continue;
            }

            try
            {
                act(one);
            }
            catch (Exception defect) when (Fold.IsDefect(defect))
            {
                LeaveOut(account, defect);
            }
        }
    }

    private void LeaveOut(string account, Exception defect)
    {
        if (!halted.ContainsKey(account))
        {
            failed.Add(new FoldFailedException(account, defect));
        }

        leftOut.Add(account);
        books.Remove(account);
    }

    private void RestoreRows()
    {
        Restore(read.Sections(shard), static row => row.Account, static (book, row) => book.Restore(row));
        Restore(read.Usage(shard), static row => row.Account, static (book, row) => book.Restore(row));
        Restore(read.Open(shard), static row => row.Account, static (book, row) => book.Restore(row));
        Restore(read.Steps(shard), static row => row.Account, static (book, row) => book.Restore(row));
        Restore(read.Peaks(shard), static row => row.Account, static (book, row) => book.Restore(row));
        Restore(read.Ledger(shard), static row => row.Account, static (book, row) => book.Restore(row));
        Restore(read.Acknowledgements(shard), static row => row.Account, static (book, row) => book.Restore(row));
        Restore(read.Awaited(shard), static row => row.Account, static (book, row) => book.Restore(row));
    }

    private void Restore<T>(IEnumerable<T> rows, Func<T, string> accountOf, Action<Book, T> restore) =>
        Each(rows, accountOf, row => restore(Of(accountOf(row)), row));

    /// <summary>Rows of an account mostly come together.</summary>
    private Book Of(string account) => last is not null && last.State.Id == account ? last : last = books[account];

    private void RestoreKept(Book book)
    {
        if (book.State.Counters.SetAside.Count > 0)
        {
            foreach (KeptRow row in Fold.AllKept(read, book.State.Id))
            {
                book.Restore(row);
            }
        }
    }

    private void RestoreBills(Book book)
    {
        foreach (BillRow row in read.Bills(book.State.Id, null, book.OldestDay, null, null, int.MaxValue))
        {
            book.Restore(BillReader.Read(Encoding.UTF8.GetString(row.Json)));
        }
    }

    private void RestoreClassUsage(Book book)
    {
        foreach ((ClassUsageRow row, long? start, long? end) in read.ClassUsageFrom(book.State.Id, book.OldestDay))
        {
            book.Restore(row, start, end);
        }
    }

    /// <summary>The sealed runs, and the identities that are not in one yet.</summary>
    private void RestoreIdentities(Book book)
    {
        string account = book.State.Id;
        foreach (RunRow head in RunsOf(read, account))
        {
            book.Restore(new IdentityRun(head.Level, head.Number, head.Entries), Keys(read, head));
        }

        foreach ((PageRow page, List<byte[]> chunks) in read.PagesSince(account, book.Run))
        {
            book.RestoreIdentities(page.Page, chunks);
        }
    }

    /// <summary>Learns of the runs that another process has merged since the book was opened.</summary>
    /// <exception cref="StoreException">Of those it has merged some once more.</exception>
    public static void LearnMerged(Reader read, Book book)
    {
        List<RunRow> heads = RunsOf(read, book.State.Id);
        foreach (RunRow head in heads.Where(head => !book.Runs.Any(run => run.Level == head.Level && run.Number == head.Number)))
        {
            IdentityRun merged = new(head.Level, head.Number, head.Entries);
            foreach (ulong key in Keys(read, head))
            {
                merged.Add(key);
            }

            book.Replace(merged);
        }

        if (book.Runs.Count != heads.Count)
        {
            throw new StoreException($"The identities of account '{book.State.Id}' were merged meanwhile.");
        }
    }

    /// <summary>The runs that count: those that are complete and were not merged.</summary>
    private static List<RunRow> RunsOf(Reader read, string account)
    {
        List<RunRow> heads = read.RunHeads(account);
        HashSet<(int Level, int Number)> complete = [.. heads.Select(head => (head.Level, head.Number))];
        heads.RemoveAll(head => complete.Contains((head.Level + 1, head.Number / IdentityRun.Fan)));
        return heads;
    }

    private static IEnumerable<ulong> Keys(Reader read, RunRow head)
    {
        var entries = new RunEntry[IdentityRun.BlockEntries];
        foreach (ReadOnlyMemory<byte> block in read.Blocks(head))
        {
            int count = IdentityBlock.Read(block.Span, entries);
            for (int at = 0; at < count; at++)
            {
                yield return entries[at].Key;
            }
        }
    }
}
