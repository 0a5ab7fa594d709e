using System.Runtime.InteropServices;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;

namespace Minutebook.Core.Billing;

/// <summary>The usage of one class, or of an application without one, that one rate prices.</summary>
/// <param name="Rate">The rate's place on the card.</param>
/// <param name="Next">The next one of the class, of a later rate; −1 after the last.</param>
internal record struct Cell(int Rate, int Next)
{
    /// <summary>In base units.</summary>
    public Int128 Quantity { get; set; }

    /// <summary>The participants' units, for a rate rounded up by participant; else 0.</summary>
    public Int128 ParticipantUnits { get; set; }
}

/// <summary>A class, or an application's usage without one, and its first cell.</summary>
internal record struct Group(ClassKey? Class, string Application, int First);

/// <summary>
/// Slices brought together by class and rate, then put into the order of settlement (rule 5.3). One pass over the slices with a
/// few look-ups each; only the classes are sorted.
/// </summary>
internal sealed class GatheredUsage
{
    private readonly RateCard card;
    private readonly PeriodKind kind;
    private readonly Dictionary<Dimensions, int> rateOf = [];
    private readonly Dictionary<ClassKey, int> groupOfClass = new(ClassIdentity.Comparer);
    private readonly Dictionary<string, int> groupOfApplication = [];
    private readonly Dictionary<(int Cell, (bool Named, string User)), Int128> participants = [];
    private readonly List<Group> groups = [];
    private readonly List<Cell> cells = [];
    private Dimensions? lastDimensions;
    private int lastRate;
    private ClassKey? lastClass;
    private int lastGroup;
    private string? lastApplication;
    private int lastWithoutClass;

    public GatheredUsage(RateCard card, PeriodKind kind, ReadOnlySpan<UsageSlice> usage)
    {
        (this.card, this.kind) = (card, kind);
        foreach (ref readonly UsageSlice slice in usage)
        {
            Add(slice);
        }

        foreach (((int cell, _), Int128 quantity) in participants)
        {
            ref Cell whole = ref CollectionsMarshal.AsSpan(cells)[cell];
            whole.ParticipantUnits += Rounding.CeilDiv(quantity, card.Rates[whole.Rate].Unit.Size);
        }
    }

    public Group GroupAt(int group) => groups[group];

    public Cell CellAt(int cell) => cells[cell];

    /// <summary>
    /// All cells, with their groups, in the order of settlement: classes by (end, start, application, id), running ones after the
    /// ended, each in the card's order; then the rest by application, the card's order and class id, usage without a class last.
    /// </summary>
    public List<(int Group, int Cell)> InOrder()
    {
        var started = new List<int>(groups.Count);
        var rest = new List<(int Group, int Cell)>();
        for (int group = 0; group < groups.Count; group++)
        {
            if (groups[group].Class is { Start: not null })
            {
                started.Add(group);
            }
            else
            {
                AddCells(group, rest);
            }
        }

        started.Sort((left, right) => ClassIdentity.InOrder(groups[left].Class!, groups[right].Class!));
        rest.Sort(CompareRest);
        var order = new List<(int Group, int Cell)>(cells.Count);
        foreach (int group in started)
        {
            AddCells(group, order);
        }

        order.AddRange(rest);
        return order;
    }

    private void AddCells(int group, List<(int Group, int Cell)> list)
    {
        for (int cell = groups[group].First; cell >= 0; cell = cells[cell].Next)
        {
            list.Add((group, cell));
        }
    }

    private int CompareRest((int Group, int Cell) left, (int Group, int Cell) right)
    {
        Group one = groups[left.Group];
        Group other = groups[right.Group];
        int order = string.CompareOrdinal(one.Application, other.Application);
        order = order != 0 ? order : cells[left.Cell].Rate.CompareTo(cells[right.Cell].Rate);
        order = order != 0 ? order : (one.Class is null).CompareTo(other.Class is null);
        return order != 0 ? order : string.CompareOrdinal(one.Class?.Id, other.Class?.Id);
    }

    private void Add(in UsageSlice slice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slice.Quantity);
        int rate = RateOf(slice.Dimensions);
        if (rate < 0 || slice.Quantity == 0)
        {
            return;
        }

        int cell = CellOf(GroupOf(slice), rate);
        Rate priced = card.Rates[rate];
        ref Cell target = ref CollectionsMarshal.AsSpan(cells)[cell];
        if (priced.Meter == Meter.Peak)
        {
            target.Quantity = Int128.Max(target.Quantity, slice.Quantity);
            return;
        }

        target.Quantity += slice.Quantity;
        if (priced.RoundUp == RoundUp.Participant)
        {
            ref Int128 sum = ref CollectionsMarshal.GetValueRefOrAddDefault(
                participants, (cell, (slice.User is not null, slice.User ?? "")), out _);
            sum += slice.Quantity;
        }
    }

    /// <summary>The rate of this period that prices usage with these dimensions; −1 where none does.</summary>
    private int RateOf(Dimensions dimensions)
    {
        if (ReferenceEquals(dimensions, lastDimensions))
        {
            return lastRate;
        }

        int rate;
        if (!ReferenceEquals(dimensions.Meter, Meter.Delivery))
        {
            rate = RateOfKind(dimensions);
        }
        else if (!rateOf.TryGetValue(dimensions, out rate))
        {
            rateOf.Add(dimensions, rate = RateOfKind(dimensions));
        }

        (lastDimensions, lastRate) = (dimensions, rate);
        return rate;
    }

    private int RateOfKind(Dimensions dimensions) =>
        card.RateFor(dimensions) is >= 0 and var rate && card.Rates[rate].Period == kind ? rate : -1;

    private int GroupOf(in UsageSlice slice)
    {
        if (slice.Class is null)
        {
            if (ReferenceEquals(slice.Application, lastApplication))
            {
                return lastWithoutClass;
            }

            ref int known = ref CollectionsMarshal.GetValueRefOrAddDefault(groupOfApplication, slice.Application, out bool exists);
            (lastApplication, lastWithoutClass) = (slice.Application, exists ? known : known = AddGroup(null, slice.Application));
            return lastWithoutClass;
        }

        if (!ReferenceEquals(slice.Class, lastClass))
        {
            ref int known = ref CollectionsMarshal.GetValueRefOrAddDefault(groupOfClass, slice.Class, out bool exists);
            if (!exists)
            {
                known = AddGroup(slice.Class, slice.Application);
            }

            (lastClass, lastGroup) = (slice.Class, known);
        }

        return lastGroup;
    }

    private int AddGroup(ClassKey? @class, string application)
    {
        if (@class is not null && @class.Application != application)
        {
            throw new ArgumentException($"Class {@class.Id} is of {@class.Application}, not of {application}.");
        }

        groups.Add(new Group(@class, application, -1));
        return groups.Count - 1;
    }

    /// <summary>The cell of a rate in a group; cells of a group are few, and linked in the card's order.</summary>
    private int CellOf(int group, int rate)
    {
        int before = -1;
        int cell = groups[group].First;
        while (cell >= 0 && cells[cell].Rate < rate)
        {
            (before, cell) = (cell, cells[cell].Next);
        }

        if (cell >= 0 && cells[cell].Rate == rate)
        {
            return cell;
        }

        cells.Add(new Cell(rate, cell));
        int added = cells.Count - 1;
        if (before >= 0)
        {
            CollectionsMarshal.AsSpan(cells)[before].Next = added;
        }
        else
        {
            CollectionsMarshal.AsSpan(groups)[group].First = added;
        }

        return added;
    }
}
