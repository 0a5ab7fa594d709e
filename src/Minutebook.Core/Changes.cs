using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using NodaTime.Text;

namespace Minutebook.Core;

/// <summary>
/// What folding entries changed since the last flush: rows for the tables that people read and that a book is opened from. Values
/// are absolute: writing the same changes twice leaves the same tables. The shard is the writer's to add.
/// </summary>
public sealed class Changes
{
    /// <summary>Accounts whose state changed.</summary>
    public List<AccountRow> Accounts { get; } = [];
    /// <summary>Applications that were registered (the installation's directory).</summary>
    public List<DirectoryRow> Directory { get; } = [];
    /// <summary>Versions of rate cards that were published.</summary>
    public List<CardRow> Cards { get; } = [];
    /// <summary>Sections, as they are now.</summary>
    public List<SectionRow> Sections { get; } = [];
    /// <summary>Pages of events: a class, or a day of an application's other events.</summary>
    public List<PageRow> Pages { get; } = [];
    /// <summary>What was added to pages, in order; appended, never rewritten.</summary>
    public List<ChunkRow> Chunks { get; } = [];
    /// <summary>Where the bytes of <see cref="Chunks"/> are, until the next <see cref="Clear"/>.</summary>
    internal ChunkMemory ChunkMemory { get; } = new();
    /// <summary>Rows of the usage page's details (rule 8.1).</summary>
    public List<ClassRow> Classes { get; } = [];
    /// <summary>What a class used of a meter on a local day; a row without quantity and open presence is deleted.</summary>
    public List<ClassUsageRow> ClassUsage { get; } = [];
    /// <summary>What an application used of a meter in an hour; a row of zero is deleted.</summary>
    public List<UsageRow> Usage { get; } = [];
    /// <summary>What hours add up to by day and month; a row of zero is deleted.</summary>
    public List<UsageSpanRow> UsageSpans { get; } = [];
    /// <summary>Presence that is still open, by application and hour of its start; a row of count 0 is deleted.</summary>
    public List<OpenRow> Open { get; } = [];
    /// <summary>Hours in which what is stored, or who is present, changed.</summary>
    public List<StepRow> Steps { get; } = [];
    /// <summary>What a peak is worked out of.</summary>
    public List<PeakRow> Peaks { get; } = [];
    /// <summary>What a closed period's settlement gave each class and rate.</summary>
    public List<SettledRow> Settled { get; } = [];
    /// <summary>Bills that were issued.</summary>
    public List<BillRow> Bills { get; } = [];
    /// <summary>Entries of the wallet.</summary>
    public List<LedgerRow> Ledger { get; } = [];
    /// <summary>Events that are kept and not applied; a row without a reason is deleted (it was applied since).</summary>
    public List<KeptRow> Kept { get; } = [];
    /// <summary>Identities that were voided before they came.</summary>
    public List<AwaitedRow> Awaited { get; } = [];
    /// <summary>Blocks of identity runs.</summary>
    public List<RunRow> Runs { get; } = [];
    /// <summary>What connectors noted.</summary>
    public List<NoteRow> Notes { get; } = [];
    /// <summary>Keys that were made or, without a hash, revoked.</summary>
    public List<KeyRow> Keys { get; } = [];
    /// <summary>Webhooks out that were made, changed or, without a state, deleted.</summary>
    public List<WebhookRow> Webhooks { get; } = [];
    /// <summary>What people had done; never rewritten.</summary>
    public List<AuditRow> Audit { get; } = [];

    /// <summary>Alerts that were raised; never rewritten.</summary>
    public List<AlertRow> Alerts { get; } = [];
    /// <summary>Alerts that somebody has seen.</summary>
    public List<AcknowledgementRow> Acknowledgements { get; } = [];
    /// <summary>Accounts whose entries could not be folded.</summary>
    public List<HaltedRow> Halted { get; } = [];

    /// <summary>Whether nothing changed.</summary>
    public bool IsEmpty =>
        !(Has(Accounts) || Has(Directory) || Has(Cards) || Has(Sections) || Has(Pages) || Has(Chunks) || Has(Classes) || Has(ClassUsage)
        || Has(Usage) || Has(UsageSpans) || Has(Open) || Has(Steps) || Has(Peaks) || Has(Settled) || Has(Bills) || Has(Ledger)
        || Has(Kept) || Has(Notes) || Has(Alerts) || Has(Acknowledgements) || Has(Keys) || Has(Webhooks) || Has(Audit) || Has(Awaited)
        || Has(Runs) || Has(Halted));

    private static bool Has<T>(List<T> rows) => rows.Count > 0;

    /// <summary>Empties it for the next flush.</summary>
    public void Clear()
    {
        Accounts.Clear();
        Directory.Clear();
        Cards.Clear();
        Sections.Clear();
        Pages.Clear();
        Chunks.Clear();
        ChunkMemory.Clear();
        Classes.Clear();
        ClassUsage.Clear();
        Usage.Clear();
        UsageSpans.Clear();
        Open.Clear();
        Steps.Clear();
        Peaks.Clear();
        Settled.Clear();
        Bills.Clear();
        Ledger.Clear();
        Kept.Clear();
        Notes.Clear();
        Awaited.Clear();
        Runs.Clear();
        Alerts.Clear();
        Acknowledgements.Clear();
        Keys.Clear();
        Webhooks.Clear();
        Audit.Clear();
        Halted.Clear();
    }
}

/// <summary>An account that is not folded on, because that failed: its other rows are as of this position. Key: account.</summary>
/// <param name="Account">Whose entries could not be folded.</param>
/// <param name="Position">Up to where the journal is in its rows.</param>
/// <param name="At">The time of that, in ms.</param>
/// <param name="Build">The build of Core that failed: another may not.</param>
/// <param name="Why">What it failed with.</param>
public readonly record struct HaltedRow(string Account, long Position, long At, string Build, string Why);

/// <summary>An account: its whole light state as JSON (settings, applications with their history, wallet, closes). Key: account.</summary>
public readonly record struct AccountRow(string Account, byte[] State);

/// <summary>Which account an application belongs to. Key: application.</summary>
public readonly record struct DirectoryRow(string Application, string Account);

/// <summary>A published version of a rate card. Key: card, effectiveFrom (ISO date).</summary>
public readonly record struct CardRow(string Card, string EffectiveFrom, byte[] Json);

/// <summary>Where a section belongs. Key: account, section.</summary>
public readonly record struct SectionRow(string Account, string Section, string? Course, string? Organization, string? Department);

/// <summary>A page. Key: account, number; also unique: account, application, kind, key.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Page">Its number in the account, from 1; never used again.</param>
/// <param name="Application">The application.</param>
/// <param name="Kind">0 a class, 1 a day of events without class, 2 a day's voids, 3 a local day's storage samples.</param>
/// <param name="Key">The class id, or the day as yyyy-MM-dd: a UTC day but for samples.</param>
/// <param name="Due">When time alone changes what it amounts to, in ms: such pages are held in memory. Null: never.</param>
/// <param name="Run">The identity run that its last event is in: those of the run that is filled now are read when a book is opened.</param>
public readonly record struct PageRow(string Account, int Page, string Application, int Kind, string Key, long? Due, int Run);

/// <summary>A piece of a page's stream. Key: account, page, first (where in the stream it begins, in bytes).</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Page">The page.</param>
/// <param name="First">Where it begins.</param>
/// <param name="Data">Its bytes; of a flush, good until its changes are cleared.</param>
public readonly record struct ChunkRow(string Account, int Page, int First, ReadOnlyMemory<byte> Data);

/// <summary>A row of the details list (rule 8.1). Key: account, page, type. Listed by account, start, class.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Page">The class's page.</param>
/// <param name="Type">0 Interactive class; else the viewing of its recordings on a local day (<see cref="ViewingsOf"/>).</param>
/// <param name="Application">The application.</param>
/// <param name="Class">The class id.</param>
/// <param name="Name">The class's name.</param>
/// <param name="Start">Start of its window, ms.</param>
/// <param name="End">End of its window, ms; null while it runs.</param>
/// <param name="EndedBy">0 nothing yet, 1 event, 2 cap.</param>
/// <param name="Users">Number of users (rule 2.6).</param>
/// <param name="Seconds">Seconds of presence that is over.</param>
/// <param name="OpenCount">How many presences are open.</param>
/// <param name="OpenSum">Sum of the seconds (since 1970) at which they opened: live seconds = Seconds + OpenCount × now − OpenSum.</param>
/// <param name="Deleted">There is no row any more (its start was voided).</param>
public readonly record struct ClassRow(
    string Account, int Page, int Type, string Application, string Class, string? Name, long Start, long? End, int EndedBy,
    int Users, Int128 Seconds, long OpenCount, Int128 OpenSum, bool Deleted)
{
    private const int Viewings = 1_000_000;

    /// <summary>The type of the row of a local day's viewings, by the day's number; always above 0.</summary>
    public static int ViewingsOf(int day) => Viewings + day;

    /// <summary>The local day whose viewings it is, as days since 1970-01-01; null for a class.</summary>
    public int? ViewingsDay => Type == 0 ? null : Type - Viewings;
}

/// <summary>What a page used on a local day. Key: account, day (ISO), page, meter, dimensions.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Day">The local day, ISO.</param>
/// <param name="Page">The page.</param>
/// <param name="Application">The application.</param>
/// <param name="Class">The class id; null for events without class.</param>
/// <param name="Meter">The meter's name.</param>
/// <param name="Dimensions">The dimensions' key.</param>
/// <param name="Quantity">What is over, in base units.</param>
/// <param name="OpenCount">Presences of this meter and these dimensions that opened on this day and are open.</param>
/// <param name="OpenSum">Sum of the seconds at which they opened.</param>
public readonly record struct ClassUsageRow(
    string Account, string Day, int Page, string Application, string? Class, string Meter, string Dimensions, Int128 Quantity,
    long OpenCount, Int128 OpenSum);

/// <summary>What an application used in an hour. Key: account, meter, hour, application, dimensions.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Meter">The meter's name.</param>
/// <param name="Hour">When the hour starts, in seconds since 1970.</param>
/// <param name="Application">The application.</param>
/// <param name="Dimensions">The dimensions' key.</param>
/// <param name="Quantity">Base units; without what is open.</param>
public readonly record struct UsageRow(string Account, string Meter, long Hour, string Application, string Dimensions, Int128 Quantity);

/// <summary>What an application used on a local day or in a month. Key: account, span, meter, start, application, dimensions.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Span">0 a day, 1 a month.</param>
/// <param name="Meter">The meter's name.</param>
/// <param name="Start">The day, or the month's first, in days since 1970-01-01.</param>
/// <param name="Application">The application.</param>
/// <param name="Dimensions">The dimensions' key.</param>
/// <param name="Quantity">The sum of its hours; without what is open.</param>
public readonly record struct UsageSpanRow(
    string Account, int Span, string Meter, int Start, string Application, string Dimensions, Int128 Quantity);

/// <summary>Open presence. Key: account, meter, application, dimensions, hour.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Meter">The meter's name.</param>
/// <param name="Application">The application.</param>
/// <param name="Dimensions">The dimensions' key.</param>
/// <param name="Hour">The hour in which the presences opened: its start, in seconds.</param>
/// <param name="Count">How many.</param>
/// <param name="Sum">Sum of the seconds at which they opened.</param>
public readonly record struct OpenRow(string Account, string Meter, string Application, string Dimensions, long Hour, long Count, Int128 Sum);

/// <summary>
/// An hour in which a step function changed (<see cref="Metering.StepHour"/>). Key: account, meter, application, hour. What hours between
/// such rows amount to follows from the row before them.
/// </summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Meter"><c>storage</c> or <c>peak</c>.</param>
/// <param name="Application">The application.</param>
/// <param name="Hour">When the hour starts, in seconds since 1970.</param>
/// <param name="First">Its first change, in seconds.</param>
/// <param name="Between">What [first, last) amounts to: byte-seconds, or the most users at once.</param>
/// <param name="Last">Its last change, in seconds.</param>
/// <param name="Level">Bytes or users from then on.</param>
/// <param name="Deleted">Nothing changes in it any more.</param>
public readonly record struct StepRow(
    string Account, string Meter, string Application, long Hour, long First, Int128 Between, long Last, long Level, bool Deleted);

/// <summary>
/// The seconds of an hour in which the number of distinct users present changes, packed; empty: there are none. A book needs them to take
/// a later change. Key: account, application, hour.
/// </summary>
public readonly record struct PeakRow(string Account, string Application, long Hour, byte[] Changes);

/// <summary>What a settled period gave a class. Key: account, kind, period (ISO), page, rate. Units are decimal strings.</summary>
public readonly record struct SettledRow(
    string Account, int Kind, string Period, int Page, string Rate, string Units, string Free, string Package, string PayAsYouGo,
    string Uncovered, string Packages)
{
    /// <summary>The row of a class's share in a settlement, closed or live; its packages stand one a line, each with its units after a tab.</summary>
    public static SettledRow Of(string account, SettledPeriod settled, in ClassShare share, int page)
    {
        Int128 covered = 0;
        foreach (PackageShare package in share.Packages)
        {
            covered += package.Units;
        }

        return new SettledRow(
            account, (int)settled.Period.Kind, LocalDatePattern.Iso.Format(settled.Period.Start), page, settled.Card.Rates[share.Rate].Id,
            share.Units.ToString(), share.FreeUnits.ToString(), covered.ToString(), share.PayAsYouGoUnits.ToString(),
            share.UncoveredUnits.ToString(), string.Join('\n', share.Packages.Select(package => $"{package.Package}\t{package.Units}")));
    }
}

/// <summary>An issued bill. Key: number.</summary>
public readonly record struct BillRow(
    string Account, string Number, int Kind, string PeriodStart, string PeriodEnd, long IssuedAt, string Total, byte[] Json);

/// <summary>An entry of the wallet. Key: account, index from 1. Amounts are decimal strings.</summary>
public readonly record struct LedgerRow(string Account, long Index, long At, string Kind, string Amount, string Balance, string Reference);

/// <summary>
/// An event kept and not applied (rule 1.5). Key: account ("" for none), identity. No reason: it is gone. Position: of the group in the
/// journal that has it as it first came.
/// </summary>
public readonly record struct KeptRow(string Account, UInt128 Identity, string? Reason, long ReceivedAt, long Position, byte[] Event);

/// <summary>An identity that was voided before its event came (rule 1.6). Key: account, identity. Over: the event came.</summary>
public readonly record struct AwaitedRow(string Account, UInt128 Identity, bool IsOver);

/// <summary>
/// A block of an identity run (<see cref="Metering.IdentityBlock"/>): of each identity forty bits and its page, in order. An index over the
/// chunks, which hold the identities whole. Key: account, level, number, block. Without data it is deleted.
/// </summary>
public readonly record struct RunRow(string Account, int Level, int Number, int Block, byte[] Data)
{
    /// <summary>The block that says that the run is complete, and how many entries it has.</summary>
    public const int HeadBlock = -1;

    /// <summary>The head of a complete run.</summary>
    public static RunRow Head(string account, int level, int number, int entries)
    {
        byte[] data = new byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(data, entries);
        return new RunRow(account, level, number, HeadBlock, data);
    }

    /// <summary>How many entries the run has whose head this is.</summary>
    public int Entries => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(Data);
}

/// <summary>What a connector noted of another system's state. Key: account, application, connector, key. KeepUntil in ms.</summary>
public readonly record struct NoteRow(string Account, string Application, string Connector, string Key, string Text, long KeepUntil);

/// <summary>An alert (rule 7.7). Key: account, index.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Index">Its number in the account, from 1, in the order in which they were raised.</param>
/// <param name="Type">Its name in the API, which is also the webhook's: one of <see cref="Accounts.AlertType"/>.</param>
/// <param name="At">The instant that the rules give it, in ms; never when a job ran.</param>
/// <param name="Application">The application that it is about; null for the account.</param>
/// <param name="Cause">What brought it about, in a few words.</param>
/// <param name="Data">What there is beyond that, as a JSON object.</param>
public readonly record struct AlertRow(string Account, long Index, string Type, long At, string? Application, string Cause, string Data);

/// <summary>Somebody has seen an alert. Key: account, index. At in ms.</summary>
public readonly record struct AcknowledgementRow(string Account, long Index, long At);
