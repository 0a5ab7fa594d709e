using Minutebook.Core.Billing;
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
