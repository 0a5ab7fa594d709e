using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>Opens books from the store.</summary>
internal static class BookOpening
{
    public static Book Open(Reader read, AccountRow row, RateCards cards, long time, int runEvents)
    {
        var state = System.Text.Json.JsonSerializer.Deserialize<AccountState>(row.State, AccountState.Json)
            ?? throw new FormatException($"The state of account '{row.Account}' in the store is null.");
        var book = new Book(state, cards, runEvents);
        book.Restore(time);
        read.Sections(state.Id).ForEach(section => book.Restore(section));
        read.UsageOf(state.Id).ForEach(usage => book.Restore(usage));
        read.Open(state.Id).ForEach(open => book.Restore(open));
        read.StepsOf(state.Id).ForEach(row => book.Restore(row));
        read.PeaksOf(state.Id).ForEach(row => book.Restore(row));
        read.Ledger(state.Id, 0, int.MaxValue).ForEach(entry => book.Restore(entry));
        foreach (KeptRow kept in Fold.AllKept(read, state.Id))
        {
            book.Restore(kept);
        }

        read.Acknowledgements(state.Id).ForEach(row => book.Restore(row));
        RestoreBills(read, book);
        RestoreClassUsage(read, book);
        return book;
    }

    private static void RestoreBills(Reader read, Book book)
    {
        foreach (BillRow row in read.Bills(book.State.Id, null, book.OldestDay, null, null, int.MaxValue))
        {
            book.Restore(BillReader.Read(System.Text.Encoding.UTF8.GetString(row.Json)));
        }
    }

    private static void RestoreClassUsage(Reader read, Book book)
    {
        var windows = new Dictionary<int, ClassRow?>();
        foreach (ClassUsageRow row in read.ClassUsageFrom(book.State.Id, book.OldestDay))
        {
            if (row.Class is not null && !windows.ContainsKey(row.Page))
            {
                windows[row.Page] = read.ClassRow(book.State.Id, row.Page);
            }

            ClassRow? window = row.Class is null ? null : windows[row.Page];
            book.Restore(row, window?.Start, window?.End);
        }
    }

    private static IEnumerable<ulong> Lows(RunCursor entries)
    {
        while (entries.MoveNext())
        {
            yield return entries.Low;
        }
    }

    /// <summary>The sealed runs, and the identities that are not in one yet.</summary>
    public static void Identities(Store.Store store, Reader read, int shard, Book book)
    {
        string account = book.State.Id;
        List<RunRow> heads = read.RunHeads(account);
        HashSet<(int Level, int Number)> complete = [.. heads.Select(head => (head.Level, head.Number))];
        heads.RemoveAll(head => complete.Contains((head.Level + 1, head.Number / IdentityRun.Fan)));
        RunMerger.Tidy(store, shard, account, [.. heads.Select(head => (head.Level, head.Number))]);
        foreach (RunRow head in heads)
        {
            book.Restore(new IdentityRun(head.Level, head.Number, head.Entries), Lows(new RunCursor(read, account, head.Level, head.Number)));
        }

        foreach (PageRow page in read.PagesSince(account, book.Run))
        {
            book.RestoreIdentities(page.Page, [.. read.Chunks(account, page.Page).Select(static chunk => chunk.Data)]);
        }

        read.Awaited(account).ForEach(row => book.Restore(row));
    }
}
