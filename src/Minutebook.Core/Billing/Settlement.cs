using Minutebook.Core.Rating;

namespace Minutebook.Core.Billing;

/// <summary>A period settled: what its bill says, what each class accounts for, and what is left in the packages.</summary>
public sealed record SettledPeriod
{
    /// <summary>The day or month.</summary>
    public required BillPeriod Period { get; init; }

    /// <summary>The card by which it is priced.</summary>
    public required RateCard Card { get; init; }

    /// <summary>
    /// The lines, by application (the account's own first) and the card's order; none where no usage was priced.
    /// </summary>
    public required IReadOnlyList<BillLine> Lines { get; init; }

    /// <summary>What each class accounts for, in the order of settlement.</summary>
    public required IReadOnlyList<ClassShare> Shares { get; init; }

    /// <summary>All packages that were given, in that order, with what remains in each.</summary>
    public required IReadOnlyList<Package> Packages { get; init; }
}

/// <summary>
/// The exact settlement of one period of one account (section 5). At the close it is for good; before it, the same gives the
/// live figures (rule 5.4).
/// </summary>
public static class Settlement
{
    /// <summary>
    /// Settles a period class by class, by running total (rule 5.3): each class's units are taken off the free quota, then off
    /// packages, then are pay-as-you-go, or uncovered where the class's application has it off (rules 5.2 and 5.5). Where classes
    /// share an account's line, each goes by its own application's setting. Usage that no rate prices, or a rate of the other
    /// kind of period, is left out.
    /// </summary>
    /// <param name="period">The day or month.</param>
    /// <param name="card">The card in force on the period's first day (rule 4.6).</param>
    /// <param name="usage">The period's usage, in any order.</param>
    /// <param name="packages">The account's packages in the order of their purchase, with what is left in each; those that are
    /// not valid on the period's last day, or refunded, cover nothing.</param>
    /// <param name="withoutPayAsYouGo">The applications that have pay-as-you-go off.</param>
    /// <exception cref="ArgumentException">A quantity is below zero, or a class is not of its slice's application.</exception>
    public static SettledPeriod Settle(
        BillPeriod period, RateCard card, ReadOnlySpan<UsageSlice> usage, IReadOnlyList<Package> packages, IReadOnlySet<string> withoutPayAsYouGo)
    {
        var gathered = new GatheredUsage(card, period.Kind, usage);
        var holdings = new Holdings(packages);
        var lines = new RunningLines(card, period, holdings);
        List<(int Group, int Cell)> order = gathered.InOrder();
        var shares = new List<ClassShare>(order.Count);
        foreach ((int place, int at) in order)
        {
            Group group = gathered.GroupAt(place);
            Cell cell = gathered.CellAt(at);
            string? application = card.Rates[cell.Rate].Scope == Scope.Account ? null : group.Application;
            bool payAsYouGo = withoutPayAsYouGo.Count == 0 || !withoutPayAsYouGo.Contains(group.Application);
            shares.Add(lines.Of(application, cell.Rate).Take(group, cell, payAsYouGo));
        }

        return new SettledPeriod { Period = period, Card = card, Lines = lines.Settled(), Shares = shares, Packages = holdings.Left };
    }
}

/// <summary>The lines of a settlement, by application and rate.</summary>
internal sealed class RunningLines(RateCard card, BillPeriod period, Holdings holdings)
{
    private readonly Dictionary<string, RunningLine?[]> lines = new(StringComparer.Ordinal);
    private readonly List<RunningLine> all = [];
    private string? last;
    private RunningLine?[] ofLast = [];

    /// <summary>The line of an application, or of the account where that is null.</summary>
    public RunningLine Of(string? application, int rate)
    {
        string name = application ?? "";
        if (!ReferenceEquals(name, last))
        {
            if (!lines.TryGetValue(name, out RunningLine?[]? known))
            {
                lines.Add(name, known = new RunningLine?[card.Rates.Count]);
            }

            (last, ofLast) = (name, known);
        }

        return ofLast[rate] ??= Opened(application, rate);
    }

    /// <summary>By application, the account's own first, and the card's order.</summary>
    public IReadOnlyList<BillLine> Settled()
    {
        all.Sort(static (left, right) => string.CompareOrdinal(left.Application, right.Application) is not 0 and var order
            ? order
            : left.RateIndex.CompareTo(right.RateIndex));
        return all.ConvertAll(static line => line.Settled());
    }

    private RunningLine Opened(string? application, int index)
    {
        Rate rate = card.Rates[index];
        var line = new RunningLine(application, index, rate, new Deduction(rate.Free, holdings.For(application, rate, period), rate.Id));
        all.Add(line);
        return line;
    }
}
