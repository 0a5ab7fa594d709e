using System.Numerics;
using NodaTime;

namespace Minutebook.Reference.Billing;

/// <summary>What one package gave to a line or a share.</summary>
public sealed record Given(string Package, BigInteger Units, Rational Deducted);

/// <summary>A line of a bill, or the share of a class in one. An adjustment holds differences.</summary>
public sealed class ReferenceLine(string? application, ReferenceRate rate)
{
    public string? Application => application;

    public ReferenceRate Rate => rate;

    public BigInteger Quantity { get; set; }

    public BigInteger Units { get; set; }

    public BigInteger Free { get; set; }

    public List<Given> Packages { get; } = [];

    public BigInteger Paid { get; set; }

    public BigInteger Uncovered { get; set; }

    public BigInteger Micros { get; set; }

    public (string Kind, LocalDate Start)? Adjusts { get; init; }

    public override string ToString() => $"{application}|{rate.Id}|{Quantity}|{Units}|{Free}|"
        + $"{string.Join(' ', Packages.Select(one => $"{one.Package}:{one.Units}:{one.Deducted}"))}|{Paid}|{Uncovered}|{Micros}|"
        + (Adjusts is { } period ? $"{period.Kind} {period.Start:uuuu-MM-dd}" : "");

    public void Give(ReferencePackage package, BigInteger units, Rational deducted)
    {
        if (units.IsZero)
        {
            return;
        }

        int place = Packages.FindIndex(one => one.Package == package.Id);
        Given before = place < 0 ? new Given(package.Id, 0, Rational.Zero) : Packages[place];
        var after = new Given(package.Id, before.Units + units, before.Deducted + deducted);
        if (place < 0)
        {
            Packages.Add(after);
            return;
        }

        Packages[place] = after;
    }
}

/// <summary>A class as settlement orders it (5.3); no row means that it never started.</summary>
public sealed record SettledClass(string Application, string? Id, long? StartMs, long? EndMs)
{
    public bool HasStarted => StartMs is not null;
}

/// <summary>What a class accounts for in a line.</summary>
public sealed record Share(SettledClass Class, ReferenceLine Line);

/// <summary>One period settled class by class, unit by unit as the rules say it (5.2, 5.3, 5.5). Takes from the packages given.</summary>
public sealed class ReferenceSettlement
{
    private readonly List<ReferenceLine> lines = [];

    public ReferenceSettlement(
        IEnumerable<(SettledClass Class, UsageItem Item)> usage, ReferenceCard card, string kind, LocalDate lastDay,
        IReadOnlyList<ReferencePackage> packages, IReadOnlySet<string> withoutPayAsYouGo)
    {
        var cells = usage
            .Select(one => (one.Class, one.Item, Rate: card.Rates.FirstOrDefault(rate => rate.Matches(one.Item))))
            .Where(one => one.Rate?.Period == kind)
            .GroupBy(one => (one.Class, Rate: one.Rate!));
        var started = cells.Where(cell => cell.Key.Class.HasStarted)
            .OrderBy(cell => cell.Key.Class.EndMs is null).ThenBy(cell => cell.Key.Class.EndMs).ThenBy(cell => cell.Key.Class.StartMs)
            .ThenBy(cell => cell.Key.Class.Application, StringComparer.Ordinal).ThenBy(cell => cell.Key.Class.Id, StringComparer.Ordinal)
            .ThenBy(cell => Place(cell.Key.Rate));
        // Choice: of usage that never started, classes by their id, and usage without a class last.
        var rest = cells.Where(cell => !cell.Key.Class.HasStarted)
            .OrderBy(cell => cell.Key.Class.Application, StringComparer.Ordinal).ThenBy(cell => Place(cell.Key.Rate))
            .ThenBy(cell => cell.Key.Class.Id is null).ThenBy(cell => cell.Key.Class.Id, StringComparer.Ordinal);
        foreach (var cell in started.Concat(rest))
        {
            Take(cell.Key.Class, cell.Key.Rate, [.. cell.Select(one => one.Item)], lastDay, packages, withoutPayAsYouGo);
        }

        lines.ForEach(line => line.Micros = line.Rate.Micros(line.Paid));
        Lines = [.. lines.OrderBy(line => line.Application, StringComparer.Ordinal).ThenBy(line => Place(line.Rate))];

        int Place(ReferenceRate rate) => card.Rates.ToList().IndexOf(rate);
    }

    public IReadOnlyList<ReferenceLine> Lines { get; }

    public List<Share> Shares { get; } = [];

    private void Take(
        SettledClass @class, ReferenceRate rate, List<UsageItem> items, LocalDate lastDay, IReadOnlyList<ReferencePackage> packages,
        IReadOnlySet<string> withoutPayAsYouGo)
    {
        string? application = rate.Scope == "account" ? null : @class.Application;
        ReferenceLine? line = lines.Find(one => one.Application == application && one.Rate == rate);
        if (line is null)
        {
            lines.Add(line = new ReferenceLine(application, rate));
        }

        var share = new ReferenceLine(application, rate) { Quantity = Sum(items) };
        share.Units = rate.RoundUp switch
        {
            "period" => Up(line.Quantity + share.Quantity, rate) - line.Units,
            "class" => Up(share.Quantity, rate),
            _ => items.GroupBy(item => item.User).Aggregate(BigInteger.Zero, (sum, user) => sum + Up(Sum(user), rate)),
        };
        share.Free = BigInteger.Min(share.Units, rate.Free - line.Free);
        BigInteger open = share.Units - share.Free;
        foreach (ReferencePackage package in ReferencePackage.Serving(packages, application, rate.Id, lastDay))
        {
            BigInteger taken = package.Take(rate.Id, open);
            open -= taken;
            share.Give(package, taken, package.Worth(rate.Id, taken));
        }

        share.Paid = withoutPayAsYouGo.Contains(@class.Application) ? 0 : open;
        share.Uncovered = open - share.Paid;
        Add(line, share, packages);
        Shares.Add(new Share(@class, share));
    }

    private static void Add(ReferenceLine line, ReferenceLine share, IReadOnlyList<ReferencePackage> packages)
    {
        line.Quantity += share.Quantity;
        line.Units += share.Units;
        line.Free += share.Free;
        line.Paid += share.Paid;
        line.Uncovered += share.Uncovered;
        share.Packages.ForEach(one => line.Give(packages.First(package => package.Id == one.Package), one.Units, one.Deducted));
        // 5.2: a line names its packages in the order of deduction, whichever class came to them first.
        List<string> order = [.. ReferencePackage.InOrder(packages).Select(package => package.Id)];
        line.Packages.Sort((a, b) => order.IndexOf(a.Package).CompareTo(order.IndexOf(b.Package)));
    }

    private static BigInteger Up(BigInteger quantity, ReferenceRate rate) => ((Rational)quantity / (BigInteger)rate.Size).Ceiling();

    private static BigInteger Sum(IEnumerable<UsageItem> items) => items.Aggregate(BigInteger.Zero, (sum, item) => sum + item.Quantity);
}
