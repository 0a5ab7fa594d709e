using Minutebook.Core;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The bills of a month, as pages and as documents.</summary>
internal static class BillsPage
{
    private const int MostBills = 200;

    private static readonly string[] Kinds = ["daily", "monthly"];

    public static void Map(ConsolePages pages)
    {
        Seller seller = Seller.FromEnvironment();
        pages.Get("/bills", List);
        pages.Get("/bills/focus.csv", (visit, read) => Focus(visit, read, seller));
        pages.Get("/bills/estimate", EstimatePage.Show);
        pages.Get("/bills/what-if", WhatIfPage.Show);
        BillPage.Map(pages, seller);
    }

    private static IResult List(Visit visit, Store.Reader read)
    {
        LocalDate month = MonthOf(visit);
        string? kind = visit.Query("kind") is { } asked && Kinds.Contains(asked) ? asked : null;
        string To(int by) => visit.With(("month", month.PlusMonths(by).ToString("uuuu-MM", null)));
        List<BillRow> rows = read.Bills(
            visit.Account!.Id, kind is null ? null : (int)(kind == "daily" ? PeriodKind.Day : PeriodKind.Month), JsonText.Of(month),
            JsonText.Of(month.PlusMonths(1)), after: null, MostBills);
        rows.Reverse();
        Money sum = rows.Aggregate(Money.Zero, (sum, row) => sum + Money.Parse(row.Total));
        return ConsolePages.Show<BillsSheet>(visit, new BillsModel(
            visit.Show.Month(month), To(-1), To(1), visit.Show.Money(sum.ToString(), visit.Account.Currency),
            [.. rows.Select(row => Shown(visit, BillRoutes.Read(row)))],
            $"{visit.To("bills/focus.csv")}?month={month.ToString("uuuu-MM", null)}", month.ToString("uuuu-MM", null)));
    }

    private static IResult Focus(Visit visit, Store.Reader read, Seller seller) => FocusRoutes.Answer(visit.Account!, read, MonthOf(visit), seller);

    private static LocalDate MonthOf(Visit visit)
    {
        LocalDate today = visit.Show.DayOf(visit.Now);
        return Moments.TryMonth(visit.Query("month") ?? "", out LocalDate month) ? month : new LocalDate(today.Year, today.Month, 1);
    }

    public static ShownBill Shown(Visit visit, Bill bill) => new(
        bill.Number, visit.Texts["bill." + bill.Period.BillKind], PeriodText(visit, bill.Period), bill.IssuedAt, visit.Show.Number(bill.Lines.Count),
        visit.Show.Money(bill.Total.ToString(), bill.Currency.Code));

    public static string PeriodText(Visit visit, BillPeriod period) =>
        period.BillKind == "daily" ? visit.Show.FullDay(period.Start) : visit.Show.Month(period.Start);
}

/// <summary>Bills of a month.</summary>
public sealed record BillsModel(string Month, string Earlier, string Later, string Sum, IReadOnlyList<ShownBill> Bills, string Focus, string Value);

/// <summary>A bill in the list.</summary>
public sealed record ShownBill(string Number, string Kind, string Period, Instant IssuedAt, string Lines, string Total);
