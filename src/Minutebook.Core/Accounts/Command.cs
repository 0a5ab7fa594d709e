using System.Text.Json;
using System.Text.Json.Serialization;
using Minutebook.Core.Metering;

namespace Minutebook.Core.Accounts;

/// <summary>
/// What people order. A command is an entry of the journal like an event: appended first, decided by the fold, its <see cref="Outcome"/>
/// a change like any other. What the fold cannot see (a malformed field) is refused before it becomes a command.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "command")]
[JsonDerivedType(typeof(PutAccount), "put-account")]
[JsonDerivedType(typeof(PutApplication), "put-application")]
[JsonDerivedType(typeof(PutSection), "put-section")]
[JsonDerivedType(typeof(TopUp), "top-up")]
[JsonDerivedType(typeof(BuyPackage), "buy-package")]
[JsonDerivedType(typeof(RefundPackage), "refund-package")]
[JsonDerivedType(typeof(PutConnector), "put-connector")]
[JsonDerivedType(typeof(RegisterApplication), "register-application")]
[JsonDerivedType(typeof(PublishCard), "publish-card")]
[JsonDerivedType(typeof(ReleaseKept), "release-kept")]
[JsonDerivedType(typeof(AdoptKept), "adopt-kept")]
[JsonDerivedType(typeof(KeepNote), "keep-note")]
[JsonDerivedType(typeof(AcknowledgeAlert), "acknowledge-alert")]
[JsonDerivedType(typeof(Terminate), "terminate")]
[JsonDerivedType(typeof(PutBudget), "put-budget")]
[JsonDerivedType(typeof(AnswerRelease), "answer-release")]
[JsonDerivedType(typeof(EraseUser), "erase-user")]
public abstract partial record Command
{
    private Command() { }

    /// <summary>How commands stand in the journal.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>A command to an account, whose entries are those of its shard.</summary>
    public abstract record OfAccount : Command
    {
        /// <summary>The account.</summary>
        // Each command has it among its own, first: so they stand in journals.
        public abstract string Account { get; init; }
    }

    /// <summary>Creates an account or changes what is given. Name, currency and time zone are required at creation; the latter two are for good (rule 1.2).</summary>
    public sealed record PutAccount(
        string Account, string? Name, string? Currency, string? TimeZone, string? RateCard = null, int? SettleDelayMinutes = null,
        string? CreditLimit = null, int? LateDays = null, long? UsageHourBytes = null, Given<string> CategorizedSince = default,
        int? GraceHours = null, int? HoldDays = null, bool? LegalHold = null, IReadOnlyList<string>? AlertEmails = null) : OfAccount;

    /// <summary>Creates an application of the account or changes the settings that are given, from now on (rule 1.7).</summary>
    public sealed record PutApplication(
        string Account, string Application, string? Name, MeteringMode? Metering = null, Plan? Plan = null, bool? PayAsYouGo = null,
        Given<string> Edition = default, CountBy? CountBy = null, IReadOnlyList<string>? ExcludeRoles = null, string? DefaultTier = null) : OfAccount;

    /// <summary>Says where a section belongs, for deliveries that arrive from now on (rule 3.4).</summary>
    public sealed record PutSection(
        string Account, string Section, Given<string> Course = default, Given<string> Organization = default, Given<string> Department = default) : OfAccount;

    /// <summary>Puts money into the wallet; the reference makes it happen once (rule 6.5). The amount is a decimal string.</summary>
    public sealed record TopUp(string Account, string Amount, string Currency, string Reference) : OfAccount;

    /// <summary>Buys a package for an application, or for the account where none is named; the reference makes it happen once (rule 6.5).</summary>
    public sealed record BuyPackage(string Account, string Sku, string? Application, string Reference) : OfAccount;

    /// <summary>Gives a package back of which nothing was used (rule 5.7).</summary>
    public sealed record RefundPackage(string Account, string Package) : OfAccount;

    /// <summary>Sets up a connector of an application. The configuration's secrets are sealed before they get here.</summary>
    public sealed record PutConnector(string Account, string Application, string Connector, string SealedConfiguration) : OfAccount;

    /// <summary>Takes an application's id for an account in the installation's directory; an id is one account's for good.</summary>
    public sealed record RegisterApplication(string Application, string Account) : Command;

    /// <summary>Publishes a version of a rate card. It reaches every shard in one step. The JSON is the canonical form.</summary>
    public sealed record PublishCard(string Card, string EffectiveFrom, string CardJson) : Command;

    /// <summary>Drops events that the installation kept for an unknown application: their account has taken them since. Identities as decimal numbers.</summary>
    public sealed record ReleaseKept(IReadOnlyList<string> Identities) : Command;

    /// <summary>Takes over what the installation kept for an application that is the account's now (rule 1.5). It stays kept until it is tried.</summary>
    public sealed record AdoptKept(string Account, IReadOnlyList<KeptBefore> Events) : OfAccount;

    /// <summary>Remembers what a connector noted of another system's state; a note of the same key replaces the one before. Times in ms.</summary>
    public sealed record KeepNote(string Account, string Application, string Connector, string Key, string Text, long KeepUntil) : OfAccount;

    /// <summary>Somebody has seen an alert; a second time changes nothing.</summary>
    public sealed record AcknowledgeAlert(string Account, long Index) : OfAccount;

    /// <summary>An operator declares a violation: terminated for good (rule 7.3). The first reason stays.</summary>
    public sealed record Terminate(string Account, string Reason) : OfAccount;

    /// <summary>Sets an amount a month, of whose shares, in percent, an alert tells once a month each. What is null stays as it is.</summary>
    public sealed record PutBudget(string Account, string Budget, string? Amount, string? Currency, IReadOnlyList<int>? Thresholds) : OfAccount;

    /// <summary>Says that an order of the release was done, or could not be (rule 7.5).</summary>
    public sealed record AnswerRelease(string Account, int Order, ReleaseStatus Status, string? Detail = null) : OfAccount;

    /// <summary>Notes that a user's name was taken out of events that had come before, and what stands there now. It changes nothing itself.</summary>
    public sealed record EraseUser(string Account, string Pseudonym, long Events) : OfAccount;
}

/// <summary>An event that the installation kept.</summary>
/// <param name="Event">It, as CloudEvents JSON.</param>
/// <param name="ReceivedAt">When it first came, in ms.</param>
public sealed record KeptBefore(string Event, long ReceivedAt);

/// <summary>What became of a command.</summary>
/// <param name="Refusal">Why it was refused; null when it was done.</param>
/// <param name="Created">Something new came into being by it (201), rather than was changed or was there already (200).</param>
/// <param name="Detail">For a refusal: what is wrong and what to do, in a sentence.</param>
/// <param name="Field">The field of the request that does not fit, where it is one.</param>
/// <param name="Answer">What it answers beyond that, as JSON; null for nothing.</param>
public sealed record Outcome(Refusal? Refusal, bool Created = false, string? Detail = null, string? Answer = null, string? Field = null)
{
    /// <summary>Refuses.</summary>
    public static Outcome Refused(Refusal why, string detail, string? field = null) => new(why, Detail: detail, Field: field);
}

/// <summary>Why a command was refused; each has one code in the API.</summary>
public enum Refusal
{
    /// <summary>A field does not fit what is there; <c>invalid-request</c>.</summary>
    InvalidRequest,
    /// <summary>There is no such thing, or it is another account's; <c>not-found</c>.</summary>
    NotFound,
    /// <summary>It is fixed for good; <c>immutable</c>.</summary>
    Immutable,
    /// <summary>The application's id is another account's; <c>application-taken</c>.</summary>
    ApplicationTaken,
    /// <summary>The reference was used for something else; <c>reference-reused</c>.</summary>
    ReferenceReused,
    /// <summary>The package is used, refunded already, or too old; <c>not-refundable</c>.</summary>
    NotRefundable,
    /// <summary>The account is released; <c>account-released</c>.</summary>
    AccountReleased,
    /// <summary>The account is halted, and what comes of the command is not known yet; <c>unavailable</c>.</summary>
    Unavailable,
}
