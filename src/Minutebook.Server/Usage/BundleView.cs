using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>A Cloud Usage Bundle: a package on <c>delivery</c>, how much of it is used, and when it ends at this pace (rule 9.4).</summary>
/// <param name="Used">Of its quantity, live (rule 5.4); a decimal string like the other quantities, in its own unit.</param>
/// <param name="UsedUpAt">When nothing will be left at the pace since its beginning; null where it lasts beyond its validity.</param>
/// <param name="EndsAt">The earlier of that and the end of its validity.</param>
internal sealed record BundleView(
    string Package, string Sku, string Name, string? Application, Instant ValidFrom, Instant ValidTo, string Unit, string Quantity, string Used,
    string Remaining, Instant? UsedUpAt, Instant EndsAt)
{
    /// <summary>The bundles that are in validity, in the order of their purchase.</summary>
    public static IReadOnlyList<BundleView> Of(Store.Reader read, AccountState account, Instant now) =>
        Of(read, account, now, new OpenPeriods(account, now).Packages(read));

    /// <summary>The same, of packages as they are now.</summary>
    public static IReadOnlyList<BundleView> Of(Store.Reader read, AccountState account, Instant now, IReadOnlyList<Package> packages) =>
    [
        .. packages.Zip(account.Packages)
            .Where(pair => pair.First.IsValidAt(now) && IsOfDelivery(read, pair.First, pair.Second))
            .Select(pair => Of(pair.First, now)),
    ];

    private static bool IsOfDelivery(Store.Reader read, Package package, PackageState state)
    {
        RateCard? card = read.Card(state.Card).InForce(LocalDatePattern.Iso.Parse(state.CardFrom).Value);
        return card is not null && card.Rates.Any(rate => rate.Meter == Meter.Delivery && package.RatioFor(rate.Id) is not null);
    }

    internal static BundleView Of(Package package, Instant now)
    {
        Instant? usedUp = WhenUsedUp(package, now);
        return new BundleView(
            package.Id, package.Product.Sku, package.Product.Name, package.Application, package.ValidFrom, package.ValidTo, package.Product.Unit,
            package.Quantity.ToString(), (package.Quantity - package.Remaining).ToString(), package.Remaining.ToString(), usedUp,
            usedUp ?? package.ValidTo);
    }

    // What is left lasts, at the pace until now, as many times the time until now as it is of what was used. Whole seconds, rounded down.
    private static Instant? WhenUsedUp(Package package, Instant now)
    {
        Int128 used = (package.Quantity - package.Remaining).Trillionths;
        if (used <= 0)
        {
            return null;
        }

        long passed = now.ToUnixTimeSeconds() - package.ValidFrom.ToUnixTimeSeconds();
        System.Numerics.BigInteger left = (System.Numerics.BigInteger)package.Remaining.Trillionths * passed / (System.Numerics.BigInteger)used;
        return left >= package.ValidTo.ToUnixTimeSeconds() - now.ToUnixTimeSeconds() ? null : now + Duration.FromSeconds((long)left);
    }
}
