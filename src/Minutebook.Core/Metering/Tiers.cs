namespace Minutebook.Core.Metering;

/// <summary>What a connection receives, by its total area in pixels (rule 3.1). Ordered: where connections overlap, the highest counts.</summary>
public enum ReceivedTier : byte
{
    /// <summary>No video: 0 pixels.</summary>
    Audio,
    /// <summary>Up to 921,600 pixels.</summary>
    Hd,
    /// <summary>Up to 2,073,600 pixels.</summary>
    Fhd,
    /// <summary>Up to 3,686,400 pixels.</summary>
    TwoK,
    /// <summary>Above.</summary>
    FourK,
}

/// <summary>Names and bounds of tiers.</summary>
public static class Tiers
{
    private static readonly string[] InOrder = ["audio", "hd", "fhd", "2k", "4k"];

    /// <summary>How many tiers there are.</summary>
    public const int Count = 5;

    /// <summary>The tier of a received area; the bounds are included.</summary>
    public static ReceivedTier Of(long pixels) => pixels switch
    {
        <= 0 => ReceivedTier.Audio,
        <= 921_600 => ReceivedTier.Hd,
        <= 2_073_600 => ReceivedTier.Fhd,
        <= 3_686_400 => ReceivedTier.TwoK,
        _ => ReceivedTier.FourK,
    };

    /// <summary>The names of all, from the lowest to the highest.</summary>
    public static IReadOnlyList<string> Names => InOrder;

    /// <summary>Its name in the API and on rate cards.</summary>
    public static string Name(ReceivedTier tier) => InOrder[(int)tier];

    /// <summary>The tier of that name, or null.</summary>
    public static ReceivedTier? Named(string name) => Array.IndexOf(InOrder, name) is >= 0 and var index ? (ReceivedTier)index : null;
}
