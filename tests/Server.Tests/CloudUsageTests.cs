using Minutebook.Core;
using Minutebook.Core.Metering;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class CloudUsageTests
{
    private static readonly LocalDate March = new(2027, 3, 1);

    [Theory]
    [InlineData(0, 310_000_000, "0.000000")]
    [InlineData(310_000_000, 310_000_000, "1.000000")]
    [InlineData(31_031_000, 310_000_000, "0.100100")]
    [InlineData(1, 2_000_000, "0.000001")] // 0.0000005 is rounded up
    [InlineData(1, 2_000_001, "0.000000")]
    [InlineData(155, 310_000_000, "0.000001")]
    [InlineData(9_007_199_254_740_991, 1, "9007199254740991.000000")]
    public void Hours_are_rounded_half_up_to_six_decimals(long bytes, long usageHourBytes, string hours) =>
        Assert.Equal(hours, CloudUsage.Hours(bytes, usageHourBytes));

    [Fact]
    public void Types_stand_in_the_order_of_the_chart_and_the_months_hours_come_from_its_bytes()
    {
        MonthView month = Assert.Single(Chart().Months(
            [Row(1, "other", null, "false", 1), Row(2, "vod-department", "Science", "true", 155), Row(3, "vod-department", "Arts", "false", 1)]));

        Assert.Equal("2027-03", month.Month);
        Assert.Equal(
            [("vod-department", 156, 155), ("other", 1, 0)],
            month.DataTypes.Select(type => (type.DataType, (int)type.Bytes, (int)type.DownloadBytes)));
        Assert.Equal(CloudUsage.Hours(157, 310_000_000), month.Hours);
    }

    [Fact]
    public void A_filter_leaves_only_what_has_a_department()
    {
        UsageRow[] rows = [Row(1, "live", null, "false", 10), Row(2, "vod-department", "Science", "false", 20), Row(3, "vod-department", "Arts", "false", 40)];

        DataTypeView shown = Assert.Single(Assert.Single((Chart() with { Organization = "Science" }).Months(rows)).DataTypes);

        Assert.Equal(("vod-department", 20), (shown.DataType, (int)shown.Bytes));
    }

    [Fact]
    public void Both_months_of_a_range_are_in_it_and_empty_ones_too()
    {
        IReadOnlyList<MonthView> months = (Chart() with { Last = March.PlusMonths(2) }).Months([]);

        Assert.Equal(["2027-03", "2027-04", "2027-05"], months.Select(month => month.Month));
        Assert.All(months, month => Assert.Equal("0.000000", month.Hours));
    }

    private static CloudUsage Chart() => new(new Calendar("America/New_York"), March, March, 310_000_000);

    private static UsageRow Row(int day, string dataType, string? organization, string download, int bytes) => new(
        "x", "delivery", Instant.FromUtc(2027, 3, day, 12, 0).ToUnixTimeSeconds(), "a",
        new Dimensions(Meter.Delivery, dataType, organization, null, download).Key, bytes);
}
