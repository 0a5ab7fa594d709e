using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Units;
using NodaTime.Text;

namespace Minutebook.Core;

public sealed partial class Book
{
    private const int MonthsBilled = 2;
    private static readonly LocalDatePattern Month = LocalDatePattern.CreateWithInvariantCulture("uuuu-MM");

    /// <summary>The oldest month of which budgets may tell something new; null for none.</summary>
    private string? budgetsFrom;

    private Outcome Put(Command.PutBudget command)
    {
        if (command.Currency is { } currency && currency != State.Currency)
        {
            return Outcome.Refused(Refusal.InvalidRequest, $"The currency of {State.Id} is {State.Currency}, not {currency}.");
        }

        int at = State.Budgets.FindIndex(budget => budget.Id == command.Budget);
        if (at < 0 && command.Amount is null)
        {
            return Outcome.Refused(Refusal.InvalidRequest, "A new budget needs an amount.");
        }

        BudgetState before = at < 0 ? new BudgetState(command.Budget, "0", [50, 80, 100], "", []) : State.Budgets[at];
        BudgetState after = before with
        {
            Amount = command.Amount is { } amount ? Money.Parse(amount).ToString() : before.Amount,
            Thresholds = command.Thresholds is { } thresholds ? [.. thresholds.Distinct().Order()] : before.Thresholds,
        };
        if (after.Amount != before.Amount)
        {
            // What is not reached of a higher amount is told when it is.
            after = after with { Reached = [.. after.Reached.Where(threshold => IsReached(after, threshold, after.Month))] };
        }

        if (at < 0)
        {
            State.Budgets.Add(after);
        }
        else
        {
            State.Budgets[at] = after;
        }

        // Months that are closed are over: a budget is for those that may still be billed.
        LookAtBudgets(Month.Format(NextCloseDay));
        return new Outcome(null, Created: at < 0);
    }

    /// <summary>A bill counts in the month that its period is of.</summary>
    private void CountBilled(Bill bill)
    {
        string month = Month.Format(bill.Period.Start);
        State.Billed[month] = (Money.Parse(State.Billed.GetValueOrDefault(month, "0")) + bill.Total).ToString();
        while (State.Billed.Count > MonthsBilled)
        {
            State.Billed.Remove(State.Billed.Keys.First());
        }

        LookAtBudgets(month);
    }

    private void LookAtBudgets(string from) => budgetsFrom = string.CompareOrdinal(budgetsFrom ?? from, from) < 0 ? budgetsFrom : from;

    private void FollowBudgets()
    {
        if (budgetsFrom is not { } from)
        {
            return;
        }

        budgetsFrom = null;
        for (int i = 0; i < State.Budgets.Count; i++)
        {
            foreach (string month in State.Billed.Keys.Where(month => string.CompareOrdinal(month, from) >= 0))
            {
                State.Budgets[i] = Follow(State.Budgets[i], month);
            }
        }
    }

    private BudgetState Follow(BudgetState budget, string month)
    {
        if (string.CompareOrdinal(month, budget.Month) < 0)
        {
            return budget;
        }

        IReadOnlyList<int> told = month == budget.Month ? budget.Reached : [];
        int[] reached = [.. budget.Thresholds.Where(threshold => !told.Contains(threshold) && IsReached(budget, threshold, month))];
        foreach (int threshold in reached)
        {
            Raise(
                AlertType.BudgetReached, Now, null, $"budget {budget.Id}: {threshold} % of {month}",
                new { Budget = budget.Id, Month = month, Threshold = threshold, Billed = State.Billed[month], budget.Amount, State.Currency });
        }

        return reached.Length == 0 ? budget : budget with { Month = month, Reached = [.. told, .. reached] };
    }

    private bool IsReached(BudgetState budget, int threshold, string month) =>
        State.Billed.TryGetValue(month, out string? billed) && Money.Parse(billed).Micros * 100 >= Money.Parse(budget.Amount).Micros * threshold;
}
