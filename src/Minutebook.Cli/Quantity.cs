using System.Globalization;

namespace Minutebook.Cli;

/// <summary>Quantities as a person reads them; programs take the exact integers of <c>--json</c>.</summary>
internal static class Quantity
{
    public static string Text(long quantity, string unit) => unit switch
    {
        "second" => $"{Whole(CeilingMinutes(quantity))} min",
        "byte" => $"{Decimals(quantity / 1e9, 2)} GB",
        "byte-hour" => $"{Decimals(quantity / 1e9, 2)} GB·h",
        _ => Whole(quantity),
    };

    /// <summary>The name of the unit that <see cref="Text"/> uses.</summary>
    public static string UnitName(string unit) => unit switch
    {
        "second" => "minutes",
        "byte" => "GB",
        "byte-hour" => "GB·h",
        _ => unit + "s",
    };

    public static string Whole(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A decimal string with its thousands grouped; other text stays as it is.</summary>
    public static string Grouped(string number)
    {
        if (!decimal.TryParse(number, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal value))
        {
            return number;
        }

        int point = number.IndexOf('.', StringComparison.Ordinal);
        int decimals = point < 0 ? 0 : number.Length - point - 1;
        return value.ToString("#,0." + new string('0', decimals), CultureInfo.InvariantCulture).TrimEnd('.');
    }

    private static string Decimals(double number, int decimals) =>
        number.ToString("#,0." + new string('0', decimals), CultureInfo.InvariantCulture);

    private static long CeilingMinutes(long seconds) => (seconds / 60) + (seconds % 60 > 0 ? 1 : 0);
}
