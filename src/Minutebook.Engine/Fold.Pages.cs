using Minutebook.Core;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>Gets back into memory what is needed: pages, days, and what runs may hold.</summary>
internal sealed partial class Fold
{
    /// <summary>The queue may hold a book twice: only the instant that it was queued for last counts.</summary>
    private void Queue(Held held)
    {
        long due = held.Book.NextDue;
        if (due < held.Queued)
        {
            held.Queued = due;
            dues.Enqueue(held, due);
        }
    }

    /// <summary>Names the pages for what is due at this very instant.</summary>
    private void FindDue(Book book)
    {
        if (book.NextDue <= Time)
        {
            book.FindMissing(Time, missing, doubtful);
        }
    }

    /// <summary>Loads the pages that a close or a look at packages at that instant needs user by user, and a close for the peak.</summary>
    private void LoadDue(Book book, long until)
    {
        missing.Clear();
        book.FindParticipants(until, missing);
        LoadMissing(book);
        missing.Clear();
        if (book.FindPresent(until, missing))
        {
            LoadMissing(book);
            book.TakePresent();
        }
    }

    private void LoadMissing(Book book, long until)
    {
        missing.Clear();
        doubtful.Clear();
        book.FindMissing(until, missing, doubtful);
        LoadMissing(book);
    }

    private void LoadMissing(Book book)
    {
        if (missing.Count == 0 && doubtful.Count == 0)
        {
            return;
        }

        if (view is not null)
        {
            LoadMissing(view, book);
            return;
        }

        using Reader read = store.Read();
        LoadMissing(read, book);
    }

    private void LoadMissing(Reader read, Book book)
    {
        LearnDoubtful(read, book);
        foreach (MissingPage page in missing)
        {
            if (page.Kept is { } identity)
            {
                book.Load(read.KeptEvent(book.State.Id, identity)!.Value);
                continue;
            }

            if (page.Day is { } day)
            {
                LoadDay(read, book, page.Application, day);
                continue;
            }

            if (page.Number > 0 && read.PageByNumber(book.State.Id, page.Number) is { } row)
            {
                Load(read, book, row);
            }
        }

        foreach (PageRow row in read.Pages(book.State.Id, missing
            .Where(static page => page.Kept is null && page.Day is null && page.Number == 0).Select(static page => (page.Application, (int)page.Kind, page.Key))))
        {
            Load(read, book, row);
        }
    }

    private static void LoadDay(Reader read, Book book, string application, string day)
    {
        foreach (int page in read.ClassUsage(book.State.Id, day)
            .Where(row => row.Application == application && row.Class is not null).Select(row => row.Page).Distinct())
        {
            Load(read, book, read.PageByNumber(book.State.Id, page)!.Value);
        }
    }

    /// <summary>Looks into the runs for identities that may be known, and takes in the pages that they are on.</summary>
    private void LearnDoubtful(Reader read, Book book)
    {
        List<int> pages = [];
        HashSet<int> learned = [];
        foreach (DoubtfulIdentity one in doubtful)
        {
            // A page brings all of its identities, and what comes again comes by the class.
            if (book.Knows(one))
            {
                continue;
            }

            pages.Clear();
            ulong key = IdentityRun.KeyOf(one.Identity);
            for (int block = one.First / IdentityRun.BlockEntries; block <= (one.First + one.Count - 1) / IdentityRun.BlockEntries; block++)
            {
                IdentityBlock.FindPages(read.RunBlock(book.State.Id, one.Run.Level, one.Run.Number, block), key, pages);
            }

            foreach (int page in pages.Where(learned.Add))
            {
                book.Learn(read.PageByNumber(book.State.Id, page)!.Value, read.Chunks(book.State.Id, page));
            }
        }

        doubtful.Clear();
    }

    private static void Load(Reader read, Book book, PageRow row) =>
        book.Load(row, read.Chunks(row.Account, row.Page));
}
