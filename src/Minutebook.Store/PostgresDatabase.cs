using System.Text;
using Minutebook.Core.Events;
using Npgsql;

namespace Minutebook.Store;

/// <summary>Where the store is in PostgreSQL: a schema of a database, named by the connection string's Search Path.</summary>
internal sealed class PostgresDatabase
{
    private const string OwnSchema = "minutebook";
    private const int Oldest = 14;

    /// <summary>
    /// Ends sessions that stand still in a transaction, or whose process is out of reach: they would hold their locks for hours.
    /// </summary>
    private const string Writing = "SET idle_in_transaction_session_timeout = '4s'; SET lock_timeout = '5s'; "
        + "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '15s'";

    /// <summary>So long nothing may be heard of what was sent: a database that lives would have given up before, by the second number.</summary>
    private const int AnswerSeconds = 10, GiveUpSeconds = 8;

    /// <summary>What processes tell each other are single rows: a database that is not there any more has to show soon.</summary>
    public const int TellingSeconds = 4;

    /// <summary>So long it may take to connect, unless the connection string says.</summary>
    private const int OpenSeconds = 5;

    /// <summary>To ask a database that says nothing to cancel waits for its answer, for ever.</summary>
    private const int NoCancelling = -1;

    /// <summary>How many connections of a process read at once unless the connection string says: a server's usual limit is 100 for all.</summary>
    private const int UsualReaders = 64;

    /// <summary>So long the sessions of a server that was stopped may still be there.</summary>
    private const int LeavingMs = 2_000;
    private const int LookAgainMs = 50;

    /// <summary>The advisory locks of a store that sessions have, by its <see cref="LockSpace"/>.</summary>
    public const string FromLocks =
        "FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = ?1 "
        + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    private readonly string reading;
    private readonly string writing;
    private readonly string telling;
    private readonly string schema;
    private readonly string node;
    private readonly int giveUpSeconds;

    /// <param name="connection">How to reach it.</param>
    /// <param name="node">What this process is called among those on it; "" for one that is none of them.</param>
    /// <param name="isPatient">Reading may take as long as it takes.</param>
    public PostgresDatabase(string connection, string node = "", bool isPatient = false)
    {
        this.node = node;
        NpgsqlConnectionStringBuilder builder = Parse(connection);
        if (builder.Host?.Contains(',', StringComparison.Ordinal) ?? true)
        {
            throw new StoreException("The connection to PostgreSQL must name one Host: an address that leads to the primary, also after a failover.");
        }

        // Connections are kept by the store, each with its prepared statements.
        int readers = Math.Max(2, builder.ShouldSerialize("Maximum Pool Size") ? builder.MaxPoolSize : UsualReaders);
        (JournalReaders, TableReaders) = (Math.Max(1, readers / 4), readers - Math.Max(1, readers / 4));
        builder.Pooling = false;
        builder.Enlist = false;
        builder.MaxAutoPrepare = 200;
        builder.AutoPrepareMinUsages = 2;
        builder.TcpKeepAlive = true;
        builder.TcpKeepAliveTime = 10;
        builder.TcpKeepAliveInterval = 3;
        builder.ApplicationName ??= "minutebook";
        builder.SearchPath ??= OwnSchema;
        // 0 is without an end, for PostgreSQL as for its client.
        int answerSeconds = !builder.ShouldSerialize("Command Timeout") ? AnswerSeconds : builder.CommandTimeout == 0 ? 0 : Math.Max(AnswerSeconds, builder.CommandTimeout);
        giveUpSeconds = answerSeconds == 0 ? 0 : answerSeconds - AnswerSeconds + GiveUpSeconds;
        int openSeconds = builder.ShouldSerialize("Timeout") ? builder.Timeout : OpenSeconds;
        schema = builder.SearchPath.Split(',')[0].Trim();
        builder.CancellationTimeout = NoCancelling;
        reading = Within(isPatient ? 0 : answerSeconds, openSeconds);
        writing = Within(answerSeconds, openSeconds);
        telling = Within(TellingSeconds, Math.Min(openSeconds == 0 ? OpenSeconds : openSeconds, OpenSeconds));
        Name = $"{builder.Host}:{builder.Port}/{builder.Database}, schema {schema}";

        string Within(int seconds, int open) => new NpgsqlConnectionStringBuilder(builder.ConnectionString) { CommandTimeout = seconds, Timeout = open }.ConnectionString;
    }

    /// <summary>What people know it by; without secrets.</summary>
    public string Name { get; }

    /// <summary>How many connections may read the tables at once.</summary>
    public int TableReaders { get; }

    /// <summary>How many connections may read the journal at once.</summary>
    public int JournalReaders { get; }

    /// <summary>The first number of this store's advisory locks: other stores in the database have others.</summary>
    public int LockSpace { get; private set; }

    public PostgresConnection OpenReader() => new(reading);

    /// <summary>A connection that writes. It bears its process's mark: when none does any more the process is gone.</summary>
    public PostgresConnection OpenWriter() => Open(writing, giveUpSeconds);

    /// <summary>The same for what processes tell each other.</summary>
    public PostgresConnection OpenTeller() => Open(telling, GiveUpSeconds);

    /// <summary>The second number of the shared advisory lock that the sessions of a process hold; shards' are not negative.</summary>
    public static int MarkOf(string node) => unchecked((int)TextHash.Of(Encoding.UTF8.GetBytes(node))) | int.MinValue;

    /// <summary>Creates what is missing, or brings it up to this version, under a lock; returns the number of shards.</summary>
    public int Prepare(int shards) => Prepare(shards, Schema.Version, PostgresSchema.Upgrades);

    /// <summary>The same for a version.</summary>
    /// <param name="shards">How many shards it has if it is created.</param>
    /// <param name="version">The version.</param>
    /// <param name="upgrades">What makes a version the next one.</param>
    public int Prepare(int shards, int version, IReadOnlyDictionary<int, string[]> upgrades)
    {
        using PostgresConnection writer = OpenWriter();
        RefuseUnsuited(writer);
        // Another process may be at it, for as long as it takes.
        writer.InPatientTransaction(() =>
        {
            Execute(writer, $"SELECT pg_advisory_xact_lock(hashtext('minutebook ' || '{schema.Replace("'", "''", StringComparison.Ordinal)}'))");
            if (Number(writer, "SELECT count(*) FROM information_schema.schemata WHERE schema_name = ?1", schema) == 0)
            {
                Execute(writer, $"CREATE SCHEMA {Quoted(schema)}");
            }

            if (Number(writer, "SELECT count(*) FROM information_schema.tables WHERE table_schema = ?1 AND table_name = 'meta'", schema) == 0)
            {
                foreach (string sql in PostgresSchema.Create(shards))
                {
                    Execute(writer, sql);
                }

                if (Number(writer, "SELECT count(*) FROM pg_settings WHERE name = 'default_toast_compression' AND ?1 = ANY (enumvals)", "lz4") > 0)
                {
                    // It takes a fifth of the time, where the server was built with it.
                    Execute(writer, "ALTER TABLE journal ALTER COLUMN data SET COMPRESSION lz4");
                }
            }

            LockSpace = unchecked((int)Number(writer, "SELECT oid::bigint FROM pg_namespace WHERE nspname = ?1", schema));
            Upgrade(writer, version, upgrades);
        });
        return (int)Number(writer, "SELECT value FROM meta WHERE shard = 0 AND name = ?1", "shards");
    }

    /// <summary>Brings the tables up to a version, step by step, all of it or nothing. The programs that run on them know only the version before.</summary>
    private void Upgrade(PostgresConnection writer, int version, IReadOnlyDictionary<int, string[]> upgrades)
    {
        int has = (int)Number(writer, "SELECT value FROM meta WHERE shard = 0 AND name = ?1", "version");
        if (has != version && (has > version || !upgrades.ContainsKey(has)))
        {
            throw new StoreException($"{Name} is of format {has}, and this program knows formats up to {version}. Run the version that wrote it, or a newer one.");
        }

        if (has != version && IsInUse(writer))
        {
            throw new StoreException($"{Name} is of format {has}, and servers of that version run on it. Stop them first; this one brings it to format {version}.");
        }

        for (; has != version; has++)
        {
            foreach (string sql in upgrades[has])
            {
                Execute(writer, sql);
            }

            Execute(writer, $"UPDATE meta SET value = {has + 1} WHERE shard = 0 AND name = 'version'");
        }
    }

    /// <summary>Whether servers run on it. The database sees a moment later that one has gone: so long is waited.</summary>
    private bool IsInUse(PostgresConnection connection)
    {
        for (long since = Environment.TickCount64; HasLocks(connection); Thread.Sleep(LookAgainMs))
        {
            if (Environment.TickCount64 - since > LeavingMs)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasLocks(PostgresConnection connection)
    {
        using Statement select = connection.Take($"SELECT count(*) {FromLocks}");
        return select.Add((long)unchecked((uint)LockSpace)).Next() && select.Long() > 0;
    }

    public static void Execute(PostgresConnection connection, string sql) => connection.Guard(() =>
    {
        using NpgsqlCommand command = new(sql, connection.Db);
        if (connection.IsPatient)
        {
            command.CommandTimeout = 0;
        }

        command.ExecuteNonQuery();
    });

    private PostgresConnection Open(string how, int giveUp)
    {
        string settings = $"SET statement_timeout = '{giveUp}s'; {Writing}";
        PostgresConnection writer = new(how) { Patience = settings };
        try
        {
            Execute(writer, node.Length == 0 || LockSpace == 0 ? settings : $"{settings}; SELECT pg_advisory_lock_shared({LockSpace}, {MarkOf(node)})");
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    private static NpgsqlConnectionStringBuilder Parse(string connection)
    {
        try
        {
            return connection.StartsWith("postgres://", StringComparison.Ordinal) || connection.StartsWith("postgresql://", StringComparison.Ordinal)
                ? OfUri(new Uri(connection))
                : new NpgsqlConnectionStringBuilder(connection);
        }
        catch (Exception wrong) when (wrong is ArgumentException or UriFormatException)
        {
            throw new StoreException($"The connection to PostgreSQL cannot be read: {wrong.Message} Write Host=…;Database=…;Username=…;Password=… or postgres://user:password@host/database.", wrong);
        }
    }

    private static NpgsqlConnectionStringBuilder OfUri(Uri uri)
    {
        string[] user = uri.UserInfo.Split(':', 2);
        NpgsqlConnectionStringBuilder builder = new() { Host = uri.Host, Port = uri.Port < 0 ? 5432 : uri.Port, Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')) };
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length > 1)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        foreach (string option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = option.Split('=', 2);
            builder[parts[0] == "sslmode" ? "SSL Mode" : Uri.UnescapeDataString(parts[0])] = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
        }

        return builder;
    }

    private void RefuseUnsuited(PostgresConnection connection)
    {
        if (connection.Db.PostgreSqlVersion.Major < Oldest)
        {
            throw new StoreException($"{Name} is PostgreSQL {connection.Db.PostgreSqlVersion}; version {Oldest} or newer is needed.");
        }

        using Statement encoding = connection.Take("SELECT current_setting('server_encoding')");
        encoding.Next();
        if (encoding.Text() is var its && its != "UTF8")
        {
            throw new StoreException($"{Name} keeps text in {its}. Create the database with ENCODING 'UTF8'.");
        }
    }

    private static long Number(PostgresConnection connection, string sql, string parameter)
    {
        using Statement select = connection.Take(sql);
        return select.Add(parameter).Next() ? select.Long() : 0;
    }

    private static string Quoted(string name) => '"' + name.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}
