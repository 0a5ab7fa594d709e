using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>
/// The books of one shard, and the entries of its journal folded into them in order. Of the store it reads what they are opened from, and
/// then what left memory; what changes it hands over to be written. One thread at a time.
/// </summary>
internal sealed partial class Fold
{
    private readonly Store.Store store;
    private readonly Action<Permits>? publish;
    private readonly Dictionary<string, Held> books = new(StringComparer.Ordinal);
    private readonly HashSet<Held> touched = [];
    private readonly List<Held> flushed = [];
    private readonly PriorityQueue<Held, long> dues = new();
    private readonly RateCards cards = new();
    private readonly Installation? installation;
    private readonly List<MissingPage> missing = [];
    private readonly List<DoubtfulIdentity> doubtful = [];
    private readonly RunMerger? merger;
    private readonly int runEvents;
    private readonly EventBatch decoded = new();
    private readonly EventDecoder decoder = new();
    private readonly List<CardRow> published = [];
    /// <summary>The tables as they were at its position, while another process still writes them.</summary>
    private Reader? view;

    public Fold(Store.Store store, int shard, Action<Permits>? publish = null, RunMerger? merger = null, int runEvents = Book.RunEvents)
    {
        (this.store, Shard, this.publish, this.merger, this.runEvents) = (store, shard, publish, merger, runEvents);
        installation = shard == 0 ? new Installation() : null;
    }

    /// <summary>A book, and the instant for which it stands in the queue of what is due.</summary>
    private sealed class Held(Book book)
    {
        public Book Book { get; } = book;
        public long Queued { get; set; } = long.MaxValue;
    }

    public int Shard { get; }

    /// <summary>The one account whose entries are folded, of those in a journal; null for all.</summary>
    public string? Only { get; init; }

    /// <summary>The position of the last entry that was folded.</summary>
    public long Position { get; private set; }

    /// <summary>How far time has come, in ms.</summary>
    public long Time { get; private set; } = long.MinValue;

    /// <summary>The next instant, in ms, at which something happens by time alone.</summary>
    public long NextDue
    {
        get
        {
            while (dues.TryPeek(out Held? held, out long due))
            {
                bool isOver = HasFailed(held.Book.State.Id);
                if (!isOver && held.Queued == due && held.Book.NextDue == due)
                {
                    return due;
                }

                dues.Dequeue();
                if (!isOver && held.Queued == due)
                {
                    held.Queued = long.MaxValue;
                    Queue(held);
                }
            }

            return long.MaxValue;
        }
    }

    /// <summary>Folds a group as it stands in the journal.</summary>
    /// <param name="group">The group.</param>
    /// <param name="decided">Told what came of its commands, by their place among its entries.</param>
    public void Take(in JournalGroup group, Action<int, Outcome>? decided = null)
    {
        if (group.Codec != Entry.Codec)
        {
            throw new FormatException($"Group {group.Position} of shard {Shard} has codec {group.Codec}; this version knows {Entry.Codec}.");
        }

        Begin(group.Position, group.Time);
        foreach ((int number, (EntryKind kind, ReadOnlyMemory<byte> content)) in Entry.Of(group.Data).Index())
        {
            if (kind == EntryKind.Events)
            {
                (string account, _, ReadOnlyMemory<byte> piece) = Entry.ReadEvents(content);
                if (Only is not null && account != Only)
                {
                    continue;
                }

                decoded.Clear();
                if (!decoder.TryDecode(piece.Span, decoded))
                {
                    throw new FormatException($"Group {group.Position} of shard {Shard} has events that cannot be read.");
                }

                Take(account, decoded, default);
            }
            else if (kind == EntryKind.Command)
            {
                Command command = Entry.ReadCommand(content);
                if (Only is null || command is Command.PublishCard || AccountOf(command) == Only)
                {
                    Outcome outcome = Take(command);
                    decided?.Invoke(number, outcome);
                }
            }
        }

        End();
    }

    /// <summary>Begins a group: what is due before its time happens before its entries. What is due at that very instant waits for the
    /// account's first entry that is no payment, or for the group's end: payments come first (rule 7.2).</summary>
    public void Begin(long position, long time)
    {
        (Position, Time) = (position, time);
        AdvanceTo(time - 1);
    }

    /// <summary>Ends a group: what is due until its time has happened.</summary>
    public void End()
    {
        AdvanceTo(Time);
        RefuseGathered();
    }

    private void AdvanceTo(long time)
    {
        while (NextDue <= time)
        {
            AdvanceFirst(time);
        }

        WriteReleases(long.MaxValue);
    }

    private void AdvanceFirst(long time)
    {
        Held held = dues.Dequeue();
        held.Queued = long.MaxValue;
        Guard(held, its => Advance(its, time));
    }

    private void Advance(Held held, long time)
    {
        Folding?.Invoke(held.Book.State.Id, Position);
        // Close by close, because each may need other pages.
        held.Book.Position = Position;
        long until = Math.Min(time, held.Book.NextNeed);
        LoadMissing(held.Book, until);
        LoadDue(held.Book, until);
        held.Book.AdvanceTo(until);
        Touch(held);
    }

    /// <summary>Folds events of one account, or of none.</summary>
    /// <param name="account">The account; empty for applications that nobody has registered.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">Which of its events; null for all.</param>
    public void Take(string account, EventBatch batch, int[]? rows)
    {
        ReadOnlySpan<int> its = rows ?? AllRows.Of(batch.Count);
        if (IsLeftOut(account))
        {
            return;
        }

        if (!books.TryGetValue(account, out Held? held))
        {
            (installation ?? throw new FormatException($"Events of account '{account}' stand in the journal of shard {Shard}, which has no such account."))
                .Keep(batch, its, Time);
            return;
        }

        // Not by Guard: this is done for each event that comes alone, and is to make no garbage.
        try
        {
            Take(held, batch, its);
        }
        catch (Exception defect) when (IsDefect(defect))
        {
            Fail(account, defect);
        }

        WriteReleases(long.MaxValue);
    }

    private void Take(Held held, EventBatch batch, ReadOnlySpan<int> its)
    {
        Folding?.Invoke(held.Book.State.Id, Position);
        held.Book.Position = Position;
        bool again = true;
        while (again)
        {
            missing.Clear();
            doubtful.Clear();
            held.Book.FindMissing(batch, its, missing, doubtful);
            FindDue(held.Book);
            LoadMissing(held.Book);
            // What is kept of an event may need another page than the event that came.
            again = missing.Exists(static one => one.Kept is not null);
        }

        LoadDue(held.Book, Time);
        held.Book.Apply(batch, its, Time);
        Touch(held);
    }

    private Outcome Decide(Command command)
    {
        switch (command)
        {
            case Command.PublishCard publish:
                (Outcome published, CardRow? row) = Publication.Publish(cards, publish, Time);
                if (row is { } card)
                {
                    this.published.Add(card);
                }

                return published;
            case Command.RegisterApplication or Command.ReleaseKept or Command.OfInstallation:
                return installation!.Apply(command, Time);
            case Command.PutAccount put when !books.ContainsKey(put.Account) && !IsLeftOut(put.Account):
                return Guard(put.Account, () => Create(put)) ?? IsHalted(put.Account);
            default:
                return TakeOfAccount(command);
        }
    }

    private Outcome Create(Command.PutAccount put)
    {
        (Outcome created, Book? opened) = Book.Create(put, cards, Time, runEvents);
        if (opened is not null)
        {
            Touch(Add(opened));
        }

        return created;
    }

    /// <summary>Collects the rows of what was touched since the last time.</summary>
    public void Flush(Changes changes)
    {
        TakeMeasured();
        installation?.Flush(changes);
        audit.Flush(changes);
        changes.Cards.AddRange(published);
        published.Clear();
        changes.Halted.AddRange(newlyHalted);
        newlyHalted.Clear();
        foreach (Held held in touched)
        {
            Guard(held, its => Flush(its, changes));
        }

        touched.Clear();
        RefuseGathered();
    }

    private void Flush(Held held, Changes changes)
    {
        missing.Clear();
        held.Book.FindPresent(missing);
        LoadMissing(held.Book);
        held.Book.Flush(changes);
        Queue(held);
        flushed.Add(held);
    }

    /// <summary>
    /// Takes what is due by now and was not known to be, because nothing had measured it: else the same journal came to other tables where it was
    /// flushed between an event and what time made of it, and where it was not.
    /// </summary>
    private void TakeMeasured()
    {
        foreach (Held held in touched)
        {
            Guard(held, its =>
            {
                its.Book.Settle();
                // Measuring can bring a nearer due instant to light.
                Queue(its);
            });
        }

        AdvanceTo(Time);
    }

    /// <summary>Has what changed since the last time stored with the position, at once: for who folds and writes on one thread.</summary>
    public void FlushTo(Store.Store to)
    {
        var changes = new Changes();
        Flush(changes);
        to.Write(Shard, changes, Position, Time);
        Flushed();
    }

    /// <summary>Lets go of memory, once what was flushed is stored.</summary>
    public void Flushed()
    {
        TakeMerged();
        foreach (Held held in flushed)
        {
            Guard(held, its => its.Book.Forget(Book.MostIdleRecords));
            MergeRuns(held.Book);
        }

        flushed.Clear();
        RefuseGathered();
    }

    private Outcome TakeOfAccount(Command command)
    {
        string account = AccountOf(command);
        if (IsLeftOut(account))
        {
            return IsHalted(account);
        }

        if (!books.TryGetValue(account, out Held? held))
        {
            return Outcome.Refused(Refusal.NotFound, $"There is no account '{account}'.");
        }

        return Guard(account, () => Take(held, command)) ?? IsHalted(account);
    }

    private static Outcome IsHalted(string account) =>
        Outcome.Refused(Refusal.Unavailable, $"Account '{account}' is halted. This is written down, and what comes of it shows when the account goes on.");

    private Outcome Take(Held held, Command command)
    {
        Folding?.Invoke(held.Book.State.Id, Position);
        held.Book.Position = Position;
        missing.Clear();
        doubtful.Clear();
        FindDue(held.Book);
        held.Book.FindMissing(command, missing, doubtful);
        LoadMissing(held.Book);
        LoadDue(held.Book, Time);
        Outcome outcome = held.Book.Apply(command, Time);
        // A shorter delay leaves days behind: each is closed now, with the pages that it needs, before what else the group has of the account.
        while (held.Book.NextCloseAt < Time)
        {
            Advance(held, Time);
        }

        Touch(held);
        return outcome;
    }

    internal static string AccountOf(Command command) =>
        command is Command.OfAccount its ? its.Account : throw new ArgumentException($"{command.GetType().Name} is not an account's.", nameof(command));

    private Held Add(Book book)
    {
        var held = new Held(book);
        books.Add(book.State.Id, held);
        Queue(held);
        return held;
    }

    private void Touch(Held held)
    {
        touched.Add(held);
        Queue(held);
        NoteRelease(held.Book);
        Publish(held.Book);
    }

    /// <summary>Decisions go by what is known, not by what is stored; by the owner's word.</summary>
    private void Publish(Book book)
    {
        if (publish is not null && view is null && book.TakePermits() is { } permits)
        {
            publish(permits);
        }
    }
}
