namespace Minutebook.Core.Accounts;

/// <summary>The names of alerts and of webhooks (rule 7.7), as they stand in rows and in the API.</summary>
public static class AlertType
{
    /// <summary>The balance fell below minus the credit limit (rule 7.1).</summary>
    public const string AccountOverdue = "account.overdue";
    /// <summary>It was still so when the grace ended (rule 7.2).</summary>
    public const string AccountSuspended = "account.suspended";
    /// <summary>A payment ended overdue or suspended (rule 7.3).</summary>
    public const string AccountRestored = "account.restored";
    /// <summary>An operator declared a violation (rule 7.3).</summary>
    public const string AccountTerminated = "account.terminated";
    /// <summary>Release comes in 30, 7 or 1 days (rule 7.5).</summary>
    public const string AccountReleaseComing = "account.release-coming";
    /// <summary>The account is released (rule 7.2).</summary>
    public const string AccountReleased = "account.released";
    /// <summary>An application lost the package that it needs (rule 5.6).</summary>
    public const string ApplicationSuspended = "application.suspended";
    /// <summary>The cause of an application's suspension ended (rule 5.6).</summary>
    public const string ApplicationRestored = "application.restored";
    /// <summary>Four fifths of a package are used.</summary>
    public const string Package80Percent = "package.80-percent";
    /// <summary>A package covers not one more unit (rule 5.1).</summary>
    public const string PackageUsedUp = "package.used-up";
    /// <summary>A package ends in 7 days.</summary>
    public const string PackageEnding = "package.ending";
    /// <summary>A package's validity has ended.</summary>
    public const string PackageEnded = "package.ended";
    /// <summary>A threshold of a budget was reached.</summary>
    public const string BudgetReached = "budget.reached";
    /// <summary>A bill was issued.</summary>
    public const string BillIssued = "bill.issued";
    /// <summary>A resource of a released account is to be deleted (rule 7.5).</summary>
    public const string ReleaseRequested = "release.requested";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        AccountOverdue, AccountSuspended, AccountRestored, AccountTerminated, AccountReleaseComing, AccountReleased,
        ApplicationSuspended, ApplicationRestored, Package80Percent, PackageUsedUp, PackageEnding, PackageEnded,
        BudgetReached, BillIssued, ReleaseRequested,
    ];
}
