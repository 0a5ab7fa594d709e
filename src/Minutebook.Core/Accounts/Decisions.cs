using System.Collections.Immutable;
using Minutebook.Core.Units;

namespace Minutebook.Core.Accounts;

/// <summary>What a platform asks leave for (rule 7.6).</summary>
public enum AskedAction
{
    /// <summary>To create a class.</summary>
    CreateClass,
    /// <summary>To let a user into a class.</summary>
    JoinClass,
    /// <summary>To serve a recording.</summary>
    ReadRecording,
}

/// <summary>Why it may happen, or may not.</summary>
public enum DecisionReason
{
    /// <summary>It may.</summary>
    Ok,
    /// <summary>The account is overdue (rule 7.1).</summary>
    AccountOverdue,
    /// <summary>The account is suspended (rule 7.2).</summary>
    AccountSuspended,
    /// <summary>The account is terminated (rule 7.3).</summary>
    AccountTerminated,
    /// <summary>The account is released (rule 7.3).</summary>
    AccountReleased,
    /// <summary>The application needs a package in validity and has none (rule 5.6).</summary>
    PackageExpired,
    /// <summary>The application's packages are used up, and it has no pay-as-you-go (rule 5.6).</summary>
    PackageExhausted,
    /// <summary>Nobody registered the application.</summary>
    UnknownApplication,
}

/// <summary>An answer to "may this happen?".</summary>
/// <param name="Allow">It may.</param>
/// <param name="Reason">Why, or why not.</param>
/// <param name="Since">Since when what decides it has been so, ms; null of an unknown application.</param>
public readonly record struct Decision(bool Allow, DecisionReason Reason, long? Since);

/// <summary>Why an application is suspended, and since when (ms).</summary>
public sealed record ApplicationBlock(DecisionReason Reason, long Since);

/// <summary>What decisions on an application go by, beside its account.</summary>
/// <param name="Block">Why it is suspended; null while it is not.</param>
/// <param name="OpenSince">Since when it is not suspended, ms.</param>
/// <param name="Running">While account or application is restricted: the classes that run all the same, each with the instant (ms) at
/// which it ends at the latest (rules 2.1 and 7.6). Empty otherwise.</param>
public sealed record ApplicationPermit(ApplicationBlock? Block, long OpenSince, ImmutableDictionary<string, long> Running);

/// <summary>What decisions on an account's applications go by. It never changes: what changes an account makes another.</summary>
/// <param name="Account">The account.</param>
/// <param name="Standings">Its standing, and those that time alone will bring, nothing being paid: each from its instant (ms) on.</param>
/// <param name="Owed">What has to be paid to bring the balance up to the limit; zero or below for nothing.</param>
/// <param name="Currency">In which currency.</param>
/// <param name="Applications">Its applications by id.</param>
public sealed record Permits(
    string Account, ImmutableArray<(Standing Standing, long From)> Standings, Money Owed, string Currency,
    IReadOnlyDictionary<string, ApplicationPermit> Applications)
{
    /// <summary>The instant, in ms, as of which all this is known, where nothing of the account has been folded since; null while it is.</summary>
    public long? HaltedAt { get; init; }

    /// <summary>Answers "may this happen?" (the table of rule 7.6).</summary>
    /// <param name="application">One of the account's applications.</param>
    /// <param name="action">What is asked.</param>
    /// <param name="class">The class to join; null for one that is not named, which is not running.</param>
    /// <param name="now">When, ms.</param>
    public Decision Decide(ApplicationPermit application, AskedAction action, string? @class, long now)
    {
        (Standing standing, long since) = StandingAt(now);
        if (WhyNot(standing, since, application.Block, action) is not { } no)
        {
            return new Decision(true, DecisionReason.Ok, Math.Max(since, application.OpenSince));
        }

        bool runs = action == AskedAction.JoinClass && standing != Standing.Released && @class is not null
            && application.Running.TryGetValue(@class, out long end) && now < end;
        return runs ? new Decision(true, DecisionReason.Ok, no.Since) : no;
    }

    /// <summary>Of the reasons that forbid it, the account's comes first (rule 7.6).</summary>
    private static Decision? WhyNot(Standing standing, long since, ApplicationBlock? block, AskedAction action)
    {
        bool accountForbids = standing is not Standing.Good && !(standing == Standing.Overdue && action == AskedAction.ReadRecording);
        return accountForbids ? new Decision(false, ReasonOf(standing), since)
            : block is not null ? new Decision(false, block.Reason, block.Since)
            : null;
    }

    private static DecisionReason ReasonOf(Standing standing) => standing switch
    {
        Standing.Good => DecisionReason.Ok,
        Standing.Overdue => DecisionReason.AccountOverdue,
        Standing.Suspended => DecisionReason.AccountSuspended,
        Standing.Terminated => DecisionReason.AccountTerminated,
        Standing.Released => DecisionReason.AccountReleased,
    };

    private (Standing Standing, long From) StandingAt(long now)
    {
        int at = 0;
        while (at + 1 < Standings.Length && Standings[at + 1].From <= now)
        {
            at++;
        }

        return Standings[at];
    }
}
