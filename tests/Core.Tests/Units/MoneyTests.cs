using Minutebook.Core.Units;
using Xunit;

namespace Minutebook.Core.Tests.Units;

public sealed class MoneyTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0.77", 770_000)]
    [InlineData("-0.000001", -1)]
    [InlineData("12.5", 12_500_000)]
    public void Money_is_whole_millionths(string text, long micros)
    {
        Assert.Equal(new Money(micros), Money.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1.0000001")]
    [InlineData("1e3")]
    [InlineData(" 1")]
    [InlineData("1,000")]
    [InlineData("٣")]
    [InlineData("9999999999999999999999999999999999999999")]
    [InlineData(null)]
    public void What_is_no_plain_decimal_is_no_money(string? text)
    {
        Assert.False(Money.TryParse(text, out _));
    }

    [Fact]
    public void What_is_written_of_money_is_read_again_to_the_type_s_ends()
    {
        foreach (Money amount in new[] { new Money(Int128.MaxValue), new Money(-Int128.MaxValue), Money.TooMuch, new Money(Int128.MaxValue / 10) })
        {
            Assert.Equal(amount, Money.Parse(amount.ToString()));
        }

        Assert.False(Money.TryParse("170141183460469231731687303715884.105728", out _));
    }

    [Fact]
    public void Money_is_written_with_six_decimals()
    {
        Assert.Equal("0.770000", Money.Parse("0.77").ToString());
        Assert.Equal("-0.000001", new Money(-1).ToString());
        Assert.Equal("0.000000", Money.Zero.ToString());
    }

    [Theory] // 4.5
    [InlineData("0.594", 2, "0.59")]
    [InlineData("0.005", 2, "0.01")]
    [InlineData("0.004999", 2, "0.00")]
    [InlineData("-0.005", 2, "-0.01")]
    [InlineData("-0.004999", 2, "0.00")]
    [InlineData("1.5", 0, "2")]
    [InlineData("0.22659", 2, "0.23")]
    [InlineData("0.0005", 3, "0.001")]
    public void A_total_is_rounded_half_up_and_a_credit_like_its_charge(string amount, int digits, string expected)
    {
        Assert.Equal(expected, Money.Parse(amount).ToMinorString(digits));
    }

    [Fact]
    public void Money_beyond_all_bounds_throws_instead_of_wrapping_around()
    {
        Assert.Throws<OverflowException>(() => new Money(Int128.MaxValue) + new Money(1));
    }

    [Fact]
    public void A_price_keeps_the_digits_that_it_was_written_with()
    {
        Assert.Equal("7.00", Price.Parse("7.00").ToString());
        Assert.Equal("0.00149", Price.Parse("0.00149").ToString());
        Assert.Equal(0, Price.Parse("7.00").CompareTo(Price.Parse("7")));
        Assert.NotEqual(Price.Parse("7.00"), Price.Parse("7"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1000000000000")]
    [InlineData("0.0000000000001")]
    [InlineData("1e2")]
    public void A_price_is_not_negative_and_has_at_most_twelve_digits_on_each_side(string text)
    {
        Assert.False(Price.TryParse(text, out _));
        Assert.True(Price.TryParse("999999999999.999999999999", out _));
    }

    [Fact]
    public void A_dollar_has_cents_a_yen_has_none_and_a_dinar_has_thousandths()
    {
        Assert.Equal(2, Currency.Get("USD").MinorDigits);
        Assert.Equal(0, Currency.Get("JPY").MinorDigits);
        Assert.Equal(3, Currency.Get("KWD").MinorDigits);
        Assert.False(Currency.TryGet("usd", out _));
        Assert.False(Currency.TryGet("XXX", out _));
    }

    [Fact] // 5.1
    public void What_remains_covers_whole_units_only()
    {
        Assert.Equal(2, PackageUnits.Parse("5").Covers(PackageUnits.Parse("2")));
        Assert.Equal(3, PackageUnits.Parse("1").Covers(PackageUnits.Parse("0.3")));
        Assert.Equal("0.1", (PackageUnits.Parse("1") - PackageUnits.Parse("0.3") * 3).ToString());
    }
}
