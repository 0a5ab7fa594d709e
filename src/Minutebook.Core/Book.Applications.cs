using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Core;

public sealed partial class Book
{
    private long packagesDue = long.MinValue;
    private ApplicationState? created;

    /// <summary>When time alone brings a package nearer to its end, in ms.</summary>
    private long NextPackageAt => packagesDue != long.MinValue ? packagesDue : packagesDue = FindPackagesDue();

    private long FindPackagesDue()
    {
        long due = ClassWindow.Never;
        foreach (Package package in State.Packages.Count == 0 ? [] : Packages())
        {
            PackageAlerts told = State.PackageAlerts.GetValueOrDefault(package.Id);
            if (!package.Refunded && (told & PackageAlerts.Ended) == 0)
            {
                long end = package.ValidTo.ToUnixTimeMilliseconds();
                bool isEnding = (told & PackageAlerts.Ending) == 0 && package.EndingAt is not null;
                due = Math.Min(due, isEnding ? package.EndingAt!.Value.ToUnixTimeMilliseconds() : end);
            }
        }

        return due;
    }

    /// <summary>Takes what follows from packages as they are now: their alerts, and applications that they suspend or restore (rule 5.6).</summary>
    private void FollowPackages()
    {
        packagesDue = long.MinValue;
        if (State.Packages.Count == 0 && !State.Applications.Exists(static its => its.Settings.Plan == Plan.MonthlyPackage || its.Standings.Count > 0))
        {
            return;
        }

        List<Package> packages = Packages();
        Instant now = Instant.FromUnixTimeMilliseconds(Now);
        var valid = new Dictionary<string, (int InValidity, int UsedUp)>(StringComparer.Ordinal);
        for (int i = 0; i < packages.Count; i++)
        {
            Package package = packages[i];
            if (!package.Refunded)
            {
                TellOf(package, State.Packages[i]);
            }

            if (package.IsValidAt(now))
            {
                (int inValidity, int usedUp) = valid.GetValueOrDefault(package.Application ?? "");
                valid[package.Application ?? ""] = (inValidity + 1, usedUp + (State.Packages[i].UsedUpAt is null ? 0 : 1));
            }
        }

        foreach (ApplicationState application in State.Applications)
        {
            (int own, int ownUsedUp) = valid.GetValueOrDefault(application.Id);
            (int accounts, int accountsUsedUp) = valid.GetValueOrDefault("");
            Follow(application, ApplicationRules.WhySuspended(application.Settings, own + accounts, ownUsedUp + accountsUsedUp));
        }
    }

    private void Follow(ApplicationState application, DecisionReason? why)
    {
        ApplicationChange? last = application.Standings.Count == 0 ? null : application.Standings[^1];
        if (last?.Reason == why)
        {
            return;
        }

        bool isTold = last?.Told ?? !ReferenceEquals(application, created);
        application.Standings.Add(new ApplicationChange(why, Now, isTold || (last is not null && why is not null)));
        ChangeRestriction();
        if (application.Standings[^1].Told)
        {
            Raise(
                why is null ? AlertType.ApplicationRestored : AlertType.ApplicationSuspended, Now, application.Id,
                NameOf(why ?? last!.Reason!.Value), new { Reason = why ?? last!.Reason });
        }

        if (why is null)
        {
            // The next suspension is told of, whatever this one was.
            application.Standings[^1] = application.Standings[^1] with { Told = true };
        }
    }

    private static string NameOf(DecisionReason reason) => reason == DecisionReason.PackageExpired ? "package-expired" : "package-exhausted";

    private void TellOf(Package package, PackageState its)
    {
        long end = package.ValidTo.ToUnixTimeMilliseconds();
        Tell(package, PackageAlerts.Low, AlertType.Package80Percent, its.LowAt, "80 % used");
        Tell(package, PackageAlerts.UsedUp, AlertType.PackageUsedUp, its.UsedUpAt, "used up");
        Tell(package, PackageAlerts.Ending, AlertType.PackageEnding, package.EndingAt?.ToUnixTimeMilliseconds(), "ends in 7 days");
        Tell(package, PackageAlerts.Ended, AlertType.PackageEnded, end, "ended");
    }

    private void Tell(Package package, PackageAlerts alert, string type, long? at, string what)
    {
        PackageAlerts told = State.PackageAlerts.GetValueOrDefault(package.Id);
        if (at is not { } instant || instant > Now || (told & alert) != 0)
        {
            return;
        }

        State.PackageAlerts[package.Id] = told | alert;
        Raise(
            type, instant, package.Application, $"package {package.Id} {what}",
            new { Package = package.Id, package.Product.Sku, ValidTo = package.ValidTo.ToString() });
    }
}
