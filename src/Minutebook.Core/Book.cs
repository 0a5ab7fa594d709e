using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;

namespace Minutebook.Core;

/// <summary>
/// One account: the fold over its entries. Events, commands and the passing of time go in, in the order of the journal; rows for the
/// tables come out (<see cref="Flush"/>). What it holds is a function of what went in, however that was cut into flushes and restarts.
/// This is the only place where the slices of Core meet. One thread at a time.
/// </summary>
/// <remarks>
/// Usage is worked out from sets (rule 1.4): an event only joins its page and marks whom it touches; what they amount to is measured
/// again before it is read, so that many events cost one measuring.
/// </remarks>
public sealed partial class Book
{
    private const long Minute = 60_000;
    private const int Together = 64;
    private const int PresentPerRun = 4;
    private readonly RateCards cards;
    private readonly Calendar calendar;
    private readonly UsageTable usage;
    private readonly ClassMeter meter;
    private readonly Identities identities = new();
    private readonly Dictionary<(int Application, ulong Hash), Page> classes = [];
    private readonly Dictionary<(int Application, int Day), Page> days = [];
    private readonly Dictionary<int, Page> voids = [];
    private readonly Dictionary<int, Page> pages = [];
    private readonly List<Page> queue = [];
    private readonly Changes pending = new();
    private bool accountChanged;
    private ulong approached;

    /// <summary>Opens the book of an account from its light state; pages and usage are then restored.</summary>
    public Book(AccountState state, RateCards cards, int runEvents = RunEvents)
    {
        State = state;
        this.cards = cards;
        this.runEvents = runEvents;
        calendar = new Calendar(state.TimeZone);
        usage = new UsageTable(calendar);
        peaks = new PeakMeter(calendar, PresentPerRun * runEvents);
        storage = new StorageMeter(calendar);
        meter = new ClassMeter(calendar, usage, peaks);
        for (int i = 0; i < state.Applications.Count; i++)
        {
            applicationNumbers[state.Applications[i].Id] = i;
        }
    }

    /// <summary>The account's light state.</summary>
    public AccountState State { get; }

    /// <summary>How far its time has come, in ms; only entries move it.</summary>
    public long Now { get; private set; } = long.MinValue;

    /// <summary>The position of the group in the journal that is being folded; pages keep it with what they take, for explaining.</summary>
    public long Position { get; set; }

    /// <summary>The next instant, in ms, at which something happens by time alone.</summary>
    public long NextDue => Math.Min(NextOwnAt, dues.TryPeek(out _, out long due) ? due : ClassWindow.Never);

    /// <summary>The next instant at which the book itself has something to do, and not one of its pages.</summary>
    private long NextOwnAt => Math.Min(NextCloseAt, Math.Min(NextFollowAt, lookAt));

    /// <summary>Takes what is due until then, each thing at its own instant, in order (rule 7.4).</summary>
    public void AdvanceTo(long now)
    {
        while (NextDue <= now)
        {
            long until = Math.Min(now, Math.Min(NextOwnAt, NextAhead()));
            TakeDue(until);
            Now = Math.Max(Now, until);
            if (NextCloseAt <= until)
            {
                CloseDay();
                Watch();
            }

            if (lookAt <= until)
            {
                Look();
            }

            Follow();
        }

        Now = Math.Max(Now, now);
        FollowRunning();
    }

    /// <summary>Takes events into the set. Their pages must have been loaded (<see cref="FindMissing(EventBatch, ReadOnlySpan{int}, ICollection{MissingPage}, ICollection{DoubtfulIdentity})"/>).</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">Which of its events are this account's.</param>
    /// <param name="now">When they arrived, in ms.</param>
    public void Apply(EventBatch batch, ReadOnlySpan<int> rows, long now)
    {
        AdvanceTo(now);
        Resolve(batch);
        while (rows.Length > 0)
        {
            ReadOnlySpan<int> some = rows[..Math.Min(Together, rows.Length)];
            approached ^= identities.Approach(batch, some);
            foreach (int row in some)
            {
                Take(batch, row);
            }

            rows = rows[some.Length..];
        }

        // The batch will be filled with other events.
        looked = null;
        FollowRunning();
        Watch();
    }

    private void Take(EventBatch batch, int index)
    {
        ref EventRow row = ref batch[index];
        int application = ApplicationOf(batch, row.Application);
        Place place = Find(batch, index, out int at, out bool known);
        if (known && place != Place.Awaited)
        {
            Repeat(batch, row, place);
            return;
        }

        if (kept.Count > 0 && kept.ContainsKey(row.Identity) && TakeFirst(batch, index))
        {
            return;
        }

        if (WhyNot(application, row) is { } reason)
        {
            Keep(batch, index, reason);
            return;
        }

        if (kept.Count > 0)
        {
            Unkeep(row.Identity);
        }

        accountChanged = true;
        State.Counters.Events++;
        if (row.Kind == EventKind.EventVoided)
        {
            AddVoid(batch, row, at);
            return;
        }

        Page page = IsOfClass(row)
            ? ClassPage(batch, application, row.Subject)
            : row.Kind == EventKind.StorageSampled ? SamplesPage(application, row.Time)
            : DayPage(application, row.Time);
        page.At(Position);
        int added = page.Add(batch, row, AmountsOf(batch, row));
        RecordsHeld++;
        Identify(at, row.Identity, page, added);
        page.TouchedAt = Now;
        if (known)
        {
            page.MarkVoided(added);
            State.Counters.Voided++;
            Enqueue(page);
        }
        else
        {
            Happen(page, added, 1);
        }
    }

    /// <summary>A second event of the same identity has no effect; another content is a conflict (rule 1.3).</summary>
    private void Repeat(EventBatch batch, in EventRow row, Place place)
    {
        accountChanged = true;
        State.Counters.Duplicates++;
        bool conflict = !IsSame(batch, row, place);
        if (conflict)
        {
            State.Counters.Conflicts++;
        }

        Page page = pages[place.Page];
        page.At(Position);
        page.Repeat(place.Index, conflict);
        Enqueue(page);
    }

    private bool IsSame(EventBatch batch, in EventRow row, Place place)
    {
        Page page = pages[place.Page];
        if (page.Kind == PageKind.Class)
        {
            int application = ApplicationOf(batch, row.Application);
            return IsOfClass(row) && ReferenceEquals(FindClass(batch, application, row.Subject), page) && page.Same(place.Index, batch, row);
        }

        return page.Same(place.Index, batch, row);
    }

    /// <summary>A void takes its event out of the set, whichever comes first; a void cannot be voided (rule 1.6).</summary>
    private void AddVoid(EventBatch batch, in EventRow row, int at)
    {
        UInt128 target = batch.IdentityOf(row.A, row.B);
        Page page = VoidPage(row.Time);
        page.At(Position);
        int added = page.AddVoid(batch, row, target);
        RecordsHeld++;
        Identify(at, row.Identity, page, added);
        page.TouchedAt = Now;
        Enqueue(page);
        if (row.Time > Now)
        {
            Wait(page, added);
        }
        else
        {
            Void(target);
        }
    }

    private void Void(UInt128 target)
    {
        Place place = identities.Find(target, out bool known);
        if (!known)
        {
            identities.Await(target);
            pending.Awaited.Add(new AwaitedRow(State.Id, target, IsOver: false));
            return;
        }

        if (place == Place.Awaited || pages[place.Page] is not { Kind: not PageKind.Voids } page || page.RecordAt(place.Index).Voided)
        {
            return;
        }

        // What comes due together with its void counts first: only what has counted can be taken back.
        TakePending(page, Now);
        page.MarkVoided(place.Index);
        accountChanged = true;
        State.Counters.Voided++;
        if (page.RecordAt(place.Index).Time <= Now)
        {
            Happen(page, place.Index, -1);
        }

        page.TouchedAt = Now;
        Enqueue(page);
    }

    /// <summary>Marks whom an event touches when it takes effect, or loses it; one ahead of its time waits (rule 1.5).</summary>
    private void Happen(Page page, int index, int sign)
    {
        ref Record record = ref page.RecordAt(index);
        Enqueue(page);
        if (record.Time > Now)
        {
            Wait(page, index);
            return;
        }

        switch (record.Kind)
        {
            case EventKind.ClassStarted or EventKind.ClassEnded:
                page.WindowDirty = true;
                NoteWindow(page);
                break;
            case EventKind.ParticipantJoined or EventKind.ParticipantLeft or EventKind.ParticipantReceiving:
                page.MarkDirty(page.SlotAt(record.Slot).User);
                page.WindowDirty |= page.Window is { HasStart: false } window && record.Kind == EventKind.ParticipantJoined
                    && (sign < 0 || record.Time < window.Start);
                if (page.WindowDirty || page.Window is null)
                {
                    NoteWindow(page);
                }

                break;
            case EventKind.StorageSampled:
                storage.Touch(page, record);
                break;
            default:
                meter.Count(page, record, sign, book: true);
                break;
        }
    }

    private void Enqueue(Page page)
    {
        if (!page.Queued)
        {
            page.Queued = true;
            queue.Add(page);
        }
    }

    /// <summary>Brings what pages amount to up to date; it can bring a nearer due instant to light.</summary>
    public void Settle()
    {
        foreach (Page page in queue)
        {
            Settle(page);
        }

        queue.Clear();
    }

    private void Settle(Page page)
    {
        page.Queued = false;
        meter.Settle(page, HistoryOf(page), Now, book: true);
        pagesOfDays.Count(page);
        SettleSamples(page);
        if (!page.Changed)
        {
            page.Changed = true;
            changedPages.Add(page);
        }

        Remember(page);
    }

    private List<ApplicationSettings> HistoryOf(Page page) =>
        page.Application < 0 ? [] : State.Applications[page.Application].History;
}
