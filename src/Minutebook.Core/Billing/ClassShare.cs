namespace Minutebook.Core.Billing;

/// <summary>
/// What one class accounts for in one line (rule 5.3). The shares of a line add up to it exactly, package by package. Usage
/// without a class has a share of its own by application and rate.
/// </summary>
/// <param name="Class">The class; null for usage without one.</param>
/// <param name="Application">Its application, also where the line is the account's.</param>
/// <param name="Rate">The rate's place on the card.</param>
/// <param name="Quantity">Usage in base units (of <c>peak</c> the application's own largest, so that alone does not add
/// up).</param>
/// <param name="Units">Billed units: with <c>roundUp: period</c> the increase of the running total rounded up, which may be
/// 0.</param>
/// <param name="FreeUnits">Those that the free quota takes.</param>
/// <param name="Packages">What packages cover, in the order of deduction.</param>
/// <param name="PayAsYouGoUnits">Those that are paid for.</param>
/// <param name="UncoveredUnits">Those that nothing covers.</param>
public readonly record struct ClassShare(
    ClassKey? Class, string Application, int Rate, Int128 Quantity, Int128 Units, Int128 FreeUnits,
    IReadOnlyList<PackageShare> Packages, Int128 PayAsYouGoUnits, Int128 UncoveredUnits);
