using FsCheck;
using FsCheck.Fluent;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Rating;
using Minutebook.Core.Units;
using NodaTime;
using Xunit;
using static Minutebook.Core.Tests.Billing.Days;

namespace Minutebook.Core.Tests.Billing;

public sealed class TrueUpTests
{
    private static readonly RateCard Card = Cards.Of(Cards.Av.Replace("0.99", "10.00"));
    private static readonly LocalDate NextDay = Day.PlusDays(1);
    private static readonly HashSet<string> Off = ["app"];

    [Fact] // 6.3 and the case late-event-adjustment
    public void Twenty_late_minutes_are_billed_and_given_back_when_they_are_voided()
    {
        IReadOnlyList<BillLine> first = Minutes(30).Lines;
        BillLine more = TrueUp.Of(Minutes(50), first, [], NextDay, PayAsYouGo).Lines.Single();
        Assert.Equal((1200, 20, 20, "0.200000"), Told(more));
        Assert.Equal(BillPeriod.OfDay(Day), more.Adjusts);
        BillLine fewer = TrueUp.Of(Minutes(30), [.. first, more], [], NextDay, PayAsYouGo).Lines.Single();
        Assert.Equal((-1200, -20, -20, "-0.200000"), Told(fewer));
        Assert.Empty(TrueUp.Of(Minutes(30), [.. first, more, fewer], [], NextDay, PayAsYouGo).Lines);
    }

    [Fact] // 6.3: no unit changes; the quantity is caught up by the next line
    public void Seconds_within_a_started_minute_make_no_line()
    {
        IReadOnlyList<BillLine> first = Seconds(61).Lines;
        Assert.Empty(TrueUp.Of(Seconds(119), first, [], NextDay, PayAsYouGo).Lines);
        Assert.Equal(60, TrueUp.Of(Seconds(121), first, [], NextDay, PayAsYouGo).Lines.Single().Quantity);
    }

    [Fact] // 6.3: "so that blocks and tiers are not charged twice"
    public void A_block_that_is_paid_already_is_not_charged_twice()
    {
        RateCard blocks = Cards.Of(Cards.Av.Replace("'price'", "'wholeBlocks': true, 'price'"));
        IReadOnlyList<BillLine> first = Settle(blocks, [Av(null, 60)]).Lines;
        Assert.Equal("0.990000", first.Single().Amount.ToString());
        BillLine more = TrueUp.Of(Settle(blocks, [Av(null, 60_000)]), first, [], NextDay, PayAsYouGo).Lines.Single();
        Assert.Equal((59_940, 999, 999, "0.000000"), Told(more));
    }

    [Fact] // 6.3, 5.2
    public void Late_units_take_what_is_left_of_free_quota_and_packages_first()
    {
        RateCard card = Cards.Of(Cards.Av.Replace("'per'", "'free': 10, 'per'"));
        SettledPeriod closed = Settle(card, [Av(null, 300)], Package("p", "10"));
        Adjustments adjusted = TrueUp.Of(Settle(card, [Av(null, 1800)]), closed.Lines, closed.Packages, NextDay, PayAsYouGo);
        BillLine line = adjusted.Lines.Single();
        Assert.Equal((25, 5, 10, 10), ((int)line.Units, (int)line.FreeUnits, (int)line.PackageUnits, (int)line.PayAsYouGoUnits));
        Assert.Equal(PackageUnits.Zero, adjusted.Packages.Single().Remaining);
    }

    [Fact] // 6.3
    public void Voided_units_go_back_to_the_wallet_then_to_packages_still_valid()
    {
        Package ended = Package("ended", "10", boughtOn: 11, validity: "P2D", covers: [("av", "0.5")]);
        Package valid = Package("valid", "10");
        SettledPeriod closed = Settle(Card, [Av(null, 60 * 40)], ended, valid);
        Assert.Equal([("ended", 20), ("valid", 10)], closed.Lines.Single().Packages.Select(share => (share.Package, (int)share.Units)));
        Adjustments adjusted = TrueUp.Of(Settle(Card, []), closed.Lines, closed.Packages, NextDay, PayAsYouGo);
        BillLine line = adjusted.Lines.Single();
        Assert.Equal((-2400, -40, -10, "-0.100000"), Told(line));
        Assert.Equal([("valid", -10, "-10"), ("ended", -20, "0")], line.Packages.Select(share => (share.Package, (int)share.Units, share.Deducted.ToString())));
        Assert.Equal(["0", "10"], adjusted.Packages.Select(package => package.Remaining.ToString()));
    }

    [Fact] // 6.3, 5.5
    public void Late_units_are_uncovered_where_pay_as_you_go_is_off()
    {
        BillLine line = TrueUp.Of(Minutes(50), Minutes(30).Lines, [], NextDay, Off).Lines.Single();
        Assert.Equal((0, 20, "0.000000"), ((int)line.PayAsYouGoUnits, (int)line.UncoveredUnits, line.Amount.ToString()));
    }

    [Fact] // 6.3: uncovered, then packages from the last to the first, then free, each as far as it goes
    public void Voided_uncovered_units_go_before_packages_and_the_free_quota_goes_last()
    {
        RateCard card = Cards.Of(Cards.Av.Replace("'per'", "'free': 4, 'per'"));
        Package[] packages = [Package("first", "10"), Package("second", "6", boughtOn: 12, validity: "P2M")];
        SettledPeriod closed = Settlement.Settle(BillPeriod.OfDay(Day), card, [Av(null, 60 * 25)], packages, Off);
        Assert.Equal((4, 16, 5), ((int)closed.Lines[0].FreeUnits, (int)closed.Lines[0].PackageUnits, (int)closed.Lines[0].UncoveredUnits));

        string After(int minutes)
        {
            Adjustments adjusted = TrueUp.Of(Settle(card, [Av(null, 60 * minutes)]), closed.Lines, closed.Packages, NextDay, PayAsYouGo);
            BillLine line = adjusted.Lines.Single();
            return $"{line.UncoveredUnits} {string.Join(' ', line.Packages.Select(share => $"{share.Package}:{share.Units}:{share.Deducted}"))} {line.FreeUnits} "
                + $"{line.PayAsYouGoUnits}, left {string.Join(' ', adjusted.Packages.Select(package => package.Remaining))}";
        }

        Assert.Equal("-5  0 0, left 0 0", After(20));
        Assert.Equal("-5 second:-1:-1 0 0, left 0 1", After(19));
        Assert.Equal("-5 second:-6:-6 first:-2:-2 0 0, left 2 6", After(12));
        Assert.Equal("-5 second:-6:-6 first:-10:-10 -3 0, left 10 6", After(1));
    }

    [Fact] // 5.2 and 6.3: in the reverse of the order of deduction
    public void The_accounts_package_gets_its_units_back_before_the_applications_and_the_later_before_the_earlier()
    {
        Package[] packages = [Package("account", "10", null), Package("late", "10", validity: "P2M"), Package("early", "10")];
        SettledPeriod closed = Settle(Card, [Av(null, 60 * 30)], packages);
        Assert.Equal(["early", "late", "account"], closed.Lines.Single().Packages.Select(share => share.Package));

        Adjustments adjusted = TrueUp.Of(Settle(Card, [Av(null, 60 * 5)]), closed.Lines, closed.Packages, NextDay, PayAsYouGo);
        Assert.Equal(
            [("account", -10), ("late", -10), ("early", -5)], adjusted.Lines.Single().Packages.Select(share => (share.Package, (int)share.Units)));
    }

    [Fact] // 6.3: what is not known any more gets nothing back, and is the first to give
    public void Units_of_a_package_that_is_gone_are_given_up_without_being_given_back()
    {
        SettledPeriod closed = Settle(Card, [Av(null, 60 * 15)], Package("gone", "10"), Package("kept", "10"));
        Package kept = closed.Packages.Single(package => package.Id == "kept");
        Adjustments adjusted = TrueUp.Of(Settle(Card, [Av(null, 60 * 4)]), closed.Lines, [kept], NextDay, PayAsYouGo);

        Assert.Equal([("gone", -10, "0"), ("kept", -1, "-1")], adjusted.Lines.Single().Packages.Select(share => (share.Package, (int)share.Units, share.Deducted.ToString())));
        Assert.Equal("6", adjusted.Packages.Single().Remaining.ToString());
    }

    [Fact] // 6.3: "package units only to packages" that covered some
    public void An_adjustment_names_only_the_packages_that_give_something_back()
    {
        SettledPeriod closed = Settle(Card, [Av(null, 60 * 5)], Package("first", "10"), Package("untouched", "10"));
        BillLine line = TrueUp.Of(Settle(Card, [Av(null, 60 * 4)]), closed.Lines, closed.Packages, NextDay, PayAsYouGo).Lines.Single();

        Assert.Equal([("first", -1)], line.Packages.Select(share => (share.Package, (int)share.Units)));
    }

    [Fact] // 6.2 and 6.3
    public void Adjustments_stand_by_application_the_accounts_own_first_and_the_cards_order()
    {
        RateCard card = Cards.Of(string.Join(", ", Cards.Av.Replace("'id': 'av'", "'id': 'z'"), Rate("y", "whiteboard"), Rate("x", "playback", "account")));
        UsageSlice[] usage =
        [
            Of(Meter.Whiteboard, 60, "b"), Av(null, 60, null, "b"), Of(Meter.Playback, 60, "b"), Of(Meter.Whiteboard, 60, "A"), Av(null, 60, null, "A"),
        ];

        Assert.Equal(
            [(null, "x"), ("A", "z"), ("A", "y"), ("b", "z"), ("b", "y")],
            TrueUp.Of(Settle(card, usage), [], [], NextDay, PayAsYouGo).Lines.Select(line => (line.Application, line.Rate.Id)));
    }

    [Theory] // 6.3 and 5.5
    [InlineData("a", 2, 0)]
    [InlineData("a b", 0, 2)]
    public void An_accounts_late_units_are_uncovered_where_all_its_applications_have_pay_as_you_go_off(string off, int paid, int uncovered)
    {
        RateCard card = Cards.Of(Rate("x", "playback", "account"));
        SettledPeriod now = Settle(card, [Of(Meter.Playback, 60, "a"), Of(Meter.Playback, 60, "b")]);
        BillLine line = TrueUp.Of(now, [], [], NextDay, new HashSet<string>(off.Split(' '))).Lines.Single();

        Assert.Equal((paid, uncovered), ((int)line.PayAsYouGoUnits, (int)line.UncoveredUnits));
    }

    private static string Rate(string id, string meter, string scope = "application") =>
        $"{{'id': '{id}', 'meter': '{meter}', 'period': 'day', 'scope': '{scope}', 'unit': {{'name': 'minute', 'size': 60}}, 'roundUp': 'period', 'per': 1, 'price': '1'}}";

    [Fact] // 6.3: whatever came before, all lines together say the units and the price of now
    public void However_often_a_day_is_adjusted_it_is_charged_once()
    {
        Prop.ForAll(Gen.Choose(0, 200).ArrayOf().ToArbitrary(), minutes =>
        {
            Package[] packages = [Package("a", "7"), Package("b", "20", null, covers: [("av", "2")])];
            IReadOnlyList<Package> left = packages;
            var lines = new List<BillLine>();
            foreach (int now in minutes)
            {
                Adjustments adjusted = TrueUp.Of(Minutes(now), lines, left, Day, PayAsYouGo);
                lines.AddRange(adjusted.Lines);
                left = adjusted.Packages;
            }

            int last = minutes.LastOrDefault();
            BillLine? once = Settle(Card, [Av(null, last * 60)], packages).Lines.SingleOrDefault();
            return lines.Sum(line => (long)line.Units) == last
                && lines.Sum(line => (long)line.Quantity) == last * 60
                && lines.Aggregate(Money.Zero, (sum, line) => sum + line.Amount) == (once?.Amount ?? Money.Zero)
                && left.All(package => package.Remaining >= PackageUnits.Zero && package.Remaining <= package.Quantity);
        }).QuickCheckThrowOnFailure();
    }

    private static SettledPeriod Minutes(int minutes) => Seconds(minutes * 60);

    private static SettledPeriod Seconds(int seconds) => Settle(Card, [Av(null, seconds)]);

    private static (int Quantity, int Units, int PayAsYouGo, string Amount) Told(BillLine line) =>
        ((int)line.Quantity, (int)line.Units, (int)line.PayAsYouGoUnits, line.Amount.ToString());
}
