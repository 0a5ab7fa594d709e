using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using System.Text.Json;

namespace Minutebook.Core;

/// <summary>A page that must be loaded before a batch or a command is applied, or time moves on, if the store has it.</summary>
/// <param name="Number">Its number, where that is known; else 0.</param>
/// <param name="Application">Its application.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Key">The class id, or the day.</param>
/// <param name="Day">A local day, ISO: all classes of the application that used anything on it; else null.</param>
/// <param name="Kept">No page, but what is kept of an event (<see cref="KeptRow"/>): its identity; else null.</param>
public readonly record struct MissingPage(
    int Number, string Application, PageKind Kind, string Key, string? Day = null, UInt128? Kept = null);

public sealed partial class Book
{
    /// <summary>
    /// So many events are held on pages before those that nothing happens to are let go early: more would not fit the caches of a
    /// processor, and reading a page back costs little.
    /// </summary>
    public const int MostIdleRecords = 250_000;
    private const long IdleAfter = 10 * Minute;
    private readonly List<Page> changedPages = [];
    private readonly Queue<(Page Page, long TouchedAt)> idle = new();
    private readonly HashSet<int> touchedDays = [];

    /// <summary>How many events its pages in memory hold.</summary>
    public int RecordsHeld { get; private set; }

    /// <summary>
    /// Hands over the rows that changed since the last time. Before, what <see cref="FindPresent(ICollection{MissingPage})"/> names must be
    /// loaded. Afterwards, once they are stored, call <see cref="Forget(int)"/>.
    /// </summary>
    public void Flush(Changes changes)
    {
        Settle();
        foreach (Page page in changedPages)
        {
            FlushPage(page, changes);
        }

        FlushUsage(changes);
        FlushSteps(changes);
        MoveTo(changes);
        identities.HandOver();
        changedPages.Clear();
        if (accountChanged)
        {
            changes.Accounts.Add(new AccountRow(State.Id, JsonSerializer.SerializeToUtf8Bytes(State, AccountState.Json)));
            accountChanged = false;
        }
    }

    private void MoveTo(Changes changes)
    {
        HandOverKept();
        changes.Sections.AddRange(pending.Sections);
        changes.Settled.AddRange(pending.Settled);
        changes.Bills.AddRange(pending.Bills);
        changes.Ledger.AddRange(pending.Ledger);
        changes.Kept.AddRange(pending.Kept);
        changes.Notes.AddRange(pending.Notes);
        changes.Awaited.AddRange(pending.Awaited);
        changes.Runs.AddRange(pending.Runs);
        changes.Alerts.AddRange(pending.Alerts);
        changes.Acknowledgements.AddRange(pending.Acknowledgements);
        pending.Clear();
    }

    private void FlushPage(Page page, Changes changes)
    {
        string application = page.Application < 0 ? "" : State.Applications[page.Application].Id;
        long? due = page.Due == ClassWindow.Never ? null : page.Due;
        changes.Pages.Add(new PageRow(State.Id, page.Number, application, (int)page.Kind, page.Key, due, page.Run));
        if (page.HasUnwritten)
        {
            changes.Chunks.Add(new ChunkRow(State.Id, page.Number, page.Persisted, page.TakeWritten()));
        }

        string? @class = page.Kind == PageKind.Class ? page.Key : null;
        for (int at = page.Days.FirstDirty; at >= 0; at = page.Days[at].NextDirty)
        {
            ref readonly DayTallies.Entry used = ref page.Days[at];
            Dimensions its = dimensions[used.Dimensions];
            changes.ClassUsage.Add(new ClassUsageRow(
                State.Id, DayKey(used.Day), page.Number, application, @class, its.Meter.Name, its.Key,
                used.Tally.Quantity, used.Tally.OpenCount, used.Tally.OpenSum));
        }

        page.Days.Flushed();
        if (page.Kind == PageKind.Class && (page.Window!.HasRow || page.RowStored))
        {
            changes.Classes.Add(RowOf(page, application));
            page.RowStored = page.Window.HasRow;
        }

        FlushViewings(page, application, changes);
        page.Changed = false;
        WatchIdle(page);
    }

    private ClassRow RowOf(Page page, string application)
    {
        ClassWindow window = page.Window!;
        return new ClassRow(
            State.Id, page.Number, 0, application, page.Key, NameOf(page), window.HasRow ? window.Start : 0,
            window.End == ClassWindow.Never ? null : window.End, (int)window.EndedBy, page.Users,
            page.Total.Quantity, page.Total.OpenCount, page.Total.OpenSum, Deleted: !window.HasRow);
    }

    private static string? NameOf(Page page) =>
        page.Window is { Name: >= 0 and var name } ? System.Text.Encoding.UTF8.GetString(page.TextAt(name)) : null;

    /// <summary>Rows of the viewing of a class's recordings: one for each local day (rule 8.1).</summary>
    private void FlushViewings(Page page, string application, Changes changes)
    {
        string? name = NameOf(page);
        int DayOf(long ms) => calendar.DayOf(calendar.HourOf(ClassMeter.FloorSecond(ms)));
        foreach ((int day, ViewingDay? its) in page.TakeViewings(name, DayOf, Now))
        {
            changes.Classes.Add(new ClassRow(
                State.Id, page.Number, ClassRow.ViewingsOf(day), application, page.Key, name, its?.First ?? 0, its?.Last, 0, its?.Viewers ?? 0,
                its?.Seconds ?? 0, 0, 0, Deleted: its is null));
        }
    }

    private void FlushUsage(Changes changes)
    {
        foreach ((long hour, int application, int number, Tally tally) in usage.Dirty)
        {
            Dimensions its = dimensions[number];
            string id = State.Applications[application].Id;
            changes.Usage.Add(new UsageRow(State.Id, its.Meter.Name, hour, id, its.Key, tally.Quantity));
            if (tally.OpenCount != 0 || number <= Presence.WhiteboardDimensions)
            {
                changes.Open.Add(new OpenRow(State.Id, its.Meter.Name, id, its.Key, hour, tally.OpenCount, tally.OpenSum));
            }
        }

        usage.FillSpans();
        foreach ((UsageSpans.Cell cell, Int128 quantity) in usage.Spans.Dirty)
        {
            Dimensions its = dimensions[cell.Dimensions];
            changes.UsageSpans.Add(new UsageSpanRow(
                State.Id, (int)cell.Span, its.Meter.Name, cell.Start, State.Applications[cell.Application].Id, its.Key, quantity));
        }

        usage.Flushed();
    }

    /// <summary>Closed days whose usage changed are trued up at the next close (rule 6.3).</summary>
    private void NoteTouched()
    {
        foreach (long hour in usage.TakeChangedHours())
        {
            int day = calendar.DayOf(hour);
            usedOn.Remove(day);
            if (day < nextClose)
            {
                touchedDays.Add(day);
            }
        }
    }

    /// <summary>Lets go of pages that nothing has happened to for a while, and of more when many events are held.</summary>
    /// <param name="mostRecords">How many events may be held.</param>
    public void Forget(int mostRecords)
    {
        handedOver.Clear();
        identities.Stored();
        for (int left = idle.Count; left > 0; left--)
        {
            (Page page, long touchedAt) = idle.Peek();
            if (touchedAt + IdleAfter > Now && RecordsHeld <= mostRecords)
            {
                return;
            }

            idle.Dequeue();
            page.IsWatched = false;
            if (page.TouchedAt == touchedAt && CanForget(page))
            {
                Forget(page);
            }
            else
            {
                WatchIdle(page);
            }
        }
    }

    private void WatchIdle(Page page)
    {
        if (!page.IsWatched)
        {
            page.IsWatched = true;
            idle.Enqueue((page, page.TouchedAt));
        }
    }

    private static bool CanForget(Page page) =>
        !page.Queued && !page.Changed && page.Due == ClassWindow.Never && page.Total.OpenCount == 0;

    private void Forget(Page page)
    {
        pages.Remove(page.Number);
        RecordsHeld -= page.Count;
        switch (page.Kind)
        {
            case PageKind.Class:
                ForgetClass(page);
                break;
            case PageKind.Samples:
                samples.Remove((page.Application, DayNumber(page)));
                break;
            case PageKind.Day:
                days.Remove((page.Application, DayNumber(page)));
                break;
            case PageKind.Voids:
                voids.Remove(DayNumber(page));
                break;
        }

        GoAway(page);
        page.Release();
    }

    private void ForgetClass(Page page)
    {
        ulong hash = HashOf(page.Key);
        while (!ReferenceEquals(classes.GetValueOrDefault((page.Application, hash)), page))
        {
            hash = unchecked(hash + 1);
        }

        classes.Remove((page.Application, hash));
        for (ulong next = unchecked(hash + 1); classes.Remove((page.Application, next), out Page? behind); next = unchecked(next + 1))
        {
            Register(behind, HashOf(behind.Key));
        }
    }

    private static ulong HashOf(string key) => Math.Max(1, TextHash.Of(System.Text.Encoding.UTF8.GetBytes(key)));

    /// <summary>Names the pages that a batch needs and that may be in the store but are not in memory.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">Which of its events are this account's.</param>
    /// <param name="missing">Gets the pages.</param>
    /// <param name="doubtful">Gets the identities that may be known though they left memory: see <see cref="Learn"/>.</param>
    public void FindMissing(EventBatch batch, ReadOnlySpan<int> rows, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        looked = null;
        FindKept(batch, rows, missing, doubtful);
        identities.Unlearn();
        if (pages.Count == State.Pages && !identities.HasRuns)
        {
            return;
        }

        Resolve(batch);
        Look(batch);
        var asked = new HashSet<(int, int)>();
        Span<UInt128> unknown = stackalloc UInt128[2 * Together];
        while (rows.Length > 0)
        {
            int count = 0;
            ReadOnlySpan<int> some = rows[..Math.Min(Together, rows.Length)];
            approached ^= identities.Approach(batch, some);
            foreach (int index in some)
            {
                ref EventRow row = ref batch[index];
                AskForPage(batch, row, asked, missing);
                isNew[index] = !AskFor(row.Identity, asked, missing);
                if (isNew[index])
                {
                    unknown[count++] = row.Identity;
                }

                if (row.Kind == EventKind.EventVoided && batch.IdentityOf(row.A, row.B) is var target && !AskFor(target, asked, missing))
                {
                    unknown[count++] = target;
                }
            }

            int before = doubtful.Count;
            approached ^= identities.Doubt(unknown[..count], doubtful);
            if (doubtful.Count > before)
            {
                MarkDoubtful(batch, some, doubtful);
            }

            rows = rows[some.Length..];
        }
    }

    /// <summary>Names the pages that what is due until then will need: the events of voids ahead of their time, classes to close user by user.</summary>
    public void FindMissing(long until, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        var asked = new HashSet<(int, int)>();
        foreach (Page page in voids.Values)
        {
            foreach (int index in page.PendingUntil(until))
            {
                AskFor(page.TargetOf(page.RecordAt(index)), asked, missing, doubtful);
            }
        }

        if (Math.Min(NextCloseAt, lookAt) <= until)
        {
            FindParticipants(asked, missing, isLook: lookAt <= until);
        }
    }

    /// <summary>Names the pages that a command's decision needs: what is left in packages may go user by user.</summary>
    public void FindMissing(Command command, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        if (command is Command.AdoptKept adopt)
        {
            FindAdopted(adopt, missing, doubtful);
        }

        if (command is Command.BuyPackage or Command.RefundPackage)
        {
            FindParticipants([], missing, isLook: true);
        }
    }

    private void AskForPage(EventBatch batch, in EventRow row, HashSet<(int, int)> asked, ICollection<MissingPage> missing)
    {
        int application = ApplicationOf(batch, row.Application);
        if (row.Kind == EventKind.EventVoided)
        {
            if (!voids.ContainsKey(DayOf(row.Time)) && asked.Add((-2, DayOf(row.Time))))
            {
                missing.Add(new MissingPage(0, "", PageKind.Voids, DayKey(DayOf(row.Time))));
            }
        }
        else if (application >= 0 && IsOfClass(row))
        {
            if (pageOfText[row.Subject] is { } known && known.Application == application)
            {
                return;
            }

            pageOfText[row.Subject] = FindClass(batch, application, row.Subject);
            if (pageOfText[row.Subject] is null && asked.Add((application, row.Subject)))
            {
                missing.Add(new MissingPage(0, State.Applications[application].Id, PageKind.Class, batch.String(row.Subject)!));
            }
        }
        else if (application >= 0 && row.Kind == EventKind.StorageSampled)
        {
            AskForSamples(application, storage.DayOf(row.Time), asked, missing);
        }
        else if (application >= 0 && !days.ContainsKey((application, DayOf(row.Time))) && asked.Add((-3 - application, DayOf(row.Time))))
        {
            missing.Add(new MissingPage(0, State.Applications[application].Id, PageKind.Day, DayKey(DayOf(row.Time))));
        }
    }

    private void AskForSamples(int application, int day, HashSet<(int, int)> asked, ICollection<MissingPage> missing)
    {
        if (!samples.ContainsKey((application, day)) && asked.Add((int.MinValue + application, day)))
        {
            missing.Add(new MissingPage(0, State.Applications[application].Id, PageKind.Samples, DayKey(day)));
        }
    }

    private static bool IsOfClass(in EventRow row) => row.Kind <= EventKind.ScreenshotCaptured && row.Subject >= 0;

    private void MarkDoubtful(EventBatch batch, ReadOnlySpan<int> rows, ICollection<DoubtfulIdentity> doubtful)
    {
        foreach (DoubtfulIdentity one in doubtful)
        {
            foreach (int index in rows)
            {
                isNew[index] &= batch[index].Identity != one.Identity;
            }
        }
    }

    /// <summary>Names the page of an identity that memory knows; false if it does not know it.</summary>
    private bool AskFor(UInt128 identity, HashSet<(int, int)> asked, ICollection<MissingPage> missing)
    {
        Place place = identities.Find(identity, out bool known);
        if (known && place.Page > 0 && !pages.ContainsKey(place.Page) && asked.Add((-1, place.Page)))
        {
            missing.Add(new MissingPage(place.Page, "", PageKind.Class, ""));
        }

        return known;
    }

    private void AskFor(
        UInt128 identity, HashSet<(int, int)> asked, ICollection<MissingPage> missing, ICollection<DoubtfulIdentity> doubtful)
    {
        if (!AskFor(identity, asked, missing))
        {
            approached ^= identities.Doubt([identity], doubtful);
        }
    }

    /// <summary>Puts back a page from the store. Its usage is in the account's already.</summary>
    public void Load(PageRow row, IEnumerable<byte[]> chunks)
    {
        if (pages.ContainsKey(row.Page))
        {
            return;
        }

        int application = row.Application.Length == 0 ? -1 : applicationNumbers[row.Application];
        var page = new Page(row.Page, application, (PageKind)row.Kind, row.Key, memory, DimensionsAt) { Run = row.Run };
        page.Read(chunks, NumberOf);
        pages.Add(page.Number, page);
        Register(page);
        for (int i = 0; i < page.Count; i++)
        {
            ref Record record = ref page.RecordAt(i);
            if (record.Time > Now)
            {
                page.Wait(i);
            }
            else if (!record.Voided && Page.HasAmounts(record.Kind) && page.Kind != PageKind.Samples)
            {
                meter.Count(page, record, 1, book: false);
            }
        }

        meter.Settle(page, HistoryOf(page), Now, book: false);
        page.Days.Flushed();
        page.RowStored = page.Window?.HasRow ?? false;
        page.FlushedViewings(NameOf(page));
        page.TouchedAt = Now;
        RecordsHeld += page.Count;
        WatchIdle(page);
        Remember(page);
        ComeBack(page);
    }

    private void Register(Page page)
    {
        switch (page.Kind)
        {
            case PageKind.Class:
                Register(page, HashOf(page.Key));
                break;
            case PageKind.Day:
                days.Add((page.Application, DayNumber(page)), page);
                break;
            case PageKind.Samples:
                samples.Add((page.Application, DayNumber(page)), page);
                break;
            case PageKind.Voids:
                voids.Add(DayNumber(page), page);
                break;
        }
    }

    private static int DayNumber(Page page) => Calendar.Number(NodaTime.Text.LocalDatePattern.Iso.Parse(page.Key).Value);
}
