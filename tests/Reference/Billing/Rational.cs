using System.Globalization;
using System.Numerics;

namespace Minutebook.Reference.Billing;

/// <summary>An exact number. Never reduced: it is small, and short-lived.</summary>
public readonly record struct Rational(BigInteger Over, BigInteger Under)
{
    public static Rational Zero => new(0, 1);

    public static implicit operator Rational(BigInteger whole) => new(whole, 1);

    public static Rational operator +(Rational a, Rational b) => new((a.Over * b.Under) + (b.Over * a.Under), a.Under * b.Under);

    public static Rational operator -(Rational a, Rational b) => new((a.Over * b.Under) - (b.Over * a.Under), a.Under * b.Under);

    public static Rational operator *(Rational a, Rational b) => new(a.Over * b.Over, a.Under * b.Under);

    public static Rational operator /(Rational a, Rational b) => new(a.Over * b.Under, a.Under * b.Over);

    public static Rational Parse(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        int decimals = point < 0 ? 0 : text.Length - point - 1;
        return new(BigInteger.Parse(text.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), BigInteger.Pow(10, decimals));
    }

    /// <summary>The whole number at or below it, of one that is not negative.</summary>
    public BigInteger Floor() => Over / Under;

    /// <summary>The whole number at or above it, of one that is not negative.</summary>
    public BigInteger Ceiling() => (Over + Under - 1) / Under;

    /// <summary>The nearest whole number; halves away from zero.</summary>
    public BigInteger HalfUp() => Over.Sign * (((2 * BigInteger.Abs(Over)) + Under) / (2 * Under));

    /// <summary>As a decimal of at most 12 digits, without needless zeros.</summary>
    public override string ToString()
    {
        BigInteger scaled = Over * BigInteger.Pow(10, 12) / Under;
        string digits = BigInteger.Abs(scaled).ToString(CultureInfo.InvariantCulture).PadLeft(13, '0');
        string text = $"{digits[..^12]}.{digits[^12..]}".TrimEnd('0').TrimEnd('.');
        return scaled.Sign < 0 ? "-" + text : text;
    }
}
