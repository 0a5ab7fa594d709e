using Minutebook.Core;
using Minutebook.Core.Metering;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class UsageQueryTests
{
    private static readonly Instant Midnight = Instant.FromUtc(2027, 3, 1, 0, 0);

    [Fact]
    public void Hours_of_a_day_add_up_to_the_day()
    {
        UsageQuery query = Query(Meter.Av, Granularity.Day, [], days: 2);

        IReadOnlyList<UsageFigure> figures = query.Figures([Row("a", 1, 60), Row("a", 23, 30), Row("b", 24, 5)], [], now: 0);

        Assert.Equal([(0, 90), (24, 5)], figures.Select(figure => (HourOf(figure.Start), (int)figure.Quantity)));
        Assert.Equal(24, HourOf(figures[0].End));
    }

    [Fact]
    public void A_total_spans_the_range_that_was_asked()
    {
        var range = new Range(Midnight + Duration.FromMinutes(30), Midnight + Duration.FromHours(3));
        UsageQuery query = Query(Meter.Av, Granularity.Total, [], days: 1) with { Range = range };

        UsageFigure total = Assert.Single(query.Figures([Row("a", 0, 1), Row("a", 1, 10), Row("a", 2, 100), Row("a", 3, 1000)], [], now: 0));

        // The hour at midnight starts before the range, the hour at three when it is over (rule 3.6).
        Assert.Equal(110, total.Quantity);
        Assert.Equal((range.From, range.To), (total.Start, total.End));
    }

    [Fact]
    public void Groups_are_in_order_and_nothing_comes_before_something()
    {
        UsageQuery query = Query(Meter.Delivery, Granularity.Total, ["organization", "download"], days: 1);

        IReadOnlyList<UsageFigure> figures = query.Figures(
            [Delivered(1, "live", null, "false", 1), Delivered(1, "vod-department", "Science", "true", 2), Delivered(2, "vod-department", "Arts", "false", 3)],
            [], now: 0);

        Assert.Equal([(null, "false", 1), ("Arts", "false", 3), ("Science", "true", 2)],
            figures.Select(figure => (figure.Group.Values[0], figure.Group.Values[1], (int)figure.Quantity)));
    }

    [Fact]
    public void What_comes_to_nothing_is_not_shown()
    {
        UsageQuery query = Query(Meter.Av, Granularity.Day, [], days: 1);

        Assert.Empty(query.Figures([Row("a", 1, 60), Row("b", 2, -60)], [], now: 0));
    }

    [Fact]
    public void Open_presence_counts_up_to_now_hour_by_hour()
    {
        // Two users joined at 00:50 and 00:55; it is 02:10.
        long start = Midnight.ToUnixTimeSeconds();
        var open = new OpenRow("x", "av", "a", Meter.Av.None.Key, start, 2, 2 * start + 3000 + 3300);
        UsageQuery query = Query(Meter.Av, Granularity.Hour, [], days: 1);

        IReadOnlyList<UsageFigure> figures = query.Figures([Row("a", 1, 100)], [open], now: start + 7800);

        Assert.Equal([600 + 300, 7200 + 100, 1200], figures.Select(figure => (int)figure.Quantity));
        // In all: 02:10 less 00:50, and less 00:55, and what was over.
        Assert.Equal(4800 + 4500 + 100, figures.Sum(figure => (int)figure.Quantity));
    }

    [Fact]
    public void Open_presence_outside_the_range_does_not_count()
    {
        long start = Midnight.ToUnixTimeSeconds();
        var open = new OpenRow("x", "av", "a", Meter.Av.None.Key, start, 1, start + 1800);
        UsageQuery query = Query(Meter.Av, Granularity.Total, [], days: 1) with
        {
            Range = new Range(Midnight + Duration.FromHours(1), Midnight + Duration.FromHours(2)),
        };

        Assert.Equal(3600, Assert.Single(query.Figures([], [open], now: start + 3 * 3600)).Quantity);
    }

    [Fact]
    public void Of_peaks_the_highest_counts()
    {
        UsageQuery query = Query(Meter.Peak, Granularity.Day, [], days: 1);
        UsageRow[] rows = [Row("a", 1, 7) with { Dimensions = "[]" }, Row("a", 2, 9) with { Dimensions = "[]" }];

        Assert.Equal(9, Assert.Single(query.Figures(rows, [], now: 0)).Quantity);
    }

    [Fact]
    public void Before_the_cut_over_a_departments_data_is_the_institutions()
    {
        UsageQuery query = Query(Meter.Delivery, Granularity.Total, ["dataType", "organization"], days: 1) with
        {
            CategorizedFrom = Midnight.ToUnixTimeSeconds() + 7200,
        };

        IReadOnlyList<UsageFigure> figures = query.Figures(
            [Delivered(1, "vod-department", "Science", "false", 5), Delivered(2, "vod-department", "Science", "false", 7)], [], now: 0);

        Assert.Equal([("vod-department", "Science", 7), ("vod-institution", null, 5)],
            figures.Select(figure => (figure.Group.Values[0]!, figure.Group.Values[1], (int)figure.Quantity)));
    }

    [Fact]
    public void Months_follow_the_accounts_zone()
    {
        var calendar = new Calendar("Asia/Shanghai");
        var range = new Range(Midnight - Duration.FromDays(2), Midnight + Duration.FromDays(2));
        var query = new UsageQuery(Meter.Av, range, Granularity.Month, [], calendar);

        // 16:00Z on 28 February is midnight of 1 March in Shanghai.
        IReadOnlyList<UsageFigure> figures = query.Figures([Row("a", -9, 1), Row("a", -8, 2)], [], now: 0);

        Assert.Equal([1, 2], figures.Select(figure => (int)figure.Quantity));
        Assert.Equal(Midnight - Duration.FromHours(8), figures[0].End);
        Assert.Equal(figures[0].End, figures[1].Start);
    }

    private static UsageQuery Query(Meter meter, Granularity granularity, string[] groupBy, int days) =>
        new(meter, new Range(Midnight, Midnight + Duration.FromDays(days)), granularity, groupBy, new Calendar("Etc/UTC"));

    private static UsageRow Row(string application, int hour, int quantity) =>
        new("x", "av", Second(hour), application, new Dimensions(Meter.Av, "audio").Key, quantity);

    private static UsageRow Delivered(int hour, string dataType, string? organization, string download, int bytes) =>
        new("x", "delivery", Second(hour), "a", new Dimensions(Meter.Delivery, dataType, organization, null, download).Key, bytes);

    private static long Second(int hour) => Midnight.ToUnixTimeSeconds() + hour * 3600L;

    private static int HourOf(Instant instant) => (int)(instant - Midnight).TotalHours;
}
