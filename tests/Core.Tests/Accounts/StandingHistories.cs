using System.Text;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Accounts;

/// <summary>Histories in which late events, voids, purchases and refunds, rather than a plain bill, make or end a standing (rules 5.6, 6.3 and 7).</summary>
public sealed class StandingHistories
{
    private const string Card = """
        {"currency": "USD", "rates": [
          {"id": "av", "meter": "av", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "10.00"},
          {"id": "recording", "meter": "recording", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "7.00"},
          {"id": "screenshot", "meter": "screenshot", "period": "month", "unit": {"name": "sheet", "size": 1}, "roundUp": "period", "per": 1000, "price": "0.03"}],
         "packages": [
          {"sku": "m60", "name": "m60", "quantity": 60, "unit": "minute", "covers": [{"rate": "av", "ratio": "1"}], "scope": "application", "validity": "P1M", "price": "5.00"},
          {"sku": "s10", "name": "s10", "quantity": 10, "unit": "sheet", "covers": [{"rate": "screenshot", "ratio": "1"}], "scope": "application", "validity": "P1M", "price": "1.00"}]}
        """;

    private static School Carded(string? limit = null)
    {
        var cards = new RateCards();
        var version = new RateCardVersion("test", new LocalDate(2027, 1, 1));
        Assert.Null(cards.Publish(RateCardJson.Read(version, Encoding.UTF8.GetBytes(Card)).Card!, new LocalDate(2027, 1, 1)).Refusal);
        return new School(new Command.PutAccount("account", "School", "USD", "Asia/Shanghai", "test", CreditLimit: limit), cards);
    }

    private static Command.BuyPackage Buy(string sku, string reference) => new("account", sku, School.App, reference);

    private static Command.PutApplication PayAsYouGo(bool on) => new("account", School.App, null, PayAsYouGo: on);

    /// <summary>A class of one user.</summary>
    private static School Taught(School school, string id, string from, string to) => school
        .Tell("class.started", from, id).Tell("participant.joined", from, id).Tell("participant.left", to, id).Tell("class.ended", to, id);

    /// <summary>The same told afterwards, its end first: at no moment does it seem to run still.</summary>
    private static School ToldLate(School school, string id, string from, string to, string arrives) => school
        .Tell("class.ended", to, id, arrives: arrives).Tell("class.started", from, id, arrives: arrives)
        .Tell("participant.left", to, id, arrives: arrives).Tell("participant.joined", from, id, arrives: arrives);

    [Fact]
    public void Rule_7_1_a_purchase_beyond_the_limit_makes_the_account_overdue_at_once_and_giving_it_back_good_again()
    {
        School school = Carded("1.00").Order("2027-04-23T02:00:00Z", Buy("m60", "p1"));
        Assert.Equal("overdue", school.Standing);
        Assert.Equal("no: AccountOverdue", school.Ask("class.create"));

        school.Order("2027-04-23T03:00:00Z", new Command.RefundPackage("account", "P-1"));
        Assert.Equal(
            [
                "2027-04-23T01:00:00Z good: account created", "2027-04-23T02:00:00Z overdue: package p1", "2027-04-23T03:00:00Z good: refund p1",
            ],
            school.Timeline);
        Assert.Equal(["2027-04-23T02:00:00Z account.overdue", "2027-04-23T03:00:00Z account.restored"], school.Alerts);
    }

    [Fact]
    public void Rules_6_3_and_7_1_a_late_event_makes_the_account_overdue_at_the_close_that_charges_it()
    {
        // 100 minutes are 0.70, paid for; 100 more of the same day arrive two days later.
        School school = Carded().Pay("2027-04-23T02:00:00Z", "0.70").Record("2027-04-23T03:00:00Z", 100).At("2027-04-25T10:00:00Z");
        Assert.Equal("good", school.Standing);

        school.Tell("recording.completed", "2027-04-23T04:00:00Z", "recorded late", @event => @event with { Recording = "l", Files = [new("camera", 6000)] }, "2027-04-25T10:00:00Z");
        Assert.Equal("good", school.At("2027-04-25T17:59:59.999Z").Standing);
        Assert.Equal("overdue", school.At("2027-04-25T18:00:00Z").Standing);
        Assert.Equal("2027-04-25T18:00:00Z account.overdue", school.Alerts[^1]);
    }

    [Fact]
    public void Rules_6_3_and_7_3_what_is_given_back_at_a_close_restores_as_a_payment_does()
    {
        School school = Carded().Record("2027-04-23T03:00:00Z", 100).At("2027-04-24T10:00:00Z");
        Assert.Equal("overdue", school.Standing);

        // The recording was none: e1 is its event. The next close gives its 0.70 back, at the very instant at which the grace ends: closes come first.
        school.Tell("event.voided", "2027-04-24T10:00:00Z", "recorded", @event => @event with { TargetSource = "//story", TargetId = "e1" }).At("2027-04-24T18:00:00Z");
        Assert.Equal("good", school.Standing);
        Assert.DoesNotContain(school.Alerts, alert => alert.EndsWith("account.suspended", StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_5_6_and_6_3_a_late_event_that_uses_a_package_up_suspends_at_the_close_that_charges_it()
    {
        School school = Carded().Pay("2027-04-23T01:10:00Z", "100").Order("2027-04-23T01:20:00Z", PayAsYouGo(false)).Order("2027-04-23T01:30:00Z", Buy("m60", "p1"));
        Taught(school, "told", "2027-04-23T02:00:00Z", "2027-04-23T02:50:00Z").At("2027-04-24T10:00:00Z");
        ToldLate(school, "told late", "2027-04-23T03:00:00Z", "2027-04-23T03:20:00Z", "2027-04-24T10:00:00Z");
        Assert.Equal("yes", school.At("2027-04-24T17:59:59.999Z").Ask("class.create"));

        Assert.Equal("no: PackageExhausted", school.At("2027-04-24T18:00:00Z").Ask("class.create"));
        Assert.Equal(["2027-04-24T18:00:00Z package.used-up", "2027-04-24T18:00:00Z application.suspended"], school.Alerts[^2..]);
    }

    [Fact]
    public void Rules_5_6_and_6_3_units_that_come_back_into_a_package_restore_at_the_close_that_gives_them_back()
    {
        School school = Carded().Pay("2027-04-23T01:10:00Z", "100").Order("2027-04-23T01:20:00Z", PayAsYouGo(false)).Order("2027-04-23T01:30:00Z", Buy("m60", "p1"));
        Taught(school, "lesson", "2027-04-23T02:00:00Z", "2027-04-23T03:00:00Z").At("2027-04-24T10:00:00Z");
        Assert.Equal("no: PackageExhausted", school.Ask("class.create"));

        // The join, e3, was none: payment and events are numbered alike.
        school.Tell("event.voided", "2027-04-24T10:00:00Z", "lesson", @event => @event with { TargetSource = "//story", TargetId = "e3" });
        Assert.Equal("no: PackageExhausted", school.At("2027-04-24T17:59:59.999Z").Ask("class.create"));
        Assert.Equal("yes", school.At("2027-04-24T18:00:01Z").Ask("class.create"));
        Assert.Equal("2027-04-24T18:00:00Z application.restored", school.Alerts[^1]);
    }

    [Fact]
    public void Rule_5_6_a_package_that_today_has_used_up_already_when_it_is_bought_suspends_at_its_purchase()
    {
        School school = Carded().Pay("2027-04-23T01:10:00Z", "100").Order("2027-04-23T01:20:00Z", PayAsYouGo(false));
        Taught(school, "before", "2027-04-23T02:00:00Z", "2027-04-23T04:00:00Z").At("2027-04-23T05:00:00Z");
        Assert.Equal("yes", school.Ask("class.create"));

        // Valid from local midnight (rule 5.1), it serves the two hours of the morning too.
        school.Order("2027-04-23T05:00:00Z", Buy("m60", "p1"));
        Assert.Equal("no: PackageExhausted", school.Ask("class.create"));
        Assert.Equal(
            ["2027-04-23T05:00:00Z package.80-percent", "2027-04-23T05:00:00Z package.used-up", "2027-04-23T05:00:00Z application.suspended"], school.Alerts);
    }

    [Fact]
    public void Rule_5_6_what_is_billed_by_the_month_uses_a_package_up_live_too()
    {
        School school = Carded().Pay("2027-04-23T01:10:00Z", "100").Order("2027-04-23T01:15:00Z", new Command.PutApplication("account", School.App, null, Edition: new Given<string>("flagship")))
            .Order("2027-04-23T01:20:00Z", PayAsYouGo(false)).Order("2027-04-23T01:30:00Z", Buy("s10", "p1"));
        school.Tell("screenshot.captured", "2027-04-25T02:00:00Z", "lesson", @event => @event with { Count = 9 }).At("2027-04-25T02:00:05Z");
        Assert.Equal("yes", school.Ask("class.create"));
        school.Tell("screenshot.captured", "2027-04-28T02:00:00Z", "lesson", @event => @event with { Count = 1 }).At("2027-04-28T02:00:02Z");
        Assert.Equal("no: PackageExhausted", school.Ask("class.create"));
    }

    [Fact]
    public void Rule_7_7_an_application_that_came_to_need_a_package_after_it_was_created_is_told_of_even_in_the_same_instant()
    {
        School school = Carded().Pay("2027-04-23T01:10:00Z", "100");
        school.Order("2027-04-23T02:00:00Z", new Command.PutApplication("account", "second", "Second"));
        school.Order("2027-04-23T02:00:00Z", new Command.PutApplication("account", "second", null, Plan: Plan.MonthlyPackage));
        Assert.Equal(["2027-04-23T02:00:00Z application.suspended"], school.Alerts);
    }

    [Fact]
    public void Rules_7_2_and_7_5_terms_hold_and_payments_over_months_leave_one_history()
    {
        School school = Carded().Record("2027-04-23T03:00:00Z", 100)
            // Suspended at 2027-04-24T18:00Z; held from day 10 to day 40, when 50 days are left.
            .Order("2027-05-04T18:00:00Z", new Command.PutAccount("account", null, null, null, LegalHold: true))
            .Order("2027-06-03T18:00:00Z", new Command.PutAccount("account", null, null, null, LegalHold: false));
        Assert.Equal(("released", "2027-07-23T18:00:00Z"), school.Next);
        // Longer terms move it: 90 days, 10 of which are counted.
        school.Order("2027-06-04T00:00:00Z", new Command.PutAccount("account", null, null, null, HoldDays: 90));
        Assert.Equal(("released", "2027-08-22T18:00:00Z"), school.Next);
        // Paying not quite all changes nothing; all of it ends it, and the next suspension begins its days anew.
        school.Pay("2027-08-01T00:00:00Z", "0.69").At("2027-08-01T00:00:00Z");
        Assert.Equal("suspended", school.Standing);
        school.Pay("2027-08-02T00:00:00Z", "0.01").Record("2027-08-03T03:00:00Z", 100).At("2027-08-20T00:00:00Z");

        Assert.Equal(
            [
                "2027-04-23T01:00:00Z good: account created", "2027-04-23T18:00:00Z overdue: bill account-D-2027-04-23", "2027-04-24T18:00:00Z suspended: overdue for 24 hours",
                "2027-08-02T00:00:00Z good: top-up t3", "2027-08-03T18:00:00Z overdue: bill account-D-2027-08-03", "2027-08-04T18:00:00Z suspended: overdue for 24 hours",
            ],
            school.Timeline);
        Assert.Equal(("released", "2027-11-02T18:00:00Z"), school.Next);
        // 30 days before 22 August is 23 July.
        Assert.Equal("2027-07-23T18:00:00Z account.release-coming", Assert.Single(school.Alerts, alert => alert.EndsWith("release-coming", StringComparison.Ordinal)));
    }
}
