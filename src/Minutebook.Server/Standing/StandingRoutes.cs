using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The standing of an account and of its applications (section 7 of the rules).</summary>
internal static class StandingRoutes
{
    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts/{account}/standing",
            new Doc("getStanding", "An account's standing, what comes next, how it came about, and which applications are suspended.")
            {
                Gives = typeof(StandingView),
            },
            Get);
        routes.Get(
            "/v1/accounts/{account}/standing/ahead",
            new Doc("standingAhead", "What would happen until an instant if nothing were paid, used or ordered; what was used is billed.")
            {
                Gives = typeof(AheadView),
                Query = [("until", "An instant or a local date, included.")],
            },
            Ahead);
        routes.Post(
            "/v1/accounts/{account}/terminate",
            new Doc("terminate", "Terminates an account for a violation, for good; the first reason stays.")
            {
                Takes = typeof(TerminateBody),
                Gives = typeof(StandingView),
                Problems = [Code.AccountReleased],
            },
            TerminateAsync);
    }

    private sealed record TerminateBody(string Reason);

    private static IResult Get(Call call)
    {
        using Store.Reader read = call.Engine.Store.Read();
        return call.Account(read, call.Path("account")) is { } account ? Answer.Json(StandingView.Of(account)) : call.Refusal!;
    }

    private static IResult Ahead(Call call)
    {
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        if (UntilOf(call, account) is not { } until)
        {
            return call.Refusal!;
        }

        AheadItemView[] items = [.. StepsOf(account, read, call.Engine.Now, until).Select(step => AheadItemView.Of(step, account))];
        return Answer.Json(new AheadView(account.Standing.Kind, until, items));
    }

    /// <summary>What comes until an instant, included, if nothing is paid, used or ordered.</summary>
    public static IReadOnlyList<OutlookStep> StepsOf(AccountState account, Store.Reader read, Instant now, Instant until)
    {
        var open = new OpenPeriods(account, now);
        return Outlook.Of(account, open.Packages(read), Closes(account, open.Settled(read)), now.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds());
    }

    private static IEnumerable<ComingClose> Closes(AccountState account, IReadOnlyList<SettledPeriod> open)
    {
        DateTimeZone zone = DateTimeZoneProviders.Tzdb[account.TimeZone];
        foreach (SettledPeriod period in open.Where(static period => period.Lines.Count > 0))
        {
            Money sum = period.Lines.Aggregate(Money.Zero, static (all, line) => all + line.Amount);
            Instant at = Core.Metering.Calendar.StartOf(zone, period.Period.End) + Duration.FromMinutes(account.SettleDelayMinutes);
            yield return new ComingClose(at.ToUnixTimeMilliseconds(), sum.RoundToMinor(Currency.Get(account.Currency).MinorDigits));
        }
    }

    private static Instant? UntilOf(Call call, AccountState account)
    {
        string? text = call.Query("until");
        if (text is not null && Moments.TryInstant(text, out Instant instant))
        {
            return instant;
        }

        if (text is not null && Moments.TryDate(text, out LocalDate date))
        {
            return Core.Metering.Calendar.StartOf(DateTimeZoneProviders.Tzdb[account.TimeZone], date.PlusDays(1)) - Duration.FromMilliseconds(1);
        }

        call.Fault("until", "This must be an instant or a date, such as 2027-06-23.");
        return null;
    }

    private static async Task<IResult> TerminateAsync(Call call, Fields fields)
    {
        string account = call.Path("account");
        fields.Require("reason");
        string? reason = fields.Text("reason");
        return call.Refusal is null && await call.ExecuteAsync(new Command.Terminate(account, reason!)) is not null ? Get(call) : call.Refusal!;
    }
}

/// <summary>Standing as the API shows it.</summary>
internal sealed record StandingView(
    Standing Standing, Instant Since, NextStandingView? Next, IReadOnlyList<StandingChangeView> Timeline,
    IReadOnlyList<ApplicationStandingView> Applications)
{
    public static StandingView Of(AccountState account) => new(
        account.Standing.Kind,
        Instant.FromUnixTimeMilliseconds(account.Standing.Since),
        StandingRules.Coming(account.Standing, account.Terms) is { } next
            ? new NextStandingView(next.Standing, Instant.FromUnixTimeMilliseconds(next.At)) : null,
        [.. account.Timeline.Select(change => new StandingChangeView(change.Standing, Instant.FromUnixTimeMilliseconds(change.At), change.Cause))],
        [.. account.Applications.OrderBy(application => application.Id, StringComparer.Ordinal)
            .Select(application => ApplicationStandingView.Of(account, application))]);
}

/// <summary>Which standing time alone brings, and when.</summary>
internal sealed record NextStandingView(Standing Standing, Instant At);

/// <summary>An entry of the timeline.</summary>
internal sealed record StandingChangeView(Standing Standing, Instant At, string Cause);

/// <summary>Whether an application is suspended, with its account (rule 7.2) or by itself (rule 5.6), and why; the account's reason first (rule 7.6).</summary>
/// <param name="Since">Since when it is so.</param>
internal sealed record ApplicationStandingView(string Application, bool Suspended, IReadOnlyList<DecisionReason> Reasons, Instant Since)
{
    public static ApplicationStandingView Of(AccountState account, ApplicationState application)
    {
        ApplicationChange own = application.Standings.Count == 0 ? new ApplicationChange(null, application.CreatedAt) : application.Standings[^1];
        DecisionReason? accounts = account.Standing.Kind switch
        {
            Standing.Good or Standing.Overdue => null,
            Standing.Suspended => DecisionReason.AccountSuspended,
            Standing.Terminated => DecisionReason.AccountTerminated,
            Standing.Released => DecisionReason.AccountReleased,
        };
        DecisionReason[] reasons = [.. ((DecisionReason?[])[accounts, own.Reason]).OfType<DecisionReason>()];
        long since = accounts is null ? own.At : own.Reason is null ? account.Standing.Since : Math.Min(own.At, account.Standing.Since);
        return new ApplicationStandingView(application.Id, reasons.Length > 0, reasons, Instant.FromUnixTimeMilliseconds(since));
    }
}

/// <summary>What would happen if nothing were paid.</summary>
internal sealed record AheadView(Standing Standing, Instant Until, IReadOnlyList<AheadItemView> Items);

/// <summary>A step to come: the alert that would tell of it, and when.</summary>
internal sealed record AheadItemView(Instant At, string Type, string? Application, string What)
{
    public static AheadItemView Of(OutlookStep step, AccountState account) =>
        new(Instant.FromUnixTimeMilliseconds(step.At), step.Type, step.Application, WhatOf(step, account));

    private static string Count(int applications) => applications == 1 ? "1 application" : $"{applications} applications";

    private static string WhatOf(OutlookStep step, AccountState account) => step.Type switch
    {
        AlertType.BillIssued => $"What was used so far is billed: {step.Total!.Value.ToMinorString(Currency.Get(account.Currency).MinorDigits)} {account.Currency}.",
        AlertType.AccountOverdue => "The balance is below the limit: no class may begin.",
        AlertType.AccountRestored => "The balance is back above the limit: everything is open again.",
        AlertType.AccountSuspended => "No class may begin, and recordings cannot be read.",
        AlertType.AccountReleaseComing => $"Warns that release comes in {step.Days} {(step.Days == 1 ? "day" : "days")}.",
        AlertType.AccountReleased =>
            $"Recordings, configuration and applications are ordered to be deleted: {Count(account.Applications.Count)}. Bills and ledger stay.",
        AlertType.PackageEnding => $"Warns that package {step.Package} ends in 7 days.",
        AlertType.PackageEnded => $"Package {step.Package} ends.",
        AlertType.ApplicationSuspended => $"Application {step.Application} is suspended: {Fields.Spelling(step.Reason!.Value)}.",
        _ => $"Application {step.Application} is restored: {Fields.Spelling(step.Reason!.Value)} no more.",
    };
}
