using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;

namespace Minutebook.Core.Billing;

/// <summary>A line while classes add to it, one after the other (rule 5.3).</summary>
internal sealed class RunningLine(string? application, int rateIndex, Rate rate, Deduction deduction)
{
    private Int128 quantity;
    private Int128 units;
    private Int128 freeUnits;
    private Int128 payAsYouGoUnits;
    private Int128 uncoveredUnits;

    public string? Application => application;

    public int RateIndex => rateIndex;

    /// <summary>Adds a class's usage and says what the class accounts for.</summary>
    public ClassShare Take(in Group group, in Cell cell, bool payAsYouGo)
    {
        Int128 added = Add(cell);
        Int128 free = deduction.TakeFree(added);
        Int128 rest = added - free;
        IReadOnlyList<PackageShare> packages = deduction.TakePackages(ref rest);
        Int128 paid = payAsYouGo ? rest : 0;
        units += added;
        freeUnits += free;
        payAsYouGoUnits += paid;
        uncoveredUnits += rest - paid;
        return new ClassShare(
            group.Class, group.Application, rateIndex, cell.Quantity, added, free, packages, paid, rest - paid);
    }

    public BillLine Settled() => new()
    {
        Application = application,
        Rate = rate,
        Quantity = quantity,
        Units = units,
        FreeUnits = freeUnits,
        Packages = deduction.Covered(),
        PayAsYouGoUnits = payAsYouGoUnits,
        UncoveredUnits = uncoveredUnits,
        Amount = Pricing.Amount(rate, payAsYouGoUnits),
    };

    /// <summary>
    /// The billed units that a class's usage adds, by the rate's level of rounding (rule 4.1). A peak has no classes: its
    /// total is the maximum.
    /// </summary>
    private Int128 Add(in Cell cell)
    {
        bool isPeak = rate.Meter == Meter.Peak;
        quantity = isPeak ? Int128.Max(quantity, cell.Quantity) : quantity + cell.Quantity;
        return isPeak || rate.RoundUp == RoundUp.Period
            ? Rounding.CeilDiv(quantity, rate.Unit.Size) - units
            : rate.RoundUp == RoundUp.Class ? Rounding.CeilDiv(cell.Quantity, rate.Unit.Size) : cell.ParticipantUnits;
    }
}
