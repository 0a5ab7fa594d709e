using Minutebook.Core.Units;

namespace Minutebook.Core.Rating;

/// <summary>One rate that a package covers (rule 5.1).</summary>
/// <param name="Rate">The rate's id.</param>
/// <param name="Ratio">Units of the package for one billed unit, above zero.</param>
public sealed record Cover(string Rate, PackageUnits Ratio);

/// <summary>A package on sale (rule 5.1).</summary>
public sealed record PackageProduct
{
    /// <summary>Its article number, 1 to 256 characters, unique on the card.</summary>
    public required string Sku { get; init; }

    /// <summary>Its name for people.</summary>
    public required string Name { get; init; }

    /// <summary>How many of its own units it holds, above zero.</summary>
    public required PackageUnits Quantity { get; init; }

    /// <summary>The name of its own unit, free text.</summary>
    public required string Unit { get; init; }

    /// <summary>What it covers: at least one rate, none twice.</summary>
    public required IReadOnlyList<Cover> Covers { get; init; }

    /// <summary>Whether one application owns it, or the account for all.</summary>
    public required Scope Scope { get; init; }

    /// <summary>How long it is valid.</summary>
    public required Validity Validity { get; init; }

    /// <summary>What it costs, once, at most six decimals.</summary>
    public required Price Price { get; init; }
}
