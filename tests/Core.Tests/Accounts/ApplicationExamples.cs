using System.Text;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Accounts;

/// <summary>Rule 5.6, and what 7.6 and 7.7 say of applications and packages, by example: a package of 60 minutes a month (m60), one of the account (a60).</summary>
public sealed class ApplicationExamples
{
    private const string Card = """
        {"currency": "USD", "rates": [
          {"id": "av", "meter": "av", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "10.00"},
          {"id": "recording", "meter": "recording", "period": "day", "unit": {"name": "minute", "size": 60}, "roundUp": "period", "per": 1000, "price": "7.00"}],
         "packages": [
          {"sku": "m60", "name": "m60", "quantity": 60, "unit": "minute", "covers": [{"rate": "av", "ratio": "1"}], "scope": "application", "validity": "P1M", "price": "5.00"},
          {"sku": "a60", "name": "a60", "quantity": 60, "unit": "minute", "covers": [{"rate": "av", "ratio": "1"}], "scope": "account", "validity": "P7D", "price": "5.00"}]}
        """;

    private static School Rich()
    {
        var cards = new RateCards();
        var version = new RateCardVersion("test", new LocalDate(2027, 1, 1));
        Assert.Null(cards.Publish(RateCardJson.Read(version, Encoding.UTF8.GetBytes(Card)).Card!, new LocalDate(2027, 1, 1)).Refusal);
        return new School(new Command.PutAccount("account", "School", "USD", "Asia/Shanghai", "test"), cards).Pay("2027-04-23T01:30:00Z", "100.00");
    }

    private static Command.BuyPackage Buy(string sku, string reference) => new("account", sku, sku == "m60" ? School.App : null, reference);

    private static Command.PutApplication PayAsYouGo(bool on) => new("account", School.App, null, PayAsYouGo: on);

    private static Command.PutApplication Monthly(string application = School.App) => new("account", application, application, Plan: Plan.MonthlyPackage);

    /// <summary>One user in a class from 02:00Z on; the package of 60 is in its last minute from 02:59:01Z on.</summary>
    private static School UsingUp() => Rich().Order("2027-04-23T01:40:00Z", PayAsYouGo(false)).Order("2027-04-23T01:50:00Z", Buy("m60", "p1"))
        .Tell("class.started", "2027-04-23T02:00:00Z", "lesson").Tell("participant.joined", "2027-04-23T02:00:00Z", "lesson");

    [Fact]
    public void Rule_5_6_an_application_without_pay_as_you_go_is_suspended_in_the_second_that_uses_its_package_up()
    {
        School school = UsingUp().At("2027-04-23T02:59:00.999Z");
        Assert.Equal("yes", school.Ask("class.create"));

        school.At("2027-04-23T02:59:01Z");
        Assert.Equal(
            ["no: PackageExhausted", "yes", "no: PackageExhausted", "no: PackageExhausted"],
            new[] { school.Ask("class.create"), school.Ask("class.join", "lesson"), school.Ask("class.join", "other"), school.Ask("recording.read") });
        Assert.Equal(
            ["2027-04-23T02:47:01Z package.80-percent", "2027-04-23T02:59:01Z package.used-up", "2027-04-23T02:59:01Z application.suspended"], school.Alerts);
        Assert.Equal("good", school.Standing);
    }

    [Fact]
    public void Rule_5_6_another_package_or_pay_as_you_go_ends_it_at_once()
    {
        School bought = UsingUp().At("2027-04-23T03:00:00Z").Order("2027-04-23T03:10:00Z", Buy("m60", "p2"));
        Assert.Equal("yes", bought.Ask("class.create"));
        Assert.Equal("2027-04-23T03:10:00Z application.restored", bought.Alerts[^1]);

        School paying = UsingUp().At("2027-04-23T03:00:00Z").Order("2027-04-23T03:10:00Z", PayAsYouGo(true));
        Assert.Equal("yes", paying.Ask("class.create"));
    }

    [Fact]
    public void Rule_5_6_a_package_of_the_account_keeps_its_applications_going()
    {
        School school = UsingUp().Order("2027-04-23T02:30:00Z", Buy("a60", "p2")).At("2027-04-23T03:30:00Z");
        Assert.Equal("yes", school.Ask("class.create"));
        Assert.Equal("no: PackageExhausted", school.At("2027-04-23T03:59:01Z").Ask("class.create"));
    }

    [Fact]
    public void Rule_5_6_without_any_package_switching_pay_as_you_go_off_suspends_nothing() =>
        Assert.Equal("yes", Rich().Order("2027-04-23T01:40:00Z", PayAsYouGo(false)).Ask("class.create"));

    [Fact]
    public void Rule_5_6_a_monthly_plan_is_suspended_when_its_package_ends_whether_or_not_pay_as_you_go_is_on()
    {
        School school = Rich().Order("2027-04-23T02:00:00Z", Buy("m60", "p1")).Order("2027-04-23T03:00:00Z", Monthly()).At("2027-05-22T15:59:59.999Z");
        Assert.Equal("yes", school.Ask("class.create"));

        Assert.Equal("no: PackageExpired", school.At("2027-05-22T16:00:00Z").Ask("recording.read"));
        Assert.Equal(
            ["2027-05-15T16:00:00Z package.ending", "2027-05-22T16:00:00Z package.ended", "2027-05-22T16:00:00Z application.suspended"], school.Alerts);
        Assert.Equal("2027-05-23T01:00:00Z application.restored", school.Order("2027-05-23T01:00:00Z", Buy("m60", "p2")).Alerts[^1]);
    }

    [Fact]
    public void Rule_7_7_an_application_that_is_created_without_the_package_it_needs_is_suspended_without_an_alert()
    {
        School school = Rich().Order("2027-04-23T02:00:00Z", Monthly("new"));
        Assert.Equal("no: PackageExpired", school.Ask("class.create", application: "new"));

        school.Order("2027-04-23T03:00:00Z", new Command.BuyPackage("account", "m60", "new", "p1"));
        Assert.Equal("yes", school.Ask("class.create", application: "new"));
        Assert.Empty(school.Alerts);
    }

    [Fact]
    public void Rule_7_7_a_package_bought_within_7_days_of_its_end_is_not_warned_of()
    {
        School school = Rich().Order("2027-04-23T02:00:00Z", Buy("a60", "p1")).At("2027-05-10T00:00:00Z");
        Assert.Equal(["2027-04-29T16:00:00Z package.ended"], school.Alerts);
    }

    [Fact]
    public void Rule_7_6_of_several_reasons_the_accounts_comes_first_unless_it_forbids_nothing()
    {
        School school = UsingUp().At("2027-04-23T03:00:00Z").Order("2027-04-23T04:00:00Z", new Command.Terminate("account", "spam"));
        Assert.Equal("no: AccountTerminated", school.Ask("class.create"));

        // Overdue leaves recordings alone; the empty package does not.
        ApplicationPermit empty = new(new ApplicationBlock(DecisionReason.PackageExhausted, 5), 0, System.Collections.Immutable.ImmutableDictionary<string, long>.Empty);
        var overdue = new Permits("a", [(Standing.Overdue, 9)], default, "USD", new Dictionary<string, ApplicationPermit> { ["app"] = empty });
        Assert.Equal(new Decision(false, DecisionReason.AccountOverdue, 9), overdue.Decide(empty, AskedAction.CreateClass, null, 10));
        Assert.Equal(new Decision(false, DecisionReason.PackageExhausted, 5), overdue.Decide(empty, AskedAction.ReadRecording, null, 10));
    }

    [Fact]
    public void A_budget_tells_of_each_threshold_once_a_month_from_what_was_billed()
    {
        // 100 minutes are 0.70 a day: half of 1.40 after the first bill, all of it after the second.
        School school = Rich().Order("2027-04-23T02:00:00Z", new Command.PutBudget("account", "b", "1.40", "USD", null));
        foreach (string day in (string[])["23", "24", "25"])
        {
            school.Record($"2027-04-{day}T03:00:00Z", 100);
        }

        school.Record("2027-05-02T03:00:00Z", 100).At("2027-05-03T18:00:00Z");
        Assert.Equal(
            ["2027-04-23T18:00:00Z budget.reached", "2027-04-24T18:00:00Z budget.reached", "2027-04-24T18:00:00Z budget.reached", "2027-05-02T18:00:00Z budget.reached"],
            school.Alerts);
        Assert.Equal([50], school.State.Budgets[0].Reached);
    }
}
