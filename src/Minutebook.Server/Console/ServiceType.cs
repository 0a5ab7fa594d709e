using Minutebook.Core.Metering;

namespace Minutebook.Server;

/// <summary>A service type of the usage page: a meter, and what its bars are stacked by.</summary>
/// <param name="Key">In the address.</param>
/// <param name="Meter">The meter.</param>
/// <param name="Dimension">The dimension that is stacked; null for none.</param>
/// <param name="Order">Its values from below.</param>
/// <param name="UsageType">Which rows of the details are its; null where it has none.</param>
internal sealed record ServiceType(string Key, Meter Meter, string? Dimension, IReadOnlyList<string> Order, string? UsageType)
{
    public static IReadOnlyList<ServiceType> All { get; } =
    [
        new("av", Meter.Av, "tier", Tiers.Names, "interactive"),
        new("playback", Meter.Playback, null, [], "playback"),
        new("whiteboard", Meter.Whiteboard, null, [], null),
        new("recording", Meter.Recording, "kind", ["camera", "screen", "whiteboard", "audio", "mixed"], null),
        new("slicing", Meter.Slicing, "mode", ["audio", "video"], null),
        new("screenshot", Meter.Screenshot, null, [], null),
        new("storage", Meter.Storage, null, [], null),
        new("delivery", Meter.Delivery, "dataType", [Delivery.VodInstitution, Delivery.VodDepartment, Delivery.Live, Delivery.Other], null),
    ];

    public static ServiceType Named(string? key) => All.FirstOrDefault(service => service.Key == key) ?? All[0];

    /// <summary>The unit of the picture's scale.</summary>
    public string ChartUnit => Meter.Unit == "second" ? "min" : Meter.Unit;

    /// <summary>A quantity for the picture's scale alone: figures that are read are exact.</summary>
    public decimal Scaled(Int128 quantity) => Meter.Unit == "second" ? (decimal)quantity / 60 : (decimal)quantity;

    public static Int128 Sum(IEnumerable<Int128> quantities) => quantities.Aggregate(Int128.Zero, (sum, quantity) => sum + quantity);

    public string NameOf(Texts texts, string value) => texts.Find($"{Dimension}.{value}") ?? (value.Length > 0 ? value : texts["service." + Key]);

    /// <summary>Tiers have an order, so one hue from light to dark; the rest are kinds, so colours apart. A value has its own in every period.</summary>
    /// <param name="value">The dimension's value.</param>
    /// <param name="at">Which of those that are shown it is.</param>
    public string StyleOf(string value, int at)
    {
        int known = Array.IndexOf([.. Order], value);
        int index = known >= 0 ? known : Order.Count + at;
        return Dimension == "tier" ? $"step-{Math.Min(index + 1, 5)}" : $"series-{index % 8 + 1}";
    }
}
