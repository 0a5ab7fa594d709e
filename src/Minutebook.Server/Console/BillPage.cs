using Minutebook.Core;
using Minutebook.Core.Billing;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A bill with its lines, why each is what it is, and the classes behind it.</summary>
internal static class BillPage
{
    private const int ClassesAPage = 50;

    public static void Map(ConsolePages pages, Seller seller)
    {
        pages.Get("/bills/{number}", (visit, read) => Found(visit, read) is { } bill ? One(visit, read, bill) : ConsolePages.NotFound(visit));
        pages.Get("/bills/{number}/lines/{line}", (visit, read) =>
            Found(visit, read) is { } bill && LineOf(bill, visit.Call.Path("line")) is { } number
                ? Classes(visit, read, bill, number)
                : ConsolePages.NotFound(visit));
        pages.Get("/bills/{number}/pdf", (visit, read) => Found(visit, read) is { } bill
            ? new PdfAnswer(new BillPdf(bill, visit.Account!, seller).Bytes(), $"{bill.Number}.pdf")
            : ConsolePages.NotFound(visit));
        pages.Get("/bills/{number}/csv", (visit, read) => Found(visit, read) is { } bill
            ? new CsvAnswer(BillCsv.Of(bill), $"{bill.Number}.csv")
            : ConsolePages.NotFound(visit));
    }

    private static Bill? Found(Visit visit, Store.Reader read) =>
        read.Bill(visit.Call.Path("number")) is { } row && row.Account == visit.Account!.Id ? BillRoutes.Read(row) : null;

    private static int? LineOf(Bill bill, string text) => int.TryParse(text, out int number) && number >= 1 && number <= bill.Lines.Count ? number : null;

    private static IResult One(Visit visit, Store.Reader read, Bill bill)
    {
        int opened = int.TryParse(visit.Query("line"), out int number) ? number : 0;
        int decimals = Decimals(bill.Lines);
        return ConsolePages.Show<BillSheet>(visit, new BillModel(
            BillsPage.Shown(visit, bill),
            [
                .. bill.Lines.Select((line, index) => Shown(visit, bill.Currency.Code, line, decimals) with
                {
                    Number = index + 1,
                    Toggle = index + 1 == opened ? visit.With(("line", null)) : visit.With(("line", $"{index + 1}")) + $"#line-{index + 1}",
                    Classes = AddressOf(visit, bill, index + 1),
                    Ladder = index + 1 == opened ? LadderOf(visit, read, bill, index + 1).Steps() : [],
                }),
            ],
            visit.Show.Money(bill.Rounding.ToString(), bill.Currency.Code), bill.Card.Card, visit.Show.FullDay(bill.Card.EffectiveFrom)));
    }

    /// <summary>A line as a row of the table, of a bill or of an estimate.</summary>
    public static ShownLine Shown(Visit visit, string currency, BillLine line, int decimals = 0) => new(
        line.Application is null
            ? visit.Texts["bill.whole-account"]
            : visit.Account!.Application(line.Application)?.Settings.Name ?? line.Application,
        line.Rate.Id, line.Adjusts is { } adjusted ? visit.Texts.Of("bill.adjusts", BillsPage.PeriodText(visit, adjusted)) : null,
        visit.Show.Quantity(line.Quantity, line.Rate.Meter.Unit), RateText.Units(visit, line.Rate, line.PayAsYouGoUnits),
        RateText.Price(visit, line.Rate), visit.Show.Money(line.Amount.ToString(), currency, decimals));

    public static int Decimals(IEnumerable<BillLine> lines) => Show.Decimals(lines.Select(line => line.Amount.ToString()));

    private static string AddressOf(Visit visit, Bill bill, int number) => $"{visit.ToBill(bill.Number)}/lines/{number}";

    private static LineLadder LadderOf(Visit visit, Store.Reader read, Bill bill, int number)
    {
        BillLine line = bill.Lines[number - 1];
        return new LineLadder(visit, line, line.Adjusts ?? bill.Period, bill.Currency.Code)
        {
            Before = line.Adjusts is null ? [] : ExplainRoutes.Before(read, bill, line),
            Classes = SharesOf(visit, read, bill, line, 0, 1).Count > 0 ? AddressOf(visit, bill, number) : null,
        };
    }

    private static List<Store.LineShare> SharesOf(Visit visit, Store.Reader read, Bill bill, BillLine line, int skip, int limit)
    {
        BillPeriod period = line.Adjusts ?? bill.Period;
        return read.SharesOf(visit.Account!.Id, ((int)period.Kind, JsonText.Of(period.Start)), line.Rate.Id, line.Application, (skip, limit));
    }

    private static IResult Classes(Visit visit, Store.Reader read, Bill bill, int number)
    {
        BillLine line = bill.Lines[number - 1];
        int from = int.TryParse(visit.Query("from"), out int asked) && asked > 0 ? asked : 0;
        List<Store.LineShare> shares = SharesOf(visit, read, bill, line, from, ClassesAPage + 1);
        LineLadder ladder = LadderOf(visit, read, bill, number);
        return ConsolePages.Show<LineSheet>(visit, new LineModel(
            bill.Number, number, Shown(visit, bill.Currency.Code, line), BillsPage.PeriodText(visit, line.Adjusts ?? bill.Period), line.Rate.Source,
            ladder.Steps(), [.. shares.Take(ClassesAPage).Select(share => Shown(visit, share))])
        {
            Usage = ladder.Usage(),
            Unit = RateText.UnitOf(visit, line.Rate),
            Events = $"/v1/bills/{Uri.EscapeDataString(bill.Number)}/lines/{number}/explain",
            Earlier = from > 0 ? visit.With(("from", from > ClassesAPage ? $"{from - ClassesAPage}" : null)) : null,
            Later = shares.Count > ClassesAPage ? visit.With(("from", $"{from + ClassesAPage}")) : null,
        });
    }

    private static ShownShare Shown(Visit visit, Store.LineShare share)
    {
        string Units(string units) => visit.Show.Decimal(units);
        return new ShownShare(
            share.Name ?? share.Class, visit.ToClass(share.Application, share.Class),
            share.Start is { } start ? Instant.FromUnixTimeMilliseconds(start) : null,
            Units(share.Units), Units(share.Free), Units(share.Package), Units(share.PayAsYouGo), Units(share.Uncovered));
    }
}

/// <summary>A bill.</summary>
public sealed record BillModel(ShownBill Bill, IReadOnlyList<ShownLine> Lines, string Rounding, string Card, string CardFrom);

/// <summary>A line.</summary>
public sealed record ShownLine(string Application, string Rate, string? Adjusts, string Used, string Billed, string Price, string Amount)
{
    /// <summary>On its bill, from 1; 0 of an estimate.</summary>
    public int Number { get; init; }
    /// <summary>The usage page of what it prices, where no ladder leads there.</summary>
    public string? Usage { get; init; }
    /// <summary>The address that opens or closes its ladder.</summary>
    public string? Toggle { get; init; }
    /// <summary>The address of the classes behind it.</summary>
    public string? Classes { get; init; }
    /// <summary>Empty unless it is opened.</summary>
    public IReadOnlyList<LadderStep> Ladder { get; init; } = [];
}

/// <summary>The classes behind a line of a bill.</summary>
public sealed record LineModel(
    string Bill, int Number, ShownLine Line, string Period, string? Source, IReadOnlyList<LadderStep> Ladder, IReadOnlyList<ShownShare> Classes)
{
    /// <summary>The usage page of the same days.</summary>
    public string? Usage { get; init; }
    /// <summary>What its classes' parts are counted in.</summary>
    public string Unit { get; init; } = "";
    /// <summary>All its events, as the API has them.</summary>
    public string Events { get; init; } = "";
    public string? Earlier { get; init; }
    public string? Later { get; init; }
}

/// <summary>A class's part of a line.</summary>
public sealed record ShownShare(
    string Class, string Link, Instant? Start, string Units, string Free, string Package, string PayAsYouGo, string Uncovered);
