using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>An account as the API shows it.</summary>
internal sealed record AccountView(
    string Account, string Name, string Currency, string TimeZone, string RateCard, int SettleDelayMinutes, string CreditLimit, int LateDays,
    long UsageHourBytes, string? CategorizedSince, TermsView Terms, bool LegalHold, IReadOnlyList<string> AlertEmails, Instant CreatedAt,
    Standing Standing, string Balance, CountersView Counters, Instant? HaltedAt)
{
    public static AccountView Of(AccountState account, Instant? haltedAt) => new(
        account.Id, account.Name, account.Currency, account.TimeZone, account.RateCard, account.SettleDelayMinutes, account.CreditLimit,
        account.LateDays, account.UsageHourBytes, account.CategorizedSince, new TermsView(account.GraceHours, account.HoldDays),
        account.LegalHold, account.AlertEmails, Instant.FromUnixTimeMilliseconds(account.CreatedAt), account.Standing.Kind, account.Balance, CountersView.Of(account.Counters), haltedAt);
}

/// <summary>Hours until suspension and days until release.</summary>
internal sealed record TermsView(int GraceHours, int HoldDays);

/// <summary>What came in.</summary>
internal sealed record CountersView(long Events, long Duplicates, long Conflicts, long Voided, IReadOnlyDictionary<string, long> SetAside)
{
    public static CountersView Of(Counters counters) =>
        new(counters.Events, counters.Duplicates, counters.Conflicts, counters.Voided, counters.SetAside);
}

/// <summary>An application as the API shows it.</summary>
internal sealed record ApplicationView(
    string Application, string Account, string Name, MeteringMode Metering, Plan Plan, bool PayAsYouGo, string? Edition, CountBy CountBy,
    IReadOnlyList<string> ExcludeRoles, string DefaultTier, Instant CreatedAt)
{
    public static ApplicationView Of(AccountState account, ApplicationState application)
    {
        ApplicationSettings now = application.Settings;
        return new ApplicationView(
            application.Id, account.Id, now.Name, now.Metering, now.Plan, now.PayAsYouGo, now.Edition, now.CountBy, now.ExcludeRoles,
            now.DefaultTier, Instant.FromUnixTimeMilliseconds(application.CreatedAt));
    }
}
