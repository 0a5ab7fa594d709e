namespace Minutebook.Reference.Workloads;

/// <summary>How events travel: late, ahead of their time, twice, contradicting themselves, voided before they come, in any order.</summary>
internal sealed class DeliveryOfEvents(WorkloadOptions options, Chance chance, long startMs, long endMs, Script script)
{
    private readonly List<(long AtMs, ReferenceEvent Event)> sent = [];
    private readonly List<ReferenceEvent> voids = [];

    public IEnumerable<Step> Steps()
    {
        foreach (ReferenceEvent e in script.Events)
        {
            Send(e, ArrivalOf(e.TimeMs));
            Repeat(e);
            if (chance.Happens(options.VoidChance) && options.Wants("event.voided"))
            {
                Void(e);
            }
        }

        if (options.WithRejected)
        {
            SendStrangers();
        }

        return Batches().Concat(Reapplications());
    }

    /// <summary>In seconds mostly; or hours, days, up to 40 days later; or up to 5 minutes before its time.</summary>
    private long ArrivalOf(long timeMs)
    {
        if (chance.Happens(options.FutureChance))
        {
            return timeMs - chance.Of<long>([5 * Workload.Minute, 1, chance.Between(1, 5 * Workload.Minute)]);
        }

        return timeMs + (chance.Happens(options.DelayChance)
            ? chance.Of([chance.Between(0, 6 * Workload.Hour), chance.Between(0, 4 * Workload.Day), chance.Between(0, Longest)])
            : chance.Between(0, 30 * Workload.Second));
    }

    private long Longest => (options.WithRejected ? options.LateDays + 5 : Math.Max(1, options.LateDays - 3)) * Workload.Day;

    private void Send(ReferenceEvent e, long atMs) => sent.Add((Math.Max(atMs, startMs), e));

    private void Repeat(ReferenceEvent e)
    {
        while (chance.Happens(options.DuplicateChance))
        {
            // The same, spelled plainly.
            Send(e with { TimeText = null }, ArrivalOf(e.TimeMs));
        }

        // What an event says that waited without an account is not compared with what comes when it has one.
        if (chance.Happens(options.ConflictChance) && e.Application != Script.LateApplication)
        {
            ReferenceEvent other = Contradicting(e);
            Send(other, Math.Max(e.TimeMs, other.TimeMs) + chance.Between(0, Math.Min(10, options.LateDays - 2) * Workload.Day));
        }
    }

    private ReferenceEvent Contradicting(ReferenceEvent e) => chance.Between(0, 5) switch
    {
        0 => e with { TimeMs = e.TimeMs + chance.Between(1, Workload.Hour), TimeText = null },
        1 when e.Subject is not null => e with { Subject = chance.Of(script.Classes) },
        2 when e.User is not null => e with { User = "user-0" },
        3 => e with { Application = "app-0" },
        4 when e.Seconds is not null => e with { Seconds = 1 },
        _ when !options.Wants("slicing.completed") => e with { TimeMs = e.TimeMs + 1, TimeText = null },
        _ => script.New("slicing.completed", e.Application, e.Subject ?? "class-0", e.TimeMs) with
        {
            Source = e.Source,
            Id = e.Id,
            Task = "contradiction",
            Mode = "audio",
            Seconds = 77,
        },
    };

    /// <summary>Before or after the event that it names, sometimes twice, sometimes itself voided, which means nothing (1.6).</summary>
    private void Void(ReferenceEvent target)
    {
        long time = target.TimeMs + chance.Of<long>([0, -chance.Between(0, 5 * Workload.Minute), chance.Between(0, Workload.Hour), chance.Between(0, 30 * Workload.Day)]);
        ReferenceEvent e = script.New("event.voided", target.Application, null, time) with
        {
            TargetSource = target.Source,
            TargetId = target.Id,
            TargetSubject = chance.Happens(500) ? target.Subject : null,
        };
        voids.Add(e);
        Send(e, chance.Happens(300) ? target.TimeMs - chance.Between(0, 5 * Workload.Minute) + (time - target.TimeMs) : ArrivalOf(time));
        if (chance.Happens(150))
        {
            Void(chance.Of(voids));
        }
    }

    /// <summary>Of unknown applications and types, voids of nothing, and events at the very edge of lateness.</summary>
    private void SendStrangers()
    {
        foreach (string application in new[] { "app-0", "nobody's", Script.LateApplication })
        {
            long time = chance.Between(startMs, endMs);
            if (options.Types is null)
            {
                ReferenceEvent odd = script.New(chance.Of(["quiz.answered", "class.paused", "Class.Started"]), application, "class-0", time);
                Send(odd, ArrivalOf(time));
                Send(odd, ArrivalOf(time) + Workload.Day);
            }

            ReferenceEvent stranger = New(application, time);
            Send(stranger, ArrivalOf(time));
            Send(stranger, ArrivalOf(time) + (3 * Workload.Day));
        }

        if (options.Wants("event.voided"))
        {
            ReferenceEvent nothing = script.New("event.voided", "app-0", null, startMs) with { TargetSource = "//alpha", TargetId = "nothing" };
            Send(nothing, startMs);
        }

        ReferenceEvent New(string application, long time) => options.Wants("slicing.completed")
            ? script.New("slicing.completed", application, "class-0", time) with { Task = "t", Mode = "video", Seconds = 31 }
            : script.New("class.ended", application, "class-0", time);
    }

    /// <summary>Everything sent goes with the next batch. Batches are close together while classes go on and rare later.</summary>
    private IEnumerable<Step> Batches()
    {
        List<(long AtMs, List<ReferenceEvent> Events)> batches = [];
        long at = Odd(startMs);
        foreach ((long arrival, ReferenceEvent e) in sent.OrderBy(s => s.AtMs))
        {
            while (batches.Count == 0 || at < arrival)
            {
                at = Odd(Math.Max(at + chance.Of([Workload.Second, 5 * Workload.Minute, 2 * Workload.Hour, 9 * Workload.Hour]), arrival));
                batches.Add((at, []));
            }

            batches[^1].Events.Add(e);
        }

        AddEdges(batches);
        return batches.Select(b => new Step.Batch(b.AtMs, chance.Shuffled(b.Events)));
    }

    /// <summary>Exactly lateDays old is not late, a millisecond more is; 5 minutes ahead is accepted (1.5), of a void too, and of what it names.</summary>
    private void AddEdges(List<(long AtMs, List<ReferenceEvent> Events)> batches)
    {
        long lateness = options.LateDays * Workload.Day;
        foreach ((long at, List<ReferenceEvent> events) in chance.Shuffled(batches).Take(4))
        {
            if (options.WithRejected && options.Wants("playback.viewed"))
            {
                events.Add(Viewing(at - lateness));
                events.Add(Viewing(at - lateness - 1));
            }

            if (options.FutureChance > 0 && options.Wants("playback.viewed"))
            {
                events.Add(Viewing(at + (5 * Workload.Minute)));
                events.Add(Viewing(at));
            }

            if (options.FutureChance > 0 && options.Wants("playback.viewed") && options.Wants("event.voided"))
            {
                // Both are ahead of their time, and often come due together.
                ReferenceEvent target = Viewing(at + chance.Of<long>([Workload.Minute, 3 * Workload.Minute]));
                events.Add(target);
                events.Add(script.New("event.voided", "app-0", null, at + (chance.Between(1, 3) * Workload.Minute)) with
                {
                    TargetSource = target.Source,
                    TargetId = target.Id,
                });
            }
        }

        ReferenceEvent Viewing(long time) => script.New("playback.viewed", "app-0", "class-0", time) with
        {
            Recording = "edge",
            User = "edge",
            Seconds = 1,
        };
    }

    private List<Step> Reapplications()
    {
        List<Step> reapplied = [];
        for (long count = options.WithRejected ? chance.Between(0, 3) : 0; count > 0; count--)
        {
            long at = chance.Between(startMs, endMs + (20 * Workload.Day));
            reapplied.Add(new Step.Reapply(at - Floor.Mod(at, 4) + 1));
        }

        return reapplied;
    }

    private static long Odd(long ms) => ms - Floor.Mod(ms, 4) + 3;
}
