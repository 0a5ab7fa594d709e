using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;

namespace Minutebook.Server;

/// <summary>How billable durations are calculated, with the account's own numbers.</summary>
/// <param name="Steps">From what was used to what is billed, each with its figure.</param>
/// <param name="Packages">What the account holds.</param>
public sealed record UsageExplained(IReadOnlyList<(string What, string Figure)> Steps, IReadOnlyList<(string Package, string Left)> Packages)
{
    internal static UsageExplained Of(Visit visit, Store.Reader read, ServiceType service, IReadOnlyList<UsageFigure> figures)
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

        IEnumerable<Rate> rates = read.Card(account.RateCard).InForce(visit.Show.DayOf(visit.Now))?.Rates.Where(rate => rate.Meter == service.Meter) ?? [];
        foreach (Rate rate in rates)
        {
            steps.Add((texts.Of("how.rate", rate.Id, texts["period." + rate.Period.ToString().ToLowerInvariant()]), RateText.Price(visit, rate)));
            if (rate.Free > 0)
            {
                steps.Add((texts.Of("how.free", rate.Id), RateText.Units(visit, rate, rate.Free)));
            }
        }

        return new UsageExplained(
            steps, [.. account.Packages.Where(package => !package.Refunded).Select(package => (package.Id, show.Decimal(package.Remaining)))]);
    }

    private static string MinutesOf(Int128 seconds) => $"{seconds / 60}.{seconds % 60 * 100 / 60:D2}";
}
