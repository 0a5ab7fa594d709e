namespace Minutebook.Core.Units;

/// <summary>
/// Decimal numbers as the API writes them: digits, and optionally a point and further digits. No exponent, no spaces, no
/// plus.
/// </summary>
internal static class DecimalText
{
    /// <summary>
    /// Reads <c>[-]digits[.digits]</c> exactly: the value is <paramref name="unscaled"/> ÷ 10^<paramref name="scale"/>.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> text, int mostDecimals, out Int128 unscaled, out int scale)
    {
        (unscaled, scale) = (0, 0);
        bool negative = text.StartsWith('-');
        ReadOnlySpan<char> digits = negative ? text[1..] : text;
        int point = digits.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? digits : digits[..point];
        ReadOnlySpan<char> decimals = point < 0 ? [] : digits[(point + 1)..];
        if (whole.IsEmpty || (point >= 0 && decimals.IsEmpty) || decimals.Length > mostDecimals)
        {
            return false;
        }

        if (!TryAppend(whole, ref unscaled) || !TryAppend(decimals, ref unscaled))
        {
            return false;
        }

        unscaled = negative ? -unscaled : unscaled;
        scale = decimals.Length;
        return true;
    }

    /// <summary>The value with exactly <paramref name="scale"/> decimals; no point when there are none.</summary>
    public static string Write(Int128 unscaled, int scale)
    {
        string text = unscaled.ToString();
        if (scale == 0)
        {
            return text;
        }

        string sign = unscaled < 0 ? "-" : "";
        string digits = text[sign.Length..].PadLeft(scale + 1, '0');
        return $"{sign}{digits[..^scale]}.{digits[^scale..]}";
    }

    /// <summary>10 to that power, for powers from 0 to 38.</summary>
    public static Int128 PowerOfTen(int power)
    {
        Int128 result = 1;
        for (int i = 0; i < power; i++)
        {
            result *= 10;
        }

        return result;
    }

    private static bool TryAppend(ReadOnlySpan<char> digits, ref Int128 value)
    {
        foreach (char digit in digits)
        {
            if (!char.IsAsciiDigit(digit) || value > (Int128.MaxValue - (digit - '0')) / 10)
            {
                return false;
            }

            value = value * 10 + (digit - '0');
        }

        return true;
    }
}
