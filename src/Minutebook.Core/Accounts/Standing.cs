using System.Text.Json.Serialization;

namespace Minutebook.Core.Accounts;

/// <summary>The standings of an account, from best to worst (section 7 of the rules).</summary>
public enum Standing
{
    /// <summary>Everything may happen.</summary>
    Good,
    /// <summary>The balance is below minus the credit limit (rule 7.1).</summary>
    Overdue,
    /// <summary>It was so for the grace (rule 7.2).</summary>
    Suspended,
    /// <summary>An operator declared a violation; for good (rule 7.3).</summary>
    Terminated,
    /// <summary>Its resources are given up; for good (rule 7.3).</summary>
    Released,
}

/// <summary>By which terms standing follows (rule 7.2), and whether the clock of release stands (rule 7.5).</summary>
/// <param name="GraceHours">Hours from overdue to suspended.</param>
/// <param name="HoldDays">Days of 24 hours from suspended, or terminated, to released.</param>
/// <param name="LegalHold">The clock of release stands.</param>
public readonly record struct Terms(int GraceHours, int HoldDays, bool LegalHold);

/// <summary>Warnings before release that went out (rule 7.5), each once a suspension.</summary>
[Flags]
public enum Warnings
{
    /// <summary>None yet.</summary>
    None = 0,
    /// <summary>30 days before.</summary>
    ThirtyDays = 1,
    /// <summary>7 days before.</summary>
    SevenDays = 2,
    /// <summary>1 day before.</summary>
    OneDay = 4,
}

/// <summary>The clock that runs from suspension or termination to release; a legal hold stops it (rule 7.5). In ms.</summary>
/// <param name="Counted">What it has counted up to <paramref name="From"/>.</param>
/// <param name="From">Since when it has run, or stood.</param>
/// <param name="Runs">False during a legal hold.</param>
/// <param name="Warned">The warnings that went out.</param>
public sealed record ReleaseClock(long Counted, long From, bool Runs, Warnings Warned = Warnings.None)
{
    /// <summary>When it will have counted so long; null while it stands.</summary>
    public long? WhenAt(long counted) => Runs ? From + counted - Counted : null;

    /// <summary>Stops or starts it, at an instant.</summary>
    public ReleaseClock Set(bool runs, long now) =>
        runs == Runs ? this : this with { Counted = Runs ? Counted + now - From : Counted, From = now, Runs = runs };
}

/// <summary>The standing of an account and what it follows from. All instants are ms since 1970, and included: [Since, …).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "standing")]
[JsonDerivedType(typeof(Good), "good")]
[JsonDerivedType(typeof(Overdue), "overdue")]
[JsonDerivedType(typeof(Suspended), "suspended")]
[JsonDerivedType(typeof(Terminated), "terminated")]
[JsonDerivedType(typeof(Released), "released")]
public abstract record AccountStanding(long Since)
{
    /// <summary>Which standing it is.</summary>
    [JsonIgnore]
    public Standing Kind => this switch
    {
        Good => Standing.Good,
        Overdue => Standing.Overdue,
        Suspended => Standing.Suspended,
        Terminated => Standing.Terminated,
        Released => Standing.Released,
        _ => throw new System.Diagnostics.UnreachableException($"{this} has no name."),
    };

    /// <summary>Nothing is owed beyond the limit.</summary>
    public sealed record Good(long Since) : AccountStanding(Since);

    /// <summary>Too much is owed; the alert went out at <see cref="AccountStanding.Since"/>.</summary>
    public sealed record Overdue(long Since) : AccountStanding(Since);

    /// <summary>Nothing may begin; release comes.</summary>
    public sealed record Suspended(long Since, ReleaseClock Clock) : AccountStanding(Since);

    /// <summary>As suspended, and no payment helps.</summary>
    public sealed record Terminated(long Since, ReleaseClock Clock) : AccountStanding(Since);

    /// <summary>Nothing may happen any more.</summary>
    public sealed record Released(long Since) : AccountStanding(Since);
}
