using Minutebook.Core.Events;
using Minutebook.Core.Metering;

namespace Minutebook.Core;

/// <summary>Pages leave memory when nothing happens to them, and come back when they are needed.</summary>
public sealed partial class Book
{
    /// <summary>
    /// So many events are held on pages before those that nothing happens to are let go early: more would not fit the caches of a
    /// processor, and reading a page back costs little.
    /// </summary>
    public const int MostIdleRecords = 250_000;
    private const long IdleAfter = 10 * Minute;
    private readonly Queue<(Page Page, long TouchedAt)> idle = new();

    /// <summary>How many events its pages in memory hold.</summary>
    public int RecordsHeld { get; private set; }

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
                AwaitTime(page, i);
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
        pagesOfDays.Count(page);
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
