using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Issued bills (rule 6.2). The fold writes them as they are shown.</summary>
internal static class BillRoutes
{
    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts/{account}/bills",
            new Doc("listBills", "An account's bills, by period.")
            {
                Gives = typeof(ListView<BillView>),
                Query =
                [
                    ("kind", "daily or monthly; both when left out."), ("from", "The first day on which a period may start."),
                    ("to", "The day before which a period must start."), .. Doc.Paging,
                ],
            },
            List);
        Seller seller = Seller.FromEnvironment();
        routes.Get(
            "/v1/bills/{number}",
            new Doc("getBill", "A bill with its lines.") { Gives = typeof(BillView), AlsoAs = [Accept.Pdf, Accept.Csv] },
            call => Get(call, seller));
    }

    // For the document alone.
    private sealed record BillView(
        string Number, string Account, string Kind, LocalDate PeriodStart, LocalDate PeriodEnd, Instant IssuedAt, string Currency, string Card,
        LocalDate CardEffectiveFrom, LineView[] Lines, string Rounding, string Total);

    private sealed record LineView(
        int Line, string? Application, string Rate, string Meter, Dictionary<string, string[]> Dimensions, Int128 Quantity, string Unit,
        long UnitSize, string Units, string FreeUnits, PackageLineView[] Packages, string PackageUnits, string PayAsYouGoUnits, string UncoveredUnits,
        string RoundUp, long FreeQuota, long Per, bool WholeBlocks, string? Price, string Amount, AdjustsView? Adjusts, string? Model = null,
        TierView[]? Tiers = null, string? Source = null);

    private sealed record TierView(long? UpTo, string Price);

    private sealed record PackageLineView(string Package, string Units, string Deducted);

    private sealed record AdjustsView(string Kind, LocalDate PeriodStart);

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        (string, int)? after = After(call);
        int? kind = call.Query("kind", "daily", "monthly") switch { "daily" => (int)PeriodKind.Day, "monthly" => (int)PeriodKind.Month, _ => null };
        (string? from, string? to) = (Day(call, "from"), Day(call, "to"));
        using Store.Reader read = call.Engine.Store.Read();
        if (call.AccountAsItStands(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        BillRow[] rows = [.. read.Bills(account.Id, kind, from, to, after, limit + 1)];
        return Answer.List(rows, limit, row => JsonSerializer.Deserialize<JsonElement>(row.Json), row => Cursor.Of(row.PeriodStart, row.Kind.ToString()));
    }

    private static (string PeriodStart, int Kind)? After(Call call)
    {
        if (call.After(2) is not { } key)
        {
            return null;
        }

        if (key[0] is { } start && Cursor.Place(key[1]) is { } kind)
        {
            return (start, kind);
        }

        call.RefuseCursor();
        return null;
    }

    private static IResult Get(Call call, Seller seller)
    {
        string number = call.Path("number");
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        return read.Bill(number) is { } bill ? As(call, read, bill, seller) : Problem.NotFound($"bill {number}");
    }

    private static IResult As(Call call, Store.Reader read, BillRow row, Seller seller) =>
        Accept.Choose(call.Http.Request, Accept.Json, Accept.Pdf, Accept.Csv) switch
        {
            Accept.Pdf => new PdfAnswer(new BillPdf(Read(row), read.State(row.Account)!, seller).Bytes(), $"{row.Number}.pdf"),
            Accept.Csv => new CsvAnswer(BillCsv.Of(Read(row)), $"{row.Number}.csv"),
            _ => new RawJson(row.Json),
        };

    /// <summary>A bill as it was issued.</summary>
    public static Bill Read(in BillRow row) => BillReader.Read(Encoding.UTF8.GetString(row.Json));

    private static string? Day(Call call, string name)
    {
        if (call.Query(name) is not { } text)
        {
            return null;
        }

        if (Moments.TryDate(text, out LocalDate day, Moments.Latest))
        {
            return JsonText.Of(day);
        }

        call.Fault(name, "This must be a local date such as 2026-11-01.");
        return null;
    }
}
