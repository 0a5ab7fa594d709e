namespace Minutebook.Reference.Workloads;

/// <summary>How hard and how large a workload is. All chances are of 1,000.</summary>
public sealed record WorkloadOptions
{
    public required int Seed { get; init; }

    /// <summary>Only these types of events are made; all, and unknown ones, if null.</summary>
    public IReadOnlySet<string>? Types { get; init; }

    /// <summary>No events of these types are made.</summary>
    public IReadOnlySet<string> Without { get; init; } = new HashSet<string>();

    /// <summary>The account's zone; one of <see cref="Places.All"/> by chance if null.</summary>
    public string? TimeZone { get; init; }

    /// <summary>When it begins, with a <see cref="TimeZone"/>; near a change of the zone's clock if null.</summary>
    public long? StartMs { get; init; }

    public int Applications { get; init; } = 3;
    public int Classes { get; init; } = 10;
    public int UsersPerClass { get; init; } = 4;
    /// <summary>Recordings, viewings, slices, screenshots, storage samples and deliveries, of each so many.</summary>
    public int OthersOfEach { get; init; } = 12;
    public int Days { get; init; } = 3;
    public int LateDays { get; init; } = 35;

    public int DuplicateChance { get; init; } = 100;
    public int ConflictChance { get; init; } = 30;
    public int VoidChance { get; init; } = 40;
    /// <summary>Of arriving hours to 40 days after its time, and not within seconds.</summary>
    public int DelayChance { get; init; } = 150;
    /// <summary>Of arriving up to 5 minutes before its time.</summary>
    public int FutureChance { get; init; } = 20;
    /// <summary>Of an instant being one that the class has seen already.</summary>
    public int CollisionChance { get; init; } = 150;

    /// <summary>Late, unknown and locked events, an application that is created late, and commands to try again.</summary>
    public bool WithRejected { get; init; } = true;

    /// <summary>Settings change and sections move while it goes on.</summary>
    public bool WithChanges { get; init; } = true;

    internal bool Wants(string type) => (Types is null || Types.Contains(type)) && !Without.Contains(type);

    public static IReadOnlySet<string> PresenceTypes { get; } = new HashSet<string>
    {
        "class.started", "class.ended", "participant.joined", "participant.left", "participant.receiving", "event.voided",
    };
}

/// <summary>Zones and a time in them when something happens to their clocks.</summary>
public static class Places
{
    public static IReadOnlyList<(string Zone, string Start)> All { get; } =
    [
        ("Asia/Shanghai", "2027-03-30T10:00:00Z"),
        ("Asia/Kolkata", "2027-02-27T10:00:00Z"),
        ("Asia/Kathmandu", "2027-12-30T10:00:00Z"),
        ("America/New_York", "2027-03-13T12:00:00Z"),
        ("America/New_York", "2027-11-06T12:00:00Z"),
        ("Australia/Lord_Howe", "2027-04-02T12:00:00Z"),
        ("Australia/Lord_Howe", "2027-10-01T12:00:00Z"),
        ("America/St_Johns", "2027-03-13T12:00:00Z"),
        ("America/St_Johns", "2010-03-13T12:00:00Z"),
        ("America/St_Johns", "2010-11-06T12:00:00Z"),
        ("Pacific/Apia", "2011-12-29T02:00:00Z"),
        ("Africa/Monrovia", "1972-01-06T02:00:00Z"),
        ("Asia/Pyongyang", "2015-08-13T20:00:00Z"),
        ("Asia/Pyongyang", "2018-05-03T20:00:00Z"),
        ("America/Sao_Paulo", "2018-11-03T12:00:00Z"),
        ("Antarctica/Troll", "2027-03-27T12:00:00Z"),
        ("Europe/Dublin", "2027-10-30T12:00:00Z"),
        ("UTC", "2028-02-28T10:00:00Z"),
    ];
}
