using Minutebook.Core.Accounts;
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
            new Doc("standingAhead", "What would happen until an instant if nothing were paid, used or ordered.")
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

        AheadItemView[] items =
        [
            .. StandingRules.Ahead(account.Standing, account.Terms, until.ToUnixTimeMilliseconds())
                .Select(step => AheadItemView.Of(step, account)),
        ];
        return Answer.Json(new AheadView(account.Standing.Kind, until, items));
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
            .Select(ApplicationStandingView.Of)]);
}

/// <summary>Which standing time alone brings, and when.</summary>
internal sealed record NextStandingView(Standing Standing, Instant At);

/// <summary>An entry of the timeline.</summary>
internal sealed record StandingChangeView(Standing Standing, Instant At, string Cause);

/// <summary>Whether an application is suspended by itself (rule 5.6), and why.</summary>
/// <param name="Since">Since when it is so.</param>
internal sealed record ApplicationStandingView(string Application, bool Suspended, IReadOnlyList<DecisionReason> Reasons, Instant Since)
{
    public static ApplicationStandingView Of(ApplicationState application)
    {
        ApplicationChange last = application.Standings.Count == 0 ? new ApplicationChange(null, application.CreatedAt) : application.Standings[^1];
        return new ApplicationStandingView(
            application.Id, last.Reason is not null, last.Reason is { } reason ? [reason] : [], Instant.FromUnixTimeMilliseconds(last.At));
    }
}

/// <summary>What would happen if nothing were paid.</summary>
internal sealed record AheadView(Standing Standing, Instant Until, IReadOnlyList<AheadItemView> Items);

/// <summary>A step to come: the alert that would tell of it, and when.</summary>
internal sealed record AheadItemView(Instant At, string Type, string What)
{
    public static AheadItemView Of(StandingStep step, AccountState account)
    {
        Instant at = Instant.FromUnixTimeMilliseconds(step.At);
        return step switch
        {
            { WarnsOf: { } days } => new AheadItemView(at, AlertType.AccountReleaseComing, $"Warns that release comes in {days} {(days == 1 ? "day" : "days")}."),
            { After: AccountStanding.Suspended } => new AheadItemView(at, AlertType.AccountSuspended, "No class may begin, and recordings cannot be read."),
            _ => new AheadItemView(
                at, AlertType.AccountReleased,
                $"Recordings, configuration and applications are ordered to be deleted: {account.Applications.Count} applications. Bills and ledger stay."),
        };
    }
}
