using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Rating;
using Minutebook.Core.Units;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Billing;

public sealed class ForecastTests
{
    // A Friday.
    private static readonly LocalDate Day = new(2027, 1, 1);

    [Fact]
    public void A_Friday_to_come_costs_what_Fridays_cost_on_average()
    {
        Dictionary<LocalDate, Money> known = new()
        {
            [Day] = Money.Parse("1"),
            [Day.PlusDays(7)] = Money.Parse("2"),
            [Day.PlusDays(14)] = Money.Parse("4"),
            [Day.PlusDays(15)] = Money.Parse("100"),
        };

        ForecastDay friday = Assert.Single(Forecast.Of([Day.PlusDays(21)], known));

        Assert.Equal(("2.333333", "1.000000", "4.000000"), (friday.Expected.ToString(), friday.Low.ToString(), friday.High.ToString()));
    }

    [Fact]
    public void A_weekday_without_a_past_is_judged_by_all_days_and_no_day_by_nothing()
    {
        ForecastDay saturday = Assert.Single(Forecast.Of([Day.PlusDays(1)], new Dictionary<LocalDate, Money> { [Day] = Money.Parse("3") }));
        ForecastDay unknown = Assert.Single(Forecast.Of([Day], new Dictionary<LocalDate, Money>()));

        Assert.Equal("3.000000", saturday.Expected.ToString());
        Assert.Equal((Money.Zero, Money.Zero, Money.Zero), (unknown.Expected, unknown.Low, unknown.High));
    }
}

public sealed class MonthlyForecastTests
{
    // 1.00 a unit; the first 10 of a month are free.
    private static readonly Rate Rate = Cards.Rate("'free': 10, 'per': 1, 'price': '1'");

    [Theory] // 4.2: of a month of 30 days
    [InlineData(10, 20, 0, 10, "50")] // 20 units in 10 days are 60 in the month, 10 of them free.
    [InlineData(10, 20, 5, 5, "45")] // A package has covered 5, and is not known to cover more.
    [InlineData(9, 20, 0, 10, "57")] // 66.67 units are 67.
    [InlineData(30, 20, 0, 10, "10")] // On the last day nothing more is to come.
    [InlineData(30, 8, 0, 0, "0")] // All of it is free.
    [InlineData(10, 9, 0, 0, "17")] // Free so far; 27 in the month are not.
    public void A_month_goes_on_as_it_has_gone_less_what_is_free_or_covered(int elapsed, int units, int covered, int paid, string expected)
    {
        BillLine line = Line(units, covered, paid, uncovered: 0);
        Assert.Equal(Money.Parse(expected), Forecast.OfMonthly(line, elapsed, 30));
    }

    [Fact] // 5.5: without pay-as-you-go
    public void A_line_whose_units_are_uncovered_goes_on_at_no_charge() =>
        Assert.Equal(Money.Zero, Forecast.OfMonthly(Line(20, 0, 0, uncovered: 10), 10, 30));

    [Fact] // 5.5: pay-as-you-go was switched off within the month
    public void What_was_uncovered_once_is_not_charged_later() =>
        Assert.Equal(Money.Parse("46"), Forecast.OfMonthly(Line(20, 0, 6, uncovered: 4), 10, 30));

    [Fact]
    public void A_line_is_never_expected_to_cost_less_than_it_does_already() =>
        Assert.Equal(Money.Parse("18"), Forecast.OfMonthly(Line(20, 0, 18, uncovered: 0) with { FreeUnits = 2 }, 30, 30));

    private static BillLine Line(int units, int covered, int paid, int uncovered) => new()
    {
        Application = "app",
        Rate = Rate,
        Quantity = units * 60,
        Units = units,
        FreeUnits = units - covered - paid - uncovered,
        Packages = covered == 0 ? [] : [new PackageShare("p", covered, PackageUnits.Whole(covered))],
        PayAsYouGoUnits = paid,
        UncoveredUnits = uncovered,
        Amount = Pricing.Amount(Rate, paid),
    };
}

public sealed class PostingTests
{
    [Theory]
    [InlineData("topup", "100.00", "cash")]
    [InlineData("bill", "-0.77", "revenue:usage")]
    [InlineData("package", "-9.90", "revenue:packages")]
    [InlineData("refund", "9.90", "revenue:packages")]
    public void Rule_6_4_what_the_wallet_gains_its_counter_account_gives(string kind, string amount, string against)
    {
        IReadOnlyList<Posting> postings = Posting.Of(kind, Money.Parse(amount));

        Assert.Equal([Posting.Wallet, against], postings.Select(posting => posting.Account));
        Assert.Equal(Money.Parse(amount), postings[0].Amount);
        Assert.Equal(Money.Zero, postings[0].Amount + postings[1].Amount);
    }
}
