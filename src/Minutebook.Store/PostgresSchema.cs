namespace Minutebook.Store;

/// <summary>What is in PostgreSQL: the tables that SQLite has in its files, and what processes on one database need beside them.</summary>
internal static class PostgresSchema
{
    /// <summary>Tables beside those that a fold writes, with what is between the shard and their end.</summary>
    private static readonly (string Name, string Columns)[] Others =
    [
        ("meta", "name text COLLATE \"C\", value bigint NOT NULL, PRIMARY KEY (shard, name)"),
        // The end of a shard's journal. Who appends takes the next position from its row, and holds the row until the group is there.
        ("heads", "position bigint NOT NULL, time bigint NOT NULL, PRIMARY KEY (shard)"),
        ("journal", "position bigint, time bigint NOT NULL, codec bigint NOT NULL, checksum bigint NOT NULL, data bytea NOT NULL, PRIMARY KEY (shard, position)"),
        ("positions", "position bigint NOT NULL, time bigint NOT NULL, PRIMARY KEY (shard)"),
        ("alert_feed", "sequence bigint, account text COLLATE \"C\" NOT NULL, number bigint NOT NULL, PRIMARY KEY (shard, sequence)"),
        // Who may write a shard's tables: the epoch goes up each time it changes hands.
        ("owners", "epoch bigint NOT NULL, node text COLLATE \"C\" NOT NULL, PRIMARY KEY (shard)"),
        // Who lives counts on, and says with it what others have to know (NodeSays, as JSON).
        ("nodes", "node text COLLATE \"C\", beat bigint NOT NULL, says text NOT NULL, PRIMARY KEY (shard, node)"),
        ("outcomes", "position bigint, number bigint, outcome text NOT NULL, PRIMARY KEY (shard, position, number)"),
        ("permits", "account text COLLATE \"C\", position bigint NOT NULL, permits text NOT NULL, PRIMARY KEY (shard, account)"),
        ("cursors", "sequence bigint NOT NULL, account text COLLATE \"C\" NOT NULL, number bigint NOT NULL, PRIMARY KEY (shard)"),
        ("marks", "account text COLLATE \"C\", number bigint NOT NULL, PRIMARY KEY (shard, account)"),
        ("deliveries", "number bigint GENERATED ALWAYS AS IDENTITY, id text COLLATE \"C\" NOT NULL, webhook text COLLATE \"C\" NOT NULL, "
            + "lane text COLLATE \"C\" NOT NULL, account text COLLATE \"C\" NOT NULL, alert bigint NOT NULL, type text COLLATE \"C\" NOT NULL, "
            + "body text NOT NULL, state bigint NOT NULL, attempts bigint NOT NULL, first_at bigint NOT NULL, next_at bigint NOT NULL, "
            + "last_at bigint, status bigint, detail text, PRIMARY KEY (shard, number), UNIQUE (shard, id)"),
        ("heard", "application text COLLATE \"C\" NOT NULL, connector text COLLATE \"C\" NOT NULL, reason text COLLATE \"C\" NOT NULL, count bigint NOT NULL, "
            + "last_at bigint NOT NULL, detail text NOT NULL, PRIMARY KEY (shard, application, connector, reason)"),
        ("sessions", "id text COLLATE \"C\", who text NOT NULL, seen_at bigint NOT NULL, ends_at bigint NOT NULL, PRIMARY KEY (shard, id)"),
        ("uses", "key text COLLATE \"C\", used_at bigint NOT NULL, PRIMARY KEY (shard, key)"),
    ];

    private static readonly string[] Indexes =
    [
        "CREATE INDEX permits_by_position ON permits (shard, position)",
        "CREATE INDEX deliveries_by_webhook ON deliveries (shard, webhook, number)",
        "CREATE INDEX deliveries_waiting ON deliveries (shard, webhook, lane, number) WHERE state = 0",
        "CREATE INDEX deliveries_due ON deliveries (shard, next_at, webhook) WHERE state = 0",
        "CREATE INDEX deliveries_done ON deliveries (shard, last_at) WHERE state <> 0",
    ];

    /// <summary>The statements that make of a version's tables the next one's. Nothing older than this version was released.</summary>
    public static readonly IReadOnlyDictionary<int, string[]> Upgrades = new Dictionary<int, string[]>();

    /// <summary>The names of all tables.</summary>
    public static IEnumerable<string> Names => Others.Select(table => table.Name).Concat(Schema.Stored.Select(table => table.Name));

    /// <summary>What makes a Citus cluster spread the tables by shard, each shard's rows on one worker.</summary>
    public static IEnumerable<string> Distribute() =>
        Names.Select((name, at) => $"SELECT create_distributed_table('{name}', 'shard', colocate_with => '{(at == 0 ? "none" : Names.First())}');");

    public static IEnumerable<string> Create(int shards) =>
    [
        .. Others.Select(table => $"CREATE TABLE {table.Name} (shard bigint NOT NULL, {table.Columns})"),
        .. Indexes,
        .. Schema.Stored.SelectMany(table => table.CreateInPostgres()),
        $"INSERT INTO meta (shard, name, value) VALUES (0, 'version', {Schema.Version}), (0, 'shards', {shards})",
        .. Enumerable.Range(0, shards + 1).Select(shard => $"INSERT INTO heads (shard, position, time) VALUES ({shard}, 0, 0)"),
        .. Enumerable.Range(0, shards + 1).Select(shard => $"INSERT INTO owners (shard, epoch, node) VALUES ({shard}, 0, '')"),
    ];
}
