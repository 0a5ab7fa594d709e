using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;

namespace Minutebook.Server;

/// <summary>How billable durations are calculated, with the account's own numbers.</summary>
/// <param name="Rule">How the service is counted, as a sentence.</param>
/// <param name="Steps">From what was used to what is billed, each with its figure.</param>
/// <param name="Packages">What is left in packages that serve it.</param>
public sealed record UsageExplained(string Rule, IReadOnlyList<(string What, string Figure)> Steps, IReadOnlyList<(string Package, string Left)> Packages)
{
    private const int DaysBack = 40;

    /// <summary>A line that was billed: the newest of the service with most to pay; null before there is one.</summary>
    public ExampleLine? Example { get; init; }

    internal static UsageExplained Of(Visit visit, Store.Reader read, ServiceType service, IReadOnlyList<UsageFigure> figures, IReadOnlyList<Package> held)
    {
        AccountState account = visit.Account!;
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        Int128 total = ServiceType.Sum(figures.Select(figure => figure.Quantity));
        bool inSeconds = service.Meter.Unit == "second";
        List<(string, string)> steps =
        [
            (texts["how.used"], inSeconds ? $"{show.Number(total)} {texts["unit.s"]}" : show.Quantity(total, service.Meter.Unit)),
        ];
        if (inSeconds)
        {
            steps.Add((texts["how.minutes"], $"{show.Decimal(MinutesOf(total))} {texts["unit.min"]}"));
            steps.Add((texts["how.rounded"], show.Quantity(total, "second")));
        }

        Rate[] rates = [.. read.Card(account.RateCard).InForce(visit.Show.DayOf(visit.Now))?.Rates.Where(rate => rate.Meter == service.Meter) ?? []];
        foreach (Rate rate in rates)
        {
            steps.Add((texts.Of("how.rate", rate.Id, texts["period." + rate.Period.ToString().ToLowerInvariant()]), RateText.Price(visit, rate)));
            steps.Add((texts.Of("how.round", rate.Id), texts["round-up." + rate.RoundUp.ToString().ToLowerInvariant()]));
            if (rate.Free > 0)
            {
                steps.Add((texts.Of("how.free", rate.Id), RateText.Units(visit, rate, rate.Free)));
            }
        }

        return new UsageExplained(
            texts.Find("how.rule." + service.Key) ?? texts["how.rule"],
            steps,
            [
                .. held.Where(package => package.IsValidAt(visit.Now) && package.Product.Covers.Any(cover => rates.Any(rate => rate.Id == cover.Rate)))
                    .Select(package => PackagesPage.Held(visit, package)).Select(package => ($"{package.Name} ({package.Id})", package.Left)),
            ])
        {
            Example = ExampleOf(visit, read, service),
        };
    }

    private static ExampleLine? ExampleOf(Visit visit, Store.Reader read, ServiceType service)
    {
        string first = JsonText.Of(visit.Show.DayOf(visit.Now).PlusDays(-DaysBack));
        foreach (BillRow row in read.Bills(visit.Account!.Id, null, first, null, null, int.MaxValue).AsEnumerable().Reverse())
        {
            Bill bill = BillRoutes.Read(row);
            if (bill.Lines.Where(line => line.Adjusts is null && line.Rate.Meter == service.Meter).MaxBy(line => line.PayAsYouGoUnits) is { } line)
            {
                int number = bill.Lines.ToList().IndexOf(line) + 1;
                return new ExampleLine(
                    $"{bill.Number}, {line.Rate.Id}", $"{visit.ToBill(bill.Number)}/lines/{number}",
                    new LineLadder(visit, line, bill.Period, bill.Currency.Code).Steps());
            }
        }

        return null;
    }

    private static string MinutesOf(Int128 seconds) => $"{seconds / 60}.{seconds % 60 * 100 / 60:D2}";
}

/// <summary>A line of a bill as an example.</summary>
public sealed record ExampleLine(string Name, string Link, IReadOnlyList<LadderStep> Steps);
