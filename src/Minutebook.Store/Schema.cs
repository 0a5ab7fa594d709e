using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>What is in the files. Every key starts with the shard, so that a shard's rows lie together, here and on a cluster.</summary>
internal static class Schema
{
    public const int Version = 10;

    public const string Meta = "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID";

    /// <summary>Rows by rowid: WITHOUT ROWID takes half as long again for blobs of this size. The data comes last: what stands before
    /// it is read without walking through it.</summary>
    public const string Journal =
        "CREATE TABLE journal (shard INTEGER NOT NULL, position INTEGER NOT NULL, time INTEGER NOT NULL, codec INTEGER NOT NULL, "
        + "checksum INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (shard, position)) STRICT";

    /// <summary>How far the tables are: the last group of each shard that is in them.</summary>
    public const string Positions =
        "CREATE TABLE positions (shard INTEGER PRIMARY KEY, position INTEGER NOT NULL, time INTEGER NOT NULL) STRICT, WITHOUT ROWID";

    /// <summary>In which order a shard's alerts were written, over all accounts: what sends them reads on from where it was. Like the
    /// positions it is no part of what the fold says, because the order of accounts within a write is nobody's.</summary>
    public const string AlertFeed =
        "CREATE TABLE alert_feed (shard INTEGER, sequence INTEGER, account TEXT NOT NULL, number INTEGER NOT NULL, "
        + "PRIMARY KEY (shard, sequence)) STRICT, WITHOUT ROWID";

    public static readonly Table<AccountRow> Accounts = new()
    {
        Name = "accounts",
        IsLarge = true,
        Key = "account TEXT",
        Values = "state TEXT",
        Indexes = ["CREATE INDEX accounts_by_name ON accounts (account)"],
        BindKey = (Statement to, in AccountRow row) => to.Add(row.Account),
        BindValues = (Statement to, in AccountRow row) => to.AddText(row.State),
        Read = from => new AccountRow(from.Text(), from.Bytes()),
    };

    public static readonly Table<DirectoryRow> Directory = new()
    {
        Name = "directory",
        Key = "application TEXT",
        Values = "account TEXT",
        BindKey = (Statement to, in DirectoryRow row) => to.Add(row.Application),
        BindValues = (Statement to, in DirectoryRow row) => to.Add(row.Account),
        Read = from => new DirectoryRow(from.Text(), from.Text()),
    };

    public static readonly Table<CardRow> Cards = new()
    {
        Name = "cards",
        IsLarge = true,
        Key = "card TEXT, effective_from TEXT",
        Values = "json TEXT",
        BindKey = (Statement to, in CardRow row) => to.Add(row.Card).Add(row.EffectiveFrom),
        BindValues = (Statement to, in CardRow row) => to.AddText(row.Json),
        Read = from => new CardRow(from.Text(), from.Text(), from.Bytes()),
    };

    public static readonly Table<SectionRow> Sections = new()
    {
        Name = "sections",
        Key = "account TEXT, section TEXT",
        Values = "course TEXT?, organization TEXT?, department TEXT?",
        BindKey = (Statement to, in SectionRow row) => to.Add(row.Account).Add(row.Section),
        BindValues = (Statement to, in SectionRow row) => to.Add(row.Course).Add(row.Organization).Add(row.Department),
        Read = from => new SectionRow(from.Text(), from.Text(), from.TextOrNull(), from.TextOrNull(), from.TextOrNull()),
    };

    public static readonly Table<PageRow> Pages = new()
    {
        Name = "pages",
        Key = "account TEXT, page INTEGER",
        Values = "application TEXT!, kind INTEGER!, key TEXT!, due INTEGER?, run INTEGER",
        Indexes =
        [
            "CREATE UNIQUE INDEX pages_by_key ON pages (shard, account, application, kind, key)",
            "CREATE INDEX pages_due ON pages (shard) WHERE due IS NOT NULL",
            "CREATE INDEX pages_by_run ON pages (shard, account, run)",
        ],
        BindKey = (Statement to, in PageRow row) => to.Add(row.Account).Add(row.Page),
        BindValues = (Statement to, in PageRow row) => to.Add(row.Application).Add(row.Kind).Add(row.Key).Add(row.Due)
            .Add(row.Run),
        Read = from => new PageRow(from.Text(), from.Int(), from.Text(), from.Int(), from.Text(), from.LongOrNull(), from.Int()),
    };

    public static readonly Table<ChunkRow> Chunks = new()
    {
        Name = "chunks",
        IsLarge = true,
        IsPacked = true,
        Key = "account TEXT, page INTEGER, first INTEGER",
        Values = "data BLOB",
        BindKey = (Statement to, in ChunkRow row) => to.Add(row.Account).Add(row.Page).Add(row.First),
        BindValues = (Statement to, in ChunkRow row) => to.AddBlob(row.Data.Span),
        Read = from => new ChunkRow(from.Text(), from.Int(), from.Int(), from.Bytes()),
    };

    public static readonly Table<ClassRow> Classes = new()
    {
        Name = "classes",
        Key = "account TEXT, page INTEGER, type INTEGER",
        Values = "application TEXT!, class TEXT!, name TEXT?, started INTEGER^, ended INTEGER?, ended_by INTEGER, users INTEGER, "
            + "seconds ANY, open_count INTEGER, open_sum ANY",
        Indexes =
        [
            "CREATE INDEX classes_by_start ON classes (shard, account, started, class, page)",
            "CREATE INDEX classes_by_class ON classes (shard, account, class)",
        ],
        BindKey = (Statement to, in ClassRow row) => to.Add(row.Account).Add(row.Page).Add(row.Type),
        BindValues = (Statement to, in ClassRow row) => to.Add(row.Application).Add(row.Class).Add(row.Name).Add(row.Start).Add(row.End)
            .Add(row.EndedBy).Add(row.Users).Add(row.Seconds).Add(row.OpenCount).Add(row.OpenSum),
        Read = from => new ClassRow(
            from.Text(), from.Int(), from.Int(), from.Text(), from.Text(), from.TextOrNull(), from.Long(), from.LongOrNull(),
            from.Int(), from.Int(), from.Quantity(), from.Long(), from.Quantity(), false),
        Gone = row => row.Deleted,
    };

    public static readonly Table<ClassUsageRow> ClassUsage = new()
    {
        Name = "class_usage",
        Key = "account TEXT, day TEXT, page INTEGER, meter TEXT, dimensions TEXT",
        Values = "application TEXT, class TEXT?, quantity ANY, open_count INTEGER, open_sum ANY",
        Indexes = ["CREATE INDEX class_usage_by_page ON class_usage (shard, account, page)"],
        BindKey = (Statement to, in ClassUsageRow row) =>
            to.Add(row.Account).Add(row.Day).Add(row.Page).Add(row.Meter).Add(row.Dimensions),
        BindValues = (Statement to, in ClassUsageRow row) =>
            to.Add(row.Application).Add(row.Class).Add(row.Quantity).Add(row.OpenCount).Add(row.OpenSum),
        Read = from => new ClassUsageRow(
            Account: from.Text(), Day: from.Text(), Page: from.Int(), Meter: from.Text(), Dimensions: from.Text(),
            Application: from.Text(), Class: from.TextOrNull(), Quantity: from.Quantity(), OpenCount: from.Long(),
            OpenSum: from.Quantity()),
        Gone = row => row.Quantity == 0 && row.OpenCount == 0,
    };

    public static readonly Table<UsageRow> Usage = new()
    {
        Name = "usage",
        Key = "account TEXT, meter TEXT, hour INTEGER, application TEXT, dimensions TEXT",
        Values = "quantity ANY",
        BindKey = (Statement to, in UsageRow row) =>
            to.Add(row.Account).Add(row.Meter).Add(row.Hour).Add(row.Application).Add(row.Dimensions),
        BindValues = (Statement to, in UsageRow row) => to.Add(row.Quantity),
        Read = from => new UsageRow(from.Text(), from.Text(), from.Long(), from.Text(), from.Text(), from.Quantity()),
        Gone = row => row.Quantity == 0,
    };

    public static readonly Table<UsageSpanRow> UsageSpans = new()
    {
        Name = "usage_spans",
        Key = "account TEXT, span INTEGER, meter TEXT, start INTEGER, application TEXT, dimensions TEXT",
        Values = "quantity ANY",
        BindKey = (Statement to, in UsageSpanRow row) =>
            to.Add(row.Account).Add(row.Span).Add(row.Meter).Add(row.Start).Add(row.Application).Add(row.Dimensions),
        BindValues = (Statement to, in UsageSpanRow row) => to.Add(row.Quantity),
        Read = from => new UsageSpanRow(
            from.Text(), from.Int(), from.Text(), from.Int(), from.Text(), from.Text(), from.Quantity()),
        Gone = row => row.Quantity == 0,
    };

    public static readonly Table<OpenRow> Open = new()
    {
        Name = "open",
        Key = "account TEXT, meter TEXT, application TEXT, dimensions TEXT, hour INTEGER",
        Values = "count INTEGER, sum ANY",
        BindKey = (Statement to, in OpenRow row) =>
            to.Add(row.Account).Add(row.Meter).Add(row.Application).Add(row.Dimensions).Add(row.Hour),
        BindValues = (Statement to, in OpenRow row) => to.Add(row.Count).Add(row.Sum),
        Read = from => new OpenRow(
            from.Text(), from.Text(), from.Text(), from.Text(), from.Long(), from.Long(), from.Quantity()),
        Gone = row => row.Count == 0,
    };

    public static readonly Table<StepRow> Steps = new()
    {
        Name = "steps",
        Key = "account TEXT, meter TEXT, application TEXT, hour INTEGER",
        Values = "first INTEGER, between_them ANY, last INTEGER, level INTEGER",
        BindKey = (Statement to, in StepRow row) => to.Add(row.Account).Add(row.Meter).Add(row.Application).Add(row.Hour),
        BindValues = (Statement to, in StepRow row) => to.Add(row.First).Add(row.Between).Add(row.Last).Add(row.Level),
        Read = from => new StepRow(
            from.Text(), from.Text(), from.Text(), from.Long(), from.Long(), from.Quantity(), from.Long(), from.Long(), false),
        Gone = row => row.Deleted,
    };

    public static readonly Table<PeakRow> Peaks = new()
    {
        Name = "peaks",
        Key = "account TEXT, application TEXT, hour INTEGER",
        Values = "changes BLOB",
        BindKey = (Statement to, in PeakRow row) => to.Add(row.Account).Add(row.Application).Add(row.Hour),
        BindValues = (Statement to, in PeakRow row) => to.AddBlob(row.Changes),
        Read = from => new PeakRow(from.Text(), from.Text(), from.Long(), from.Bytes()),
        Gone = row => row.Changes.Length == 0,
    };

    public static readonly Table<SettledRow> Settled = new()
    {
        Name = "settled",
        Key = "account TEXT, kind INTEGER, period TEXT, page INTEGER, rate TEXT",
        Values = "units TEXT, free TEXT, package TEXT, pay_as_you_go TEXT, uncovered TEXT, packages TEXT",
        Indexes = ["CREATE INDEX settled_by_page ON settled (shard, account, page)"],
        BindKey = (Statement to, in SettledRow row) =>
            to.Add(row.Account).Add(row.Kind).Add(row.Period).Add(row.Page).Add(row.Rate),
        BindValues = (Statement to, in SettledRow row) => to.Add(row.Units).Add(row.Free).Add(row.Package).Add(row.PayAsYouGo)
            .Add(row.Uncovered).Add(row.Packages),
        Read = from => new SettledRow(
            from.Text(), from.Int(), from.Text(), from.Int(), from.Text(),
            from.Text(), from.Text(), from.Text(), from.Text(), from.Text(), from.Text()),
    };

    public static readonly Table<BillRow> Bills = new()
    {
        Name = "bills",
        IsLarge = true,
        Key = "number TEXT",
        Values = "account TEXT!, kind INTEGER!, period_start TEXT!, period_end TEXT, issued_at INTEGER, total TEXT, json TEXT",
        Indexes = ["CREATE INDEX bills_by_period ON bills (shard, account, period_start, kind)"],
        BindKey = (Statement to, in BillRow row) => to.Add(row.Number),
        BindValues = (Statement to, in BillRow row) => to.Add(row.Account).Add(row.Kind).Add(row.PeriodStart).Add(row.PeriodEnd)
            .Add(row.IssuedAt).Add(row.Total).AddText(row.Json),
        Read = from => new BillRow(
            Number: from.Text(), Account: from.Text(), Kind: from.Int(), PeriodStart: from.Text(), PeriodEnd: from.Text(),
            IssuedAt: from.Long(), Total: from.Text(), Json: from.Bytes()),
    };

    public static readonly Table<LedgerRow> Ledger = new()
    {
        Name = "ledger",
        Key = "account TEXT, number INTEGER",
        Values = "at INTEGER, kind TEXT, amount TEXT, balance TEXT, reference TEXT",
        BindKey = (Statement to, in LedgerRow row) => to.Add(row.Account).Add(row.Index),
        BindValues = (Statement to, in LedgerRow row) =>
            to.Add(row.At).Add(row.Kind).Add(row.Amount).Add(row.Balance).Add(row.Reference),
        Read = from => new LedgerRow(
            from.Text(), from.Long(), from.Long(), from.Text(), from.Text(), from.Text(), from.Text()),
    };

    public static readonly Table<KeptRow> Kept = new()
    {
        Name = "kept",
        Key = "account TEXT, identity BLOB",
        Values = "reason TEXT, received_at INTEGER, position INTEGER, event BLOB",
        // Across shards, because an operator pages through all that was kept; with the reason, because reasons are counted.
        Indexes = ["CREATE INDEX kept_by_arrival ON kept (account, received_at, identity, reason)"],
        BindKey = (Statement to, in KeptRow row) => to.Add(row.Account).Add(row.Identity),
        BindValues = (Statement to, in KeptRow row) => to.Add(row.Reason).Add(row.ReceivedAt).Add(row.Position).AddBlob(row.Event),
        Read = from => new KeptRow(from.Text(), from.Identity(), from.Text(), from.Long(), from.Long(), from.Bytes()),
        Gone = row => row.Reason is null,
    };

    public static readonly Table<NoteRow> Notes = new()
    {
        Name = "notes",
        Key = "account TEXT, application TEXT, connector TEXT, key TEXT",
        Values = "text TEXT, keep_until INTEGER",
        BindKey = (Statement to, in NoteRow row) => to.Add(row.Account).Add(row.Application).Add(row.Connector).Add(row.Key),
        BindValues = (Statement to, in NoteRow row) => to.Add(row.Text).Add(row.KeepUntil),
        Read = from => new NoteRow(from.Text(), from.Text(), from.Text(), from.Text(), from.Text(), from.Long()),
    };

    public static readonly Table<AlertRow> Alerts = new()
    {
        Name = "alerts",
        Key = "account TEXT, number INTEGER",
        Values = "type TEXT!, at INTEGER!, application TEXT?, cause TEXT!, data TEXT!",
        BindKey = (Statement to, in AlertRow row) => to.Add(row.Account).Add(row.Index),
        BindValues = (Statement to, in AlertRow row) => to.Add(row.Type).Add(row.At).Add(row.Application).Add(row.Cause).Add(row.Data),
        Read = from => new AlertRow(
            from.Text(), from.Long(), from.Text(), from.Long(), from.TextOrNull(), from.Text(), from.Text()),
    };

    public static readonly Table<AcknowledgementRow> Acknowledgements = new()
    {
        Name = "acknowledgements",
        Key = "account TEXT, number INTEGER",
        Values = "at INTEGER!",
        BindKey = (Statement to, in AcknowledgementRow row) => to.Add(row.Account).Add(row.Index),
        BindValues = (Statement to, in AcknowledgementRow row) => to.Add(row.At),
        Read = from => new AcknowledgementRow(from.Text(), from.Long(), from.Long()),
    };

    /// <summary>What could not be folded is no part of what the fold says: another build makes nothing of it.</summary>
    public static readonly Table<HaltedRow> Halted = new()
    {
        Name = "halted",
        Key = "account TEXT",
        Values = "position INTEGER!, at INTEGER!, build TEXT!, why TEXT!",
        BindKey = (Statement to, in HaltedRow row) => to.Add(row.Account),
        BindValues = (Statement to, in HaltedRow row) => to.Add(row.Position).Add(row.At).Add(row.Build).Add(row.Why),
        Read = from => new HaltedRow(from.Text(), from.Long(), from.Long(), from.Text(), from.Text()),
    };

    /// <summary>All tables that a fold writes.</summary>
    public static readonly IReadOnlyList<Table> Tables =
    [
        Accounts, Directory, Cards, Sections, Pages, Chunks, Classes, ClassUsage, Usage, UsageSpans, Open, Steps, Peaks, Settled, Bills, Ledger, Kept, Notes,
        Alerts, Acknowledgements, IdentityTables.Awaited, InstallationTables.Keys,
        InstallationTables.Webhooks, InstallationTables.Audit,
    ];

    /// <summary>All that are written row by row.</summary>
    public static readonly IReadOnlyList<Table> Stored = [.. Tables, IdentityTables.Runs, Halted];

    /// <summary>Creates what a new file needs, or checks that a file is one that this version knows; returns its number of shards.</summary>
    public static int Prepare(SqliteConnection writer, IEnumerable<string> create, int shards)
    {
        if (writer.Number("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'") == 0)
        {
            writer.InTransaction(() =>
            {
                writer.Execute(Meta);
                writer.Execute($"INSERT INTO meta VALUES ('version', {Version}), ('shards', {shards})");
                foreach (string sql in create)
                {
                    writer.Execute(sql);
                }
            });
        }

        long version = writer.Number("SELECT value FROM meta WHERE name = 'version'");
        if (version != Version)
        {
            throw new StoreException(
                $"{writer.Path} is of format {version}, and this program knows formats up to {Version}. Run the version that wrote it, "
                + "or a newer one.");
        }

        return (int)writer.Number("SELECT value FROM meta WHERE name = 'shards'");
    }
}
