namespace Minutebook.Core.Accounts;

/// <summary>A step of an account's standing: it went into another, or a warning before release went out.</summary>
/// <param name="After">The standing after it.</param>
/// <param name="At">Its instant, ms.</param>
/// <param name="WarnsOf">Of a warning, so many days before release (rule 7.5); else null.</param>
public readonly record struct StandingStep(AccountStanding After, long At, int? WarnsOf);

/// <summary>What standing follows from what is owed and from time (rules 7.1 to 7.5). The whole of it.</summary>
public static class StandingRules
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;
    private static readonly (Warnings Warning, int Days)[] Warning = [(Warnings.ThirtyDays, 30), (Warnings.SevenDays, 7), (Warnings.OneDay, 1)];

    /// <summary>The step that follows at an instant, of several the first; null when the standing stays as it is.</summary>
    /// <param name="now">The standing.</param>
    /// <param name="owes">The balance is below minus the credit limit.</param>
    /// <param name="at">The instant, ms. What came due before it, because the terms were changed, happens at it.</param>
    /// <param name="terms">The account's terms, as they are then.</param>
    public static StandingStep? Next(AccountStanding now, bool owes, long at, Terms terms) => now switch
    {
        AccountStanding.Released => null,
        AccountStanding.Good => owes ? Into(new AccountStanding.Overdue(at), at) : null,
        AccountStanding.Overdue or AccountStanding.Suspended when !owes => Into(new AccountStanding.Good(at), at),
        AccountStanding.Overdue overdue => overdue.Since + (terms.GraceHours * Hour) > at
            ? null
            : Into(new AccountStanding.Suspended(at, new ReleaseClock(0, at, !terms.LegalHold)), at),
        AccountStanding.Suspended suspended => Running(suspended.Clock, at, terms, clock => suspended with { Clock = clock }),
        AccountStanding.Terminated terminated => Running(terminated.Clock, at, terms, clock => terminated with { Clock = clock }),
        _ => throw new System.Diagnostics.UnreachableException($"No rule for {now}."),
    };

    /// <summary>When time alone brings the next step, nothing being paid, in ms; null for never. It may lie in the past if the terms were changed.</summary>
    public static long? DueAt(AccountStanding now, Terms terms) => now switch
    {
        AccountStanding.Overdue overdue => overdue.Since + (terms.GraceHours * Hour),
        AccountStanding.Suspended suspended => DueAt(suspended.Clock, terms),
        AccountStanding.Terminated terminated => DueAt(terminated.Clock, terms),
        _ => null,
    };

    /// <summary>Which standing comes next, nothing being paid, and when (ms); null for none, or none as long as a legal hold lasts.</summary>
    public static (Standing Standing, long At)? Coming(AccountStanding now, Terms terms) => now switch
    {
        AccountStanding.Overdue overdue => (Standing.Suspended, overdue.Since + (terms.GraceHours * Hour)),
        AccountStanding.Suspended suspended => ReleaseOf(suspended.Clock, terms),
        AccountStanding.Terminated terminated => ReleaseOf(terminated.Clock, terms),
        _ => null,
    };

    /// <summary>The standing when an operator terminates the account (rule 7.3); the clock of release begins anew.</summary>
    public static AccountStanding Terminate(long at, Terms terms) =>
        new AccountStanding.Terminated(at, new ReleaseClock(0, at, !terms.LegalHold));

    /// <summary>The standing when legal hold is set or lifted at an instant: it stops the clock of release, and nothing else (rule 7.5).</summary>
    public static AccountStanding Hold(AccountStanding now, bool legalHold, long at) => now switch
    {
        AccountStanding.Suspended suspended => suspended with { Clock = suspended.Clock.Set(!legalHold, at) },
        AccountStanding.Terminated terminated => terminated with { Clock = terminated.Clock.Set(!legalHold, at) },
        _ => now,
    };

    /// <summary>What would follow until an instant, included, if nothing were paid and nothing ordered.</summary>
    public static IEnumerable<StandingStep> Ahead(AccountStanding now, Terms terms, long until)
    {
        while (DueAt(now, terms) is { } due && due <= until && Next(now, owes: true, due, terms) is { } step)
        {
            yield return step;
            now = step.After;
        }
    }

    private static StandingStep Into(AccountStanding after, long at) => new(after, at, null);

    private static (Standing, long)? ReleaseOf(ReleaseClock clock, Terms terms) =>
        clock.WhenAt(terms.HoldDays * Day) is { } at ? (Standing.Released, at) : null;

    private static StandingStep? Running(ReleaseClock clock, long at, Terms terms, Func<ReleaseClock, AccountStanding> with)
    {
        if (clock.WhenAt(terms.HoldDays * Day) is not { } release)
        {
            return null;
        }

        if (release <= at)
        {
            return Into(new AccountStanding.Released(at), at);
        }

        foreach ((Warnings warning, int days) in Warning)
        {
            if (IsToCome(clock, warning, days, terms) && release - (days * Day) <= at)
            {
                return new StandingStep(with(clock with { Warned = clock.Warned | warning }), at, days);
            }
        }

        return null;
    }

    private static long? DueAt(ReleaseClock clock, Terms terms)
    {
        long? due = clock.WhenAt(terms.HoldDays * Day);
        foreach ((Warnings warning, int days) in Warning)
        {
            if (due is not null && IsToCome(clock, warning, days, terms))
            {
                due = Math.Min(due.Value, clock.WhenAt((terms.HoldDays - days) * Day)!.Value);
            }
        }

        return due;
    }

    /// <summary>It did not go out yet, and its instant does not lie before the suspension (rule 7.5).</summary>
    private static bool IsToCome(ReleaseClock clock, Warnings warning, int days, Terms terms) =>
        (clock.Warned & warning) == 0 && days <= terms.HoldDays;
}
