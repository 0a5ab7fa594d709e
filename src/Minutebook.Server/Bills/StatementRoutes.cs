using NodaTime;

namespace Minutebook.Server;

/// <summary>Statements of an account's wallet, month by month (rule 6.4).</summary>
internal static class StatementRoutes
{
    public static void Map(Routes routes)
    {
        Seller seller = Seller.FromEnvironment();
        routes.Get(
            "/v1/accounts/{account}/statements/{month}",
            new Doc("getStatement", "What happened in the wallet in a month: opening balance, movements, closing balance.")
            {
                Gives = typeof(StatementView),
                AlsoAs = [Accept.Pdf, Accept.Csv],
            },
            call => Get(call, seller));
    }

    private static IResult Get(Call call, Seller seller)
    {
        if (!Moments.TryMonth(call.Path("month"), out LocalDate month))
        {
            call.Fault("month", "This must be a month such as 2026-11.");
        }

        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        LedgerStatement statement = LedgerStatement.Of(read, account, month, call.Engine.Now);
        if (statement.From > call.Engine.Now)
        {
            return Problem.NotFound($"statement of {statement.MonthText}, which has not begun");
        }

        return Accept.Choose(call.Http.Request, Accept.Json, Accept.Pdf, Accept.Csv) switch
        {
            Accept.Pdf => new PdfAnswer(statement.Pdf(seller), $"{statement.Number}.pdf"),
            Accept.Csv => new CsvAnswer(statement.Csv(), $"{statement.Number}.csv"),
            _ => Answer.Json(statement.View()),
        };
    }
}
