using Minutebook.Core.Rating;
using Minutebook.Core.Units;

namespace Minutebook.Core.Billing;

/// <summary>What one package covers.</summary>
/// <param name="Package">The package's id.</param>
/// <param name="Units">Billed units that it covers; below zero where they are given back.</param>
/// <param name="Deducted">The package's own units that they take; 0 for what cannot be given back to a package that has
/// ended (rule 6.3).</param>
public readonly record struct PackageShare(string Package, Int128 Units, PackageUnits Deducted);

/// <summary>
/// A line of a bill (rule 6.2): one rate and scope. Units are free, covered by packages, pay-as-you-go or uncovered, and these
/// add up. An adjustment holds differences, which may be below zero (rule 6.3).
/// </summary>
public sealed record BillLine
{
    /// <summary>The application; null for a rate of scope <c>account</c>.</summary>
    public required string? Application { get; init; }

    /// <summary>The rate applied.</summary>
    public required Rate Rate { get; init; }

    /// <summary>Usage in base units of the meter.</summary>
    public required Int128 Quantity { get; init; }

    /// <summary>Billed units, rounded up as the rate says (rule 4.1).</summary>
    public required Int128 Units { get; init; }

    /// <summary>Those that the free quota takes.</summary>
    public required Int128 FreeUnits { get; init; }

    /// <summary>What packages cover, in the order of deduction (rule 5.2).</summary>
    public required IReadOnlyList<PackageShare> Packages { get; init; }

    /// <summary>Those that are paid for.</summary>
    public required Int128 PayAsYouGoUnits { get; init; }

    /// <summary>Those that nothing covers, at 0, without pay-as-you-go (rule 5.5).</summary>
    public required Int128 UncoveredUnits { get; init; }

    /// <summary>What they cost (rules 4.3 to 4.5).</summary>
    public required Money Amount { get; init; }

    /// <summary>The closed period that this line adjusts (rule 6.3); null for a line of the bill's own period.</summary>
    public BillPeriod? Adjusts { get; init; }

    /// <summary>Billed units that packages cover, all together.</summary>
    public Int128 PackageUnits
    {
        get
        {
            Int128 sum = 0;
            foreach (PackageShare share in Packages)
            {
                sum += share.Units;
            }

            return sum;
        }
    }
}
