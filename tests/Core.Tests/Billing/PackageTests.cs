using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using NodaTime.Text;
using Xunit;
using static Minutebook.Core.Tests.Billing.Days;

namespace Minutebook.Core.Tests.Billing;

public sealed class PackageTests
{
    [Theory] // 5.1, and the case monthly-package-month-end
    [InlineData("2027-01-31T02:00:00Z", "P1M", "2027-01-30T16:00:00Z", "2027-02-27T16:00:00Z")]
    [InlineData("2027-02-27T16:30:00Z", "P1M", "2027-02-27T16:00:00Z", "2027-03-27T16:00:00Z")]
    [InlineData("2028-02-29T02:00:00Z", "P1Y", "2028-02-28T16:00:00Z", "2029-02-27T16:00:00Z")]
    [InlineData("2027-01-31T02:00:00Z", "P30D", "2027-01-30T16:00:00Z", "2027-03-01T16:00:00Z")]
    public void A_package_is_valid_from_midnight_to_midnight_clamped_to_the_months_end(string bought, string validity, string from, string to)
    {
        Package package = Bought(bought, validity, "Asia/Shanghai");
        Assert.Equal((At(from), At(to)), (package.ValidFrom, package.ValidTo));
        Assert.False(package.IsValidAt(At(from) - Duration.FromMilliseconds(1)));
        Assert.True(package.IsValidAt(At(from)));
        Assert.True(package.IsValidAt(At(to) - Duration.FromMilliseconds(1)));
        Assert.False(package.IsValidAt(At(to)));
        Assert.False(package.IsValidOn(package.EndDay));
    }

    [Fact] // 1.2, 5.1: on 2018-11-04 São Paulo's clocks went from 00:00 to 01:00
    public void A_day_without_midnight_begins_when_it_begins()
    {
        Package package = Bought("2018-11-04T12:00:00Z", "P1D", "America/Sao_Paulo");
        Assert.Equal(At("2018-11-04T03:00:00Z"), package.ValidFrom);
        Assert.Equal(At("2018-11-05T02:00:00Z"), package.ValidTo);
    }

    [Fact] // 1.2, 5.1: Samoa skipped 30 December 2011, which then begins with the 31st
    public void A_package_may_end_on_a_day_that_the_zone_skipped() =>
        Assert.Equal(At("2011-12-30T10:00:00Z"), Bought("2011-12-29T02:00:00Z", "P2D", "Pacific/Apia").ValidTo);

    [Fact] // 5.7
    public void An_untouched_package_is_refundable_for_120_hours()
    {
        Package package = Package("p", "10");
        Assert.True(package.IsRefundable(package.PurchasedAt + Duration.FromHours(120)));
        Assert.False(package.IsRefundable(package.PurchasedAt + Duration.FromHours(120) + Duration.FromMilliseconds(1)));
        Assert.False((package with { Remaining = PackageUnits.Parse("9.9") }).IsRefundable(package.PurchasedAt));
        Assert.False((package with { Refunded = true }).IsRefundable(package.PurchasedAt));
    }

    [Fact] // 5.1
    public void A_package_is_used_up_when_it_covers_not_one_more_unit_of_any_of_its_rates()
    {
        Package package = Package("p", "10", covers: [("av", "4"), ("whiteboard", "2")]);
        Assert.False((package with { Remaining = PackageUnits.Whole(3) }).IsUsedUp);
        Assert.True((package with { Remaining = PackageUnits.Whole(1) }).IsUsedUp);
    }

    [Fact] // 5.7
    public void A_refunded_package_covers_nothing_from_then_on()
    {
        Package package = Package("p", "10") with { Refunded = true };
        Assert.False(package.IsValidOn(Day));
        Assert.False(package.IsValidAt(package.PurchasedAt));
    }

    [Fact] // 5.2: a line of scope account is served by the account's packages alone
    public void An_applications_package_serves_it_alone_and_the_accounts_serves_all()
    {
        Assert.Equal([true, false, false], new[] { "app", "other", null }.Select(Package("p", "10").Serves));
        Assert.Equal([true, true, true], new[] { "app", "other", null }.Select(Package("p", "10", null).Serves));
    }

    [Fact] // 5.1
    public void An_applications_package_needs_an_application_and_the_accounts_has_none()
    {
        PackageProduct product = Package("p", "10").Product;
        Assert.Throws<ArgumentException>(() => Core.Billing.Package.Buy("p", product, null, At(12), Shanghai));
        Assert.Throws<ArgumentException>(() => Core.Billing.Package.Buy("p", product with { Scope = Scope.Account }, "app", At(12), Shanghai));
    }

    private static Instant At(string text) => InstantPattern.ExtendedIso.Parse(text).Value;

    private static Instant At(int day) => Days.At(day);

    private static Package Bought(string at, string validity, string zone) => Core.Billing.Package.Buy(
        "p", Package("p", "10").Product with { Validity = Validity.Parse(validity) }, "app", At(at), DateTimeZoneProviders.Tzdb[zone]);
}
