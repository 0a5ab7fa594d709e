using Minutebook.Core.Metering;
using Minutebook.Core.Units;

namespace Minutebook.Core.Rating;

/// <summary>How often a rate is billed (section 4), and so the kind of a bill (rule 6.2).</summary>
public enum PeriodKind : byte
{
    /// <summary><c>day</c>; its bills are <c>daily</c>.</summary>
    Day = 0,
    /// <summary><c>month</c>; its bills are <c>monthly</c>.</summary>
    Month = 1,
}

/// <summary>What a total, a free quota or a package belongs to (rules 4.1 and 5.1).</summary>
public enum Scope : byte
{
    /// <summary><c>application</c>: each application has its own.</summary>
    Application = 0,
    /// <summary><c>account</c>: all applications together have one.</summary>
    Account = 1,
}

/// <summary>Where units are rounded up (rule 4.1).</summary>
public enum RoundUp : byte
{
    /// <summary><c>period</c>: the total of the period, once.</summary>
    Period = 0,
    /// <summary><c>class</c>: the quantity of each class.</summary>
    Class = 1,
    /// <summary><c>participant</c>: the quantity of each participant of each class.</summary>
    Participant = 2,
}

/// <summary>What is counted on a bill.</summary>
/// <param name="Name">Its name, free text: <c>minute</c>.</param>
/// <param name="Size">How many base units of the meter one unit is, at least 1: 60 seconds are a minute.</param>
public sealed record RateUnit(string Name, long Size);

/// <summary>One step of a tiered price (rule 4.4).</summary>
/// <param name="UpTo">The last unit of the tier, which is included; null for the last tier, which has no end.</param>
/// <param name="Price">The price for each <see cref="Rate.Per"/> units.</param>
public sealed record Tier(long? UpTo, Price Price);

/// <summary>What a rate asks for its units: one price, or a price by tiers (rules 4.3 and 4.4).</summary>
public abstract record RatePrice
{
    private RatePrice()
    {
    }

    /// <summary>One price for each <see cref="Rate.Per"/> units.</summary>
    public sealed record Flat(Price Price) : RatePrice;

    /// <summary>Each unit at the price of the tier that it falls into.</summary>
    /// <param name="Tiers">Ascending; the last one has no end.</param>
    public sealed record Graduated(IReadOnlyList<Tier> Tiers) : RatePrice;

    /// <summary>All units at the price of the tier that the last one reaches.</summary>
    /// <param name="Tiers">Ascending; the last one has no end.</param>
    public sealed record Volume(IReadOnlyList<Tier> Tiers) : RatePrice;
}

/// <summary>One rate of a card: which usage it prices, and how (section 4).</summary>
public sealed record Rate
{
    /// <summary>Its name on the card, 1 to 256 characters, unique there.</summary>
    public required string Id { get; init; }

    /// <summary>Which usage it prices.</summary>
    public required Where Where { get; init; }

    /// <summary>How often it is billed.</summary>
    public required PeriodKind Period { get; init; }

    /// <summary>What its total, its free quota and its line belong to.</summary>
    public Scope Scope { get; init; } = Scope.Application;

    /// <summary>What is counted.</summary>
    public required RateUnit Unit { get; init; }

    /// <summary>Where units are rounded up.</summary>
    public required RoundUp RoundUp { get; init; }

    /// <summary>How many units the price is for, at least 1.</summary>
    public required long Per { get; init; }

    /// <summary>Whether the number of blocks of <see cref="Per"/> units is rounded up before it is priced (rule 4.3).</summary>
    public bool WholeBlocks { get; init; }

    /// <summary>Units that cost nothing, a period and scope (rule 4.2).</summary>
    public long Free { get; init; }

    /// <summary>What it asks.</summary>
    public required RatePrice Price { get; init; }

    /// <summary>Where the price comes from, for people; null when nothing is said.</summary>
    public string? Source { get; init; }

    /// <summary>The meter whose usage it prices.</summary>
    public Meter Meter => Where.Meter;

    /// <summary>What so many pay-as-you-go units cost; <see cref="Pricing.Amount"/>.</summary>
    public Money Amount(Int128 payAsYouGoUnits) => Pricing.Amount(this, payAsYouGoUnits);
}
