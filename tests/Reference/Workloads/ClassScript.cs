namespace Minutebook.Reference.Workloads;

/// <summary>What happens in one class: mostly sensible, now and then lost, doubled, out of order or at the same millisecond.</summary>
internal sealed class ClassScript(Script script, Chance chance, WorkloadOptions options, string application, string id, long startMs)
{
    private static readonly string?[] Roles = [null, "teacher", "student", "student", "assistant", "spectator", "recorder"];

    private static readonly long[] Areas =
        [0, 1, 307_200, 921_600, 921_601, 2_073_600, 2_073_601, 3_686_400, 3_686_401, 8_294_400, (1L << 53) - 1];

    private readonly List<long> seen = [];
    private long lengthMs;

    public void Write()
    {
        lengthMs = chance.Of<long>([
            0, 900, chance.Between(1, 60_000), 40 * Workload.Minute, chance.Between(Workload.Minute, 3 * Workload.Hour),
            chance.Between(Workload.Minute, 3 * Workload.Hour), 5 * Workload.Hour, Workload.Day, Workload.Day - 1, Workload.Day + 1,
            chance.Between(20 * Workload.Hour, 40 * Workload.Hour)]);
        long start = chance.Happens(100) ? chance.Of(script.SettingsInstants) : Snapped(startMs);
        startMs = start;
        seen.Add(start);
        if (chance.Happens(850))
        {
            script.Add("class.started", application, id, start, e => e with { Name = chance.Happens(700) ? $"Lesson {id}" : null });
        }

        if (chance.Happens(800))
        {
            seen.Add(start + lengthMs);
            script.Add("class.ended", application, id, start + lengthMs, e => e);
        }

        // Restarted, started or ended twice, ended before it started.
        while (chance.Happens(200))
        {
            script.Add(chance.Of(["class.started", "class.ended"]), application, id, Moment(), e => e);
        }

        for (long user = chance.Between(0, 2 * options.UsersPerClass); user > 0; user--)
        {
            WriteUser($"user-{chance.Between(0, (2 * options.UsersPerClass) + 2)}");
        }
    }

    private void WriteUser(string user)
    {
        string? role = chance.Of(Roles);
        string?[] connections = chance.Of<string?[]>([[null], [""], ["a"], ["a", "b"], ["a", "b", "a-screen"], [null, "b"]]);
        foreach (string? connection in connections)
        {
            WriteMedium(user, role, connection, chance.Of<string?>([null, "av"]));
            if (chance.Happens(300))
            {
                WriteMedium(user, role, connection, "whiteboard");
            }

            for (long count = chance.Between(0, 3); count > 0; count--)
            {
                script.Add("participant.receiving", application, id, Moment(), e => e with
                {
                    User = user,
                    Connection = connection,
                    Pixels = chance.Of(Areas),
                });
            }
        }
    }

    private void WriteMedium(string user, string? role, string? connection, string? medium)
    {
        long time = Moment();
        for (long stay = chance.Between(1, 3); stay > 0; stay--)
        {
            long joinedAt = time;
            if (chance.Happens(920))
            {
                script.Add("participant.joined", application, id, time, Fill);
            }

            time = Collided(time + chance.Of<long>([0, 1, 999, 1000, chance.Between(0, 90_000), chance.Between(0, 4 * Workload.Hour), Workload.Day]));
            if (chance.Happens(850))
            {
                bool saysWhen = chance.Happens(250);
                script.Add("participant.left", application, id, time, e => Fill(e) with
                {
                    JoinedAtMs = saysWhen
                        ? Math.Min(time, joinedAt + chance.Of<long>([0, 0, 0, -5000, 700, -30 * Workload.Hour]))
                        : null,
                });
            }

            // Another join or leave that no one expects.
            if (chance.Happens(100))
            {
                script.Add(chance.Of(["participant.joined", "participant.left"]), application, id, Moment(), Fill);
            }

            time = Collided(time + chance.Of<long>([0, 1, chance.Between(0, 5000), chance.Between(0, Workload.Hour)]));
        }

        ReferenceEvent Fill(ReferenceEvent e) => e with
        {
            User = user,
            Role = chance.Happens(50) ? chance.Of(Roles) : role,
            Connection = connection,
            Medium = medium,
        };
    }

    /// <summary>Mostly during the class, sometimes around it.</summary>
    private long Moment() => Collided(Snapped(chance.Between(0, 9) switch
    {
        0 => startMs - chance.Between(0, Workload.Hour),
        1 => startMs + lengthMs + chance.Between(0, Workload.Hour),
        2 => startMs + chance.Between(0, 2 * Workload.Day),
        _ => startMs + chance.Between(0, Math.Max(lengthMs, Workload.Minute)),
    }));

    private long Collided(long ms)
    {
        long time = chance.Happens(options.CollisionChance) ? chance.Of(seen) : ms;
        seen.Add(time);
        return time;
    }

    private long Snapped(long ms) => chance.Between(0, 4) switch
    {
        0 => ms - Floor.Mod(ms, Workload.Minute),
        1 => ms - Floor.Mod(ms, 15 * Workload.Minute),
        2 => ms - Floor.Mod(ms, Workload.Second),
        _ => ms,
    };
}
