using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Core.Units;

namespace Minutebook.Server;

/// <summary>Amounts a month, and the shares of them that an alert tells of, once a month each.</summary>
internal static class BudgetRoutes
{
    private const int MostThresholds = 20;
    private const int MostPercent = 1_000;

    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts/{account}/budgets",
            new Doc("listBudgets", "An account's budgets, by id.") { Gives = typeof(ListView<BudgetView>), Query = Doc.Paging },
            List);
        routes.Put(
            "/v1/accounts/{account}/budgets/{budget}",
            new Doc("putBudget", "Sets an amount a month; an alert tells of each threshold, in percent, that what was billed reaches.")
            {
                Takes = typeof(BudgetBody),
                Gives = typeof(BudgetView),
                Statuses = [200, 201],
                Problems = [Code.AccountReleased],
            },
            PutAsync);
    }

    private sealed record BudgetBody(string Amount, string Currency, string Period = "month", int[]? Thresholds = null);

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        string after = call.After(1)?[0] ?? "";
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        BudgetState[] budgets =
        [
            .. account.Budgets.Where(budget => string.CompareOrdinal(budget.Id, after) > 0).OrderBy(budget => budget.Id, StringComparer.Ordinal).Take(limit + 1),
        ];
        return Answer.List(budgets, limit, budget => BudgetView.Of(account, budget), budget => Cursor.Of(budget.Id));
    }

    private static async Task<IResult> PutAsync(Call call, Fields fields)
    {
        (string account, string budget) = (call.Path("account"), call.Path("budget"));
        bool known;
        using (Store.Reader before = call.Engine.Store.Read())
        {
            known = call.Account(before, account)?.Budgets.Exists(its => its.Id == budget) ?? false;
        }

        if (!known && call.Refusal is null)
        {
            fields.Require("amount", "currency");
        }

        if (fields.Text("period") is { } period && period != "month")
        {
            fields.Fault("period", "This must be month.");
        }

        var put = new Command.PutBudget(account, budget, Amount(fields), fields.Text("currency"), Thresholds(fields));
        if (call.Refusal is not null || await call.ExecuteAsync(put) is not { } outcome)
        {
            return call.Refusal!;
        }

        using Store.Reader read = call.Engine.Store.Read();
        return call.Account(read, account) is { } state
            ? Answer.Json(BudgetView.Of(state, state.Budgets.Find(its => its.Id == budget)!), outcome.Created)
            : call.Refusal!;
    }

    /// <summary>An amount of a budget as it is kept; null when it cannot be one.</summary>
    public static string? AmountOf(string text) =>
        Money.TryParse(text, out Money amount) && amount > Money.Zero && amount < Money.TooMuch ? amount.ToString() : null;

    /// <summary>Whether percents may be a budget's thresholds.</summary>
    public static bool AreThresholds(IReadOnlyCollection<int> percents) =>
        percents.Count is > 0 and <= MostThresholds && percents.All(static percent => percent is > 0 and <= MostPercent);

    private static string? Amount(Fields fields)
    {
        if (fields.Text("amount") is not { } text)
        {
            return null;
        }

        if (AmountOf(text) is { } amount)
        {
            return amount;
        }

        fields.Fault("amount", "This must be an amount above 0 and below 10^18 as a text, such as \"100.00\".");
        return null;
    }

    private static int[]? Thresholds(Fields fields)
    {
        if (!fields.Element.TryGetProperty("thresholds", out JsonElement given))
        {
            return null;
        }

        bool isList = given.ValueKind == JsonValueKind.Array && given.GetArrayLength() <= MostThresholds;
        int[] thresholds = isList
            ? [.. given.EnumerateArray().Select(static item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int percent) ? percent : -1)]
            : [];
        if (AreThresholds(thresholds))
        {
            return thresholds;
        }

        fields.Fault("thresholds", $"This must be a list of 1 to {MostThresholds} whole percents from 1 to {MostPercent}.");
        return null;
    }
}

/// <summary>A budget as the API shows it.</summary>
/// <param name="Month">The latest month (yyyy-MM) in which a threshold was reached; null for none.</param>
/// <param name="Reached">The thresholds reached in it.</param>
internal sealed record BudgetView(
    string Budget, string Amount, string Currency, string Period, IReadOnlyList<int> Thresholds, string? Month, IReadOnlyList<int> Reached)
{
    public static BudgetView Of(AccountState account, BudgetState budget) => new(
        budget.Id, budget.Amount, account.Currency, "month", budget.Thresholds, budget.Month.Length == 0 ? null : budget.Month, budget.Reached);
}
