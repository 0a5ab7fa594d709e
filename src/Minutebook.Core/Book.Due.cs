using Minutebook.Core.Events;
using Minutebook.Core.Metering;

namespace Minutebook.Core;

/// <summary>What time alone brings: events that were ahead of their time, and what pages amount to at an instant.</summary>
public sealed partial class Book
{
    private readonly PriorityQueue<int, long> dues = new();
    private readonly PriorityQueue<long, long> aheads = new();

    private void Wait(Page page, int index)
    {
        AwaitTime(page, index);
        Remember(page);
    }

    private void AwaitTime(Page page, int index)
    {
        page.Wait(index);
        long time = page.RecordAt(index).Time;
        aheads.Enqueue(time, time);
    }

    /// <summary>
    /// The time of the next event that is ahead of it, while packages are watched: it may use one up in that very second (rule 7.4). What else
    /// comes due, ends of classes and stays, was looked ahead to, and may be taken together.
    /// </summary>
    private long NextAhead()
    {
        while (aheads.TryPeek(out long past, out _) && past <= Now)
        {
            aheads.Dequeue();
        }

        return IsWatching && aheads.TryPeek(out long time, out _) ? time : ClassWindow.Never;
    }

    private void Remember(Page page)
    {
        long due = page.Due;
        if (due < page.DueKnown)
        {
            page.DueKnown = due;
            dues.Enqueue(page.Number, due);
        }
    }

    private void TakeDue(long until)
    {
        // What waits to be measured may come due itself.
        Settle();
        if (!dues.TryPeek(out _, out long first) || first > until)
        {
            return;
        }

        Now = Math.Max(Now, until);
        while (dues.TryPeek(out int number, out long due) && due <= until)
        {
            dues.Dequeue();
            // A page may have been let go since, or have been told another instant.
            if (pages.TryGetValue(number, out Page? page) && page.DueKnown == due)
            {
                TakeDue(page, until);
            }
        }

        Settle();
        Watch();
    }

    private void TakeDue(Page page, long until)
    {
        page.DueKnown = ClassWindow.Never;
        if (page.Due > until)
        {
            Remember(page);
            return;
        }

        page.TouchedAt = Now;
        page.MarkDue(until);
        page.WindowDirty |= page.Window is { } window && window.Due <= until;
        TakePending(page, until);
        Enqueue(page);
    }

    private void TakePending(Page page, long until)
    {
        for (int index = page.NextPending(until); index >= 0; index = page.NextPending(until))
        {
            TakeOne(page, index);
        }
    }

    private void TakeOne(Page page, int index)
    {
        ref Record record = ref page.RecordAt(index);
        if (record.Kind == EventKind.EventVoided)
        {
            Void(page.TargetOf(record));
        }
        else if (!record.Voided)
        {
            Happen(page, index, 1);
        }
    }
}
