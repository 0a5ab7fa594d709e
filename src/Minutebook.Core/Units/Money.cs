using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Minutebook.Core.Units;

/// <summary>
/// An amount in whole millionths of a currency's unit (rule 4.5); which currency, the account or the bill around it says. Below
/// zero it is a credit. Sums are exact, and overflow throws.
/// </summary>
/// <param name="Micros">Millionths of the currency's unit: 0.77 USD is 770,000.</param>
public readonly record struct Money(Int128 Micros) : IComparable<Money>
{
    private const int Decimals = 6;

    /// <summary>Nothing.</summary>
    public static Money Zero => default;

    /// <summary>What an amount that somebody names stays below, 10^18: so far under the type's end that no number of them reaches it.</summary>
    public static Money TooMuch => new(DecimalText.PowerOfTen(18 + Decimals));

    /// <summary>The sum of two amounts of one currency.</summary>
    public static Money operator +(Money left, Money right) => new(left.Micros + right.Micros);

    /// <summary>The difference of two amounts of one currency.</summary>
    public static Money operator -(Money left, Money right) => new(left.Micros - right.Micros);

    /// <summary>The amount with the other sign: what a charge becomes when it is given back.</summary>
    public static Money operator -(Money amount) => new(-amount.Micros);

    /// <summary>Whether one amount is less than the other.</summary>
    public static bool operator <(Money left, Money right) => left.Micros < right.Micros;

    /// <summary>Whether one amount is more than the other.</summary>
    public static bool operator >(Money left, Money right) => left.Micros > right.Micros;

    /// <summary>Whether one amount is at most the other.</summary>
    public static bool operator <=(Money left, Money right) => left.Micros <= right.Micros;

    /// <summary>Whether one amount is at least the other.</summary>
    public static bool operator >=(Money left, Money right) => left.Micros >= right.Micros;

    /// <summary>Reads a decimal: an optional <c>-</c>, digits, optionally a point and one to six digits; nothing else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Money amount)
    {
        amount = Zero;
        if (text is null || !DecimalText.TryRead(text, Decimals, out Int128 unscaled, out int scale)
            || Int128.Abs(unscaled) > Int128.MaxValue / DecimalText.PowerOfTen(Decimals - scale))
        {
            return false;
        }

        amount = new Money(unscaled * DecimalText.PowerOfTen(Decimals - scale));
        return true;
    }

    /// <summary>Reads what <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">It is not such a decimal.</exception>
    public static Money Parse(string text) =>
        TryParse(text, out Money amount) ? amount : throw new FormatException($"'{text}' is not an amount with at most six decimals.");

    /// <summary>
    /// The amount in whole minor units of a currency, half up, below zero half away from zero (rule 4.5): with two digits 0.594
    /// becomes 0.59, 0.005 becomes 0.01 and −0.005 becomes −0.01.
    /// </summary>
    /// <param name="minorDigits">The currency's digits after the point, 0 to 6: <see cref="Currency.MinorDigits"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 0 or more than 6 digits.</exception>
    public Money RoundToMinor(int minorDigits)
    {
        Int128 minor = MinorUnit(minorDigits);
        return new Money((Int128)Rounding.HalfUp((BigInteger)Micros, (BigInteger)minor) * minor);
    }

    /// <summary>The amount with exactly six decimals: <c>0.770000</c>.</summary>
    public override string ToString() => DecimalText.Write(Micros, Decimals);

    /// <summary>
    /// The amount with a currency's digits: <c>0.77</c> for two, <c>1</c> for none. Rounded as by <see
    /// cref="RoundToMinor"/>.
    /// </summary>
    /// <inheritdoc cref="RoundToMinor"/>
    public string ToMinorString(int minorDigits) =>
        DecimalText.Write(RoundToMinor(minorDigits).Micros / MinorUnit(minorDigits), minorDigits);

    /// <summary>Orders by amount, credits first.</summary>
    public int CompareTo(Money other) => Micros.CompareTo(other.Micros);

    private static Int128 MinorUnit(int minorDigits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minorDigits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minorDigits, Decimals);
        return DecimalText.PowerOfTen(Decimals - minorDigits);
    }
}
