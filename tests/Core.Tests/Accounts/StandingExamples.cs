using Minutebook.Core.Accounts;
using Xunit;

namespace Minutebook.Core.Tests.Accounts;

/// <summary>Rules 7.1 to 7.5 and 7.7 by example, to the instant. A recording of 100 minutes costs 0.70 USD and is billed at 18:00Z (02:00 local).</summary>
public sealed class StandingExamples
{
    private static School Owing(Command.PutAccount? command = null) => new School(command).Record("2027-04-23T02:00:00Z", 100);

    private static Command.PutAccount Change(int? graceHours = null, int? holdDays = null, bool? legalHold = null, string? creditLimit = null) =>
        new("account", null, null, null, GraceHours: graceHours, HoldDays: holdDays, LegalHold: legalHold, CreditLimit: creditLimit);

    [Fact]
    public void Rule_7_1_an_account_is_overdue_from_the_instant_of_the_bill_that_it_cannot_pay()
    {
        School school = Owing().At("2027-04-23T17:59:59.999Z");
        Assert.Equal("good", school.Standing);

        school.At("2027-04-23T18:00:00Z");
        Assert.Equal("overdue", school.Standing);
        Assert.Equal(("suspended", "2027-04-24T18:00:00Z"), school.Next);
        Assert.Equal(["2027-04-23T01:00:00Z good: account created", "2027-04-23T18:00:00Z overdue: bill account-D-2027-04-23"], school.Timeline);
        Assert.Equal(["2027-04-23T18:00:00Z account.overdue"], school.Alerts);
    }

    [Fact]
    public void Rule_7_1_a_balance_of_exactly_minus_the_credit_limit_is_still_good()
    {
        Assert.Equal("good", Owing().Order("2027-04-23T03:00:00Z", Change(creditLimit: "0.70")).At("2027-05-23T18:00:00Z").Standing);
        Assert.Equal("overdue", Owing().Order("2027-04-23T03:00:00Z", Change(creditLimit: "0.69")).At("2027-04-23T18:00:00Z").Standing);
    }

    [Fact]
    public void Rule_7_1_a_changed_credit_limit_counts_at_once()
    {
        School school = Owing().Order("2027-04-24T06:00:00Z", Change(creditLimit: "0.70"));
        Assert.Equal("good", school.Standing);

        school.Order("2027-04-24T07:00:00Z", Change(creditLimit: "0"));
        Assert.Equal(
            ["2027-04-23T18:00:00Z overdue: bill account-D-2027-04-23", "2027-04-24T06:00:00Z good: credit limit", "2027-04-24T07:00:00Z overdue: credit limit"],
            school.Timeline[1..]);
        Assert.Equal(("suspended", "2027-04-25T07:00:00Z"), school.Next);
    }

    [Fact]
    public void Rule_7_2_24_hours_after_the_alert_it_is_suspended_and_60_days_later_released()
    {
        School school = Owing().At("2028-01-01T00:00:00Z");

        Assert.Equal(
            [
                "2027-04-23T18:00:00Z overdue: bill account-D-2027-04-23", "2027-04-24T18:00:00Z suspended: overdue for 24 hours",
                "2027-06-23T18:00:00Z released: suspended for 60 days",
            ],
            school.Timeline[1..]);
        Assert.Null(school.Next);
    }

    [Fact]
    public void Rule_7_2_the_hours_and_days_are_the_accounts_own()
    {
        var terms = new Command.PutAccount("account", "School", "USD", "Asia/Shanghai", GraceHours: 1, HoldDays: 2);
        Assert.Equal(
            ["2027-04-23T18:00:00Z account.overdue", "2027-04-23T19:00:00Z account.suspended", "2027-04-24T19:00:00Z account.release-coming", "2027-04-25T19:00:00Z account.released"],
            Owing(terms).At("2027-05-01T00:00:00Z").Alerts[..4]);
    }

    [Fact]
    public void Rule_7_2_shorter_terms_never_reach_into_the_past()
    {
        School school = Owing().Order("2027-04-24T06:00:00Z", Change(graceHours: 2));
        Assert.Equal("2027-04-24T06:00:00Z suspended: overdue for 2 hours", school.Timeline[^1]);

        // Thirty days of the hold are over when it becomes thirty-five: the warning of thirty days is behind, and is given at once.
        school.Order("2027-05-24T06:00:00Z", Change(holdDays: 35));
        Assert.Equal(("released", "2027-05-29T06:00:00Z"), school.Next);
        school.At("2027-05-29T06:00:00Z");
        Assert.Equal(
            [
                "2027-05-24T06:00:00Z account.release-coming", "2027-05-24T06:00:00Z account.release-coming",
                "2027-05-28T06:00:00Z account.release-coming", "2027-05-29T06:00:00Z account.released",
            ],
            school.Alerts[2..6]);
    }

    [Fact]
    public void Rule_7_2_at_one_instant_a_payment_comes_before_the_close_and_what_follows_from_it()
    {
        School atClose = Owing().Pay("2027-04-23T18:00:00Z", "0.70");
        Assert.Equal(["2027-04-23T01:00:00Z good: account created"], atClose.Timeline);

        School atSuspension = Owing().Pay("2027-04-24T18:00:00Z", "0.70");
        Assert.Equal("2027-04-24T18:00:00Z good: top-up t2", atSuspension.Timeline[^1]);
        Assert.Equal(["2027-04-23T18:00:00Z account.overdue", "2027-04-24T18:00:00Z account.restored"], atSuspension.Alerts);
    }

    [Fact]
    public void Rule_7_3_paying_up_to_the_limit_ends_it_at_once_and_paying_less_does_not()
    {
        School school = Owing().Pay("2027-04-26T09:30:00Z", "0.69");
        Assert.Equal("suspended", school.Standing);

        school.Pay("2027-04-26T09:30:01Z", "0.01");
        Assert.Equal("good", school.Standing);
        Assert.Null(school.Next);
        Assert.Equal(
            ["2027-04-23T18:00:00Z account.overdue", "2027-04-24T18:00:00Z account.suspended", "2027-04-26T09:30:01Z account.restored"],
            school.At("2028-01-01T00:00:00Z").Alerts);
    }

    [Fact]
    public void Rule_7_3_a_released_account_takes_no_money_and_no_settings_but_events_and_bills()
    {
        School school = Owing().At("2027-07-01T00:00:00Z");
        foreach (Command refused in new Command[]
        {
            new Command.TopUp("account", "10.00", "USD", "late"), Change(legalHold: true), new Command.PutApplication("account", "app", "A"),
            new Command.PutSection("account", "s"), new Command.PutConnector("account", "app", "trtc", ""), new Command.Terminate("account", "again"),
        })
        {
            Assert.Equal(Refusal.AccountReleased, school.Desk.Book.Apply(refused, School.Ms("2027-07-01T00:00:00Z")).Refusal);
        }

        school.Record("2027-07-01T01:00:00Z", 100).At("2027-07-01T18:00:00Z");
        Assert.Equal("-1.400000", school.State.Balance);
        Assert.Equal("released", school.Standing);
    }

    [Fact]
    public void Rule_7_3_a_terminated_account_stays_so_whatever_is_paid_and_is_released_60_days_later()
    {
        School school = new School().Order("2027-05-01T00:00:00Z", new Command.Terminate("account", "spam")).Pay("2027-05-02T00:00:00Z", "1000");
        Assert.Equal("terminated", school.Standing);
        Assert.Equal(("released", "2027-06-30T00:00:00Z"), school.Next);

        school.Order("2027-05-03T00:00:00Z", new Command.Terminate("account", "more spam")).At("2027-07-01T00:00:00Z");
        Assert.Equal(["2027-05-01T00:00:00Z terminated: spam", "2027-06-30T00:00:00Z released: terminated 60 days ago"], school.Timeline[1..]);
        Assert.Equal(
            [
                "2027-05-01T00:00:00Z account.terminated", "2027-05-31T00:00:00Z account.release-coming", "2027-06-23T00:00:00Z account.release-coming",
                "2027-06-29T00:00:00Z account.release-coming", "2027-06-30T00:00:00Z account.released",
            ],
            school.Alerts[..5]);
    }

    [Fact]
    public void Rule_7_3_the_release_of_a_suspended_account_that_is_terminated_counts_from_the_termination()
    {
        School school = Owing().Order("2027-06-20T00:00:00Z", new Command.Terminate("account", "spam"));
        Assert.Equal(("released", "2027-08-19T00:00:00Z"), school.Next);
    }

    [Fact]
    public void Rule_7_4_a_process_that_was_down_for_months_finds_the_same_history()
    {
        School atOnce = Owing().At("2027-07-05T00:00:00Z");
        School byHours = Owing();
        for (long now = School.Ms("2027-04-23T03:00:00Z"); now < School.Ms("2027-07-05T00:00:00Z"); now += 3_599_999)
        {
            byHours.Desk.AdvanceTo(now);
            byHours.Desk.Flush();
        }

        byHours.At("2027-07-05T00:00:00Z");
        Assert.Equal(byHours.Alerts, atOnce.Alerts);
        Assert.Equal(byHours.Desk.Tables.Lines(), atOnce.Desk.Tables.Lines());
    }

    [Fact]
    public void Rule_7_5_release_is_announced_30_7_and_1_days_before_and_then_orders_what_is_deleted()
    {
        School school = Owing().At("2027-06-24T00:00:00Z");

        Assert.Equal(
            [
                "2027-05-24T18:00:00Z account.release-coming", "2027-06-16T18:00:00Z account.release-coming", "2027-06-22T18:00:00Z account.release-coming",
                "2027-06-23T18:00:00Z account.released", "2027-06-23T18:00:00Z release.requested", "2027-06-23T18:00:00Z release.requested",
                "2027-06-23T18:00:00Z release.requested",
            ],
            school.Alerts[2..]);
        Assert.Equal(
            ["1 Recordings Ordered", "2 Configuration Ordered", "3 Application Ordered"],
            school.State.Orders.Select(order => $"{order.Order} {order.Resource} {order.Status}"));
        Assert.Contains(school.Desk.Tables.Alerts.Values, alert => alert is { Application: "app", Data: """{"order":2,"resource":"configuration","application":"app"}""" });
    }

    [Fact]
    public void Rule_7_5_a_warning_whose_instant_lies_before_the_suspension_is_left_out()
    {
        var terms = new Command.PutAccount("account", "School", "USD", "Asia/Shanghai", HoldDays: 7);
        Assert.Equal(
            ["2027-04-24T18:00:00Z account.suspended", "2027-04-24T18:00:00Z account.release-coming", "2027-04-30T18:00:00Z account.release-coming", "2027-05-01T18:00:00Z account.released"],
            Owing(terms).At("2027-05-02T00:00:00Z").Alerts[1..5]);
    }

    [Fact]
    public void Rule_7_5_legal_hold_stops_the_clock_of_release_and_nothing_else()
    {
        School school = Owing().Order("2027-04-23T12:00:00Z", Change(legalHold: true)).At("2027-04-24T18:00:00Z");
        Assert.Equal("suspended", school.Standing);
        Assert.Null(school.Next);

        school.Order("2027-05-04T18:00:00Z", Change(legalHold: false));
        Assert.Equal(("released", "2027-07-03T18:00:00Z"), school.Next);
        school.Order("2027-06-28T18:00:00Z", Change(legalHold: true)).Order("2027-12-28T18:00:00Z", Change(legalHold: false));
        Assert.Equal(("released", "2028-01-02T18:00:00Z"), school.Next);
        Assert.Equal(
            [
                "2027-06-03T18:00:00Z account.release-coming", "2027-06-26T18:00:00Z account.release-coming", "2028-01-01T18:00:00Z account.release-coming",
                "2028-01-02T18:00:00Z account.released",
            ],
            school.At("2028-02-01T00:00:00Z").Alerts[2..6]);
    }

    [Fact]
    public void Rule_7_5_an_order_is_tracked_until_it_is_confirmed_or_failed()
    {
        School school = Owing().At("2027-06-24T00:00:00Z")
            .Order("2027-06-24T01:00:00Z", new Command.AnswerRelease("account", 1, ReleaseStatus.Failed, "bucket locked"))
            .Order("2027-06-24T02:00:00Z", new Command.AnswerRelease("account", 1, ReleaseStatus.Confirmed));

        Assert.Equal(new ReleaseOrder(1, "app", ReleaseResource.Recordings, ReleaseStatus.Confirmed, School.Ms("2027-06-23T18:00:00Z"), School.Ms("2027-06-24T02:00:00Z")), school.State.Orders[0]);
        Assert.Equal(Refusal.Immutable, school.Desk.Book.Apply(new Command.AnswerRelease("account", 1, ReleaseStatus.Failed), School.Ms("2027-06-24T03:00:00Z")).Refusal);
        Assert.Equal(Refusal.NotFound, school.Desk.Book.Apply(new Command.AnswerRelease("account", 4, ReleaseStatus.Failed), School.Ms("2027-06-24T03:00:00Z")).Refusal);
    }

    [Fact]
    public void Rule_7_7_each_alert_goes_out_once_a_cause()
    {
        School school = Owing().Record("2027-04-24T02:00:00Z", 100).Record("2027-04-25T02:00:00Z", 100).At("2027-04-27T00:00:00Z");
        Assert.Equal(["2027-04-23T18:00:00Z account.overdue", "2027-04-24T18:00:00Z account.suspended"], school.Alerts);

        school.Pay("2027-04-27T01:00:00Z", "2.10").Record("2027-04-27T02:00:00Z", 100).At("2027-04-27T18:00:00Z");
        Assert.Equal(["2027-04-27T01:00:00Z account.restored", "2027-04-27T18:00:00Z account.overdue"], school.Alerts[2..]);
    }

    [Fact]
    public void What_is_to_come_is_known_without_waiting_for_it()
    {
        School school = Owing().At("2027-04-23T18:00:00Z");
        Assert.Equal(
            ["2027-04-24T18:00:00Z Suspended", "2027-05-24T18:00:00Z 30", "2027-06-16T18:00:00Z 7", "2027-06-22T18:00:00Z 1", "2027-06-23T18:00:00Z Released"],
            StandingRules.Ahead(school.State.Standing, school.State.Terms, long.MaxValue)
                .Select(step => $"{School.Text(step.At)} {(step.WarnsOf is { } days ? $"{days}" : $"{step.After.Kind}")}"));
    }
}
