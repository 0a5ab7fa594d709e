using Minutebook.Core.Accounts;
using Xunit;

namespace Minutebook.Core.Tests.Accounts;

/// <summary>Rule 7.6 by example. The class 'night' starts an hour before the bill that makes the account overdue, at 18:00Z.</summary>
public sealed class DecisionExamples
{
    private static School Night() => new School().Record("2027-04-23T02:00:00Z", 100)
        .Tell("class.started", "2027-04-23T17:00:00Z", "night").Tell("participant.joined", "2027-04-23T17:00:00Z", "night");

    private static string[] Answers(School school) =>
        [school.Ask("class.create"), school.Ask("class.join", "night"), school.Ask("class.join", "other"), school.Ask("recording.read")];

    [Fact]
    public void Rule_7_6_good_everything_may_happen() =>
        Assert.Equal(["yes", "yes", "yes", "yes"], Answers(Night().At("2027-04-23T17:59:59.999Z")));

    [Fact]
    public void Rule_7_6_overdue_no_new_class_but_running_ones_and_recordings() =>
        Assert.Equal(["no: AccountOverdue", "yes", "no: AccountOverdue", "yes"], Answers(Night().At("2027-04-23T18:00:00Z")));

    [Fact]
    public void Rule_7_6_suspended_only_running_classes_may_be_joined()
    {
        var terms = new Command.PutAccount("account", "School", "USD", "Asia/Shanghai", GraceHours: 1);
        School school = new School(terms).Record("2027-04-23T02:00:00Z", 100).Tell("class.started", "2027-04-23T17:00:00Z", "night").At("2027-04-23T19:00:00Z");
        Assert.Equal(["no: AccountSuspended", "yes", "no: AccountSuspended", "no: AccountSuspended"], Answers(school));
    }

    [Fact]
    public void Rule_7_6_terminated_only_running_classes_may_be_joined()
    {
        School school = Night().Order("2027-04-23T17:30:00Z", new Command.Terminate("account", "spam"));
        Assert.Equal(["no: AccountTerminated", "yes", "no: AccountTerminated", "no: AccountTerminated"], Answers(school));
    }

    [Fact]
    public void Rule_7_6_released_nothing_may_happen()
    {
        var terms = new Command.PutAccount("account", "School", "USD", "Asia/Shanghai", GraceHours: 0, HoldDays: 0);
        School school = new School(terms).Record("2027-04-23T02:00:00Z", 100).Tell("class.started", "2027-04-23T17:00:00Z", "night").At("2027-04-23T18:00:00Z");
        Assert.Equal(Enumerable.Repeat("no: AccountReleased", 4), Answers(school));
    }

    [Fact]
    public void Rule_7_6_a_class_that_has_ended_is_not_running_nor_is_one_without_an_end_after_24_hours()
    {
        School ended = Night().At("2027-04-23T18:00:00Z").Tell("class.ended", "2027-04-23T20:00:00Z", "night");
        Assert.Equal("no: AccountOverdue", ended.Ask("class.join", "night"));

        School forgotten = Night().At("2027-04-24T16:59:59.999Z");
        Assert.Equal("yes", forgotten.Ask("class.join", "night"));
        Assert.Equal("no: AccountOverdue", forgotten.At("2027-04-24T17:00:00Z").Ask("class.join", "night"));
    }

    [Fact]
    public void Rule_7_6_a_class_whose_start_is_told_late_runs_if_it_started_before_and_one_that_started_after_does_not()
    {
        School school = new School().Record("2027-04-23T02:00:00Z", 100).At("2027-04-23T18:00:05Z");
        Assert.Equal("no: AccountOverdue", school.Ask("class.join", "late"));

        school.Tell("class.started", "2027-04-23T17:59:59.999Z", "late", arrives: "2027-04-23T18:00:06Z");
        school.Tell("class.started", "2027-04-23T18:00:00Z", "after", arrives: "2027-04-23T18:00:06Z");
        Assert.Equal("yes", school.Ask("class.join", "late"));
        Assert.Equal("no: AccountOverdue", school.Ask("class.join", "after"));
    }

    [Fact]
    public void Rule_7_6_a_class_whose_end_is_voided_runs_on()
    {
        School school = Night().At("2027-04-23T18:00:00Z").Tell("class.ended", "2027-04-23T20:00:00Z", "night", @event => @event with { Id = "end" });
        Assert.Equal("no: AccountOverdue", school.Ask("class.join", "night"));

        school.Tell("event.voided", "2027-04-23T20:01:00Z", "night", @event => @event with { TargetSource = @event.Source, TargetId = "end" });
        Assert.Equal("yes", school.Ask("class.join", "night"));
    }

    [Fact]
    public void Rule_7_6_a_room_runs_from_its_first_join()
    {
        School school = new School().Order("2027-04-23T01:00:00Z", new Command.PutApplication("account", "rooms", "Rooms", Minutebook.Core.Metering.MeteringMode.Room))
            .Record("2027-04-23T02:00:00Z", 100)
            .Tell("participant.joined", "2027-04-23T17:00:00Z", "room", @event => @event with { Application = "rooms" }).At("2027-04-23T18:00:00Z");
        Assert.Equal("yes", school.Ask("class.join", "room", "rooms"));
        Assert.Equal("no: AccountOverdue", school.Ask("class.join", "room"));
    }

    [Fact]
    public void Rule_7_6_a_class_that_began_during_one_restriction_does_not_run_in_the_next()
    {
        School school = Night().Tell("class.started", "2027-04-23T18:30:00Z", "bold").Pay("2027-04-23T19:00:00Z", "0.70");
        Assert.Equal("yes", school.Ask("class.join", "bold"));

        school.Order("2027-04-23T19:30:00Z", new Command.Terminate("account", "spam"));
        Assert.Equal("no: AccountTerminated", school.Ask("class.join", "bold"));
        Assert.Equal("yes", school.Ask("class.join", "night"));
    }

    [Fact]
    public void Rule_7_6_after_a_restart_the_same_classes_run()
    {
        School school = Night().At("2027-04-23T18:00:00Z");
        school.Desk.Flush();
        school.Desk.Restart();
        Assert.Equal(["no: AccountOverdue", "yes", "no: AccountOverdue", "yes"], Answers(school));
    }

    [Fact]
    public void Rule_7_4_an_answer_knows_of_a_suspension_the_moment_it_comes_without_waiting_for_the_fold()
    {
        School school = Night().At("2027-04-23T18:00:00Z");
        Permits permits = school.Desk.Book.TakePermits()!;
        ApplicationPermit app = permits.Applications[School.App];
        Assert.Equal(new Decision(true, DecisionReason.Ok, School.Ms("2027-04-23T18:00:00Z")), permits.Decide(app, AskedAction.ReadRecording, null, School.Ms("2027-04-24T17:59:59.999Z")));
        Assert.Equal(
            new Decision(false, DecisionReason.AccountSuspended, School.Ms("2027-04-24T18:00:00Z")),
            permits.Decide(app, AskedAction.ReadRecording, null, School.Ms("2027-04-24T18:00:00Z")));
        Assert.Equal(
            new Decision(false, DecisionReason.AccountReleased, School.Ms("2027-06-23T18:00:00Z")),
            permits.Decide(app, AskedAction.JoinClass, "night", School.Ms("2027-06-23T18:00:00Z")));
    }
}
