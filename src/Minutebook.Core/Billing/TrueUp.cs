using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core.Billing;

/// <summary>What a true-up comes to.</summary>
/// <param name="Lines">Adjustment lines, by application (the account's own first) and the card's order; none where no unit
/// changes.</param>
/// <param name="Packages">All packages that were given, with what remains in each from then on.</param>
public sealed record Adjustments(IReadOnlyList<BillLine> Lines, IReadOnlyList<Package> Packages);

/// <summary>The difference that late and voided events make to a closed period (rule 6.3).</summary>
public static class TrueUp
{
    /// <summary>
    /// Compares a closed period as it is known now with what was billed for it, line by line. More units go to what is left of
    /// the period's free quota, to what packages valid on the period's last day still hold, and then are pay-as-you-go, or
    /// uncovered where that is off. Fewer are given back in the reverse order: pay-as-you-go, uncovered, packages from the last
    /// to the first, free. A package that is not valid any more gets nothing back: its share of the line says the units, and 0
    /// deducted. The amount is what all pay-as-you-go units cost now, less what was charged for them so far.
    /// </summary>
    /// <param name="now">The period settled anew from the usage known now; only its quantities and units count, so packages
    /// are not needed.</param>
    /// <param name="billed">All lines billed for the period so far: its own bill's and adjustments'.</param>
    /// <param name="packages">The account's packages in the order of their purchase, with what is left in each.</param>
    /// <param name="on">The day whose bill takes the adjustments: packages valid on it get units back.</param>
    /// <param name="withoutPayAsYouGo">The applications that have pay-as-you-go off at that close. An account's line goes by the
    /// applications that have usage on it: it is uncovered where all of them have it off.</param>
    public static Adjustments Of(
        SettledPeriod now, IEnumerable<BillLine> billed, IReadOnlyList<Package> packages, LocalDate on, IReadOnlySet<string> withoutPayAsYouGo)
    {
        var holdings = new Holdings(packages);
        Dictionary<(string Application, string Rate), BillLine> current = now.Lines.ToDictionary(KeyOf);
        Dictionary<(string Application, string Rate), List<BillLine>> before = billed.GroupBy(KeyOf).ToDictionary(some => some.Key, some => some.ToList());
        var lines = new List<BillLine>();
        foreach ((string Application, string Rate) key in InOrder(now.Card, current.Keys.Union(before.Keys)))
        {
            List<BillLine> earlier = before.GetValueOrDefault(key) ?? [];
            BillLine any = current.GetValueOrDefault(key) ?? earlier[0];
            var line = new AdjustedLine(any.Application, any.Rate, earlier);
            Int128 more = (current.GetValueOrDefault(key)?.Units ?? 0) - line.Units;
            if (more > 0)
            {
                line.Add(more, holdings.For(any.Application, any.Rate, now.Period), IsPaid(now, any, withoutPayAsYouGo));
            }
            else if (more < 0)
            {
                line.GiveBack(-more, holdings, on);
            }

            if (more != 0)
            {
                lines.Add(line.Difference(now.Period, current.GetValueOrDefault(key)?.Quantity ?? 0));
            }
        }

        return new Adjustments(lines, holdings.Left);
    }

    private static (string Application, string Rate) KeyOf(BillLine line) => (line.Application ?? "", line.Rate.Id);

    private static IEnumerable<(string Application, string Rate)> InOrder(RateCard card, IEnumerable<(string Application, string Rate)> keys)
    {
        Dictionary<string, int> place = card.Rates.Select((rate, i) => (rate.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i);
        return keys.OrderBy(key => key.Application, StringComparer.Ordinal).ThenBy(key => place.GetValueOrDefault(key.Rate, int.MaxValue));
    }

    private static bool IsPaid(SettledPeriod now, BillLine line, IReadOnlySet<string> withoutPayAsYouGo) => line.Application is { } application
        ? !withoutPayAsYouGo.Contains(application)
        : now.Shares.Any(share => now.Card.Rates[share.Rate].Id == line.Rate.Id && !withoutPayAsYouGo.Contains(share.Application));
}

/// <summary>What was billed for one line so far, and what a true-up changes.</summary>
internal sealed class AdjustedLine
{
    private readonly string? application;
    private readonly Rate rate;
    private readonly Int128 quantity;
    private readonly Money charged;
    private readonly Dictionary<string, Int128> covered = [];
    private readonly List<PackageShare> changes = [];
    private Int128 free;
    private Int128 paid;
    private Int128 uncovered;
    private (Int128 Units, Int128 Free, Int128 Paid, Int128 Uncovered) before;

    public AdjustedLine(string? application, Rate rate, List<BillLine> earlier)
    {
        (this.application, this.rate) = (application, rate);
        foreach (BillLine line in earlier)
        {
            quantity += line.Quantity;
            charged += line.Amount;
            Units += line.Units;
            free += line.FreeUnits;
            paid += line.PayAsYouGoUnits;
            uncovered += line.UncoveredUnits;
            foreach (PackageShare share in line.Packages)
            {
                covered[share.Package] = covered.GetValueOrDefault(share.Package) + share.Units;
            }
        }

        before = (Units, free, paid, uncovered);
    }

    /// <summary>Billed units, so far and then with the changes.</summary>
    public Int128 Units { get; private set; }

    public void Add(Int128 more, Holding[] holdings, bool payAsYouGo)
    {
        var deduction = new Deduction(Int128.Max(0, rate.Free - free), holdings, rate.Id);
        Int128 taken = deduction.TakeFree(more);
        Int128 rest = more - taken;
        changes.AddRange(deduction.TakePackages(ref rest));
        Units += more;
        free += taken;
        paid += payAsYouGo ? rest : 0;
        uncovered += payAsYouGo ? 0 : rest;
    }

    public void GiveBack(Int128 fewer, Holdings holdings, LocalDate on)
    {
        Units -= fewer;
        TakeBack(ref paid, ref fewer);
        TakeBack(ref uncovered, ref fewer);
        // Packages that are not known any more come last in the order of deduction, and so first here.
        List<string> order = [.. holdings.Order.Union(covered.Keys)];
        for (int i = order.Count - 1; i >= 0 && fewer > 0; i--)
        {
            Int128 back = Int128.Min(fewer, covered.GetValueOrDefault(order[i]));
            if (back > 0)
            {
                fewer -= back;
                changes.Add(new PackageShare(order[i], -back, Returned(holdings.Named(order[i]), back, on)));
            }
        }

        TakeBack(ref free, ref fewer);
    }

    public BillLine Difference(BillPeriod adjusts, Int128 quantityNow) => new()
    {
        Application = application,
        Rate = rate,
        Quantity = quantityNow - quantity,
        Units = Units - before.Units,
        FreeUnits = free - before.Free,
        Packages = changes,
        PayAsYouGoUnits = paid - before.Paid,
        UncoveredUnits = uncovered - before.Uncovered,
        Amount = Pricing.Amount(rate, paid) - charged,
        Adjusts = adjusts,
    };

    private PackageUnits Returned(Holding? held, Int128 units, LocalDate on)
    {
        if (held is null || !held.Package.IsValidOn(on) || held.Package.RatioFor(rate.Id) is not { } ratio)
        {
            return PackageUnits.Zero;
        }

        held.Remaining += ratio * units;
        return PackageUnits.Zero - ratio * units;
    }

    private static void TakeBack(ref Int128 from, ref Int128 units)
    {
        Int128 taken = Int128.Min(from, units);
        from -= taken;
        units -= taken;
    }
}
