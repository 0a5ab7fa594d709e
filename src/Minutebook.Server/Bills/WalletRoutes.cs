using System.Globalization;
using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Units;

namespace Minutebook.Server;

/// <summary>The account's wallet: top-ups and the ledger (rules 6.4 and 6.5).</summary>
internal static class WalletRoutes
{
    public static void Map(Routes routes)
    {
        routes.Post(
            "/v1/accounts/{account}/topups",
            new Doc("topUp", "Puts money into the wallet, once for each reference.")
            {
                Takes = typeof(TopUpBody),
                Gives = typeof(BalanceView),
                Statuses = [200, 201],
                Problems = [Code.ReferenceReused, Code.AccountReleased],
            },
            TopUpAsync);
        routes.Get(
            "/v1/accounts/{account}/ledger",
            new Doc("listLedger", "The wallet's entries, oldest first.") { Gives = typeof(ListView<LedgerView>), Query = Doc.Paging },
            Ledger);
    }

    private sealed record TopUpBody(string Amount, string Currency, string Reference);

    private sealed record BalanceView(string Balance);

    private static async Task<IResult> TopUpAsync(Call call, Fields fields)
    {
        string account = call.Path("account");
        fields.Require("amount", "currency", "reference");
        string? amount = Amount(fields);
        (string? currency, string? reference) = (fields.Text("currency"), fields.Text("reference"));
        Check(call, account, currency, fields);
        if (call.Refusal is not null || await call.ExecuteAsync(new Command.TopUp(account, amount!, currency!, reference!)) is not { } outcome)
        {
            return call.Refusal!;
        }

        int status = outcome.Created ? 201 : 200;
        if (outcome.Answer is { } answer)
        {
            return new RawJson(Encoding.UTF8.GetBytes(answer), status);
        }

        using Store.Reader read = call.Engine.Store.Read();
        return call.Account(read, account) is { } state ? Answer.Json(new BalanceView(state.Balance), status) : call.Refusal!;
    }

    private static void Check(Call call, string account, string? currency, Fields fields)
    {
        using Store.Reader read = call.Engine.Store.Read();
        AccountState? state = read.State(account);
        if (state is null && call.Refusal is null)
        {
            call.Refuse(Problem.NotFound($"account {account}"));
        }

        if (state is not null && currency is not null && state.Currency != currency)
        {
            fields.Fault("currency", $"This must be the account's currency, {state.Currency}.");
        }
    }

    private static string? Amount(Fields fields)
    {
        if (fields.Text("amount") is not { } text)
        {
            return null;
        }

        if (TopUpOf(text) is { } amount)
        {
            return amount;
        }

        fields.Fault("amount", "This must be an amount above 0 and below 10^18 as a text, such as \"100.00\".");
        return null;
    }

    /// <summary>A top-up's amount as it is kept; null when it cannot be one.</summary>
    public static string? TopUpOf(string text) =>
        Money.TryParse(text, out Money amount) && amount > Money.Zero && amount < Money.TooMuch ? amount.ToString() : null;

    private static IResult Ledger(Call call)
    {
        int limit = call.Limit();
        long after = call.AfterNumber(otherwise: 0);

        using Store.Reader read = call.Engine.Store.Read();
        if (call.AccountAsItStands(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        LedgerRow[] rows = [.. read.Ledger(account.Id, after, limit + 1)];
        return Answer.List(rows, limit, LedgerView.Of, row => Cursor.Of(row.Index));
    }
}
