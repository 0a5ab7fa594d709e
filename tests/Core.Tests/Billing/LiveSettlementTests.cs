using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Rating;
using NodaTime;
using Xunit;
using static Minutebook.Core.Tests.Billing.Days;

namespace Minutebook.Core.Tests.Billing;

public sealed class LiveSettlementTests
{
    [Theory] // 6.1: "a month is closed at the close of its last day, after it"
    [InlineData(30, 3, "D30 D31 M1 D1 D2 D3 M2")]
    [InlineData(31, 1, "D31 M1 D1 M2")]
    [InlineData(31, 0, "D31 M1")]
    [InlineData(30, -1, "D30 M1")]
    public void Rule_5_4_open_periods_stand_in_the_order_of_their_closes(int firstOpen, int today, string expected)
    {
        IEnumerable<BillPeriod> open = LiveSettlement.Open(new LocalDate(2027, 1, firstOpen), new LocalDate(2027, 1, 31).PlusDays(today));
        Assert.Equal(expected, string.Join(' ', open.Select(period => period.Kind == PeriodKind.Day ? $"D{period.Start.Day}" : $"M{period.Start.Month}")));
    }

    [Fact] // 5.4: what one period takes from a package is gone for the next
    public void Rule_5_4_two_open_days_share_one_package_and_a_month_without_a_rate_is_left_out()
    {
        RateCard card = Cards.Of(Cards.Av);
        IReadOnlyList<SettledPeriod> settled = LiveSettlement.Of(
            LiveSettlement.Open(Day, Day.PlusDays(1)), _ => card, (_, _) => [Av(null, 60 * 8)], [Package("p", "10")], PayAsYouGo);

        Assert.Equal([(Day, 8, 0), (Day.PlusDays(1), 2, 6)], settled.Select(one => (one.Period.Start, (int)one.Lines[0].PackageUnits, (int)one.Lines[0].PayAsYouGoUnits)));
        Assert.Equal(Core.Units.PackageUnits.Zero, settled[^1].Packages.Single().Remaining);
    }

    [Fact]
    public void Rule_4_6_periods_before_the_first_card_are_left_out() =>
        Assert.Empty(LiveSettlement.Of(LiveSettlement.Open(Day, Day), _ => null, (_, _) => [Of(Meter.Playback, 60)], [], PayAsYouGo));
}
