using System.Runtime.CompilerServices;
using Minutebook.Core.Events;

namespace Minutebook.Core.Metering;

/// <summary>A stretch of a connection in a class (rule 2.2), in ms, end excluded.</summary>
/// <param name="From">Its join.</param>
/// <param name="To">Its end; <see cref="ClassWindow.Never"/> while it is open.</param>
/// <param name="Slot">Whose it is.</param>
/// <param name="Role">The role of the join that made it, or -1.</param>
/// <param name="Settings">The settings that it is metered by.</param>
internal readonly record struct Stay(long From, long To, int Slot, short Role, ApplicationSettings Settings);

/// <summary>
/// Works out the stays of a slot from its joins and leaves, in whatever order they came (rules 2.2 and 2.3). Keeps its lists for the
/// next slot: not for two threads at once.
/// </summary>
internal sealed class Stays
{
    private readonly List<(long Time, int Record)> events = [];
    private Page page = null!;
    private ClassWindow window = null!;
    private int slot;
    private long joined = ClassWindow.Never;
    private short role;
    private bool inOrder;

    /// <summary>The stays found, those of excluded roles left out (rule 2.5).</summary>
    public List<Stay> Found { get; } = [];

    /// <summary>When the last slot's open stay ends without any event; <see cref="ClassWindow.Never"/> if none is open.</summary>
    public long Due { get; private set; }

    /// <summary>Up to where the last slot's stays are over, and later events only add to them: a record, one higher, and its ms; 0 if it
    /// is not known, because events came out of their order or are ahead of their time.</summary>
    public (int Records, long Until) Over { get; private set; }

    private bool IsOpen => joined != ClassWindow.Never;

    /// <summary>Adds the stays of a slot, of the events up to now, to those found.</summary>
    public void Find(Page of, ClassWindow its, int ofSlot, long now) => TryFind(of, its, ofSlot, now, (0, long.MinValue));

    /// <summary>The same of the events after those that are over.</summary>
    /// <returns>False if some are not later than these: then all have to be looked at.</returns>
    public bool TryFind(Page of, ClassWindow its, int ofSlot, long now, (int Records, long Until) over)
    {
        (page, window, slot, joined, Due, Over) = (of, its, ofSlot, ClassWindow.Never, ClassWindow.Never, over);
        Collect(now, over.Records - 1);
        if (over.Records > 0 && (!inOrder || (events.Count > 0 && events[0].Time <= over.Until)))
        {
            return false;
        }

        int at = 0;
        while (at < events.Count)
        {
            int next = at + 1;
            while (next < events.Count && events[next].Time == events[at].Time)
            {
                next++;
            }

            (long time, int last) = events[next - 1];
            TakeMillisecond(time, at, next);
            Over = IsOpen ? Over : (last + 1, time);
            at = next;
        }

        CloseLast(now);
        Over = inOrder ? Over : default;
        return true;
    }

    private void CloseLast(long now)
    {
        if (!IsOpen)
        {
            return;
        }

        long limit = window.LimitOf(joined);
        if (limit <= now)
        {
            Close(limit);
            Over = (events[^1].Record + 1, Math.Max(limit, events[^1].Time));
        }
        else
        {
            Due = limit;
            Close(ClassWindow.Never);
        }
    }

    private void Collect(long now, int after)
    {
        events.Clear();
        (bool sorted, bool awaits) = (true, false);
        for (int i = page.SlotAt(slot).Last; i != after; i = page.RecordAt(i).Next)
        {
            ref Record record = ref page.RecordAt(i);
            awaits |= record.Time > now;
            if (record.Voided || record.Time > now || record.Kind == EventKind.ParticipantReceiving)
            {
                continue;
            }

            sorted &= events.Count == 0 || events[^1].Time >= record.Time;
            events.Add((record.Time, i));
        }

        inOrder = sorted && !awaits;

        // Mostly they came in their order, so the chain, newest first, is sorted backwards.
        events.Reverse();
        if (!sorted)
        {
            events.Sort(static (a, b) => a.Time.CompareTo(b.Time));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeMillisecond(long time, int from, int to)
    {
        // What has ended by itself is closed at the very instant of its end: intervals are half-open (rule 1.1).
        if (IsOpen && window.LimitOf(joined) is var limit && limit <= time)
        {
            Close(limit);
        }

        if (IsOpen)
        {
            Leave(time, from, to);
            Join(time, from, to);
        }
        else
        {
            Join(time, from, to);
            Leave(time, from, to);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Join(long time, int from, int to)
    {
        if (IsOpen)
        {
            return;
        }

        for (int i = from; i < to; i++)
        {
            ref Record record = ref page.RecordAt(events[i].Record);
            // Of several joins in one millisecond the first by role makes the stay: the set decides, not the order of arrival.
            if (record.Kind == EventKind.ParticipantJoined && (!IsOpen || Before(record.Role, role)))
            {
                (joined, role) = (time, record.Role);
            }
        }
    }

    private bool Before(short a, short b) => b >= 0 && (a < 0 || string.CompareOrdinal(page.RoleAt(a), page.RoleAt(b)) < 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Leave(long time, int from, int to)
    {
        int carrying = 0;
        for (int i = from; i < to; i++)
        {
            ref Record record = ref page.RecordAt(events[i].Record);
            if (record.Kind != EventKind.ParticipantLeft)
            {
                continue;
            }

            if (record.Text >= 0)
            {
                carrying++;
            }
            else if (IsOpen)
            {
                Close(time);
            }
        }

        if (carrying > 1)
        {
            events.Sort(from, to - from, Comparer<(long Time, int Record)>.Create((a, b) => OrderOf(a.Record).SequenceCompareTo(OrderOf(b.Record))));
        }

        for (int i = from; i < to && carrying > 0; i++)
        {
            LeaveCarrying(time, ref page.RecordAt(events[i].Record));
        }
    }

    private void LeaveCarrying(long time, ref Record record)
    {
        if (record.Kind != EventKind.ParticipantLeft || record.Text < 0)
        {
            return;
        }

        if (IsOpen)
        {
            Close(time);
        }
        else if (record.Value < time)
        {
            Add(record.Value, Math.Min(time, window.LimitOf(record.Value)), record.Role);
        }
    }

    private ReadOnlySpan<byte> OrderOf(int record) =>
        page.RecordAt(record).Text is >= 0 and var text && page.RecordAt(record).Kind == EventKind.ParticipantLeft ? page.TextAt(text) : [];

    private void Close(long end)
    {
        Add(joined, end, role);
        joined = ClassWindow.Never;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(long from, long to, short its)
    {
        ApplicationSettings settings = window.SettingsAt(from);
        if (!ClassWindow.IsExcluded(page, its, settings))
        {
            Found.Add(new Stay(from, to, slot, its, settings));
        }
    }
}
