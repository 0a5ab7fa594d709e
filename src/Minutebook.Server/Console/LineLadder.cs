using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;

namespace Minutebook.Server;

/// <summary>A step of a ladder; the link leads to what it is made of.</summary>
public sealed record LadderStep(string What, string Figure, string? Link);

/// <summary>How a line comes to its amount, from what was used to what is asked, each step with its figure (section 4, rules 5.2 and 6.3).</summary>
/// <param name="Visit">Who reads.</param>
/// <param name="Line">The line.</param>
/// <param name="Period">What it is for: the period that it adjusts, or the bill's own.</param>
/// <param name="Currency">The bill's currency.</param>
internal sealed record LineLadder(Visit Visit, BillLine Line, BillPeriod Period, string Currency)
{
    private readonly Show show = Visit.Show;
    private readonly Texts texts = Visit.Texts;

    /// <summary>Of an adjustment: what was billed for the same line before, each with its bill and number.</summary>
    public IReadOnlyList<(string Bill, int Number, BillLine Line)> Before { get; init; } = [];

    /// <summary>Where the line's classes are; null where it has none.</summary>
    public string? Classes { get; init; }

    public List<LadderStep> Steps()
    {
        List<LadderStep> steps = Line.Adjusts is null ? [] : [.. Before.Select(Billed)];
        steps.Add(new LadderStep(
            texts[Line.Adjusts is null ? "ladder.used" : "ladder.used-more"], $"{show.Number(Line.Quantity)} {BaseUnit}", Classes ?? Usage()));
        string size = $"{show.Number(Line.Rate.Unit.Size)} {BaseUnit}";
        steps.Add(new LadderStep(
            texts.Of("ladder.rounded", size, texts["round-up." + Line.Rate.RoundUp.ToString().ToLowerInvariant()]), Units(Line.Units), Classes));
        steps.Add(new LadderStep(FreeName(), Less(Line.FreeUnits), null));
        steps.AddRange(Line.Packages.Select(share => new LadderStep(
            texts.Of("ladder.package", share.Package), Less(share.Units), Visit.To("packages"))));
        if (Line.UncoveredUnits != 0)
        {
            steps.Add(new LadderStep(texts["ladder.uncovered"], Less(Line.UncoveredUnits), Visit.To("applications")));
        }

        steps.Add(new LadderStep(texts["ladder.pay-as-you-go"], Units(Line.PayAsYouGoUnits), null));
        steps.AddRange(Prices());
        steps.Add(new LadderStep(texts["ladder.amount"], show.Money(Line.Amount.ToString(), Currency), null));
        return steps;
    }

    /// <summary>The usage page of the line's service, application and days.</summary>
    public string? Usage() => ServiceType.All.FirstOrDefault(type => type.Meter == Line.Rate.Meter) is { } service
        ? $"{Visit.To("usage")}?service={service.Key}&application={Uri.EscapeDataString(Line.Application ?? "")}&period=custom"
            + $"&from={JsonText.Of(Period.Start)}&to={JsonText.Of(Period.LastDay)}"
        : null;

    private string FreeName() => Line.Rate.Free == 0
        ? texts["ladder.free"]
        : texts.Of("ladder.free-of", Units(Line.Rate.Free), texts["period." + Line.Rate.Period.ToString().ToLowerInvariant()]);

    private LadderStep Billed((string Bill, int Number, BillLine Line) its) => new(
        texts.Of("ladder.billed-before", its.Bill, its.Number, Units(its.Line.PayAsYouGoUnits)), show.Money(its.Line.Amount.ToString(), Currency),
        $"{Visit.ToBill(its.Bill)}?line={its.Number}#line-{its.Number}");

    /// <summary>An adjustment asks the difference between what all units cost now and what was asked for them (rule 6.3).</summary>
    private IEnumerable<LadderStep> Prices()
    {
        Int128 paid = Line.PayAsYouGoUnits + Before.Aggregate(Int128.Zero, (sum, its) => sum + its.Line.PayAsYouGoUnits);
        if (Line.Adjusts is not null)
        {
            yield return new LadderStep(texts["ladder.pay-as-you-go-now"], Units(paid), null);
        }

        if (Line.Rate.WholeBlocks)
        {
            yield return new LadderStep(
                texts.Of("ladder.blocks", Units(Line.Rate.Per)), show.Number(Rounding.CeilDiv(Int128.Max(0, paid), Line.Rate.Per)), null);
        }

        foreach (PriceStep step in paid >= 0 ? Pricing.Steps(Line.Rate, paid) : [])
        {
            string price = RateText.One(Visit, Line.Rate, step.Price.ToString());
            yield return new LadderStep(
                Line.Rate.Price is RatePrice.Flat ? texts["ladder.price"] : texts.Of("ladder.tier", Units(step.Units + step.Filling)), price,
                Visit.To("packages") + "#prices");
        }

        if (Line.Adjusts is not null)
        {
            Money charged = Before.Aggregate(Money.Zero, (sum, its) => sum + its.Line.Amount);
            yield return new LadderStep(texts["ladder.costs-now"], show.Money((charged + Line.Amount).ToString(), Currency), null);
            yield return new LadderStep(texts["ladder.charged-before"], "−" + show.Money(charged.ToString(), Currency), null);
        }
    }

    private string BaseUnit => texts.Find("base-unit." + Line.Rate.Meter.Unit) ?? Line.Rate.Meter.Unit;

    private string Units(Int128 units) => RateText.Units(Visit, Line.Rate, units);

    private string Less(Int128 units) => units > 0 ? "−" + Units(units) : Units(units);
}
