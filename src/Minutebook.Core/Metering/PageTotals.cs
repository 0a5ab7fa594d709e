namespace Minutebook.Core.Metering;

public sealed partial class Page
{
    private const int NoParticipant = -1;
    /// <summary>With so many events it does not fit a cache.</summary>
    private const int Large = 1 << 14;

    private int firstDirty = NoParticipant;
    private PriorityQueue<int, long>? pending;
    private PriorityQueue<int, long>? participantsDue;

    /// <summary>The class's window as it was when it was last settled; null before.</summary>
    internal ClassWindow? Window { get; set; }
    /// <summary>The window may have changed: all participants are measured again.</summary>
    internal bool WindowDirty { get; set; }
    /// <summary>It waits to be settled.</summary>
    internal bool Queued { get; set; }
    /// <summary>Its rows changed since the last flush.</summary>
    internal bool Changed { get; set; }
    /// <summary>It waits to be let go when it has been idle.</summary>
    internal bool IsWatched { get; set; }
    /// <summary>Its row of the details list is in the store.</summary>
    internal bool RowStored { get; set; }
    /// <summary>When something last happened to it, in the book's time.</summary>
    internal long TouchedAt { get; set; }
    /// <summary>The due instant by which the book has been told to come back.</summary>
    internal long DueKnown { get; set; } = ClassWindow.Never;

    /// <summary>The identity run that its last event is in.</summary>
    internal int Run { get; set; }

    /// <summary>Users of the class (rule 2.6).</summary>
    internal int Users { get; set; }
    /// <summary>Presence of all its participants.</summary>
    internal Tally Total;

    /// <summary>What it used, by local day.</summary>
    internal DayTallies Days { get; } = new();
    /// <summary>How many of them the book has counted.</summary>
    internal int DaysCounted { get; set; }
    /// <summary>As how many participants the book has counted its own.</summary>
    internal int ParticipantsCounted { get; set; }

    /// <summary>
    /// No more can have used something of it, as rates that are rounded up by participant count them: its participants, whoever an amount is
    /// of, and the one that amounts of nobody are of (rule 4.1).
    /// </summary>
    internal int MostParticipants => 1 + ParticipantCount + amountsOfUsers;

    internal void MarkDirty(int participant)
    {
        ref Participant its = ref participants[participant];
        if (!its.Dirty)
        {
            its.Dirty = true;
            its.NextDirty = firstDirty;
            firstDirty = participant;
        }
    }

    /// <summary>Takes participants that have to be measured again, as many as there are places.</summary>
    /// <returns>How many it took.</returns>
    internal int TakeDirty(Span<int> taken)
    {
        int count = 0;
        for (; count < taken.Length && firstDirty != NoParticipant; count++)
        {
            ref Participant its = ref participants[firstDirty];
            (taken[count], firstDirty, its.Dirty) = (firstDirty, its.NextDirty, false);
        }

        return count;
    }

    /// <summary>
    /// Reads the records of participants, so that they are near when each is measured: those of a large class lie far apart, and here
    /// the reads of one participant do not wait for those of another.
    /// </summary>
    /// <returns>Nothing of meaning; it keeps the reads from being left out.</returns>
    internal long Approach(ReadOnlySpan<int> some)
    {
        if (Count < Large)
        {
            return 0;
        }

        Span<int> next = stackalloc int[some.Length];
        Span<int> until = stackalloc int[some.Length];
        for (int i = 0; i < some.Length; i++)
        {
            ref Participant participant = ref participants[some[i]];
            next[i] = participant.LastSlot is >= 0 and var slot ? slots[slot].Last : -1;
            until[i] = participant.Measured.Records - 1;
        }

        long seen = 0;
        for (bool goesOn = true; goesOn;)
        {
            goesOn = false;
            for (int i = 0; i < next.Length; i++)
            {
                if (next[i] >= 0 && next[i] != until[i])
                {
                    ref Record record = ref records[next[i]];
                    seen ^= record.Time;
                    next[i] = record.Next;
                    goesOn = true;
                }
            }
        }

        return seen;
    }

    /// <summary>All participants are to be measured again, from the beginning.</summary>
    internal void MarkAllDirty()
    {
        for (int i = 0; i < ParticipantCount; i++)
        {
            participants[i].Measured = default;
            MarkDirty(i);
        }
    }

    /// <summary>An event ahead of its time waits here until then (rule 1.5).</summary>
    internal void Wait(int record) => (pending ??= new()).Enqueue(record, records[record].Time);

    /// <summary>The next event whose time has come; -1 for none.</summary>
    internal int NextPending(long now) =>
        pending is { Count: > 0 } && pending.TryPeek(out _, out long time) && time <= now ? pending.Dequeue() : -1;

    /// <summary>The events whose time comes until then, in any order.</summary>
    internal IEnumerable<int> PendingUntil(long until) =>
        pending is null ? [] : pending.UnorderedItems.Where(item => item.Priority <= until).Select(item => item.Element);

    /// <summary>Says when time alone changes what a participant amounts to; 0 for never. What was said before is void.</summary>
    internal void SetDue(int participant, long due)
    {
        if (participants[participant].Due == due)
        {
            return;
        }

        participants[participant].Due = due;
        if (due != 0)
        {
            (participantsDue ??= new()).Enqueue(participant, due);
        }
    }

    /// <summary>Marks the participants that time alone has changed.</summary>
    internal void MarkDue(long now)
    {
        while (NextParticipantDue(out int participant) is var due && due <= now)
        {
            participantsDue!.Dequeue();
            participants[participant].Due = 0;
            MarkDirty(participant);
        }
    }

    private long NextParticipantDue(out int participant)
    {
        participant = -1;
        while (participantsDue is { Count: > 0 } && participantsDue.TryPeek(out participant, out long due))
        {
            if (participants[participant].Due == due)
            {
                return due;
            }

            participantsDue.Dequeue();
        }

        return ClassWindow.Never;
    }

    /// <summary>When time alone changes what it amounts to; <see cref="ClassWindow.Never"/> if it does not.</summary>
    internal long Due
    {
        get
        {
            long due = Window?.Due ?? ClassWindow.Never;
            if (pending is { Count: > 0 } && pending.TryPeek(out _, out long time))
            {
                due = Math.Min(due, time);
            }

            return Math.Min(due, NextParticipantDue(out _));
        }
    }
}
