namespace Minutebook.Reference.Standing;

/// <summary>What happens to one account in Shanghai (always eight hours before UTC), in whole minutes since 1970.</summary>
public abstract record Fact(long Minute)
{
    /// <summary>Money comes in; in millionths.</summary>
    public sealed record Paid(long Minute, long Micros) : Fact(Minute);

    /// <summary>Terms and limits that were given; null stays.</summary>
    public sealed record Changed(long Minute, long? LimitMicros, int? GraceHours, int? HoldDays, bool? LegalHold) : Fact(Minute);

    /// <summary>An application is made or changed.</summary>
    public sealed record Application(long Minute, string Id, bool Monthly, bool PayAsYouGo) : Fact(Minute);

    /// <summary>A package is bought; of the account when no application is named.</summary>
    public sealed record Bought(long Minute, string Sku, string? App) : Fact(Minute);

    /// <summary>The package bought so manyth, from 0, is given back, if it may be.</summary>
    public sealed record Refunded(long Minute, int Package) : Fact(Minute);

    /// <summary>A recording that is so long, in minutes.</summary>
    public sealed record Recorded(long Minute, string App, int Minutes) : Fact(Minute);

    /// <summary>A class begins, with so many users.</summary>
    public sealed record Began(long Minute, string App, string Class, int Users) : Fact(Minute);

    /// <summary>It ends, and all leave.</summary>
    public sealed record Ended(long Minute, string App, string Class) : Fact(Minute);

    /// <summary>An operator terminates the account.</summary>
    public sealed record Terminated(long Minute) : Fact(Minute);

    /// <summary>A budget a month.</summary>
    public sealed record Budget(long Minute, long Micros, int[] Thresholds) : Fact(Minute);

    /// <summary>Nothing, but somebody looks: what may begin then, and which of the classes may be joined.</summary>
    public sealed record Asked(long Minute) : Fact(Minute);
}

/// <summary>A package on sale: minutes of presence, days or one month of validity, its price in millionths.</summary>
public sealed record Sold(string Sku, bool OfAccount, int Minutes, int? Days, long PriceMicros)
{
    public static readonly Sold[] All =
    [
        new("m60", false, 60, null, 5_000_000), new("d100", true, 100, 10, 8_000_000), new("w30", false, 30, 7, 2_000_000),
    ];
}

/// <summary>An alert to be expected: at a second, of a type, about an application or none, with what tells it from others of its type.</summary>
public readonly record struct ExpectedAlert(long Second, string Type, string? Application, string Detail);

/// <summary>A standing to be expected from a minute on.</summary>
public readonly record struct ExpectedStanding(long Minute, string Standing);

/// <summary>What was to be answered when somebody asked, in the order: create, join each class that was ever begun, read; true for yes.</summary>
public sealed record ExpectedAnswers(long Minute, string Application, bool Create, IReadOnlyDictionary<string, bool> Join, bool Read);
