using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;

namespace Minutebook.Server;

/// <summary>A step of a line's arithmetic.</summary>
/// <param name="Step">Its name.</param>
/// <param name="Rule">The rule applied.</param>
/// <param name="Text">What is done, for people, with the figures in it.</param>
/// <param name="Value">What comes out: a decimal.</param>
/// <param name="Unit">Of what.</param>
internal sealed record ExplainStep(string Step, string Rule, string Text, string Value, string Unit);

/// <summary>How a line comes to its amount, step by step, each with its rule.</summary>
internal static class ExplainSteps
{
    /// <summary>Of a line of the bill's own period.</summary>
    public static IEnumerable<ExplainStep> Of(BillLine line, string currency)
    {
        Rate rate = line.Rate;
        string units = Figures.Several(rate.Unit.Name);
        yield return new("usage", "3", $"Usage of {Figures.UsageOf(rate)} in the period.", line.Quantity.ToString(), $"{rate.Meter.Unit}s");
        yield return new("units", "4.1", $"Rounded up to whole {units} of {rate.Unit.Size} {rate.Meter.Unit}s, {Level(rate.RoundUp)}.", line.Units.ToString(), units);
        yield return new("free", "4.2", $"Of {rate.Free} free {units} a {(rate.Period == PeriodKind.Day ? "day" : "month")} {(rate.Scope == Scope.Account ? "and account" : "and application")}.", line.FreeUnits.ToString(), units);
        foreach (ExplainStep step in Packages(line, units))
        {
            yield return step;
        }

        yield return new(
            "payAsYouGo", "5.2", $"{line.Units} − {line.FreeUnits} free − {line.PackageUnits} from packages − {line.UncoveredUnits} uncovered.", line.PayAsYouGoUnits.ToString(), units);
        foreach (ExplainStep step in Prices(rate, line.PayAsYouGoUnits, currency))
        {
            yield return step;
        }

        yield return new("amount", "4.5", "Rounded once, half up, to millionths.", line.Amount.ToString(), currency);
    }

    /// <summary>Of an adjustment: what the period comes to now, what was billed for it before, and the difference.</summary>
    public static IEnumerable<ExplainStep> OfAdjustment(BillLine line, IReadOnlyList<(string Bill, int Number, BillLine Line)> before, string currency)
    {
        Rate rate = line.Rate;
        string units = Figures.Several(rate.Unit.Name);
        Int128 quantity = 0, billed = 0, paid = 0;
        Money charged = Money.Zero;
        foreach ((string bill, int number, BillLine its) in before)
        {
            quantity += its.Quantity;
            billed += its.Units;
            paid += its.PayAsYouGoUnits;
            charged += its.Amount;
            yield return new("billedBefore", "6.3", $"Line {number} of {bill}: {its.Units} {units}, {its.PayAsYouGoUnits} of them pay-as-you-go, {its.Amount} {currency}.", its.Units.ToString(), units);
        }

        yield return new("usage", "6.3", $"Usage of {Figures.UsageOf(rate)} in {Figures.Of(line.Adjusts!.Value)} as known at this close: {quantity} before, {line.Quantity} more.", (quantity + line.Quantity).ToString(), $"{rate.Meter.Unit}s");
        yield return new("units", "4.1", $"Rounded up to whole {units}, {Level(rate.RoundUp)}: {billed + line.Units}, less {billed} billed so far.", line.Units.ToString(), units);
        yield return new("free", "6.3", $"Of what changes, free {units}.", line.FreeUnits.ToString(), units);
        foreach (ExplainStep step in Packages(line, units))
        {
            yield return step;
        }

        yield return new("payAsYouGo", "6.3", $"Pay-as-you-go {units} of the period are {paid + line.PayAsYouGoUnits} now, {paid} before.", line.PayAsYouGoUnits.ToString(), units);
        foreach (ExplainStep step in Prices(rate, paid + line.PayAsYouGoUnits, currency))
        {
            yield return step;
        }

        yield return new("charged", "6.3", "Charged for the period so far.", charged.ToString(), currency);
        yield return new("amount", "6.3", $"What all pay-as-you-go {units} cost now, {charged + line.Amount}, less what was charged.", line.Amount.ToString(), currency);
    }

    private static IEnumerable<ExplainStep> Packages(BillLine line, string units)
    {
        foreach (PackageShare share in line.Packages)
        {
            yield return new(
                "package", line.Adjusts is null ? "5.2" : "6.3",
                $"{(share.Units < 0 ? "Given back to" : "From")} package {share.Package}, of which {(share.Units < 0 ? "it gets" : "they take")} {share.Deducted}.", share.Units.ToString(), units);
        }

        if (line.UncoveredUnits != 0)
        {
            yield return new("uncovered", "5.5", "Nothing covers these, and pay-as-you-go is off: they cost nothing.", line.UncoveredUnits.ToString(), units);
        }
    }

    private static IEnumerable<ExplainStep> Prices(Rate rate, Int128 paid, string currency)
    {
        IReadOnlyList<PriceStep> steps = Pricing.Steps(rate, paid);
        if (rate.WholeBlocks)
        {
            yield return new("blocks", "4.3", $"{paid} ÷ {rate.Per}, a started block counted in full.", Rounding.CeilDiv(paid, rate.Per).ToString(), "blocks");
        }

        foreach (PriceStep step in steps)
        {
            Int128 charged = step.Units + step.Filling;
            System.Numerics.BigInteger exact = (System.Numerics.BigInteger)step.Price.Trillionths * charged;
            yield return new(
                "price", rate.Price is RatePrice.Flat ? "4.3" : "4.4",
                $"{charged} ÷ {rate.Per} × {step.Price} {currency}{(rate.Price is RatePrice.Flat ? "" : $", {(rate.Price is RatePrice.Volume ? "the tier reached" : "a tier")}")}.",
                Decimals.Quotient(exact, (Int128)rate.Per * DecimalsOfPrice), currency);
        }
    }

    private static readonly Int128 DecimalsOfPrice = 1_000_000_000_000;

    private static string Level(RoundUp level) => level switch
    {
        RoundUp.Period => "once for the total of the period",
        RoundUp.Class => "for each class",
        RoundUp.Participant => "for each participant of each class",
    };
}
