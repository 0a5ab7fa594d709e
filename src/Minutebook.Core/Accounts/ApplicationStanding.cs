using Minutebook.Core.Metering;

namespace Minutebook.Core.Accounts;

/// <summary>An application's standing by itself, apart from its account's: from an instant on it was suspended, or was not (rule 5.6).</summary>
/// <param name="Reason">Why it was suspended; null when it was not.</param>
/// <param name="At">From when on, ms.</param>
/// <param name="Told">An alert told of it; none does of an application that was created without the package that it needs (rule 7.7).</param>
public sealed record ApplicationChange(DecisionReason? Reason, long At, bool Told = true);

/// <summary>Alerts that a package gave, each once (rule 7.7).</summary>
[Flags]
public enum PackageAlerts
{
    /// <summary>None yet.</summary>
    None = 0,
    /// <summary>80 % of it are used.</summary>
    Low = 1,
    /// <summary>It is used up.</summary>
    UsedUp = 2,
    /// <summary>It ends in 7 days.</summary>
    Ending = 4,
    /// <summary>It has ended.</summary>
    Ended = 8,
}

/// <summary>When an application is suspended by itself (rule 5.6). The whole of it.</summary>
public static class ApplicationRules
{
    /// <summary>Why it is suspended; null when it is not.</summary>
    /// <param name="settings">Its settings now.</param>
    /// <param name="inValidity">How many packages are in validity that it, or its account for it, has.</param>
    /// <param name="usedUp">How many of them are used up.</param>
    public static DecisionReason? WhySuspended(ApplicationSettings settings, int inValidity, int usedUp) =>
        settings.Plan == Plan.MonthlyPackage && inValidity == 0 ? DecisionReason.PackageExpired
        : !settings.PayAsYouGo && inValidity > 0 && usedUp == inValidity ? DecisionReason.PackageExhausted
        : null;
}
