using Minutebook.Core.Units;

namespace Minutebook.Core.Billing;

/// <summary>
/// What is left in packages while periods are open, from running totals alone (rule 5.4), now and at any later second until something
/// happens. It is what the settlement class by class would leave (rule 5.3), as long as it does not matter which class comes first; where
/// it does, it says so.
/// </summary>
public sealed class Remainder
{
    private readonly IReadOnlyList<Package> packages;
    private readonly List<(PeriodTotals Period, Contest[] Lines)> periods = [];
    private readonly bool isBounded;

    /// <summary>Of packages that usage at several ratios shares: its place, and the largest of them.</summary>
    private readonly List<(int Place, PackageUnits Ratio)> shared;

    /// <param name="totals">The open periods, in the order of their closes.</param>
    /// <param name="packages">The account's packages in the order of their purchase, with what the closes have left in each.</param>
    public Remainder(IEnumerable<PeriodTotals> totals, IReadOnlyList<Package> packages)
    {
        this.packages = packages;
        var holdings = new Holdings(packages);
        Dictionary<string, int> places = packages.Select((package, place) => (package.Id, place)).ToDictionary(one => one.Id, one => one.place);
        IsEnough = isBounded = true;
        var ratios = new HashSet<(int Place, PackageUnits Ratio)>();
        foreach (PeriodTotals period in totals)
        {
            IsEnough &= period.IsEnough;
            isBounded &= period.IsBounded;
            Contest[] lines = [.. period.Lines.Select(line => new Contest(
                line, [.. holdings.For(line.Application, line.Rate, period.Period)
                    .Select(held => (places[held.Package.Id], held.Package.RatioFor(line.Rate.Id)!.Value))]))];
            periods.Add((period, lines));
            Grows |= lines.Any(line => line.Total.Grows && line.Packages.Length > 0);
            ratios.UnionWith(lines.SelectMany(line => line.Packages));
            ratios.UnionWith(period.OfNoSum.SelectMany(rate => packages
                .Where(package => package.IsValidOn(period.Period.LastDay) && package.RatioFor(rate.Id) is not null)
                .Select(package => (places[package.Id], package.RatioFor(rate.Id)!.Value))));
        }

        // What closes have used up covers nothing, whoever wants it.
        shared = [.. ratios.GroupBy(one => one.Place).Where(its => its.Count() > 1 && !packages[its.Key].IsUsedUp).Select(its => its.MaxBy(one => one.Ratio))];
    }

    /// <summary>Whether totals are enough (<see cref="PeriodTotals.IsEnough"/>) in every period.</summary>
    public bool IsEnough { get; }

    /// <summary>Whether it shrinks by time alone, as far as totals tell.</summary>
    public bool Grows { get; }

    /// <summary>
    /// Whether time can only take from packages. Where usage at several ratios shares one, a small unit more may leave too little for a large
    /// one that another had before, and so more than there was.
    /// </summary>
    public bool OnlyShrinks => shared.Count == 0 || !Grows;

    /// <summary>Whether so little is left that usage at several ratios may get in each other's way.</summary>
    public bool IsTight(IReadOnlyList<PackageUnits> left) => shared.Exists(its => left[its.Place] < its.Ratio);

    /// <summary>What is left in each package at least; null when only the settlement class by class tells.</summary>
    public IReadOnlyList<PackageUnits>? LeastAt(long second) => isBounded ? At(second, most: true) : null;

    /// <summary>
    /// What is left in each package at a second, in the order in which they were given; null when only the settlement class by class
    /// tells.
    /// </summary>
    public IReadOnlyList<PackageUnits>? At(long second) => IsEnough ? At(second, most: true) : null;

    /// <summary>
    /// Which marks each package has passed at a second (<see cref="Package.IsLow"/>, <see cref="Package.IsUsedUp"/>); null when only the
    /// settlement class by class tells. Where classes are rounded up, what is left lies between what the fewest units leave and what the most
    /// do, and as long as those have passed the same marks, so has it; unless more units may leave more (<see cref="OnlyShrinks"/>).
    /// </summary>
    public IReadOnlyList<(bool IsLow, bool IsUsedUp)>? MarksAt(long second)
    {
        if (LeastAt(second) is not { } afterMost)
        {
            return null;
        }

        List<(bool, bool)> marks = MarksOf(packages, afterMost);
        return IsEnough || (!IsTight(afterMost) && At(second, most: false) is { } afterFewest && Same(marks, MarksOf(packages, afterFewest))) ? marks : null;
    }

    /// <summary>What the most units leave, or the fewest.</summary>
    private PackageUnits[]? At(long second, bool most)
    {
        PackageUnits[] left = [.. packages.Select(package => package.Remaining)];
        foreach ((PeriodTotals period, Contest[] lines) in periods)
        {
            foreach (Contest line in lines)
            {
                line.Begin(Int128.Max(0, line.Total.UnitsAt(period.Usage, second, most) - line.Total.Rate.Free));
            }

            if (!new Deal(lines, left).IsSettled())
            {
                return null;
            }
        }

        return left;
    }

    /// <summary>
    /// The first second in (<paramref name="from"/>, <paramref name="to"/>] at which a package passes one of its marks
    /// (<see cref="Package.IsLow"/>, <see cref="Package.IsUsedUp"/>), or from which on only the settlement class by class tells; null for
    /// none. Halving finds it where time only takes from packages (<see cref="OnlyShrinks"/>).
    /// </summary>
    public long? FirstChange(long from, long to) => FirstChange(from, to, MarksAt);

    /// <summary>The same by what tells the marks at a second.</summary>
    internal static long? FirstChange(long from, long to, Func<long, IReadOnlyList<(bool IsLow, bool IsUsedUp)>?> marksAt)
    {
        IReadOnlyList<(bool, bool)>? now = marksAt(from);
        if (to <= from || Same(now, marksAt(to)))
        {
            return null;
        }

        while (to - from > 1)
        {
            long middle = from + ((to - from) / 2);
            (from, to) = Same(now, marksAt(middle)) ? (middle, to) : (from, middle);
        }

        return to;
    }

    /// <summary>The same where time may give, too: second by second.</summary>
    internal static long? FirstOfAll(long from, long to, Func<long, IReadOnlyList<(bool IsLow, bool IsUsedUp)>?> marksAt)
    {
        IReadOnlyList<(bool, bool)>? now = marksAt(from);
        for (long second = from + 1; second <= to; second++)
        {
            if (!Same(now, marksAt(second)))
            {
                return second;
            }
        }

        return null;
    }

    /// <summary>
    /// For how many seconds no package can come to a mark, whatever classes the open presences are of and however their usage is rounded:
    /// what a settlement class by class, which is dear, may wait for. It comes the closer, the less is left, of which half may go into
    /// storage meanwhile.
    /// </summary>
    /// <param name="left">What is left in each package now.</param>
    public long SecondsWithoutMark(IReadOnlyList<PackageUnits> left)
    {
        Int128 least = int.MaxValue;
        for (int i = 0; i < packages.Count; i++)
        {
            Package package = packages[i] with { Remaining = left[i] };
            List<LineTotal> growing = [.. periods.SelectMany(one => one.Lines)
                .Where(line => line.Total.Grows && line.Packages.Any(served => served.Place == i)).Select(line => line.Total)];
            if (growing.Count > 0 && !package.IsUsedUp)
            {
                least = Int128.Min(least, SecondsWithoutMark(package, growing.Sum(line => line.OpenCount), growing.Min(line => line.Rate.Unit.Size)));
            }
        }

        return (long)Int128.Max(1, least);
    }

    private static Int128 SecondsWithoutMark(Package package, long open, long unit)
    {
        Int128 units = package.UnitsToMark() / 2;
        // Each presence may begin a unit, and one more by being rounded apart; whiteboard minutes count up to 60 seconds ahead.
        return ((units - (2 * open)) * unit / open) - 60;
    }

    /// <summary>Which marks each package has passed when so much is left in it.</summary>
    internal static List<(bool IsLow, bool IsUsedUp)> MarksOf(IReadOnlyList<Package> packages, IReadOnlyList<PackageUnits> left) =>
        [.. left.Select((remaining, place) => packages[place] with { Remaining = remaining }).Select(package => (package.IsLow, package.IsUsedUp))];

    private static bool Same(IReadOnlyList<(bool, bool)>? one, IReadOnlyList<(bool, bool)>? other) =>
        one is null || other is null ? ReferenceEquals(one, other) : one.SequenceEqual(other);
}

/// <summary>A line that takes from packages, perhaps beside others.</summary>
internal sealed class Contest(LineTotal total, (int Place, PackageUnits Ratio)[] packages)
{
    public LineTotal Total => total;

    /// <summary>The packages that serve it, in the order of deduction.</summary>
    public (int Place, PackageUnits Ratio)[] Packages => packages;

    /// <summary>Units that nothing covers yet.</summary>
    public Int128 Rest { get; private set; }

    /// <summary>The first package that it may still take from.</summary>
    public int Next { get; private set; }

    public bool IsActive => Rest > 0 && Next < packages.Length;

    public ReadOnlySpan<(int Place, PackageUnits Ratio)> Ahead => packages.AsSpan(Next);

    public void Begin(Int128 units) => (Rest, Next) = (units, 0);

    public void Skip() => Next++;

    public void Leave() => Next = packages.Length;

    /// <summary>Takes what it can from its next package.</summary>
    public void Take(PackageUnits[] left)
    {
        (int place, PackageUnits ratio) = packages[Next];
        Int128 taken = Int128.Min(Rest, left[place].Covers(ratio));
        left[place] -= ratio * taken;
        Rest -= taken;
    }
}

/// <summary>
/// Deals packages out to the lines of one period, in steps that come out the same whichever class is settled first: a line takes from a
/// package that no other wants; lines that want the same packages in the same order are dealt to as one; lines that get all they want from
/// what they share do not meet.
/// </summary>
internal sealed class Deal(Contest[] lines, PackageUnits[] left)
{
    private readonly int[] wanted = new int[left.Length];

    /// <summary>Deals all out; false when the order of classes decides, and then <c>left</c> is good for nothing.</summary>
    public bool IsSettled()
    {
        foreach (Contest line in lines)
        {
            Count(line, 1);
        }

        while (true)
        {
            while (TakeWhatNoOtherWants())
            {
            }

            if (Array.Find(lines, line => line.IsActive) is not { } first)
            {
                return true;
            }

            List<Contest> together = Around(first);
            if (!AsOne(together) && !AsIfAlone(together))
            {
                return false;
            }
        }
    }

    private void Count(Contest line, int change)
    {
        if (line.IsActive)
        {
            foreach ((int place, _) in line.Ahead)
            {
                wanted[place] += change;
            }
        }
    }

    private bool TakeWhatNoOtherWants()
    {
        bool any = false;
        foreach (Contest line in lines)
        {
            while (line.IsActive && (wanted[line.Ahead[0].Place] == 1 || left[line.Ahead[0].Place].Covers(line.Ahead[0].Ratio) == 0))
            {
                any = true;
                Count(line, -1);
                line.Take(left);
                if (line.Rest > 0)
                {
                    line.Skip();
                }

                Count(line, 1);
            }
        }

        return any;
    }

    /// <summary>A line and all that it meets at some package, also by way of others.</summary>
    private List<Contest> Around(Contest first)
    {
        List<Contest> together = [first];
        HashSet<int> places = [.. first.Ahead.ToArray().Select(one => one.Place)];
        List<Contest> others = [.. lines.Where(line => line.IsActive && line != first)];
        for (int before = 0; before != together.Count;)
        {
            before = together.Count;
            foreach (Contest line in others.Where(line => line.Ahead.ToArray().Any(one => places.Contains(one.Place))).ToList())
            {
                together.Add(line);
                others.Remove(line);
                places.UnionWith(line.Ahead.ToArray().Select(one => one.Place));
            }
        }

        return together;
    }

    private bool AsOne(List<Contest> together)
    {
        (int Place, PackageUnits Ratio)[] ahead = together[0].Ahead.ToArray();
        if (!together.TrueForAll(line => line.Ahead.SequenceEqual(ahead)))
        {
            return false;
        }

        Int128 rest = together.Aggregate((Int128)0, (sum, line) => sum + line.Rest);
        foreach ((int place, PackageUnits ratio) in ahead)
        {
            Int128 taken = Int128.Min(rest, left[place].Covers(ratio));
            left[place] -= ratio * taken;
            rest -= taken;
        }

        Finish(together);
        return true;
    }

    private bool AsIfAlone(List<Contest> together)
    {
        var sum = new PackageUnits[left.Length];
        foreach (Contest line in together)
        {
            Int128 rest = line.Rest;
            foreach ((int place, PackageUnits ratio) in line.Ahead)
            {
                Int128 taken = Int128.Min(rest, left[place].Covers(ratio));
                sum[place] += ratio * taken;
                rest -= taken;
            }
        }

        for (int place = 0; place < left.Length; place++)
        {
            if (sum[place] > left[place])
            {
                return false;
            }
        }

        for (int place = 0; place < left.Length; place++)
        {
            left[place] -= sum[place];
        }

        Finish(together);
        return true;
    }

    private void Finish(List<Contest> together)
    {
        foreach (Contest line in together)
        {
            Count(line, -1);
            line.Leave();
        }
    }
}
