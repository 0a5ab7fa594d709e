namespace Minutebook.Core.Accounts;

/// <summary>An amount a month, and the shares of it that an alert tells of.</summary>
/// <param name="Id">Its id in the account.</param>
/// <param name="Amount">What a month may cost; a decimal string.</param>
/// <param name="Thresholds">Percents of it, ascending.</param>
/// <param name="Month">The latest month (yyyy-MM) of which a threshold was reached; empty for none.</param>
/// <param name="Reached">The thresholds that were reached in that month, and alerted of.</param>
public sealed record BudgetState(string Id, string Amount, IReadOnlyList<int> Thresholds, string Month, IReadOnlyList<int> Reached);
