using System.Globalization;
using System.Numerics;
using Minutebook.Core.Units;

namespace Minutebook.Server;

/// <summary>Decimals of other programs' formats.</summary>
internal static class Decimals
{
    private const int MostDigits = 12;

    /// <summary>A quotient with at most twelve decimals, half up, and no more than it needs.</summary>
    public static string Quotient(BigInteger numerator, BigInteger denominator)
    {
        BigInteger one = BigInteger.Pow(10, MostDigits);
        BigInteger scaled = Rounding.HalfUp(numerator * one, denominator);
        (BigInteger whole, BigInteger rest) = BigInteger.DivRem(BigInteger.Abs(scaled), one);
        string decimals = rest.IsZero ? "" : "." + rest.ToString(CultureInfo.InvariantCulture).PadLeft(MostDigits, '0').TrimEnd('0');
        return $"{(scaled.Sign < 0 ? "-" : "")}{whole}{decimals}";
    }
}
