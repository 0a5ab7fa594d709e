namespace Minutebook.Reference.Workloads;

/// <summary>What happens, and what is set: applications, sections, classes and all other usage. How events travel is not its business.</summary>
internal sealed class Script
{
    public const string LateApplication = "app-late";

    private static readonly string[] Sources = ["//alpha", "//beta", "https://gamma.example/hooks"];

    private readonly WorkloadOptions options;
    private readonly Chance chance;
    private readonly long startMs;
    private readonly long endMs;
    private readonly List<Step> steps = [];
    private readonly List<ReferenceEvent> events = [];
    private readonly List<string> applications = [];
    private readonly List<string> classes = [];
    private int next;

    public Script(WorkloadOptions options, Chance chance, long startMs, long endMs)
    {
        (this.options, this.chance, this.startMs, this.endMs) = (options, chance, startMs, endMs);
        MakeApplications();
        MakeSections();
        for (int i = 0; i < options.Classes; i++)
        {
            // The same class id may be used by two applications.
            string id = chance.Happens(100) && i > 0 ? chance.Of(classes) : $"class-{i}";
            classes.Add(id);
            new ClassScript(this, chance, options, chance.Of(applications), id, chance.Between(startMs, endMs)).Write();
        }

        for (int i = 0; i < options.OthersOfEach; i++)
        {
            MakeOthers();
        }
    }

    public IReadOnlyList<Step> Steps => steps;

    /// <summary>Of the types that are wanted, in no order.</summary>
    public IReadOnlyList<ReferenceEvent> Events => events;

    public IReadOnlyList<string> Classes => classes;

    /// <summary>Instants at which settings were made; some things happen just then.</summary>
    public IReadOnlyList<long> SettingsInstants => [.. steps.OfType<Step.Settings>().Select(s => s.AtMs)];

    /// <summary>Adds an event with an identity of its own, if its type is wanted.</summary>
    public void Add(string type, string application, string? subject, long timeMs, Func<ReferenceEvent, ReferenceEvent> fill)
    {
        if (options.Wants(type))
        {
            events.Add(fill(New(type, application, subject, timeMs)));
        }
    }

    /// <summary>Ids are unique only within a source (1.3), so that different sources use the same ones.</summary>
    public ReferenceEvent New(string type, string application, string? subject, long timeMs)
    {
        int number = next++;
        return new ReferenceEvent
        {
            Source = Sources[number % Sources.Length],
            Id = $"{number / Sources.Length}",
            Type = type,
            TimeMs = timeMs,
            Application = application,
            Subject = subject,
            TimeText = SpelledOtherwise(timeMs),
        };
    }

    /// <summary>RFC 3339 has many ways to write an instant: more digits (1.1), none, an offset.</summary>
    private string? SpelledOtherwise(long ms)
    {
        string plain = ReferenceEvent.Rfc3339(ms);
        return chance.Between(0, 9) switch
        {
            0 => plain.Replace("Z", "999999Z", StringComparison.Ordinal),
            1 => ReferenceEvent.Rfc3339(ms + (330 * Workload.Minute)).Replace("Z", "+05:30", StringComparison.Ordinal),
            2 when ms % 1000 == 0 => plain.Replace(".000Z", "Z", StringComparison.Ordinal),
            _ => null,
        };
    }

    private void MakeApplications()
    {
        for (int i = 0; i < options.Applications; i++)
        {
            string id = $"app-{i}";
            applications.Add(id);
            ReferenceSettings settings = RandomSettings();
            steps.Add(new Step.Settings(startMs - Workload.Day + i, id, settings));
            for (long change = options.WithChanges ? chance.Between(0, 3) : 0; change > 0; change--)
            {
                settings = chance.Happens(500) ? RandomSettings() : settings with { Edition = RandomEdition() };
                steps.Add(new Step.Settings(FreeInstant(chance.Between(startMs, endMs)), id, settings));
            }
        }

        if (options.WithRejected)
        {
            applications.Add(LateApplication);
            steps.Add(new Step.Settings(FreeInstant(chance.Between(startMs, endMs + (10 * Workload.Day))), LateApplication, RandomSettings()));
        }
    }

    private ReferenceSettings RandomSettings() => new()
    {
        Metering = chance.Happens(400) ? "room" : "class",
        CountBy = chance.Happens(300) ? "connection" : "user",
        ExcludeRoles = chance.Of<string[]>([[], [], ["recorder"], ["recorder", "spectator"], ["teacher"]]),
        DefaultTier = chance.Of(["audio", "audio", "hd", "fhd", "2k", "4k"]),
        Edition = RandomEdition(),
    };

    private string? RandomEdition() => options.WithRejected
        ? chance.Of([null, "basic", "trial", "flagship", "flagship-plus", "enterprise"])
        : "flagship";

    private void MakeSections()
    {
        string?[] organizations = [null, "Science", "Arts", "法学院"];
        string?[] departments = [null, "Biology", "Chemistry", "He said \"no\""];
        for (int i = 0; i < 4; i++)
        {
            for (long move = options.WithChanges ? chance.Between(0, 3) : 1; move > 0; move--)
            {
                long at = FreeInstant(move == 1 ? startMs - Workload.Hour : chance.Between(startMs, endMs + (5 * Workload.Day)));
                steps.Add(new Step.Section(at, new SectionAt(at, $"section-{i}", chance.Of(organizations), chance.Of(departments))));
            }
        }
    }

    /// <summary>Steps have even milliseconds of their own; batches take odd ones.</summary>
    private long FreeInstant(long wanted)
    {
        long at = wanted - (wanted % 2);
        while (steps.Exists(s => s.AtMs == at))
        {
            at += 2;
        }

        return at;
    }

    private void MakeOthers()
    {
        string application = chance.Of(applications);
        string ofClass = chance.Of(classes);
        string user = $"user-{chance.Between(0, 9)}";
        Add("recording.completed", application, ofClass, Moment(), e => e with
        {
            Recording = $"recording-{chance.Between(0, 3)}",
            Files = [.. Enumerable.Range(0, (int)chance.Between(1, 4)).Select(_ => new ReferenceFile(
                chance.Of(["camera", "screen", "whiteboard", "audio", "mixed"]), chance.Between(0, 9000),
                chance.Happens(500) ? user : null, chance.Happens(300) ? chance.Between(0, 1L << 40) : null))],
        });
        Add("playback.viewed", application, ofClass, Moment(), e => e with
        {
            Recording = "recording-0",
            User = user,
            Seconds = chance.Between(0, 4000),
        });
        Add("slicing.completed", application, ofClass, Moment(), e => e with
        {
            Task = $"task-{chance.Between(0, 3)}",
            Mode = chance.Of(["audio", "video"]),
            Seconds = chance.Between(0, 5000),
            Stored = chance.Of<bool?>([null, true, false]),
        });
        Add("screenshot.captured", application, chance.Happens(500) ? ofClass : null, Moment(), e => e with
        {
            Count = chance.Between(0, 20_000),
            User = chance.Happens(500) ? user : null,
        });
        Add("storage.sampled", application, null, Moment(), e => e with
        {
            Bytes = chance.Happens(50) ? (1L << 53) - 1 : chance.Between(0, chance.Of([0, 5000, 1L << 40])),
        });
        Add("content.delivered", application, chance.Happens(500) ? "content-1" : null, Moment(), e => e with
        {
            Bytes = chance.Between(0, 1L << 33),
            Kind = chance.Of(["vod", "vod", "download", "live", "other"]),
            Section = chance.Happens(600) ? $"section-{chance.Between(0, 5)}" : null,
            Organization = chance.Happens(200) ? chance.Of(["Science", "Arts", "Law"]) : null,
            Department = chance.Happens(200) ? chance.Of(["Biology", "History"]) : null,
            User = chance.Happens(500) ? user : null,
        });
    }

    private long Moment()
    {
        long ms = chance.Between(startMs, endMs);
        return chance.Between(0, 3) switch
        {
            // Hours, days and months begin at whole minutes somewhere.
            0 => ms - Floor.Mod(ms, 30 * Workload.Minute),
            1 => ms - Floor.Mod(ms, 30 * Workload.Minute) - 1,
            _ => ms,
        };
    }
}
