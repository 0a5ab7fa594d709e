using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core.Tests.Billing;

/// <summary>Usage, packages and settlements for tests, all on one day.</summary>
internal static class Days
{
    public static LocalDate Day { get; } = new(2027, 4, 12);
    public static DateTimeZone Shanghai { get; } = DateTimeZoneProviders.Tzdb["Asia/Shanghai"];
    public static IReadOnlySet<string> PayAsYouGo { get; } = new HashSet<string>();
    public static Dimensions Audio { get; } = new(Meter.Av, "audio");

    public static Instant At(int day, int hour = 10) => new LocalDateTime(2027, 4, day, hour, 0).InZoneStrictly(Shanghai).ToInstant();

    /// <summary>A class of the application <c>app</c> that ended at that minute of the day; null is still running.</summary>
    public static ClassKey Class(string id, long? end, string application = "app", long? start = 0) => new(application, id, start, end);

    public static UsageSlice Av(ClassKey? key, long seconds, string? user = "u", string application = "app") =>
        new(key, key?.Application ?? application, user, Audio, seconds);

    public static UsageSlice Of(Meter meter, long quantity, string application = "app", params string?[] dimensions) =>
        new(null, application, null, new Dimensions(meter, dimensions), quantity);

    public static Package Package(
        string id, string quantity, string? application = "app", int boughtOn = 12, string validity = "P1M", params (string Rate, string Ratio)[] covers) =>
        Core.Billing.Package.Buy(
            id,
            new PackageProduct
            {
                Sku = "sku",
                Name = "sku",
                Quantity = PackageUnits.Parse(quantity),
                Unit = "minute",
                Covers = [.. (covers.Length > 0 ? covers : [("av", "1")]).Select(cover => new Cover(cover.Rate, PackageUnits.Parse(cover.Ratio)))],
                Scope = application is null ? Scope.Account : Scope.Application,
                Validity = Validity.Parse(validity),
                Price = Price.Parse("8.00"),
            },
            application, At(boughtOn), Shanghai);

    public static SettledPeriod Settle(RateCard card, IEnumerable<UsageSlice> usage, params Package[] packages) =>
        Settlement.Settle(BillPeriod.OfDay(Day), card, usage.ToArray(), packages, PayAsYouGo);
}
