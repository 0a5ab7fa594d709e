using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using Xunit;

namespace Minutebook.Core.Tests.Rating;

public sealed class PricingTests
{
    private const string Tiers = "'tiers': [{'upTo': 100, 'price': '2'}, {'upTo': 200, 'price': '1'}, {'upTo': null, 'price': '0.5'}]";

    [Theory] // 4.3, 4.7
    [InlineData("'per': 1000, 'price': '7.00'", 110, "0.77")]
    [InlineData("'per': 1000, 'price': '0.99'", 600, "0.594")]
    [InlineData("'per': 1, 'price': '0.00249'", 91, "0.22659")]
    [InlineData("'per': 1, 'price': '0.00149'", 1000, "1.49")]
    [InlineData("'per': 1, 'price': '0'", 40, "0")]
    [InlineData("'per': 1000, 'price': '0.99'", 0, "0")]
    public void The_published_examples_cost_what_they_say(string price, long units, string expected)
    {
        Assert.Equal(Money.Parse(expected), Pricing.Amount(Cards.Rate(price), units));
    }

    [Fact]
    public void An_amount_that_nobody_means_stops_short_of_where_sums_would_overflow()
    {
        Rate rate = Cards.Rate("'per': 1, 'price': '999999999999.999999999999'");
        Money most = Money.Parse("100000000000000000000000000");

        Assert.Equal(most, Pricing.Amount(rate, Int128.Parse("1000000000000000000000000000")));
        Assert.True(Pricing.Amount(rate, 1L << 40) < most);
        Assert.Equal(most, Pricing.UpTo(rate, Pricing.Steps(rate, Int128.MaxValue / 2), 1));
    }

    [Theory] // 4.3, 4.9: 12 blocks, not the 20 of the source
    [InlineData(0, "0")]
    [InlineData(1, "0.03")]
    [InlineData(1_000, "0.03")]
    [InlineData(1_001, "0.06")]
    [InlineData(12_000, "0.36")]
    public void A_started_block_is_paid_in_full(long units, string expected)
    {
        Assert.Equal(Money.Parse(expected), Pricing.Amount(Cards.Rate("'per': 1000, 'wholeBlocks': true, 'price': '0.03'"), units));
    }

    [Theory] // 4.4
    [InlineData(100, "200")]
    [InlineData(101, "201")]
    [InlineData(200, "300")]
    [InlineData(210, "305")]
    public void Graduated_prices_each_unit_in_its_own_tier(long units, string expected)
    {
        Assert.Equal(Money.Parse(expected), Pricing.Amount(Cards.Rate($"'per': 1, 'model': 'graduated', {Tiers}"), units));
    }

    [Theory] // 4.4
    [InlineData(100, "200")]
    [InlineData(101, "101")]
    [InlineData(200, "200")]
    [InlineData(201, "100.5")]
    public void Volume_prices_all_units_in_the_tier_that_is_reached(long units, string expected)
    {
        Assert.Equal(Money.Parse(expected), Pricing.Amount(Cards.Rate($"'per': 1, 'model': 'volume', {Tiers}"), units));
    }

    [Fact] // 4.3, 4.4: 150 units are 2 blocks of 100; the second one is filled up at the price of the tier reached
    public void A_block_across_tiers_is_filled_up_at_the_price_reached()
    {
        Assert.Equal(Money.Parse("3"), Pricing.Amount(Cards.Rate($"'per': 100, 'wholeBlocks': true, 'model': 'graduated', {Tiers}"), 150));
        Assert.Equal(Money.Parse("2"), Pricing.Amount(Cards.Rate($"'per': 100, 'wholeBlocks': true, 'model': 'volume', {Tiers}"), 150));
    }

    [Fact] // 4.5: 1 ÷ 3 and 1 ÷ 2,000,000
    public void An_amount_is_rounded_once_half_up_to_millionths()
    {
        Assert.Equal(new Money(333_333), Pricing.Amount(Cards.Rate("'per': 3, 'price': '1'"), 1));
        Assert.Equal(new Money(1), Pricing.Amount(Cards.Rate("'per': 2000000, 'price': '1'"), 1));
        Assert.Equal(new Money(0), Pricing.Amount(Cards.Rate("'per': 2000001, 'price': '1'"), 1));
    }

    [Fact] // 4.4, against the plainest possible code
    public void Graduated_prices_are_the_sum_of_the_prices_of_every_unit()
    {
        Rate rate = Cards.Rate("'per': 7, 'model': 'graduated', 'tiers': [{'upTo': 10, 'price': '0.333333333333'}, {'upTo': 25, 'price': '0.1'}, {'upTo': null, 'price': '0.07'}]");
        Prop.ForAll(Gen.Choose(0, 200).ToArbitrary(), units =>
        {
            BigInteger sum = 0;
            for (int unit = 1; unit <= units; unit++)
            {
                sum += unit <= 10 ? 333_333_333_333 : unit <= 25 ? 100_000_000_000 : 70_000_000_000;
            }

            return Pricing.Amount(rate, units) == new Money((Int128)((2 * sum + 7_000_000) / 14_000_000));
        }).QuickCheckThrowOnFailure();
    }

    [Theory] // 4.3 to 4.5: units and prices of any size, in 128 bits or beyond them
    [InlineData("'per': 7, 'wholeBlocks': true, 'price': '0.123456789012'")]
    [InlineData("'per': 1, 'price': '999999999999.999999999999'")]
    [InlineData("'per': 1099511627775, 'wholeBlocks': true, 'price': '999999999999.999999999999'")]
    [InlineData("'per': 1099511627777, 'price': '0.5'")]
    [InlineData("'per': 3, 'wholeBlocks': true, 'model': 'graduated', 'tiers': [{'upTo': 5, 'price': '2.5'}, {'upTo': 1099511627776, 'price': '999999999999'}, {'upTo': null, 'price': '0.1'}]")]
    [InlineData("'per': 9, 'model': 'volume', 'tiers': [{'upTo': 5, 'price': '2.5'}, {'upTo': 1099511627776, 'price': '1.000000000001'}, {'upTo': null, 'price': '0.1'}]")]
    public void An_amount_is_what_its_steps_come_to_by_the_plainest_possible_code(string price)
    {
        Rate rate = Cards.Rate(price);
        foreach (long units in (long[])[0, 1, 2, 5, 6, 7, 8, 13, 999, (1L << 40) - 1, 1L << 40, (1L << 40) + 1, 1L << 45])
        {
            IReadOnlyList<PriceStep> steps = Pricing.Steps(rate, units);
            BigInteger whole = rate.WholeBlocks ? (units + rate.Per - 1) / rate.Per * rate.Per : units;
            BigInteger exact = steps.Aggregate(BigInteger.Zero, (sum, step) => sum + ((BigInteger)step.Price.Trillionths * (BigInteger)(step.Units + step.Filling)));
            BigInteger divisor = (BigInteger)rate.Per * 1_000_000;

            Assert.Equal(units, steps.Aggregate((Int128)0, (sum, step) => sum + step.Units));
            Assert.Equal(whole, (BigInteger)steps.Aggregate((Int128)0, (sum, step) => sum + step.Units + step.Filling));
            Assert.Equal(new Money((Int128)(((2 * exact) + divisor) / (2 * divisor))), Pricing.Amount(rate, units));
            Assert.Equal(Pricing.Amount(rate, units), Pricing.UpTo(rate, steps, steps.Count));
        }
    }

    [Fact]
    public void Fewer_than_no_units_are_a_mistake_of_ours() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Pricing.Amount(Cards.Rate("'per': 1, 'price': '1'"), -1));
}
