using Minutebook.Core.Billing;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What this month costs so far, day by day and line by line, and what it will come to.</summary>
internal static class EstimatePage
{
    public static IResult Show(Visit visit, Store.Reader read)
    {
        var estimate = new Estimate(visit.Account!, read, visit.Now);
        (IReadOnlyList<BillLine> lines, Money rounding) = estimate.MonthSoFar();
        string Shown(Money amount) => visit.Show.Money(
            amount.ToMinorString(Currency.Get(visit.Account!.Currency).MinorDigits), visit.Account.Currency);
        BillLine[] own = [.. lines.Where(line => line.Adjusts is null)];
        Money soFar = Sum(lines) + rounding, adjusted = Sum(lines.Where(line => line.Adjusts is not null));
        ForecastView forecast = estimate.ForecastOf(lines);
        int decimals = BillPage.Decimals(own);
        return ConsolePages.Show<EstimateSheet>(visit, new EstimateModel(
            Figures(visit, forecast, Shown(Sum(estimate.TodayLines)), Shown(soFar)), PictureOf(visit, estimate, forecast, Shown),
            [.. own.Select(line => BillPage.Shown(visit, visit.Account!.Currency, line, decimals) with
            {
                Usage = new LineLadder(visit, line, estimate.Month, visit.Account.Currency).Usage(),
            })],
            [
                .. adjusted == Money.Zero ? [] : (IEnumerable<(string, string)>)[(visit.Texts["estimate.adjustments"], Shown(adjusted))],
                (visit.Texts["estimate.month"], Shown(soFar)),
            ]));
    }

    private static ShownFigure[] Figures(Visit visit, ForecastView forecast, string today, string month)
    {
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        string Money(string amount) => show.Money(amount, visit.Account!.Currency);
        return
        [
            new(texts["estimate.today"], today, texts["so-far"]) { IsLive = true },
            new(texts["estimate.month"], month, texts["so-far"]) { IsLive = true },
            new(texts["estimate.forecast"], Money(forecast.Expected), texts.Of("estimate.range", Money(forecast.Low), Money(forecast.High))),
            new(
                texts["estimate.basis"], texts.Count("validity.day", forecast.Basis.Days, show.Number(forecast.Basis.Days)),
                forecast.Basis.From is { } from ? texts.Of("estimate.basis-from", show.FullDay(from)) : ""),
        ];
    }

    private static Picture PictureOf(Visit visit, Estimate estimate, ForecastView forecast, Func<Money, string> shown)
    {
        Dictionary<LocalDate, Money> costs = estimate.Costs();
        Dictionary<LocalDate, ForecastDayView> expected = forecast.Days.ToDictionary(day => day.Date);
        List<PictureBar> bars = [];
        Money sumCost = Money.Zero, sumMore = Money.Zero;
        for (LocalDate day = estimate.Month.Start; day < estimate.Month.End; day = day.PlusDays(1))
        {
            Money cost = costs.GetValueOrDefault(day);
            Money more = expected.TryGetValue(day, out ForecastDayView? coming) && Money.Parse(coming.Expected) > cost ? Money.Parse(coming.Expected) - cost : Money.Zero;
            string? range = coming is null ? null : visit.Texts.Of("estimate.range", shown(Money.Parse(coming.Low)), shown(Money.Parse(coming.High)));
            bool isToday = day == estimate.Today;
            bars.Add(new PictureBar(
                visit.Show.WeekDay(day), JsonText.Of(day), JsonText.Of(day), day < estimate.Today && cost != Money.Zero ? visit.ToBill(BillPeriod.OfDay(day).BillNumber(visit.Account!.Id)) : null,
                isToday ? "now" : day.DayOfWeek is IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday ? "weekend" : "",
                [Cell(cost, shown), Cell(more, shown) with { Note = range }], Cell(cost + more, shown))
            {
                Note = isToday ? visit.Texts["so-far"] : day > estimate.Today ? visit.Texts["estimate.expected"] : null,
            });
            (sumCost, sumMore) = (sumCost + cost, sumMore + more);
        }

        return new Picture(
            "estimate", visit.Texts["estimate.chart"], "money:" + visit.Show.Sign(visit.Account!.Currency),
            [
                new PictureSeries("charged", visit.Texts["estimate.charged"], "series-1"),
                new PictureSeries("expected", visit.Texts["estimate.series.expected"], "outlined"),
            ],
            bars, [shown(sumCost), shown(sumMore), shown(sumCost + sumMore)]);
    }

    private static PictureCell Cell(Money amount, Func<Money, string> shown) => new(shown(amount), amount.ToString());

    private static Money Sum(IEnumerable<BillLine> lines) => lines.Aggregate(Money.Zero, (sum, line) => sum + line.Amount);
}

/// <summary>What the page of the estimate shows.</summary>
public sealed record EstimateModel(
    IReadOnlyList<ShownFigure> Figures, Picture Days, IReadOnlyList<ShownLine> Lines, IReadOnlyList<(string Name, string Amount)> Sums);
