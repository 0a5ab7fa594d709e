using NpgsqlTypes;

namespace Minutebook.Store;

/// <summary>What came of a command that another process had appended.</summary>
/// <param name="Position">Its group's position.</param>
/// <param name="Number">Its place in the group, from 0.</param>
/// <param name="Outcome">As JSON.</param>
public readonly record struct OutcomeRow(long Position, int Number, string Outcome);

/// <summary>What a shard's owner tells the other processes, stored with the position; no part of what a replay makes again.</summary>
public sealed class Told
{
    public List<OutcomeRow> Outcomes { get; } = [];

    /// <summary>What decisions on an account go by, as JSON.</summary>
    public Dictionary<string, string> Permits { get; } = new(StringComparer.Ordinal);

    public void Clear()
    {
        Outcomes.Clear();
        Permits.Clear();
    }
}

/// <summary>
/// What the processes on one PostgreSQL know of each other: who lives, who holds which shard, how far journals and tables are. One that has
/// not said for a while that it lives is taken for dead; what it still has open is cut off, so that its locks are free. Safe for many threads.
/// </summary>
public sealed class Nodes : IDisposable
{
    private const string Milliseconds = "(extract(epoch FROM now()) * 1000)::bigint";
    private const long DeadAfter = 3_000;
    private const long KeptPositions = 10_000;

    private readonly PostgresDatabase database;
    private readonly PostgresTables tables;
    private readonly int shards;
    private readonly ReadConnections connections;

    internal Nodes(PostgresDatabase database, PostgresTables tables, int shards, string name)
    {
        (this.database, this.tables, this.shards, Name) = (database, tables, shards, name);
        connections = new ReadConnections(database.OpenWriter);
    }

    /// <summary>This process.</summary>
    public string Name { get; }

    /// <summary>Says that this process lives. Returns those that do, in the order of their names, and whether any other was known before.</summary>
    public IReadOnlyList<string> Beat() => Use(connection =>
    {
        using (Statement put = connection.Take(
            $"INSERT INTO nodes (shard, node, seen_at) VALUES (0, ?1, {Milliseconds}) ON CONFLICT (shard, node) DO UPDATE SET seen_at = excluded.seen_at"))
        {
            put.Add(Name).Run();
        }

        List<string> living = [], dead = [];
        using Statement select = connection.Take($"SELECT node, {Milliseconds} - seen_at FROM nodes WHERE shard = 0 ORDER BY node");
        while (select.Next())
        {
            string node = select.Text();
            (select.Long() > DeadAfter ? dead : living).Add(node);
        }

        dead.ForEach(node => CutOff(connection, node));
        return living;
    });

    internal bool Agrees(string name, long value) => Use(connection =>
    {
        using (Statement put = connection.Take("INSERT INTO meta (shard, name, value) VALUES (0, ?1, ?2) ON CONFLICT (shard, name) DO NOTHING"))
        {
            put.Add(name).Add(value).Run();
        }

        using Statement select = connection.Take("SELECT value FROM meta WHERE shard = 0 AND name = ?1");
        return select.Add(name).Next() && select.Long() == value;
    });

    /// <summary>Says that this process goes.</summary>
    public void Leave() => Use(connection =>
    {
        using Statement delete = connection.Take("DELETE FROM nodes WHERE shard = 0 AND node = ?1");
        delete.Add(Name).Run();
        return 0;
    });

    /// <summary>Which shards anybody holds. A shard that this process thought to hold and does not is let go of.</summary>
    public IReadOnlySet<int> Held() => Use(connection =>
    {
        HashSet<int> held = [];
        foreach ((int shard, int pid) in Locks(connection))
        {
            held.Add(shard);
            tables.ReleaseUnless(shard, pid);
        }

        for (int shard = 0; shard <= shards; shard++)
        {
            if (!held.Contains(shard))
            {
                tables.ReleaseUnless(shard, 0);
            }
        }

        return held;
    });

    /// <summary>Who had each shard last, and whether it is held now.</summary>
    public IReadOnlyList<(int Shard, string Node, bool IsHeld)> Owners()
    {
        IReadOnlySet<int> held = Held();
        return Use(connection =>
        {
            using Statement select = connection.Take("SELECT shard, node FROM owners ORDER BY shard");
            List<(int, string, bool)> owners = [];
            while (select.Next())
            {
                int shard = select.Int();
                owners.Add((shard, select.Text(), held.Contains(shard)));
            }

            return owners;
        });
    }

    /// <summary>Of each shard the end of its journal, and the position of its tables.</summary>
    public (long[] Heads, long[] Positions) State() => Use(connection =>
    {
        (long[] heads, long[] positions) = (new long[shards + 1], new long[shards + 1]);
        using Statement select = connection.Take(
            "SELECT h.shard, h.position, coalesce(p.position, 0) FROM heads h LEFT JOIN positions p ON p.shard = h.shard");
        while (select.Next())
        {
            int shard = select.Int();
            (heads[shard], positions[shard]) = (select.Long(), select.Long());
        }

        return (heads, positions);
    });

    /// <summary>What came of a command; null when nobody said.</summary>
    public string? Outcome(int shard, long position, int number) => Use(connection =>
    {
        using Statement select = connection.Take("SELECT outcome FROM outcomes WHERE shard = ?1 AND position = ?2 AND number = ?3");
        return select.Add(shard).Add(position).Add(number).Next() ? select.Text() : null;
    });

    /// <summary>What decisions on a shard's accounts go by, as far as it was told at a position or later.</summary>
    public List<string> Permits(int shard, long from) => Use(connection =>
    {
        using Statement select = connection.Take("SELECT permits FROM permits WHERE shard = ?1 AND position >= ?2 ORDER BY position");
        select.Add(shard).Add(from);
        List<string> permits = [];
        while (select.Next())
        {
            permits.Add(select.Text());
        }

        return permits;
    });

    public void Dispose() => connections.Dispose();

    /// <summary>Writes what a shard's owner tells, inside of the transaction that writes the rest.</summary>
    internal static void Put(Connection connection, int shard, long position, Told told)
    {
        if (told.Outcomes.Count > 0)
        {
            using var put = (PostgresStatement)connection.Take(
                "INSERT INTO outcomes (shard, position, number, outcome) SELECT ?1, its.* FROM unnest(?2, ?3, ?4) AS its (position, number, outcome) "
                + "ON CONFLICT (shard, position, number) DO UPDATE SET outcome = excluded.outcome");
            put.Add(shard);
            put.AddArray(told.Outcomes.Select(static row => row.Position).ToArray(), NpgsqlDbType.Bigint);
            put.AddArray(told.Outcomes.Select(static row => (long)row.Number).ToArray(), NpgsqlDbType.Bigint);
            put.AddArray(told.Outcomes.Select(static row => PostgresText.Written(row.Outcome)).ToArray(), NpgsqlDbType.Text);
            put.Run();
            using Statement delete = connection.Take("DELETE FROM outcomes WHERE shard = ?1 AND position < ?2");
            delete.Add(shard).Add(position - KeptPositions).Run();
        }

        if (told.Permits.Count > 0)
        {
            using var put = (PostgresStatement)connection.Take(
                "INSERT INTO permits (shard, position, account, permits) SELECT ?1, ?2, its.* FROM unnest(?3, ?4) AS its (account, permits) "
                + "ON CONFLICT (shard, account) DO UPDATE SET position = excluded.position, permits = excluded.permits");
            put.Add(shard).Add(position);
            put.AddArray(told.Permits.Keys.ToArray(), NpgsqlDbType.Text);
            put.AddArray(told.Permits.Values.Select(PostgresText.Written).ToArray(), NpgsqlDbType.Text);
            put.Run();
        }
    }

    private List<(int Shard, int Pid)> Locks(Connection connection)
    {
        using Statement select = connection.Take(
            "SELECT objid::bigint, pid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = ?1 "
            + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
        select.Add((long)unchecked((uint)database.LockSpace));
        List<(int, int)> locks = [];
        while (select.Next())
        {
            locks.Add((select.Int(), select.Int()));
        }

        return locks;
    }

    /// <summary>Ends the connections by which a process that seems dead holds shards: it may only be paused.</summary>
    private void CutOff(Connection connection, string node)
    {
        HashSet<int> its = [];
        using (Statement owned = connection.Take("SELECT shard FROM owners WHERE node = ?1"))
        {
            owned.Add(node);
            while (owned.Next())
            {
                its.Add(owned.Int());
            }
        }

        foreach ((_, int pid) in Locks(connection).Where(one => its.Contains(one.Shard)))
        {
            using Statement end = connection.Take("SELECT pg_terminate_backend(?1::int)");
            end.Add(pid).Run();
        }

        using Statement delete = connection.Take($"DELETE FROM nodes WHERE shard = 0 AND node = ?1 AND seen_at < {Milliseconds} - {DeadAfter}");
        delete.Add(node).Run();
    }

    private T Use<T>(Func<Connection, T> use)
    {
        Connection connection = connections.Take();
        try
        {
            return use(connection);
        }
        finally
        {
            connections.Return(connection);
        }
    }
}
