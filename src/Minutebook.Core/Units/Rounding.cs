using System.Numerics;

namespace Minutebook.Core.Units;

/// <summary>The only places where usage is rounded to units, and an amount to millionths or minor units (rules 4.1, 4.3 and 4.5).</summary>
public static class Rounding
{
    /// <summary>
    /// The whole number nearest to <paramref name="numerator"/> ÷ <paramref name="denominator"/>; a half goes up, below zero away
    /// from zero, so that a credit rounds like the charge it gives back (rule 4.5): 5 ÷ 2 is 3, −5 ÷ 2 is −3.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The denominator is not above zero.</exception>
    public static BigInteger HalfUp(BigInteger numerator, BigInteger denominator)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(denominator, BigInteger.One);
        BigInteger nearest = (2 * BigInteger.Abs(numerator) + denominator) / (2 * denominator);
        return numerator.Sign < 0 ? -nearest : nearest;
    }

    /// <summary>The same of numbers that are small enough to be doubled, not below zero.</summary>
    internal static Int128 HalfUp(Int128 numerator, Int128 denominator) => ((2 * numerator) + denominator) / (2 * denominator);

    /// <summary>
    /// <paramref name="numerator"/> ÷ <paramref name="denominator"/>, a started unit counted in full (rule 4.1): 60 ÷ 60 is
    /// 1, 61 ÷ 60 is 2.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The numerator is below zero or the denominator below one.</exception>
    public static Int128 CeilDiv(Int128 numerator, Int128 denominator)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(numerator);
        ArgumentOutOfRangeException.ThrowIfLessThan(denominator, Int128.One);
        if (numerator <= long.MaxValue && denominator <= long.MaxValue)
        {
            (long quotient, long remainder) = Math.DivRem((long)numerator, (long)denominator);
            return remainder == 0 ? quotient : (Int128)quotient + 1;
        }

        (Int128 whole, Int128 rest) = Int128.DivRem(numerator, denominator);
        return rest == 0 ? whole : whole + 1;
    }
}
