using System.Numerics;
using Minutebook.Core.Units;

namespace Minutebook.Core.Rating;

/// <summary>Pay-as-you-go units → amount (rules 4.3 to 4.5).</summary>
public static class Pricing
{
    /// <summary>An amount in millionths is a sum of units × trillionths, divided by <c>per</c> and by 10^6.</summary>
    private const int TrillionthsInAMicro = 1_000_000;

    /// <summary>
    /// What so many pay-as-you-go units of a period cost by a rate: exact, then rounded once, half up, to millionths (rule
    /// 4.5). With
    /// <see cref="Rate.WholeBlocks"/> the last block is filled up first, at the price of the tier that the last unit
    /// reached: tiers count
    /// units, and the filling is none.
    /// </summary>
    /// <param name="rate">The rate, with free quota and packages already taken off the units.</param>
    /// <param name="units">Whole pay-as-you-go units, not below zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than zero units.</exception>
    public static Money Amount(Rate rate, Int128 units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        Int128 filling = rate.WholeBlocks ? Rounding.CeilDiv(units, rate.Per) * rate.Per - units : 0;
        BigInteger trillionths = rate.Price switch
        {
            RatePrice.Flat flat => At(flat.Price, units + filling),
            RatePrice.Volume volume => At(Reached(volume.Tiers, units), units + filling),
            RatePrice.Graduated graduated => Stepwise(graduated.Tiers, units) + At(Reached(graduated.Tiers, units), filling),
            _ => throw new ArgumentException($"No rule for {rate.Price}.", nameof(rate)),
        };
        return new Money((Int128)Rounding.HalfUp(trillionths, (BigInteger)rate.Per * TrillionthsInAMicro));
    }

    /// <summary>The price of the tier that the last of so many units falls into; <c>upTo</c> is included (rule 4.4).</summary>
    private static Price Reached(IReadOnlyList<Tier> tiers, Int128 units)
    {
        int tier = 0;
        while (tiers[tier].UpTo is { } last && units > last)
        {
            tier++;
        }

        return tiers[tier].Price;
    }

    private static BigInteger Stepwise(IReadOnlyList<Tier> tiers, Int128 units)
    {
        BigInteger sum = 0;
        Int128 priced = 0;
        foreach (Tier tier in tiers)
        {
            Int128 upTo = tier.UpTo is { } last ? Int128.Min(last, units) : units;
            sum += At(tier.Price, upTo - priced);
            priced = upTo;
        }

        return sum;
    }

    private static BigInteger At(Price price, Int128 units) => (BigInteger)price.Trillionths * (BigInteger)units;
}
