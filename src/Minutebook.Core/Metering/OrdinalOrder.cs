namespace Minutebook.Core.Metering;

/// <summary>
/// Compares UTF-8 texts as strings are compared ordinally, by their UTF-16 code units. That is the order of their bytes, but for what
/// lies beyond U+FFFF: it stands in two code units that come before U+E000.
/// </summary>
internal static class OrdinalOrder
{
    private const byte FirstOfPrivateUse = 0xEE;
    private const byte FirstOfPairs = 0xF0;

    /// <summary>Less than 0 if <paramref name="a"/> comes first, 0 if they are the same, more than 0 if <paramref name="b"/> does.</summary>
    public static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        int same = a.CommonPrefixLength(b);
        return same == a.Length || same == b.Length ? a.Length.CompareTo(b.Length) : Rank(a[same]) - Rank(b[same]);
    }

    private static int Rank(byte first) =>
        first >= FirstOfPairs ? first - 2 : first >= FirstOfPrivateUse ? first + byte.MaxValue : first;
}
