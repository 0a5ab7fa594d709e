namespace Minutebook.Core.Metering;

/// <summary>How an application's classes are bounded (rules 2.1 and 2.3).</summary>
public enum MeteringMode
{
    /// <summary>By class.started and class.ended.</summary>
    Class,
    /// <summary>Stays count from their join, with or without class.started.</summary>
    Room,
}

/// <summary>What an application is sold as (rule 5.6).</summary>
public enum Plan
{
    /// <summary>Nothing in particular.</summary>
    None,
    /// <summary>Needs a package in validity.</summary>
    MonthlyPackage,
}

/// <summary>Whether a user's connections are counted as one or each by itself (rule 2.4).</summary>
public enum CountBy
{
    /// <summary>The union of the user's stays.</summary>
    User,
    /// <summary>Each connection.</summary>
    Connection,
}

/// <summary>An application's settings from an instant on (rule 1.7).</summary>
public sealed record ApplicationSettings
{
    /// <summary>From when they hold, in ms; the first ones for all time before as well.</summary>
    public long From { get; init; }
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";
    /// <summary>Class or room.</summary>
    public MeteringMode Metering { get; init; }
    /// <summary>What it is sold as.</summary>
    public Plan Plan { get; init; }
    /// <summary>Whether usage beyond free quota and packages is billed.</summary>
    public bool PayAsYouGo { get; init; } = true;
    /// <summary>Its edition, which unlocks screenshots (rule 4.8).</summary>
    public string? Edition { get; init; }
    /// <summary>User or connection.</summary>
    public CountBy CountBy { get; init; }
    /// <summary>Roles that count nowhere (rule 2.5).</summary>
    public IReadOnlyList<string> ExcludeRoles { get; init; } = [];
    /// <summary>The tier of a connection before it says what it receives (rule 3.1).</summary>
    public string DefaultTier { get; init; } = "audio";

    /// <summary>The settings in force at an instant, in ms: the last made at or before it, or else the first.</summary>
    public static ApplicationSettings At(IReadOnlyList<ApplicationSettings> history, long instant)
    {
        for (int i = history.Count - 1; i > 0; i--)
        {
            if (history[i].From <= instant)
            {
                return history[i];
            }
        }

        return history[0];
    }
}
