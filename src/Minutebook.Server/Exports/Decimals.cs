using System.Numerics;
using Minutebook.Core.Units;

namespace Minutebook.Server;

/// <summary>Decimals of other programs' formats.</summary>
internal static class Decimals
{
    private const int MostDigits = 12;

    /// <summary>A quotient with at most twelve decimals, half up, and no more than it needs.</summary>
    public static string Quotient(Int128 numerator, Int128 denominator)
    {
        BigInteger scaled = Rounding.HalfUp((BigInteger)numerator * BigInteger.Pow(10, MostDigits), (BigInteger)denominator);
        return new PackageUnits((Int128)scaled).ToString();
    }
}
