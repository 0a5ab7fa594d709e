using FsCheck;
using FsCheck.Fluent;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Rating;
using Minutebook.Core.Units;
using Xunit;
using static Minutebook.Core.Tests.Billing.Days;

namespace Minutebook.Core.Tests.Billing;

/// <summary>What holds for every settlement, whatever the usage. FsCheck prints the seed of a failure.</summary>
public sealed class SettlementLaws
{
    private static readonly RateCard Card = Cards.Of(string.Join(", ", ((string[])["period", "class", "participant"]).Select(level =>
        $"{{'id': '{level}', 'meter': '{(level == "period" ? "av" : level == "class" ? "whiteboard" : "playback")}', 'period': 'day', "
        + $"'scope': '{(level == "class" ? "account" : "application")}', 'unit': {{'name': 'minute', 'size': 60}}, 'roundUp': '{level}', 'free': 3, 'per': 1000, 'price': '7.00'}}")));

    private static readonly Dimensions[] Kinds = [Audio, Meter.Whiteboard.None, Meter.Playback.None];

    private static readonly Gen<UsageSlice> Slices =
        from id in Gen.Choose(0, 9)
        from kind in Gen.Elements(Kinds)
        from user in Gen.Elements(null, "", "u", "v")
        from seconds in Gen.Choose(0, 200)
        let application = id % 2 == 0 ? "even" : "odd"
        let key = id switch
        {
            0 => null,
            1 => Class("never", null, application, null),
            2 => Class("running", null, application),
            _ => Class($"c{id}", id / 2, application),
        }
        select new UsageSlice(key, key?.Application ?? application, user, kind, seconds);

    private static readonly Gen<Package> Packages =
        from quantity in Gen.Choose(1, 40)
        from scope in Gen.Elements<string?>(null, "even", "odd")
        from ratio in Gen.Elements("1", "0.3", "2.5")
        from day in Gen.Choose(1, 14)
        select Package($"p{quantity}{scope}{ratio}{day}", $"{quantity}", scope, day, "P10D", ("period", ratio), ("class", "1"), ("participant", ratio));

    private static readonly Arbitrary<(UsageSlice[] Usage, Package[] Packages, bool Paid)> Cases = (
        from usage in Slices.ArrayOf()
        from packages in Packages.ArrayOf(4)
        from paid in Gen.Elements(true, false)
        select (usage, packages.DistinctBy(package => package.Id).ToArray(), paid)).ToArbitrary();

    [Fact] // 5.3, invariant 6
    public void The_shares_of_classes_sum_to_the_lines() => Always((settled, _) =>
        settled.Lines.All(line => Sums(settled.Shares.Where(share => IsOf(settled, line, share)))
            .SequenceEqual([line.Quantity, line.Units, line.FreeUnits, line.PackageUnits, line.PayAsYouGoUnits, line.UncoveredUnits]))
        && settled.Shares.All(share => settled.Lines.Count(line => IsOf(settled, line, share)) == 1));

    [Fact] // 4.2
    public void Units_are_free_covered_paid_or_uncovered_and_nothing_else() => Always((settled, _) => settled.Lines.All(line =>
        line.Units == line.FreeUnits + line.PackageUnits + line.PayAsYouGoUnits + line.UncoveredUnits && line.FreeUnits <= line.Rate.Free));

    [Fact] // 5.1
    public void No_package_falls_below_zero_and_what_it_lost_is_on_the_lines() => Always((settled, given) =>
        settled.Packages.Zip(given).All(pair => pair.First.Remaining >= PackageUnits.Zero
            && pair.Second.Remaining - pair.First.Remaining == settled.Lines.SelectMany(line => line.Packages)
                .Where(share => share.Package == pair.First.Id)
                .Aggregate(PackageUnits.Zero, (sum, share) => sum + share.Deducted)));

    [Fact] // 5.2: nothing is paid while a package that serves the line still covers a unit
    public void Nothing_is_paid_before_packages_are_used_up() => Always((settled, _) => settled.Lines
        .Where(line => line.PayAsYouGoUnits + line.UncoveredUnits > 0)
        .All(line => line.FreeUnits == line.Rate.Free && settled.Packages
            .Where(package => package.Serves(line.Application) && package.IsValidOn(Day))
            .All(package => package.Remaining.Covers(package.RatioFor(line.Rate.Id)!.Value) == 0)));

    [Fact] // 1.4: the order in which usage is given changes nothing
    public void The_order_of_usage_changes_nothing()
    {
        Prop.ForAll(Cases, one =>
        {
            SettledPeriod forth = Settled(one.Usage, one.Packages, one.Paid);
            SettledPeriod back = Settled([.. one.Usage.Reverse()], one.Packages, one.Paid);
            return Told(forth).SequenceEqual(Told(back));
        }).QuickCheckThrowOnFailure();
    }

    private static void Always(Func<SettledPeriod, Package[], bool> law) =>
        Prop.ForAll(Cases, one => law(Settled(one.Usage, one.Packages, one.Paid), one.Packages)).QuickCheckThrowOnFailure();

    private static SettledPeriod Settled(UsageSlice[] usage, Package[] packages, bool paid) =>
        Settlement.Settle(BillPeriod.OfDay(Day), Card, usage, packages, paid ? PayAsYouGo : new HashSet<string> { "odd" });

    private static bool IsOf(SettledPeriod settled, BillLine line, ClassShare share) =>
        settled.Card.Rates[share.Rate] == line.Rate && line.Application == (line.Rate.Scope == Scope.Account ? null : share.Application);

    private static Int128[] Sums(IEnumerable<ClassShare> shares)
    {
        var sums = new Int128[6];
        foreach (ClassShare share in shares)
        {
            Int128[] own = [share.Quantity, share.Units, share.FreeUnits, share.Packages.Sum(part => (long)part.Units), share.PayAsYouGoUnits, share.UncoveredUnits];
            sums = [.. sums.Zip(own, (sum, part) => sum + part)];
        }

        return sums;
    }

    private static IEnumerable<string> Told(SettledPeriod settled) => settled.Shares
        .Select(share => $"{share.Class} {share.Application} {share.Rate} {share.Units} {share.FreeUnits} {string.Join(',', share.Packages)} {share.PayAsYouGoUnits}")
        .Concat(settled.Packages.Select(package => package.Remaining.ToString()));
}
