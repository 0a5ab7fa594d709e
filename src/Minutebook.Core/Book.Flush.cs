using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;

namespace Minutebook.Core;

public sealed partial class Book
{
    private readonly List<Page> changedPages = [];
    private readonly HashSet<int> touchedDays = [];

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
            changes.Chunks.Add(new ChunkRow(State.Id, page.Number, page.Persisted, page.TakeWritten(changes.ChunkMemory)));
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
        foreach ((int day, ViewingDay? its) in page.TakeViewings(name, calendar.DayOfMillisecond, Now))
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
}
