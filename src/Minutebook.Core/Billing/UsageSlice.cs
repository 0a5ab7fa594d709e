using Minutebook.Core.Metering;

namespace Minutebook.Core.Billing;

/// <summary>A class, with what its place in the order of settlement depends on (rule 5.3).</summary>
/// <param name="Application">Its application.</param>
/// <param name="Id">Its id, unique in the application.</param>
/// <param name="Start">Unix milliseconds; null for a class that never started, which is settled after those that did.</param>
/// <param name="End">Unix milliseconds; null while it runs, and for a class that never started.</param>
public sealed record ClassKey(string Application, string Id, long? Start, long? End);

/// <summary>
/// A part of the usage of one account in one period. There may be several for the same class, user and dimensions, in any order:
/// they add up; of <c>peak</c> the largest counts (section 3).
/// </summary>
/// <param name="Class">The class that it belongs to; null for usage without one. It is quickest when a class is always the
/// same object.</param>
/// <param name="Application">Its application; the class's where there is one.</param>
/// <param name="User">The participant; matters only to rates rounded up by participant, and null is one of its own (rule
/// 4.1).</param>
/// <param name="Dimensions">Meter and dimensions; quickest when equal ones are the same object.</param>
/// <param name="Quantity">In base units of the meter, not below zero.</param>
public readonly record struct UsageSlice(
    ClassKey? Class, string Application, string? User, Dimensions Dimensions, Int128 Quantity);
