using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Minutebook.Core.Units;

/// <summary>
/// An exact price: a decimal from 0 to below 10^12 with at most 12 digits after the point, in a currency's unit. It keeps the
/// digits that it was written with, so 7.00 stays 7.00; equal are prices with the same digits, while comparing goes by value.
/// </summary>
public readonly record struct Price : IComparable<Price>
{
    /// <summary>The most digits after the point.</summary>
    public const int MostDecimals = 12;

    private static readonly Int128 Limit = DecimalText.PowerOfTen(12);
    private readonly Int128 unscaled;
    private readonly int scale;

    private Price(Int128 unscaled, int scale) => (this.unscaled, this.scale) = (unscaled, scale);

    /// <summary>The price as written costs nothing.</summary>
    public static Price Zero => default;

    /// <summary>How many digits it has after the point.</summary>
    public int Decimals => scale;

    /// <summary>The exact value in trillionths (10^−12) of the currency's unit.</summary>
    public Int128 Trillionths => unscaled * DecimalText.PowerOfTen(MostDecimals - scale);

    /// <summary>Reads digits, optionally with a point and one to twelve digits; no sign, no exponent.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Price price)
    {
        price = Zero;
        if (text is null || text.StartsWith('-') || !DecimalText.TryRead(text, MostDecimals, out Int128 unscaled, out int scale)
            || unscaled / DecimalText.PowerOfTen(scale) >= Limit)
        {
            return false;
        }

        price = new Price(unscaled, scale);
        return true;
    }

    /// <summary>Reads what <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">It is not such a decimal.</exception>
    public static Price Parse(string text) => TryParse(text, out Price price)
        ? price
        : throw new FormatException($"'{text}' is not a price: digits, below 10^12, with at most 12 after the point.");

    /// <summary>The price as an amount; exact up to six decimals, beyond them half up (rule 4.5).</summary>
    public Money ToMoney() => new((Int128)Rounding.HalfUp((BigInteger)Trillionths, 1_000_000));

    /// <summary>The price with the digits it was written with.</summary>
    public override string ToString() => DecimalText.Write(unscaled, scale);

    /// <summary>Orders by value: 7.0 and 7.00 are level.</summary>
    public int CompareTo(Price other) => Trillionths.CompareTo(other.Trillionths);

    /// <summary>Whether one price is lower than the other.</summary>
    public static bool operator <(Price left, Price right) => left.CompareTo(right) < 0;

    /// <summary>Whether one price is higher than the other.</summary>
    public static bool operator >(Price left, Price right) => left.CompareTo(right) > 0;

    /// <summary>Whether one price is at most the other.</summary>
    public static bool operator <=(Price left, Price right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one price is at least the other.</summary>
    public static bool operator >=(Price left, Price right) => left.CompareTo(right) >= 0;
}
