using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Rating;
using Minutebook.Core.Units;
using Xunit;
using static Minutebook.Core.Tests.Billing.Days;

namespace Minutebook.Core.Tests.Billing;

public sealed class SettlementTests
{
    private static readonly RateCard Card = Cards.Of(Cards.Av);
    private static readonly HashSet<string> Off = ["app"];

    [Fact] // 4.1, 5.3; the vendor: deduct 1, 0, 1
    public void Classes_of_30_20_and_40_seconds_account_for_1_0_and_1_minutes()
    {
        SettledPeriod settled = Settle(Card, [Av(Class("c3", 3), 40), Av(Class("c1", 1), 30), Av(Class("c2", 2), 20)]);
        Assert.Equal([("c1", 1), ("c2", 0), ("c3", 1)], settled.Shares.Select(share => (share.Class!.Id, (int)share.Units)));
        BillLine line = Assert.Single(settled.Lines);
        Assert.Equal((90, 2, 2), ((int)line.Quantity, (int)line.Units, (int)line.PayAsYouGoUnits));
    }

    [Fact] // 5.3: by (end, start, application, id), running ones after the ended
    public void Classes_are_settled_by_end_then_start_then_application_then_id()
    {
        ClassKey[] order =
        [
            Class("z", 1, "z", 0), Class("y", 2, "y", 0), Class("x", 2, "a", 1), Class("a", 2, "b", 1), Class("b", 2, "b", 1), Class("o", null, "a", 0), Class("c", null, "a", 1),
        ];
        RateCard card = Cards.Of(Cards.Av.Replace("'roundUp'", "'scope': 'account', 'roundUp'"));
        IEnumerable<ClassKey?> Settled(IEnumerable<ClassKey> given) => Settle(card, [.. given.Select(key => Av(key, 60, application: key.Application))]).Shares.Select(share => share.Class);

        Assert.Equal(order, Settled(order));
        Assert.Equal(order, Settled(order.Reverse()));
    }

    [Fact] // 4.1: app has 60 s in all, told in two pieces with another application's between
    public void Usage_without_a_class_is_one_class_in_whatever_pieces_it_comes()
    {
        RateCard card = Cards.Of(Cards.Av.Replace("'roundUp': 'period'", "'roundUp': 'class'"));
        SettledPeriod settled = Settle(card, [Av(null, 30), Av(null, 30, application: "other"), Av(null, 30, application: new string("app".ToCharArray()))]);
        Assert.Equal([("app", 1), ("other", 1)], settled.Lines.Select(line => (line.Application, (int)line.Units)));
    }

    [Fact]
    public void Usage_below_zero_is_a_mistake_of_the_caller() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Settle(Card, [Av(null, -1)]));

    [Theory] // 4.1: 30 + 20 + 40 s; c1 has two participants of 15 s
    [InlineData("period", 2)]
    [InlineData("class", 3)]
    [InlineData("participant", 4)]
    public void Minutes_are_rounded_up_where_the_rate_says(string level, int units)
    {
        RateCard card = Cards.Of(Cards.Av.Replace("'roundUp': 'period'", $"'roundUp': '{level}'"));
        SettledPeriod settled = Settle(
            card, [Av(Class("c1", 1), 15, "a"), Av(Class("c2", 2), 20), Av(Class("c1", 1), 10, "b"), Av(Class("c1", 1), 5, "b"), Av(Class("c3", 3), 40)]);
        Assert.Equal(units, settled.Lines.Single().Units);
        Assert.Equal(units, settled.Shares.Sum(share => (int)share.Units));
    }

    [Theory] // 4.1: app has 41 s in all (40 s of nobody, 1 s of a user), other 61 s
    [InlineData("class", 1 + 2)]
    [InlineData("participant", 1 + 1 + 2)]
    public void Usage_without_a_class_is_one_class_and_without_a_user_one_participant(string level, int units)
    {
        RateCard card = Cards.Of(Cards.Av.Replace("'roundUp': 'period'", $"'roundUp': '{level}'"));
        SettledPeriod settled = Settle(card, [Av(null, 20, null), Av(null, 20, null), Av(null, 1, "u"), Av(null, 61, null, "other")]);
        Assert.Equal(units, settled.Lines.Sum(line => (int)line.Units));
    }

    [Fact] // 4.7, and the published example: 30 + 40 + 40 minutes at 7.00 per 1,000, the mixed stream apart
    public void The_recording_example_costs_77_cents()
    {
        SettledPeriod settled = Settle(PublicCard.Card, [
            Of(Meter.Recording, 1800, "app", "camera"), Of(Meter.Recording, 2400, "app", "camera"),
            Of(Meter.Recording, 2400, "app", "whiteboard"), Of(Meter.Recording, 2400, "app", "mixed")]);
        Assert.Equal([(6600, 110, "0.770000"), (2400, 40, "0.000000")], settled.Lines.Select(line => ((int)line.Quantity, (int)line.Units, line.Amount.ToString())));
    }

    [Fact] // 4.2, 4.3, 4.9
    public void Twenty_two_thousand_screenshots_cost_36_cents_and_eight_thousand_nothing()
    {
        SettledPeriod settled = Settlement.Settle(
            BillPeriod.OfMonth(Day), PublicCard.Card,
            [Of(Meter.Screenshot, 12_500, "big"), Of(Meter.Screenshot, 9_500, "big"), Of(Meter.Screenshot, 8_000, "small")], [], PayAsYouGo);
        Assert.Equal(
            [("big", 10_000, 12_000, "0.360000"), ("small", 8_000, 0, "0.000000")],
            settled.Lines.Select(line => (line.Application, (int)line.FreeUnits, (int)line.PayAsYouGoUnits, line.Amount.ToString())));
    }

    [Fact] // 4: period; 4.7: not priced
    public void A_day_has_no_monthly_lines_and_what_is_not_priced_makes_no_bill()
    {
        SettledPeriod settled = Settle(PublicCard.Card, [Of(Meter.Screenshot, 5), Of(Meter.Av, 100, "app", "hd"), Of(Meter.Playback, 9), Av(null, 0)]);
        Assert.Empty(settled.Lines);
        Assert.Empty(settled.Shares);
        Assert.Null(Bill.Issue("a", settled, [], At(13)));
    }

    [Fact] // 5.2
    public void A_package_of_90_minutes_leaves_30_of_120_to_pay()
    {
        SettledPeriod settled = Settle(Card, [Av(Class("lesson", 60), 7200)], Package("p", "90"));
        BillLine line = settled.Lines.Single();
        Assert.Equal(new PackageShare("p", 90, PackageUnits.Whole(90)), Assert.Single(line.Packages));
        Assert.Equal((120, 90, 30, "0.029700"), ((int)line.Units, (int)line.PackageUnits, (int)line.PayAsYouGoUnits, line.Amount.ToString()));
        Assert.True(settled.Packages.Single().IsUsedUp);
    }

    [Fact] // 5.5
    public void Without_pay_as_you_go_the_rest_is_uncovered_and_free()
    {
        SettledPeriod settled = Settlement.Settle(BillPeriod.OfDay(Day), Card, [Av(Class("lesson", 60), 7200)], [Package("p", "60")], Off);
        BillLine line = settled.Lines.Single();
        Assert.Equal((60, 0, 60, Money.Zero), ((int)line.PackageUnits, (int)line.PayAsYouGoUnits, (int)line.UncoveredUnits, line.Amount));
    }

    [Fact] // 5.2: free quota; application before account, earlier end first, earlier purchase first
    public void Units_are_taken_off_in_the_published_order()
    {
        Package[] packages = [
            Package("account", "10", null, 1, "P20D"), Package("late", "10", boughtOn: 12), Package("second", "10", boughtOn: 11, validity: "P11D"),
            Package("first", "10", boughtOn: 10, validity: "P12D"), Package("other", "10", "other")];
        SettledPeriod settled = Settle(Cards.Of(Cards.Av.Replace("'per'", "'free': 5, 'per'")), [Av(null, 60 * 42)], packages);
        BillLine line = settled.Lines.Single();
        Assert.Equal(["first", "second", "late", "account"], line.Packages.Select(share => share.Package));
        Assert.Equal((5, 37, 0), ((int)line.FreeUnits, (int)line.PackageUnits, (int)line.PayAsYouGoUnits));
        Assert.Equal(["3", "0", "0", "0", "10"], settled.Packages.Select(package => package.Remaining.ToString()));
    }

    [Fact] // 5.2: a day is served by packages valid on it, a month by those valid on its last day
    public void A_package_serves_the_days_on_which_it_is_valid()
    {
        Package ended = Package("ended", "10", boughtOn: 2, validity: "P10D");
        Package lastDay = Package("last", "10", boughtOn: 2, validity: "P11D");
        Package later = Package("later", "10", boughtOn: 13);
        Package refunded = Package("refunded", "10") with { Refunded = true };
        SettledPeriod day = Settle(Card, [Av(null, 6000)], ended, lastDay, later, refunded);
        Assert.Equal(["last"], day.Lines.Single().Packages.Select(share => share.Package));
        RateCard monthly = Cards.Of(Cards.Av.Replace("'day'", "'month'"));
        SettledPeriod month = Settlement.Settle(BillPeriod.OfMonth(Day), monthly, [Av(null, 6000)], [ended, lastDay, later, refunded], PayAsYouGo);
        Assert.Equal(["later"], month.Lines.Single().Packages.Select(share => share.Package));
    }

    [Fact] // 5.1: what remains ÷ ratio, rounded down
    public void A_package_covers_whole_billed_units_and_leaves_the_rest()
    {
        Package package = Package("p", "10", covers: [("av", "4")]);
        SettledPeriod settled = Settle(Card, [Av(null, 300)], package);
        Assert.Equal(new PackageShare("p", 2, PackageUnits.Whole(8)), settled.Lines.Single().Packages.Single());
        Assert.Equal("2", settled.Packages.Single().Remaining.ToString());
        Assert.True(settled.Packages.Single().IsUsedUp);
    }

    [Fact] // 5.2 and 6.2: a package that is used up, or not yet begun, is on no line and at no class
    public void Only_packages_that_cover_something_stand_on_a_line_and_at_its_classes()
    {
        SettledPeriod settled = Settle(
            Cards.Of(Cards.Av), [Av(Class("c", 1), 600), Av(Class("d", 2), 600)], Package("first", "10"), Package("second", "10"), Package("third", "10"));

        Assert.Equal([("first", 10), ("second", 10)], settled.Lines.Single().Packages.Select(share => (share.Package, (int)share.Units)));
        Assert.Equal(
            [("c", "first"), ("d", "second")], settled.Shares.Select(share => (share.Class!.Id, share.Packages.Single().Package)));
    }

    [Fact] // 5.3: an earlier class takes the package before a later one, within a class the card's order
    public void A_package_goes_to_the_class_that_ended_first()
    {
        RateCard card = Cards.Of(Cards.Av + ", " + Cards.Av.Replace("'av'", "'whiteboard'"));
        ClassKey early = Class("z", 1);
        ClassKey late = Class("a", 2);
        UsageSlice[] usage = [
            Av(Class("running", null), 600), Av(late, 600), new(early, "app", "u", Meter.Whiteboard.None, 600), Av(early, 600), Av(null, 600)];
        SettledPeriod settled = Settle(card, usage, Package("p", "25", covers: [("av", "1"), ("whiteboard", "1")]));
        Assert.Equal(
            [("z", 0, 10), ("z", 1, 10), ("a", 0, 5), ("running", 0, 0), (null, 0, 0)],
            settled.Shares.Select(share => (share.Class?.Id, share.Rate, share.Packages.Sum(part => (int)part.Units))));
    }

    [Fact] // 5.3
    public void Classes_that_never_started_come_after_all_others_by_application_and_the_cards_order()
    {
        RateCard card = Cards.Of(Cards.Av + ", " + Cards.Av.Replace("'av'", "'whiteboard'"));
        ClassKey never = Class("n", null, "b", null);
        SettledPeriod settled = Settle(card, [
            new(never, "b", null, Meter.Whiteboard.None, 60), Av(never, 60), Av(null, 60, application: "b"), Av(null, 60, application: "a"), Av(Class("c", null, "z"), 60)]);
        Assert.Equal(
            [("z", "c", 0), ("a", null, 0), ("b", "n", 0), ("b", null, 0), ("b", "n", 1)],
            settled.Shares.Select(share => (share.Application, share.Class?.Id, share.Rate)));
    }

    [Fact] // 4.1, 5.2: one total, one line without application, the account's packages alone
    public void A_rate_of_the_account_makes_one_line_for_all_applications()
    {
        RateCard card = Cards.Of(Cards.Av.Replace("'per'", "'scope': 'account', 'free': 1, 'per'"));
        UsageSlice[] usage = [Av(Class("c1", 1), 90), Av(Class("c2", 2, "b"), 90), Av(Class("c3", 3), 90)];
        SettledPeriod settled = Settlement.Settle(
            BillPeriod.OfDay(Day), card, usage, [Package("apps", "9"), Package("all", "1", null)], Off);
        BillLine line = settled.Lines.Single();
        Assert.Null(line.Application);
        Assert.Equal((270, 5, 1, 1), ((int)line.Quantity, (int)line.Units, (int)line.FreeUnits, (int)line.PackageUnits));
        Assert.Equal("all", line.Packages.Single().Package);
        // c1 2 (1 free, 1 package), c2 1 (of b: paid), c3 2 (of app: uncovered).
        Assert.Equal((1, 2), ((int)line.PayAsYouGoUnits, (int)line.UncoveredUnits));
    }

    [Fact] // 3: peak; an account's several applications take the maximum
    public void Peaks_are_not_added_up()
    {
        string rate = "{'id': 'peak', 'meter': 'peak', 'period': 'day', 'unit': {'name': 'user', 'size': 1}, 'roundUp': 'period', 'per': 1, 'price': '1'}";
        UsageSlice[] usage = [Of(Meter.Peak, 30, "a"), Of(Meter.Peak, 50, "b"), Of(Meter.Peak, 40, "a")];
        Assert.Equal([40, 50], Settle(Cards.Of(rate), usage).Lines.Select(line => (int)line.Units));
        Assert.Equal(50, Settle(Cards.Of(rate.Replace("'per'", "'scope': 'account', 'per'")), usage).Lines.Single().Units);
    }

    [Fact] // 6.2
    public void Lines_are_ordered_by_application_and_the_cards_order()
    {
        RateCard card = Cards.Of(string.Join(", ", Cards.Av.Replace("'av'", "'playback'").Replace("'per'", "'scope': 'account', 'per'"), Cards.Av.Replace("'av'", "'whiteboard'"), Cards.Av));
        SettledPeriod settled = Settle(card, [
            Av(null, 1, application: "b"), Of(Meter.Whiteboard, 1, "b"), Av(null, 1, application: "B"), Of(Meter.Playback, 1, "b")]);
        Assert.Equal([(null, "playback"), ("B", "av"), ("b", "whiteboard"), ("b", "av")], settled.Lines.Select(line => (line.Application, line.Rate.Id)));
    }

    [Fact]
    public void Usage_below_zero_is_a_mistake_of_ours()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Settle(Card, [Av(null, -1)]));
        Assert.Throws<ArgumentException>(() => Settle(Card, [new(Class("c", 1), "other", null, Audio, 1)]));
    }
}
