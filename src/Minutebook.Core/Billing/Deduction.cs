using Minutebook.Core.Rating;
using Minutebook.Core.Units;

namespace Minutebook.Core.Billing;

/// <summary>A package while a settlement takes from it.</summary>
internal sealed class Holding(Package package)
{
    public Package Package { get; } = package;
    public PackageUnits Remaining { get; set; } = package.Remaining;
}

/// <summary>The packages of an account while a settlement takes from them, in the order of deduction (rule 5.2).</summary>
internal sealed class Holdings
{
    private readonly Holding[] given;
    private readonly Holding[] inOrder;
    private readonly ILookup<string?, Holding> byApplication;
    private static readonly ILookup<string?, Holding> None = Array.Empty<Holding>().ToLookup(held => held.Package.Application);

    /// <param name="packages">The account's packages, in the order of their purchase.</param>
    public Holdings(IReadOnlyList<Package> packages)
    {
        if (packages.Count == 0)
        {
            (given, inOrder, byApplication) = ([], [], None);
            return;
        }

        given = [.. packages.Select(package => new Holding(package))];
        // The sort is stable: of two bought at the same instant the first bought stays first.
        inOrder = [.. given
            .OrderBy(held => held.Package.Application is null)
            .ThenBy(held => held.Package.EndDay)
            .ThenBy(held => held.Package.PurchasedAt)];
        byApplication = inOrder.ToLookup(held => held.Package.Application);
    }

    /// <summary>The packages of the period that may serve a line, in the order of deduction.</summary>
    public Holding[] For(string? application, Rate rate, BillPeriod period)
    {
        if (given.Length == 0)
        {
            return given;
        }

        IEnumerable<Holding> own = application is null ? [] : byApplication[application];
        return [.. own.Concat(byApplication[null]).Where(held => held.Package.IsValidOn(period.LastDay) && held.Package.RatioFor(rate.Id) is not null)];
    }

    /// <summary>The package of that id, or null.</summary>
    public Holding? Named(string id) => Array.Find(given, held => held.Package.Id == id);

    /// <summary>The ids of the packages, in the order of deduction.</summary>
    public IEnumerable<string> Order => inOrder.Select(held => held.Package.Id);

    /// <summary>The packages as they are now, in the order in which they were given.</summary>
    public IReadOnlyList<Package> Left => given.Length == 0 ? [] : [.. given.Select(held => held.Remaining == held.Package.Remaining
        ? held.Package
        : held.Package with { Remaining = held.Remaining })];
}

/// <summary>Takes the units of one line off its free quota, then off its packages (rule 5.2).</summary>
internal sealed class Deduction(Int128 free, Holding[] holdings, string rate)
{
    private readonly PackageUnits[] ratios = holdings.Length == 0 ? [] : [.. holdings.Select(held => held.Package.RatioFor(rate)!.Value)];
    private readonly Int128[] covered = holdings.Length == 0 ? [] : new Int128[holdings.Length];
    private Int128 freeLeft = free;
    private int firstLeft;

    /// <summary>What the free quota takes of so many units.</summary>
    public Int128 TakeFree(Int128 units)
    {
        Int128 taken = Int128.Min(units, freeLeft);
        freeLeft -= taken;
        return taken;
    }

    /// <summary>
    /// What packages cover of so many units, each as many whole ones as it can (rule 5.1); the rest stays in <paramref
    /// name="units"/>.
    /// </summary>
    public IReadOnlyList<PackageShare> TakePackages(ref Int128 units)
    {
        List<PackageShare>? shares = null;
        for (int i = firstLeft; i < holdings.Length && units > 0; i++)
        {
            Int128 taken = Int128.Min(units, holdings[i].Remaining.Covers(ratios[i]));
            if (taken > 0)
            {
                PackageUnits deducted = ratios[i] * taken;
                holdings[i].Remaining -= deducted;
                covered[i] += taken;
                units -= taken;
                (shares ??= []).Add(new PackageShare(holdings[i].Package.Id, taken, deducted));
            }
            else if (i == firstLeft)
            {
                // A package that covers not one more unit here never will again in this settlement.
                firstLeft++;
            }
        }

        return shares ?? (IReadOnlyList<PackageShare>)[];
    }

    /// <summary>All that packages have covered, in the order of deduction.</summary>
    public IReadOnlyList<PackageShare> Covered()
    {
        if (covered.Length == 0)
        {
            return [];
        }

        var shares = new List<PackageShare>();
        for (int i = 0; i < covered.Length; i++)
        {
            if (covered[i] > 0)
            {
                shares.Add(new PackageShare(holdings[i].Package.Id, covered[i], ratios[i] * covered[i]));
            }
        }

        return shares;
    }
}
