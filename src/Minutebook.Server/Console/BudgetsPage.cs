using System.Globalization;
using Microsoft.Extensions.Primitives;
using Minutebook.Core.Accounts;
using Minutebook.Core.Units;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>Amounts a month, how much of them is billed, and at which shares an alert tells.</summary>
internal static class BudgetsPage
{
    private static readonly LocalDatePattern Month = LocalDatePattern.CreateWithInvariantCulture("uuuu-MM");

    public static void Map(ConsolePages pages)
    {
        pages.Get("/budgets", (visit, _) => Show(visit));
        pages.AccountForm("/budgets", async (visit, form) =>
        {
            (Command.PutBudget? put, string field) = Read(visit.Account!, form);
            if (put is null)
            {
                visit.Refuse("refused.budget-" + field, field);
                return Show(visit);
            }

            if (await visit.Call.ExecuteAsync(put) is not null)
            {
                return new SeeOther(visit.To("budgets") + "?said=budget");
            }

            visit.Refuse();
            return Show(visit);
        });
    }

    /// <summary>The budget that was filled in, or null and the field that cannot be taken.</summary>
    private static (Command.PutBudget?, string Field) Read(AccountState account, IReadOnlyDictionary<string, StringValues> form)
    {
        string id = form.GetValueOrDefault("budget").ToString().Trim();
        string[] thresholds = form.GetValueOrDefault("thresholds").ToString().Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        int[] percents = [.. thresholds.Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int percent) ? percent : -1)];
        string? amount = BudgetRoutes.AmountOf(form.GetValueOrDefault("amount").ToString().Trim());
        return Fields.Unfit(id) is not null ? (null, "budget")
            : amount is null ? (null, "amount")
            : !BudgetRoutes.AreThresholds(percents) ? (null, "thresholds")
            : (new Command.PutBudget(account.Id, id, amount, account.Currency, percents), "");
    }

    private static IResult Show(Visit visit)
    {
        AccountState account = visit.Account!;
        LocalDate today = visit.Show.DayOf(visit.Now);
        string month = Month.Format(today);
        Money billed = Money.Parse(account.Billed.GetValueOrDefault(month, "0"));
        return ConsolePages.Show<BudgetsSheet>(visit, new BudgetsModel(
            visit.Show.Month(today), visit.Show.Money(billed.ToString(), account.Currency),
            [.. account.Budgets.OrderBy(budget => budget.Id, StringComparer.Ordinal).Select(budget => new ShownBudget(
                budget.Id, visit.Show.Money(budget.Amount, account.Currency), (int)Int128.Min(9_999, billed.Micros * 100 / Money.Parse(budget.Amount).Micros),
                string.Join(", ", budget.Thresholds.Select(threshold => $"{threshold} %")),
                budget.Month == month ? string.Join(", ", budget.Reached.Select(threshold => $"{threshold} %")) : ""))]));
    }
}

/// <summary>What the page of budgets shows.</summary>
public sealed record BudgetsModel(string Month, string Billed, IReadOnlyList<ShownBudget> Budgets);

/// <summary>A budget, and how much of it is billed this month.</summary>
public sealed record ShownBudget(string Id, string Amount, int Percent, string Thresholds, string Reached);
