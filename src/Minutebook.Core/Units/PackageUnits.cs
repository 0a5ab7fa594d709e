using System.Diagnostics.CodeAnalysis;

namespace Minutebook.Core.Units;

/// <summary>
/// A quantity of a package's own units, exact to twelve decimals: what a package holds, what was deducted, and, as a ratio, what
/// one billed unit takes (rule 5.1).
/// </summary>
/// <param name="Trillionths">The quantity in 10^−12 of the package's unit: 90 minutes are 90 × 10^12.</param>
public readonly record struct PackageUnits(Int128 Trillionths) : IComparable<PackageUnits>
{
    /// <summary>The most digits after the point.</summary>
    public const int MostDecimals = 12;

    private static readonly Int128 One = DecimalText.PowerOfTen(MostDecimals);

    /// <summary>Nothing.</summary>
    public static PackageUnits Zero => default;

    /// <summary>So many whole units.</summary>
    public static PackageUnits Whole(Int128 units) => new(units * One);

    /// <summary>The sum of two quantities of one package.</summary>
    public static PackageUnits operator +(PackageUnits left, PackageUnits right) => new(left.Trillionths + right.Trillionths);

    /// <summary>The difference of two quantities of one package.</summary>
    public static PackageUnits operator -(PackageUnits left, PackageUnits right) => new(left.Trillionths - right.Trillionths);

    /// <summary>What so many billed units take at this ratio.</summary>
    public static PackageUnits operator *(PackageUnits ratio, Int128 billedUnits) => new(ratio.Trillionths * billedUnits);

    /// <summary>Whether one quantity is less than the other.</summary>
    public static bool operator <(PackageUnits left, PackageUnits right) => left.Trillionths < right.Trillionths;

    /// <summary>Whether one quantity is more than the other.</summary>
    public static bool operator >(PackageUnits left, PackageUnits right) => left.Trillionths > right.Trillionths;

    /// <summary>Whether one quantity is at most the other.</summary>
    public static bool operator <=(PackageUnits left, PackageUnits right) => left.Trillionths <= right.Trillionths;

    /// <summary>Whether one quantity is at least the other.</summary>
    public static bool operator >=(PackageUnits left, PackageUnits right) => left.Trillionths >= right.Trillionths;

    /// <summary>
    /// How many whole billed units this quantity covers at a ratio above zero (rule 5.1): 5 at 2 a unit covers 2.
    /// </summary>
    /// <exception cref="DivideByZeroException">The ratio is zero.</exception>
    public Int128 Covers(PackageUnits ratio) => Trillionths / ratio.Trillionths;

    /// <summary>Reads a decimal from 0 to below 10^12: digits, optionally a point and one to twelve digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PackageUnits units)
    {
        bool read = Price.TryParse(text, out Price value);
        units = new PackageUnits(value.Trillionths);
        return read;
    }

    /// <summary>Reads what <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">It is not such a decimal.</exception>
    public static PackageUnits Parse(string text) => TryParse(text, out PackageUnits units)
        ? units
        : throw new FormatException($"'{text}' is not a quantity of package units with at most 12 decimals.");

    /// <summary>The quantity without needless zeros: <c>90</c>, <c>0.5</c>.</summary>
    public override string ToString() => Trillionths % One == 0
        ? (Trillionths / One).ToString()
        : DecimalText.Write(Trillionths, MostDecimals).TrimEnd('0');

    /// <summary>Orders by quantity.</summary>
    public int CompareTo(PackageUnits other) => Trillionths.CompareTo(other.Trillionths);
}
