using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Xunit;
using static Minutebook.Core.Tests.Billing.Days;

namespace Minutebook.Core.Tests.Billing;

public sealed class PeriodUsageTests
{
    private static readonly Calendar Calendar = new("Asia/Shanghai");
    private static readonly long Midnight = Calendar.StartOf(Day);
    private readonly PeriodUsage usage = new(Calendar, BillPeriod.OfDay(Day));

    [Theory] // 3.6: seconds after midnight; a day of -1 is the day before
    [InlineData("over, on the day", 60, 0, 1000, 0, 0, 1000)]
    [InlineData("and one open since 00:00:10", 60, 0, 1000, 1, 10, 1050)]
    [InlineData("over before midnight, and one open since ten minutes before", 60, -1, 1000, 1, -600, 60)]
    [InlineData("two open since the minute before", 60, -1, 0, 2, -120, 120)]
    [InlineData("open since ten seconds before its end", 86_450, 0, 0, 1, 86_390, 10)]
    [InlineData("open all day and on", 100_000, -1, 0, 1, -600, 86_400)]
    public void What_is_over_counts_on_its_day_and_what_is_open_from_midnight_to_midnight(
        string told, long now, int day, long over, long count, long opened, long expected)
    {
        long sum = (count * Midnight) + opened;
        Assert.True(
            usage.QuantityAt(Midnight + now, Core.Metering.Calendar.Number(Day) + day, Meter.Av, over, count, sum) == expected, told);
    }

    [Fact] // 3.2
    public void Whiteboard_minutes_count_when_they_begin() =>
        Assert.Equal(120, usage.QuantityAt(Midnight + 30, Core.Metering.Calendar.Number(Day) - 1, Meter.Whiteboard, 1000, 2, 2 * (Midnight - 60)));
}
