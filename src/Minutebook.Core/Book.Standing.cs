using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core;

public sealed partial class Book
{
    private string standingCause = "";
    private long standingDue = long.MinValue;
    private long? released;

    private bool Owes => Money.Parse(State.Balance) < -Money.Parse(State.CreditLimit);

    private bool IsReleased => State.Standing is AccountStanding.Released;

    /// <summary>When time alone changes what follows from the rest, in ms.</summary>
    private long NextFollowAt => Math.Min(NextStandingAt, NextPackageAt);

    /// <summary>Payments, closes and orders of one instant are done: takes what follows from them (rules 5.6 and 7.2).</summary>
    private void Follow()
    {
        FollowStanding();
        FollowPackages();
        FollowBudgets();
    }

    /// <summary>When time alone changes the standing, in ms; a change of terms is followed at once, so this is never in the past.</summary>
    private long NextStandingAt => standingDue != long.MinValue
        ? standingDue
        : standingDue = StandingRules.DueAt(State.Standing, State.Terms) ?? ClassWindow.Never;

    private void FollowStanding()
    {
        long before = standingDue;
        standingDue = long.MinValue;
        bool owes = Owes;
        while (StandingRules.Next(State.Standing, owes, Now, State.Terms) is { } step)
        {
            AccountStanding last = State.Standing;
            State.Standing = step.After;
            if (step.WarnsOf is { } days)
            {
                RaiseComing(days);
            }
            else
            {
                Enter(last, step.After);
            }

            standingDue = long.MinValue;
        }

        // What decisions go by tells what is to come, too, and what there is to pay.
        permitsChanged |= NextStandingAt != before || isRestricted;
    }

    /// <summary>When the account was released, in ms, if that happened since the last time; else null.</summary>
    public long? TakeReleased()
    {
        long? at = released;
        released = null;
        return at;
    }

    private void Enter(AccountStanding before, AccountStanding after)
    {
        string cause = CauseOf(after);
        State.Timeline.Add(new StandingChange(after.Kind, Now, cause));
        if (after is AccountStanding.Released)
        {
            State.Orders.AddRange(ReleaseOrder.Of(State.Applications, Now));
            released = Now;
        }

        RaiseStanding(before, after, cause);
        ChangeRestriction();
    }

    private string CauseOf(AccountStanding after) => after switch
    {
        AccountStanding.Suspended => $"overdue for {Counted(State.GraceHours, "hour")}",
        AccountStanding.Released => State.Timeline[^1].Standing == Standing.Terminated
            ? $"terminated {Counted(State.HoldDays, "day")} ago" : $"suspended for {Counted(State.HoldDays, "day")}",
        _ => standingCause,
    };

    private static string Counted(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>Notes what made the balance cross the limit, if something did.</summary>
    private void NoteCause(bool owed, string cause)
    {
        if (Owes != owed)
        {
            standingCause = cause;
        }
    }

    private static string CauseOf(string kind, string reference) => kind == "topup" ? $"top-up {reference}" : $"{kind} {reference}";

    private Outcome Terminate(Command.Terminate command)
    {
        if (State.Standing is AccountStanding.Terminated)
        {
            return new Outcome(null);
        }

        standingCause = command.Reason;
        AccountStanding before = State.Standing;
        State.Standing = StandingRules.Terminate(Now, State.Terms);
        Enter(before, State.Standing);
        return new Outcome(null);
    }

    private Outcome Confirm(Command.AnswerRelease command)
    {
        if (command.Order < 1 || command.Order > State.Orders.Count)
        {
            return Outcome.Refused(Refusal.NotFound, $"There is no release order {command.Order} in {State.Id}.");
        }

        ReleaseOrder order = State.Orders[command.Order - 1];
        if (order.Status == ReleaseStatus.Confirmed)
        {
            return command.Status == ReleaseStatus.Confirmed
                ? new Outcome(null)
                : Outcome.Refused(Refusal.Immutable, $"Release order {command.Order} is confirmed and cannot be changed.");
        }

        State.Orders[command.Order - 1] = order with { Status = command.Status, AnsweredAt = Now, Detail = command.Detail };
        return new Outcome(null);
    }

    /// <summary>What a released account refuses: whatever would change it. Events, and answers to what was ordered, are taken (rule 7.3).</summary>
    private Outcome? WhyReleased(Command command) =>
        IsReleased && command is not (Command.AnswerRelease or Command.AcknowledgeAlert or Command.KeepNote or Command.AdoptKept or Command.EraseUser)
            ? Outcome.Refused(
                Refusal.AccountReleased, $"{State.Id} was released on {Instant.FromUnixTimeMilliseconds(State.Standing.Since)}, permanently. Open another account.")
            : null;

    private void RaiseComing(int days) => Raise(
        AlertType.AccountReleaseComing, Now, null, days == 1 ? "1 day before release" : $"{days} days before release",
        new { Days = days, ReleaseAt = ComingAt() });

    private void RaiseStanding(AccountStanding before, AccountStanding after, string cause)
    {
        switch (after)
        {
            case AccountStanding.Good:
                Raise(AlertType.AccountRestored, Now, null, cause, new { From = before.Kind, State.Balance, State.CreditLimit, State.Currency });
                break;
            case AccountStanding.Overdue:
                Raise(AlertType.AccountOverdue, Now, null, cause, new { State.Balance, State.CreditLimit, State.Currency, SuspendedAt = ComingAt() });
                break;
            case AccountStanding.Suspended:
                Raise(AlertType.AccountSuspended, Now, null, cause, new { State.Balance, State.CreditLimit, State.Currency, ReleaseAt = ComingAt() });
                break;
            case AccountStanding.Terminated:
                Raise(AlertType.AccountTerminated, Now, null, cause, new { Reason = cause, ReleaseAt = ComingAt() });
                break;
            case AccountStanding.Released:
                Raise(AlertType.AccountReleased, Now, null, cause, new { Orders = State.Orders.Count });
                RaiseOrders();
                break;
        }
    }

    private void RaiseOrders()
    {
        foreach (ReleaseOrder order in State.Orders)
        {
            Raise(
                AlertType.ReleaseRequested, Now, order.Application, "release of the account",
                new { order.Order, order.Resource, order.Application });
        }
    }

    /// <summary>When the next standing comes, nothing being paid; null while a legal hold stops it.</summary>
    private string? ComingAt() => StandingRules.Coming(State.Standing, State.Terms) is { } coming ? Instant.FromUnixTimeMilliseconds(coming.At).ToString() : null;
}
