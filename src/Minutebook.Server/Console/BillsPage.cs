using Minutebook.Core;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Bills of a month, and one bill with its lines and why each is what it is.</summary>
internal static class BillsPage
{
    private const int MostBills = 200;

    public static void Map(ConsolePages pages)
    {
        Seller seller = Seller.FromEnvironment();
        pages.Get("/bills", List);
        pages.Get("/bills/{number}", (visit, read) => Found(visit, read) is { } row ? One(visit, BillRoutes.Read(row)) : ConsolePages.NotFound(visit));
        pages.Get("/bills/{number}/pdf", (visit, read) => Found(visit, read) is { } row
            ? new PdfAnswer(new BillPdf(BillRoutes.Read(row), visit.Account!, seller).Bytes(), $"{row.Number}.pdf")
            : ConsolePages.NotFound(visit));
        pages.Get("/bills/{number}/csv", (visit, read) => Found(visit, read) is { } row
            ? new CsvAnswer(BillCsv.Of(BillRoutes.Read(row)), $"{row.Number}.csv")
            : ConsolePages.NotFound(visit));
    }

    private static BillRow? Found(Visit visit, Store.Reader read) =>
        read.Bill(visit.Call.Path("number")) is { } row && row.Account == visit.Account!.Id ? row : null;

    private static IResult List(Visit visit, Store.Reader read)
    {
        LocalDate today = visit.Show.DayOf(visit.Now);
        if (!Moments.TryMonth(visit.Query("month") ?? "", out LocalDate month))
        {
            month = new LocalDate(today.Year, today.Month, 1);
        }

        string To(int by) => visit.With(("month", month.PlusMonths(by).ToString("uuuu-MM", null)));
        List<BillRow> rows = read.Bills(
            visit.Account!.Id, kind: null, JsonText.Of(month), JsonText.Of(month.PlusMonths(1)), after: null, MostBills);
        rows.Reverse();
        Core.Units.Money sum = rows.Aggregate(Core.Units.Money.Zero, (sum, row) => sum + Core.Units.Money.Parse(row.Total));
        return ConsolePages.Show<BillsSheet>(visit, new BillsModel(
            visit.Show.Month(month), To(-1), To(1), visit.Show.Money(sum.ToString(), visit.Account.Currency),
            [.. rows.Select(row => Shown(visit, BillRoutes.Read(row)))]));
    }

    private static ShownBill Shown(Visit visit, Bill bill) => new(
        bill.Number, visit.Texts["bill." + bill.Period.BillKind], Period(visit, bill.Period), bill.IssuedAt, visit.Show.Number(bill.Lines.Count),
        visit.Show.Money(bill.Total.ToString(), bill.Currency.Code));

    private static string Period(Visit visit, BillPeriod period) =>
        period.BillKind == "daily" ? visit.Show.FullDay(period.Start) : visit.Show.Month(period.Start);

    private static IResult One(Visit visit, Bill bill)
    {
        int opened = int.TryParse(visit.Query("line"), out int number) ? number : 0;
        return ConsolePages.Show<BillSheet>(visit, new BillModel(
            Shown(visit, bill), [.. bill.Lines.Select((line, index) => LineOf(visit, bill, line, index + 1, opened == index + 1))],
            visit.Show.Money(bill.Rounding.ToString(), bill.Currency.Code), bill.Card.Card, visit.Show.FullDay(bill.Card.EffectiveFrom)));
    }

    private static ShownLine LineOf(Visit visit, Bill bill, BillLine line, int number, bool isOpen)
    {
        string name = line.Application is null
            ? visit.Texts["bill.whole-account"]
            : visit.Account!.Application(line.Application)?.Settings.Name ?? line.Application;
        return new ShownLine(
            number, name, line.Rate.Id, line.Adjusts is { } adjusted ? visit.Texts.Of("bill.adjusts", Period(visit, adjusted)) : null,
            visit.Show.Quantity(line.Quantity, line.Rate.Meter.Unit), RateText.Units(visit, line.Rate, line.PayAsYouGoUnits),
            RateText.Price(visit, line.Rate), visit.Show.Money(line.Amount.ToString(), bill.Currency.Code),
            isOpen ? visit.With(("line", null)) : visit.With(("line", number.ToString())) + $"#line-{number}",
            isOpen ? Ladder(visit, bill, line) : []);
    }

    /// <summary>From what was used to what is asked, each step with its figure.</summary>
    private static List<LadderStep> Ladder(Visit visit, Bill bill, BillLine line)
    {
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        string Units(Int128 units) => RateText.Units(visit, line.Rate, units);
        BillPeriod period = line.Adjusts ?? bill.Period;
        string? service = ServiceType.All.FirstOrDefault(type => type.Meter == line.Rate.Meter)?.Key;
        string? usage = service is null
            ? null
            : $"{visit.To("usage")}?service={service}&application={Uri.EscapeDataString(line.Application ?? "")}&period=custom"
                + $"&from={JsonText.Of(period.Start)}&to={JsonText.Of(period.LastDay)}";
        string size = $"{show.Number(line.Quantity)} {BaseUnit(texts, line)}";
        List<LadderStep> steps =
        [
            new(texts["ladder.used"], size, usage),
            new(texts.Of("ladder.rounded", $"{show.Number(line.Rate.Unit.Size)} {BaseUnit(texts, line)}", texts["round-up." + line.Rate.RoundUp.ToString().ToLowerInvariant()]), Units(line.Units), null),
            new(texts["ladder.free"], Less(Units(line.FreeUnits), line.FreeUnits), null),
            .. line.Packages.Select(share => new LadderStep(
                texts.Of("ladder.package", share.Package), Less(Units(share.Units), share.Units), visit.To("packages"))),
        ];
        if (line.UncoveredUnits != 0)
        {
            steps.Add(new LadderStep(texts["ladder.uncovered"], Less(Units(line.UncoveredUnits), line.UncoveredUnits), visit.To("applications")));
        }

        steps.Add(new LadderStep(texts["ladder.pay-as-you-go"], Units(line.PayAsYouGoUnits), null));
        steps.Add(new LadderStep(texts["ladder.price"], RateText.Price(visit, line.Rate), visit.To("packages") + "#prices"));
        steps.Add(new LadderStep(texts["ladder.amount"], show.Money(line.Amount.ToString(), bill.Currency.Code), null));
        return steps;
    }

    private static string BaseUnit(Texts texts, BillLine line) => texts.Find("base-unit." + line.Rate.Meter.Unit) ?? line.Rate.Meter.Unit;

    private static string Less(string shown, Int128 units) => units > 0 ? "−" + shown : shown;
}

/// <summary>Bills of a month.</summary>
public sealed record BillsModel(string Month, string Earlier, string Later, string Sum, IReadOnlyList<ShownBill> Bills);

/// <summary>A bill in the list.</summary>
public sealed record ShownBill(string Number, string Kind, string Period, Instant IssuedAt, string Lines, string Total);

/// <summary>A bill.</summary>
public sealed record BillModel(ShownBill Bill, IReadOnlyList<ShownLine> Lines, string Rounding, string Card, string CardFrom);

/// <summary>A line; its ladder is empty unless it is opened.</summary>
public sealed record ShownLine(
    int Number, string Application, string Rate, string? Adjusts, string Used, string Billed, string Price, string Amount, string Toggle,
    IReadOnlyList<LadderStep> Ladder);

/// <summary>A step of a ladder; the link leads to what it is made of.</summary>
public sealed record LadderStep(string What, string Figure, string? Link);
