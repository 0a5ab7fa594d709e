using Minutebook.Core.Rating;
using Xunit;

namespace Minutebook.Core.Tests.Rating;

public sealed class ValidityTests
{
    [Theory] // 5.1: at most 100 years
    [InlineData("P1D", true)]
    [InlineData("P36500D", true)]
    [InlineData("P36501D", false)]
    [InlineData("P1M", true)]
    [InlineData("P1200M", true)]
    [InlineData("P1201M", false)]
    [InlineData("P100Y", true)]
    [InlineData("P101Y", false)]
    [InlineData("P0Y", false)]
    [InlineData("P1W", false)]
    [InlineData("PD", false)]
    [InlineData("P-1D", false)]
    [InlineData("P1", false)]
    [InlineData("1D", false)]
    [InlineData("P999999999D", false)]
    public void A_package_is_valid_for_days_months_or_years_up_to_a_hundred(string text, bool right)
    {
        Assert.Equal(right, Validity.TryParse(text, out Validity validity));
        if (right)
        {
            Assert.Equal(text, validity.ToString());
        }
        else
        {
            Assert.Throws<FormatException>(() => Validity.Parse(text));
        }
    }
}
