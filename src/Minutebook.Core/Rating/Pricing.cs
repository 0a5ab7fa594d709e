using System.Numerics;
using Minutebook.Core.Units;

namespace Minutebook.Core.Rating;

/// <summary>Units that are charged at one price: a step of the arithmetic of an amount (rules 4.3 and 4.4).</summary>
/// <param name="Price">The price for each <see cref="Rate.Per"/> units.</param>
/// <param name="Units">Pay-as-you-go units at that price.</param>
/// <param name="Filling">What fills up the last block, at the same price; tiers do not count it.</param>
public readonly record struct PriceStep(Price Price, Int128 Units, Int128 Filling);

/// <summary>Pay-as-you-go units → amount (rules 4.3 to 4.5).</summary>
public static class Pricing
{
    /// <summary>An amount in millionths is a sum of units × trillionths, divided by <c>per</c> and by 10^6.</summary>
    private const int TrillionthsInAMicro = 1_000_000;

    // A price is below 2^80 trillionths, so products of it with units that fill blocks of these are below 2^122: exact in 128 bits, also doubled.
    private const long MostSmallUnits = 1L << 40;

    /// <summary>
    /// No amount is more than 10^26 of the currency's unit, which only prices and quantities that nobody means come to: sums of such lines
    /// still fit, and one account's nonsense does not stop the book for all.
    /// </summary>
    private static readonly BigInteger Most = BigInteger.Pow(10, 32);

    /// <summary>
    /// What so many pay-as-you-go units of a period cost by a rate: exact, then rounded once, half up, to millionths (rule 4.5).
    /// With <see cref="Rate.WholeBlocks"/> the last block is filled up first, at the price of the tier that the last unit
    /// reached: tiers count units, and the filling is none.
    /// </summary>
    /// <param name="rate">The rate, with free quota and packages already taken off the units.</param>
    /// <param name="units">Whole pay-as-you-go units, not below zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than zero units.</exception>
    public static Money Amount(Rate rate, Int128 units)
    {
        if (units == 0)
        {
            return Money.Zero;
        }

        if (units > 0 && units <= MostSmallUnits && rate.Per <= MostSmallUnits)
        {
            return new Money(Rounding.HalfUp(Small(rate, (long)units), (Int128)rate.Per * TrillionthsInAMicro));
        }

        BigInteger trillionths = 0;
        foreach (PriceStep step in Steps(rate, units))
        {
            trillionths += Exact(step);
        }

        return Rounded(rate, trillionths);
    }

    /// <summary>The amount before it is rounded, in 128 bits.</summary>
    private static Int128 Small(Rate rate, long units)
    {
        long whole = rate.WholeBlocks ? (long)Rounding.CeilDiv(units, rate.Per) * rate.Per : units;
        if (rate.Price is not RatePrice.Graduated { Tiers: var tiers })
        {
            Int128 price = (rate.Price is RatePrice.Volume volume ? Reached(volume.Tiers, units) : ((RatePrice.Flat)rate.Price).Price).Trillionths;
            return price * whole;
        }

        (Int128 sum, long priced) = (0, 0);
        for (int tier = 0; priced < whole; tier++)
        {
            // The filling of the last block is no unit that tiers count.
            long upTo = tiers[tier].UpTo is { } last && last < units ? last : whole;
            sum += tiers[tier].Price.Trillionths * (upTo - priced);
            priced = upTo;
        }

        return sum;
    }

    /// <summary>The steps that make the amount of so many units, tier by tier, from the first; one for a price without tiers.</summary>
    /// <inheritdoc cref="Amount"/>
    public static IReadOnlyList<PriceStep> Steps(Rate rate, Int128 units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        Int128 filling = rate.WholeBlocks ? Rounding.CeilDiv(units, rate.Per) * rate.Per - units : 0;
        return rate.Price switch
        {
            RatePrice.Flat flat => [new PriceStep(flat.Price, units, filling)],
            RatePrice.Volume volume => [new PriceStep(Reached(volume.Tiers, units), units, filling)],
            RatePrice.Graduated graduated => Stepwise(graduated.Tiers, units, filling),
            _ => throw new ArgumentException($"No rule for {rate.Price}.", nameof(rate)),
        };
    }

    /// <summary>
    /// What the first so many of an amount's steps come to, rounded like an amount: of all of them it is the amount, so that the
    /// differences between one and the next sum to it exactly.
    /// </summary>
    public static Money UpTo(Rate rate, IReadOnlyList<PriceStep> steps, int count)
    {
        BigInteger trillionths = 0;
        for (int i = 0; i < count; i++)
        {
            trillionths += Exact(steps[i]);
        }

        return Rounded(rate, trillionths);
    }

    private static Money Rounded(Rate rate, BigInteger trillionths) =>
        new((Int128)BigInteger.Min(Most, Rounding.HalfUp(trillionths, (BigInteger)rate.Per * TrillionthsInAMicro)));

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

    private static List<PriceStep> Stepwise(IReadOnlyList<Tier> tiers, Int128 units, Int128 filling)
    {
        var steps = new List<PriceStep>();
        Int128 priced = 0;
        foreach (Tier tier in tiers)
        {
            Int128 upTo = tier.UpTo is { } last ? Int128.Min(last, units) : units;
            steps.Add(new PriceStep(tier.Price, upTo - priced, upTo == units ? filling : 0));
            priced = upTo;
            if (priced == units)
            {
                break;
            }
        }

        return steps;
    }

    private static BigInteger Exact(in PriceStep step) => (BigInteger)step.Price.Trillionths * (BigInteger)(step.Units + step.Filling);
}
