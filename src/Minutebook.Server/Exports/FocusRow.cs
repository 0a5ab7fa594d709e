using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// A row of a FOCUS 1.2 dataset. What is null is written as nothing between its commas: FOCUS knows null, and no empty string.
/// </summary>
internal sealed record FocusRow
{
    public required Money BilledCost { get; init; }
    public required Money EffectiveCost { get; init; }
    public required Money ListCost { get; init; }
    public required Money ContractedCost { get; init; }
    public required Interval BillingPeriod { get; init; }
    public required Interval ChargePeriod { get; init; }
    public required string ChargeCategory { get; init; }
    public bool IsCorrection { get; init; }
    public required string ChargeDescription { get; init; }
    public required string ChargeFrequency { get; init; }
    public FocusCommitment? Commitment { get; init; }
    public string? ConsumedQuantity { get; init; }
    public string? ConsumedUnit { get; init; }
    public string? UnitPrice { get; init; }
    public string? InvoiceId { get; init; }
    public string? PricingCategory { get; init; }
    public string? PricingQuantity { get; init; }
    public string? PricingUnit { get; init; }
    public required string ServiceName { get; init; }
    public string ServiceCategory { get; init; } = "Media";
    public string ServiceSubcategory { get; init; } = "Other (Media)";
    public string? SkuId { get; init; }
    public string? SkuMeter { get; init; }
    public string? SkuPriceId { get; init; }
    public string? SubAccountId { get; init; }
    public string? SubAccountName { get; init; }
    public int? BillLine { get; init; }
    public string? AdjustedPeriod { get; init; }
}

/// <summary>A package as FOCUS sees it: a commitment to usage that was paid for before.</summary>
/// <param name="Id">The package.</param>
/// <param name="Name">The product.</param>
/// <param name="Quantity">The package's own units that the row took, bought, or left unused; null for a credit.</param>
/// <param name="Unit">The package's own unit; null without a quantity.</param>
/// <param name="Status">Used or Unused; null for a purchase.</param>
internal sealed record FocusCommitment(string Id, string Name, string? Quantity, string? Unit, string? Status);
