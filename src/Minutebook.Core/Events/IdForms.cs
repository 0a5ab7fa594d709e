namespace Minutebook.Core.Events;

/// <summary>How the id of an event stands in the journal.</summary>
internal static class IdForms
{
    public const int Plain = 0, Uuid = 1, Numbered = 2, Digits = 3;

    /// <summary>How long the part before a number may be.</summary>
    public const int MaxPrefix = 32;

    /// <summary>How many digits of a number are taken as one.</summary>
    public const int MaxWidth = 18;

    /// <summary>How many bytes hexadecimal digits may make.</summary>
    public const int MaxDigitBytes = 32;

    /// <summary>Whether an id ends in a number that is worth to be kept as one, and where that begins.</summary>
    public static bool TryNumbered(ReadOnlySpan<byte> id, out int prefix, out long value)
    {
        unchecked
        {
            prefix = id.Length;
            while (prefix > 0 && id.Length - prefix < MaxWidth && (uint)(id[prefix - 1] - '0') <= 9)
            {
                prefix--;
            }

            value = 0;
            if (prefix > MaxPrefix || id.Length - prefix < Math.Min(3, id.Length) || id.IsEmpty)
            {
                return false;
            }

            foreach (byte digit in id[prefix..])
            {
                value = value * 10 + (digit - '0');
            }

            return true;
        }
    }

    /// <summary>Whether an id has a length at which it is looked at for hexadecimal digits.</summary>
    public static bool MayBeDigits(ReadOnlySpan<byte> id) => id.Length is >= 16 and <= 2 * MaxDigitBytes && id.Length % 2 == 0;
}
