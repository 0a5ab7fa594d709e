using Minutebook.Core.Billing;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core.Accounts;

/// <summary>Something that an alert will tell of, if nothing is paid, used or ordered until then.</summary>
/// <param name="At">Its instant, ms.</param>
/// <param name="Type">The alert (<see cref="AlertType"/>).</param>
public sealed record OutlookStep(long At, string Type)
{
    /// <summary>The application that it is about; null for the account.</summary>
    public string? Application { get; init; }
    /// <summary>The package that it is about.</summary>
    public string? Package { get; init; }
    /// <summary>Of a warning before release, how many days (rule 7.5).</summary>
    public int? Days { get; init; }
    /// <summary>Of an application, why it is suspended, or was.</summary>
    public DecisionReason? Reason { get; init; }
    /// <summary>Of a bill, its total.</summary>
    public Money? Total { get; init; }
}

/// <summary>A close to come, as what was used so far would be billed at it.</summary>
/// <param name="At">Its instant, ms.</param>
/// <param name="Total">The bill's total.</param>
public readonly record struct ComingClose(long At, Money Total);

/// <summary>What becomes of an account from now on, if nothing is paid, used or ordered: bills of what was used, standing, packages that end
/// and applications that need them. At one instant in the order of rule 7.2.</summary>
public sealed class Outlook
{
    private readonly AccountState account;
    private readonly IReadOnlyList<Package> packages;
    private readonly List<ComingClose> closes;
    private readonly Dictionary<string, DecisionReason?> blocks;
    private readonly List<OutlookStep> steps = [];
    private readonly Money limit;
    private AccountStanding standing;
    private Money balance;

    private Outlook(AccountState account, IReadOnlyList<Package> packages, IEnumerable<ComingClose> closes)
    {
        (this.account, this.packages, standing) = (account, packages, account.Standing);
        this.closes = [.. closes.OrderBy(static close => close.At)];
        (limit, balance) = (Money.Parse(account.CreditLimit), Money.Parse(account.Balance));
        blocks = account.Applications.ToDictionary(
            static its => its.Id, static its => its.Standings.Count == 0 ? null : its.Standings[^1].Reason, StringComparer.Ordinal);
    }

    /// <summary>The steps after an instant and until another, included, in ms; in their order.</summary>
    /// <param name="account">The account.</param>
    /// <param name="packages">Its packages in the order of their purchase, with what is left in each now.</param>
    /// <param name="closes">The closes to come that would make a bill.</param>
    /// <param name="now">The instant that the rest is as of.</param>
    /// <param name="until">The last instant.</param>
    public static IReadOnlyList<OutlookStep> Of(
        AccountState account, IReadOnlyList<Package> packages, IEnumerable<ComingClose> closes, long now, long until)
    {
        var its = new Outlook(account, packages, closes);
        for (long at = now; its.NextAfter(at) is { } next && next <= until; at = next)
        {
            its.Take(next);
        }

        return its.steps;
    }

    private long? NextAfter(long instant)
    {
        IEnumerable<long> instants = closes.Select(static close => close.At)
            .Concat(packages.Where(static package => !package.Refunded).SelectMany(static package => (Instant?[])[package.EndingAt, package.ValidTo])
                .OfType<Instant>().Select(static at => at.ToUnixTimeMilliseconds()))
            .Where(at => at > instant);
        if (StandingRules.DueAt(standing, account.Terms) is { } due)
        {
            instants = instants.Append(Math.Max(due, instant + 1));
        }

        return instants.Select(static at => (long?)at).Min();
    }

    private void Take(long at)
    {
        foreach (ComingClose close in closes.Where(close => close.At == at))
        {
            balance -= close.Total;
            steps.Add(new OutlookStep(at, AlertType.BillIssued) { Total = close.Total });
        }

        while (StandingRules.Next(standing, balance < -limit, at, account.Terms) is { } step)
        {
            standing = step.After;
            steps.Add(new OutlookStep(at, step.WarnsOf is null ? TypeOf(step.After) : AlertType.AccountReleaseComing) { Days = step.WarnsOf });
        }

        TakePackages(at);
    }

    private static string TypeOf(AccountStanding after) => after.Kind switch
    {
        Standing.Good => AlertType.AccountRestored,
        Standing.Overdue => AlertType.AccountOverdue,
        Standing.Suspended => AlertType.AccountSuspended,
        Standing.Terminated => AlertType.AccountTerminated,
        Standing.Released => AlertType.AccountReleased,
    };

    private void TakePackages(long at)
    {
        Instant now = Instant.FromUnixTimeMilliseconds(at);
        foreach (Package package in packages.Where(static package => !package.Refunded))
        {
            if (package.EndingAt == now || package.ValidTo == now)
            {
                string type = package.ValidTo == now ? AlertType.PackageEnded : AlertType.PackageEnding;
                steps.Add(new OutlookStep(at, type) { Package = package.Id, Application = package.Application });
            }
        }

        foreach (ApplicationState application in account.Applications)
        {
            Package[] valid = [.. packages.Where(package => package.IsValidAt(now) && package.Serves(application.Id))];
            DecisionReason? before = blocks[application.Id];
            DecisionReason? why = ApplicationRules.WhySuspended(application.Settings, valid.Length, valid.Count(static package => package.IsUsedUp));
            if (why != before)
            {
                blocks[application.Id] = why;
                steps.Add(new OutlookStep(at, why is null ? AlertType.ApplicationRestored : AlertType.ApplicationSuspended)
                {
                    Application = application.Id,
                    Reason = why ?? before,
                });
            }
        }
    }
}
