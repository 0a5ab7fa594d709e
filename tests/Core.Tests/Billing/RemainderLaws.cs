using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Rating;
using Minutebook.Core.Units;
using Xunit;
using static Minutebook.Core.Tests.Billing.Days;

namespace Minutebook.Core.Tests.Billing;

/// <summary>What is left in packages by running totals is what the settlement class by class leaves, or totals say that they cannot tell (5.4).</summary>
public sealed class RemainderLaws
{
    private const int Cases = 4_000;
    private static readonly string[] Applications = ["a", "b", "c"];
    private static readonly string[] Levels = ["period", "class", "participant"];
    private static readonly Dimensions[] Kinds = [Audio, new(Meter.Av, "hd"), Meter.Whiteboard.None, Meter.Playback.None];

    private static readonly RateCard Card = Cards.Of(string.Join(", ",
        Rate("audio", "'meter': 'av', 'where': {'tier': ['audio']}, 'free': 2"), Rate("hd", "'meter': 'av'"),
        Rate("whiteboard", "'meter': 'whiteboard', 'scope': 'account', 'free': 3"), Rate("playback", "'meter': 'playback'")));

    private static string Rate(string id, string fields, string roundUp = "period") =>
        $"{{'id': '{id}', {fields}, 'period': 'day', 'unit': {{'name': 'minute', 'size': 60}}, 'roundUp': '{roundUp}', 'per': 1000, 'price': '7.00'}}";

    [Fact]
    public void Rule_5_4_totals_leave_what_the_settlement_class_by_class_leaves()
    {
        int known = 0;
        for (int seed = 1; seed <= Cases; seed++)
        {
            var chance = new Random(seed);
            Package[] packages = [.. Enumerable.Range(0, chance.Next(1, 5)).Select(number => Bought(chance, number))];
            UsageSlice[] usage = [.. Enumerable.Range(0, chance.Next(30)).Select(_ => Used(chance))];
            var expected = Settle(Card, usage, packages).Packages.Select(package => package.Remaining).ToList();
            if (Left(usage, packages) is { } left)
            {
                known++;
                Assert.True(expected.SequenceEqual(left), $"seed {seed}: {string.Join(", ", expected)} by classes, {string.Join(", ", left)} by totals");
            }
        }

        Assert.True(known > Cases / 2, $"Totals could tell in {known} of {Cases} cases alone.");
    }

    [Fact]
    public void Rule_5_4_applications_that_use_up_one_package_of_the_account_are_told_by_totals()
    {
        Package[] packages = [Package("own", "10", "a", covers: [("hd", "1")]), Package("all", "25", null, covers: [("hd", "1")])];
        UsageSlice[] usage = [Hd("a", 30), Hd("b", 30), Hd("c", 30)];
        Assert.Equal([PackageUnits.Zero, PackageUnits.Zero], Left(usage, packages)!);
    }

    [Fact]
    public void Rule_5_4_where_the_order_of_classes_decides_totals_say_that_they_cannot_tell()
    {
        // Of 5 units the class that comes first takes 3 or 4; what is left then covers one of the other, or none.
        Package[] packages = [Package("p", "5", null, covers: [("hd", "3"), ("playback", "4")])];
        Assert.Null(Left([Hd("a", 1), Av(null, 60) with { Dimensions = Meter.Playback.None }], packages));
    }

    [Fact]
    public void Rule_5_4_marks_by_the_fewest_and_the_most_units_are_those_of_the_settlement_class_by_class()
    {
        (int known, int apart) = (0, 0);
        for (int seed = 1; seed <= Cases; seed++)
        {
            var chance = new Random(seed);
            RateCard card = Cards.Of(string.Join(", ", Card.Rates.Select(rate => Rate(
                rate.Id, $"'meter': '{rate.Meter.Name}', 'scope': '{(rate.Scope == Scope.Account ? "account" : "application")}', 'free': {rate.Free}"
                    + (rate.Id == "audio" ? ", 'where': {'tier': ['audio']}" : ""),
                Levels[chance.Next(3)]))));
            Package[] packages = [.. Enumerable.Range(0, chance.Next(1, 5)).Select(number => Bought(chance, number))];
            UsageSlice[] usage = [.. Enumerable.Range(0, chance.Next(30)).Select(_ => Used(chance))];
            var expected = Settle(card, usage, packages).Packages.Select(package => (package.IsLow, package.IsUsedUp)).ToList();
            if (Of(card, usage, packages).MarksAt(0) is { } marks)
            {
                known++;
                apart += Of(card, usage, packages).IsEnough ? 0 : 1;
                Assert.True(expected.SequenceEqual(marks), $"seed {seed}: {string.Join(", ", expected)} by classes, {string.Join(", ", marks)} by bounds");
            }
        }

        Assert.True(known > Cases / 2 && apart > Cases / 4, $"Bounds could tell in {known} of {Cases} cases alone, of which {apart} had classes or participants rounded up.");
    }

    private static UsageSlice Hd(string application, long minutes) => new(null, application, null, Kinds[1], minutes * 60);

    private static UsageSlice Used(Random chance)
    {
        string application = Applications[chance.Next(3)];
        ClassKey? key = chance.Next(5) == 0 ? null : Class($"c{chance.Next(9)}", chance.Next(4) == 0 ? null : chance.Next(5), application);
        return new UsageSlice(key, application, chance.Next(3) == 0 ? null : $"u{chance.Next(4)}", Kinds[chance.Next(4)], chance.Next(600));
    }

    private static Package Bought(Random chance, int number)
    {
        string[] ratios = ["1", "1", "1", "0.3", "2.5"];
        (string, string)[] covers = [.. Card.Rates.Where(_ => chance.Next(2) == 0).Select(rate => (rate.Id, ratios[chance.Next(5)]))];
        return Package(
            $"p{number}", $"{chance.Next(1, 60)}", chance.Next(3) == 0 ? null : Applications[chance.Next(3)], chance.Next(1, 14), "P10D",
            covers.Length > 0 ? covers : [("hd", "1")]);
    }

    private static IReadOnlyList<PackageUnits>? Left(UsageSlice[] usage, Package[] packages) => Of(Card, usage, packages).At(0);

    private static Remainder Of(RateCard card, UsageSlice[] usage, Package[] packages)
    {
        var totals = new PeriodTotals(new Calendar("Asia/Shanghai"), BillPeriod.OfDay(Day), card, packages);
        foreach (IGrouping<(string, Dimensions), UsageSlice> its in usage.GroupBy(slice => (slice.Application, slice.Dimensions)))
        {
            totals.Add(
                its.Key.Item1, its.Key.Item2, Calendar.Number(Day), its.Aggregate(Int128.Zero, (sum, slice) => sum + slice.Quantity), 0, 0,
                its.Select(slice => slice.Class).Distinct().Count(), its.Select(slice => (slice.Class, slice.User)).Distinct().Count());
        }

        return new Remainder([totals], packages);
    }
}
