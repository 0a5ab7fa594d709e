using Minutebook.Core;
using Minutebook.Core.Rating;
using Minutebook.Store;
using NodaTime.Text;

namespace Minutebook.Engine;

/// <summary>Opens the books as the store has them, also while another process still has the shard.</summary>
internal sealed partial class Fold
{
    /// <summary>Opens the books as the store has them, at the position that it has.</summary>
    public void Open()
    {
        try
        {
            Prepare();
            Own();
        }
        finally
        {
            Abandon();
        }
    }

    /// <summary>Opens the books as the tables are now, while another process may still write them: <see cref="Follow"/> and <see cref="Own"/> come after.</summary>
    public void Prepare()
    {
        Reader read = view = store.Read();
        (Position, Time) = read.PositionOf(Shard);
        Time = Position == 0 ? long.MinValue : Time;
        LearnHalted(read);
        foreach (CardRow row in read.Cards(Shard))
        {
            Restore(row);
        }

        if (installation is not null)
        {
            Open(installation, read);
        }

        if (read.LastAudit(Shard) is { } last)
        {
            audit.Restore(last);
        }

        foreach (Book book in new BookOpening(read, Shard, halted).Open(cards, Time, runEvents))
        {
            if (halted.TryGetValue(book.State.Id, out HaltedRow row))
            {
                Keep(book, row);
            }
            else
            {
                Guard(book.State.Id, () => Add(book));
            }
        }

        KeepUnopened();
        foreach ((PageRow page, List<byte[]> chunks) in read.DuePages(Shard).Where(its => !halted.ContainsKey(its.Page.Account)))
        {
            Guard(books[page.Account], its =>
            {
                its.Book.Load(page, chunks);
                Queue(its);
            });
        }

        RefuseGathered();
    }

    /// <summary>Comes to where the tables are by now by folding the journal up to there. What that changes is stored already.</summary>
    public void Follow()
    {
        Reader next = store.Read();
        try
        {
            RefuseOthersHalted(next);
            if (next.PositionOf(Shard).Position is var until && until > Position)
            {
                foreach (JournalGroup group in store.ReadJournal(Shard, Position).TakeWhile(group => group.Position <= until))
                {
                    Take(group);
                }

                Flush(new Changes());
                Flushed();
            }
        }
        catch
        {
            next.Dispose();
            throw;
        }

        view!.Dispose();
        view = next;
    }

    /// <summary>Nobody else writes the tables any more.</summary>
    /// <exception cref="StoreException">Meanwhile another has merged so much that the books have to be opened anew.</exception>
    public void Own()
    {
        Follow();
        foreach (Held held in books.Values.Where(static held => held.Book.HasRuns))
        {
            Guard(held, its => BookOpening.LearnMerged(view!, its.Book));
            // Of a book that knows but some of its runs the others would be tidied away.
            RefuseGathered();
            RunMerger.Tidy(store, Shard, held.Book);
            MergeRuns(held.Book);
        }

        Abandon();
        foreach (Held held in books.Values)
        {
            Guard(held, its => Publish(its.Book));
        }

        RefuseGathered();

        lastPermits.ForEach(permits => publish?.Invoke(permits));
        lastPermits.Clear();
    }

    /// <summary>Lets go of the tables as they were.</summary>
    public void Abandon()
    {
        view?.Dispose();
        view = null;
    }

    private static void Open(Installation installation, Reader read)
    {
        foreach (DirectoryRow row in read.Directory())
        {
            installation.Restore(row);
        }

        foreach (KeptRow row in AllKept(read, ""))
        {
            installation.Restore(row);
        }

        read.Keys().ForEach(row => installation.Restore(row));
        read.Webhooks().ForEach(row => installation.Restore(row));
    }

    internal static IEnumerable<KeptRow> AllKept(Reader read, string account, (string, long, UInt128)? after = null)
    {
        while (true)
        {
            List<KeptRow> some = read.Kept(account, after, 1_000);
            foreach (KeptRow row in some)
            {
                yield return row;
            }

            if (some.Count < 1_000)
            {
                yield break;
            }

            after = (some[^1].Account, some[^1].ReceivedAt, some[^1].Identity);
        }
    }

    private void Restore(in CardRow row)
    {
        var version = new RateCardVersion(row.Card, LocalDatePattern.Iso.Parse(row.EffectiveFrom).Value);
        cards.Restore(RateCardJson.Read(version, row.Json).Card
            ?? throw new FormatException($"Version {row.EffectiveFrom} of rate card '{row.Card}' in the store is not valid."));
    }
}
