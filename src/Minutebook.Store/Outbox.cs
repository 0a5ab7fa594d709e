using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>Where a delivery stands.</summary>
public enum DeliveryState
{
    /// <summary>To be sent, at once or again.</summary>
    Waiting = 0,
    /// <summary>The receiver has it.</summary>
    Delivered = 1,
    /// <summary>Given up; it can be sent again by hand.</summary>
    Failed = 2,
}

/// <summary>An alert on its way to one webhook.</summary>
/// <param name="Number">In which order deliveries came about.</param>
/// <param name="Id">Its id, the same however often it is sent.</param>
/// <param name="Webhook">Where to.</param>
/// <param name="Lane">Deliveries of one lane go one after the other.</param>
/// <param name="Account">Whose alert it is.</param>
/// <param name="Alert">The alert's number in the account.</param>
/// <param name="Type">The alert's type.</param>
/// <param name="Body">What is sent.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempts">How often it was sent.</param>
/// <param name="FirstAt">From when it is tried, in ms of the real clock like all that follow.</param>
/// <param name="NextAt">When it is tried next.</param>
/// <param name="LastAt">When it was tried last; null for never.</param>
/// <param name="Status">What the receiver answered last; null for nothing.</param>
/// <param name="Detail">What went wrong last; null for nothing.</param>
public sealed record DeliveryRow(
    long Number, string Id, string Webhook, string Lane, string Account, long Alert, string Type, string Body, DeliveryState State, int Attempts,
    long FirstAt, long NextAt, long? LastAt, int? Status, string? Detail);

/// <summary>What a connector of an application heard: what it took, or refused for one reason.</summary>
/// <param name="Application">The application.</param>
/// <param name="Connector">The connector.</param>
/// <param name="Reason">Why it was refused, in a word; "" for what was taken.</param>
/// <param name="Count">How many events were taken, or deliveries refused.</param>
/// <param name="LastAt">When the last one came, in ms of the server's clock.</param>
/// <param name="Detail">What was said to the last that was refused; "" for what was taken.</param>
public sealed record HeardRow(string Application, string Connector, string Reason, long Count, long LastAt, string Detail);

/// <summary>
/// What the server did beside the fold: which alerts were sent where, when keys were last used, who signed in, and what connectors heard last. It stands apart from the tables because no
/// replay makes it again: what an endpoint on the network answered stands in no journal. Safe for many threads.
/// </summary>
public sealed partial class Outbox : IDisposable
{
    private const string Columns =
        "number, id, webhook, lane, account, alert, type, body, state, attempts, first_at, next_at, last_at, status, detail";

    private static readonly string[] Tables =
    [
        "CREATE TABLE cursors (shard INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, account TEXT NOT NULL, number INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE marks (shard INTEGER NOT NULL, account TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (shard, account)) STRICT, WITHOUT ROWID",
        "CREATE TABLE deliveries (number INTEGER PRIMARY KEY AUTOINCREMENT, shard INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, webhook TEXT NOT NULL, lane TEXT NOT NULL, "
            + "account TEXT NOT NULL, alert INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL, "
            + "first_at INTEGER NOT NULL, next_at INTEGER NOT NULL, last_at INTEGER, status INTEGER, detail TEXT) STRICT",
        "CREATE INDEX deliveries_by_webhook ON deliveries (shard, webhook, number)",
        "CREATE INDEX deliveries_waiting ON deliveries (shard, webhook, lane, number) WHERE state = 0",
        "CREATE INDEX deliveries_due ON deliveries (shard, next_at, webhook) WHERE state = 0",
        "CREATE INDEX deliveries_done ON deliveries (shard, last_at) WHERE state <> 0",
        "CREATE TABLE heard (shard INTEGER NOT NULL, application TEXT NOT NULL, connector TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, "
            + "last_at INTEGER NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (shard, application, connector, reason)) STRICT, WITHOUT ROWID",
        "CREATE TABLE sessions (shard INTEGER NOT NULL, id TEXT NOT NULL, who TEXT NOT NULL, seen_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, "
            + "PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID",
        "CREATE TABLE uses (shard INTEGER NOT NULL, key TEXT NOT NULL, used_at INTEGER NOT NULL, PRIMARY KEY (shard, key)) STRICT, WITHOUT ROWID",
    ];

    private readonly Lock gate = new();
    private readonly Func<Connection> open;
    private Connection? writer;
    private bool closed;

    internal Outbox(Func<Connection> open) => (this.open, writer) = (open, open());

    /// <summary>The one in SQLite's file.</summary>
    internal static Outbox InFile(string path)
    {
        Outbox outbox = new(() => SqliteConnection.OpenWriter(path, pageBytes: 4096, synchronous: "NORMAL", cacheKibibytes: 4 << 10));
        try
        {
            Schema.Prepare((SqliteConnection)outbox.writer!, Tables, shards: 0);
            return outbox;
        }
        catch
        {
            outbox.Dispose();
            throw;
        }
    }

    /// <summary>How far a shard's alerts were taken: the sequence number of the last, and which it was; null when none was.</summary>
    public (long Sequence, string Account, long Alert)? Cursor(int shard) => Use(connection =>
    {
        using Statement select = connection.Take("SELECT sequence, account, number FROM cursors WHERE shard = ?1");
        return select.Add(shard).Next() ? (select.Long(), select.Text(), select.Long()) : ((long, string, long)?)null;
    });

    /// <summary>Takes alerts of a shard: their deliveries, and how far it came, or nothing. An alert that was taken before is left out.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="alerts">The alerts with their sequence numbers, in order; not empty.</param>
    /// <param name="deliveries">What is to be sent of an alert.</param>
    public void Take(int shard, IReadOnlyList<(long Sequence, AlertRow Alert)> alerts, Func<AlertRow, IEnumerable<DeliveryRow>> deliveries) => Use(connection =>
    {
        connection.InTransaction(() =>
        {
            foreach ((_, AlertRow alert) in alerts)
            {
                if (Mark(connection, shard, alert.Account, alert.Index))
                {
                    foreach (DeliveryRow row in deliveries(alert))
                    {
                        Insert(connection, row);
                    }
                }
            }

            using Statement cursor = connection.Take(
                "INSERT INTO cursors (shard, sequence, account, number) VALUES (?1, ?2, ?3, ?4) "
                + "ON CONFLICT (shard) DO UPDATE SET sequence = excluded.sequence, account = excluded.account, number = excluded.number");
            (long sequence, AlertRow last) = alerts[^1];
            cursor.Add(shard).Add(sequence).Add(last.Account).Add(last.Index).Run();
        });
        connection.CheckpointIfDue();
        return 0;
    });

    /// <summary>Webhooks for which something is to be sent by now.</summary>
    public List<string> Due(long now) => Use(connection =>
    {
        using Statement select = connection.Take("SELECT DISTINCT webhook FROM deliveries WHERE shard = 0 AND state = 0 AND next_at <= ?1");
        select.Add(now);
        List<string> webhooks = [];
        while (select.Next())
        {
            webhooks.Add(select.Text());
        }

        return webhooks;
    });

    /// <summary>What is to be sent to a webhook by now: of each lane the first that waits, if it is due.</summary>
    public List<DeliveryRow> Heads(string webhook, long now, int limit) => Use(connection =>
    {
        using Statement select = connection.Take(
            $"SELECT {Columns} FROM deliveries AS d WHERE shard = 0 AND webhook = ?1 AND state = 0 AND next_at <= ?2 AND NOT EXISTS "
            + "(SELECT 1 FROM deliveries AS e WHERE e.shard = 0 AND e.webhook = ?1 AND e.lane = d.lane AND e.state = 0 AND e.number < d.number) ORDER BY next_at LIMIT ?3");
        return All(select.Add(webhook).Add(now).Add(limit));
    });

    /// <summary>A webhook's deliveries, newest first, before a number.</summary>
    public List<DeliveryRow> Before(string webhook, long number, DeliveryState? state, int limit) => Use(connection =>
    {
        using Statement select = connection.Take(
            $"SELECT {Columns} FROM deliveries WHERE shard = 0 AND webhook = ?1 AND number < ?2 AND (?3 IS NULL OR state = ?3) ORDER BY number DESC LIMIT ?4");
        return All(select.Add(webhook).Add(number).Add((long?)state).Add(limit));
    });

    public DeliveryRow? Delivery(string webhook, string id) => Use(connection =>
    {
        using Statement select = connection.Take($"SELECT {Columns} FROM deliveries WHERE shard = 0 AND webhook = ?1 AND id = ?2");
        return All(select.Add(webhook).Add(id)).FirstOrDefault();
    });

    /// <summary>Writes where a delivery stands now.</summary>
    public void Update(DeliveryRow row) => Run(
        "UPDATE deliveries SET state = ?2, attempts = ?3, first_at = ?4, next_at = ?5, last_at = ?6, status = ?7, detail = ?8 WHERE shard = 0 AND number = ?1",
        update => update.Add(row.Number).Add((long)row.State).Add(row.Attempts).Add(row.FirstAt).Add(row.NextAt).Add(row.LastAt)
            .Add((long?)row.Status).Add(row.Detail));

    /// <summary>Gives up what waits for a webhook.</summary>
    /// <param name="webhook">The webhook.</param>
    /// <param name="detail">Why.</param>
    /// <param name="now">In ms: what was never tried counts from here, or it would never be forgotten.</param>
    public void GiveUp(string webhook, string detail, long now) => Run(
        "UPDATE deliveries SET state = 2, detail = ?2, last_at = coalesce(last_at, ?3) WHERE shard = 0 AND webhook = ?1 AND state = 0",
        update => update.Add(webhook).Add(detail).Add(now));

    /// <summary>Forgets a webhook's deliveries.</summary>
    public void Forget(string webhook) => Run("DELETE FROM deliveries WHERE shard = 0 AND webhook = ?1", delete => delete.Add(webhook));

    /// <summary>Forgets what was done with before an instant.</summary>
    public void Prune(long before) => Run("DELETE FROM deliveries WHERE shard = 0 AND state <> 0 AND last_at < ?1", delete => delete.Add(before));

    /// <summary>When keys were last used, in ms.</summary>
    public Dictionary<string, long> Uses() => Use(connection =>
    {
        using Statement select = connection.Take("SELECT key, used_at FROM uses WHERE shard = 0");
        Dictionary<string, long> uses = [];
        while (select.Next())
        {
            uses[select.Text()] = select.Long();
        }

        return uses;
    });

    /// <summary>Notes when keys were last used.</summary>
    public void Used(IReadOnlyCollection<(string Key, long At)> uses) => Use(connection =>
    {
        connection.InTransaction(() =>
        {
            using Statement put = connection.Take(
                "INSERT INTO uses (shard, key, used_at) VALUES (0, ?1, ?2) ON CONFLICT (shard, key) DO UPDATE SET used_at = excluded.used_at");
            foreach ((string key, long at) in uses)
            {
                put.Add(key).Add(at).Run();
            }
        });
        connection.CheckpointIfDue();
        return 0;
    });

    /// <summary>What the connectors of an application heard; of all where none is named.</summary>
    public List<HeardRow> Heard(string? application) => Use(connection =>
    {
        using Statement select = connection.Take(
            "SELECT application, connector, reason, count, last_at, detail FROM heard WHERE shard = 0 "
            + (application is null ? "" : "AND application = ?1 ") + "ORDER BY application, connector, reason");
        if (application is not null)
        {
            select.Add(application);
        }

        List<HeardRow> rows = [];
        while (select.Next())
        {
            rows.Add(new HeardRow(select.Text(), select.Text(), select.Text(), select.Long(), select.Long(), select.Text()));
        }

        return rows;
    });

    /// <summary>Adds what connectors heard since.</summary>
    public void Hear(IReadOnlyCollection<HeardRow> rows) => Use(connection =>
    {
        connection.InTransaction(() =>
        {
            using Statement put = connection.Take(
                "INSERT INTO heard (shard, application, connector, reason, count, last_at, detail) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6) "
                + "ON CONFLICT (shard, application, connector, reason) DO UPDATE SET count = heard.count + excluded.count, last_at = excluded.last_at, "
                + "detail = excluded.detail");
            foreach (HeardRow row in rows)
            {
                put.Add(row.Application).Add(row.Connector).Add(row.Reason).Add(row.Count).Add(row.LastAt).Add(row.Detail).Run();
            }
        });
        connection.CheckpointIfDue();
        return 0;
    });

    /// <summary>Writes all of it into another, which is empty, but how far alerts were taken: that is numbered anew.</summary>
    public void CopyTo(Outbox other)
    {
        List<(int Shard, string Account, long Number)> marks = Use(connection =>
        {
            using Statement select = connection.Take("SELECT shard, account, number FROM marks ORDER BY shard, account");
            List<(int, string, long)> rows = [];
            while (select.Next())
            {
                rows.Add((select.Int(), select.Text(), select.Long()));
            }

            return rows;
        });
        List<DeliveryRow> deliveries = Use(connection => All(connection.Take($"SELECT {Columns} FROM deliveries WHERE shard = 0 ORDER BY number")));
        other.Used([.. Uses().Select(static use => (use.Key, use.Value))]);
        other.Hear(Heard(null));
        other.Use(connection =>
        {
            connection.InTransaction(() =>
            {
                marks.ForEach(mark => Mark(connection, mark.Shard, mark.Account, mark.Number));
                deliveries.ForEach(row => Insert(connection, row));
            });
            return 0;
        });
    }

    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            writer?.Dispose();
            writer = null;
        }
    }

    /// <summary>Whether an alert was not taken before; from now on it was.</summary>
    private static bool Mark(Connection connection, int shard, string account, long number)
    {
        using Statement mark = connection.Take(
            "INSERT INTO marks (shard, account, number) VALUES (?1, ?2, ?3) "
            + "ON CONFLICT (shard, account) DO UPDATE SET number = excluded.number WHERE excluded.number > marks.number");
        mark.Add(shard).Add(account).Add(number).Run();
        return connection.ChangedRows > 0;
    }

    private static void Insert(Connection connection, DeliveryRow row)
    {
        using Statement insert = connection.Take(
            "INSERT INTO deliveries (shard, id, webhook, lane, account, alert, type, body, state, attempts, first_at, next_at, last_at, status, detail) "
            + "VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO NOTHING");
        insert.Add(row.Id).Add(row.Webhook).Add(row.Lane).Add(row.Account).Add(row.Alert).Add(row.Type).Add(row.Body).Add((long)row.State)
            .Add(row.Attempts).Add(row.FirstAt).Add(row.NextAt).Add(row.LastAt).Add((long?)row.Status).Add(row.Detail).Run();
    }

    private static List<DeliveryRow> All(Statement bound)
    {
        List<DeliveryRow> rows = [];
        while (bound.Next())
        {
            rows.Add(new DeliveryRow(
                bound.Long(), bound.Text(), bound.Text(), bound.Text(), bound.Text(), bound.Long(), bound.Text(), bound.Text(),
                (DeliveryState)bound.Int(), bound.Int(), bound.Long(), bound.Long(), bound.LongOrNull(), (int?)bound.LongOrNull(), bound.TextOrNull()));
        }

        return rows;
    }

    private void Run(string sql, Action<Statement> bind) => Use(connection =>
    {
        using Statement statement = connection.Take(sql);
        bind(statement);
        statement.Run();
        connection.CheckpointIfDue();
        return 0;
    });

    /// <summary>One at a time: there is little to do here, and each is short.</summary>
    private T Use<T>(Func<Connection, T> use)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            if (writer is { Broken: true })
            {
                writer.Dispose();
                writer = null;
            }

            return use(writer ??= open());
        }
    }
}
