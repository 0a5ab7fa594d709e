using System.Text.Json;
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

/// <summary>What a process tells the others each time it counts on.</summary>
/// <param name="Behind">Shards of its own that cannot take more now.</param>
/// <param name="Offered">Shards of its own that it gives away as soon as another has prepared to take them.</param>
/// <param name="Prepared">Shards of others' that it has prepared to take.</param>
/// <param name="IsLeaving">It gives all away, and takes none.</param>
public sealed record NodeSays(int[] Behind, int[] Offered, int[] Prepared, bool IsLeaving);

/// <summary>What a look at the processes on one PostgreSQL shows.</summary>
/// <param name="Living">Those that live and do not leave, and the one that looks, in the order of their names.</param>
/// <param name="Held">The shards that anybody holds.</param>
/// <param name="Behind">The shards whose owners say that they cannot take more now.</param>
/// <param name="Offered">The shards that others give away.</param>
/// <param name="Prepared">The shards that others have prepared to take.</param>
public sealed record NodesSeen(IReadOnlyList<string> Living, IReadOnlySet<int> Held, HashSet<int> Behind, HashSet<int> Offered, HashSet<int> Prepared);

/// <summary>
/// What the processes on one PostgreSQL know of each other: who lives, who holds which shard, how far journals and tables are. A process
/// lives that has a session and counts on. One without a session is gone; one that has not counted on for a while may be paused, or out of
/// reach: what it still has open is cut off, so that its locks are free. No clock is compared with another. Safe for many threads.
/// </summary>
public sealed class Nodes : IDisposable
{
    private const long SilentAfter = 3_000;
    private const long MostBetweenLooks = 300;
    private const int StrangeLooks = 10;
    private const long KeptPositions = 10_000;

    private readonly PostgresDatabase database;
    private readonly PostgresTables tables;
    private readonly int shards;
    private readonly ReadConnections connections;
    private readonly Lock gate = new();
    private readonly Dictionary<string, (long Beat, long SilentFor)> heard = new(StringComparer.Ordinal);
    private readonly (int Pid, int Looks)[] strange;
    private long lookedAt = Environment.TickCount64;

    /// <summary>An advisory lock that a session has: a shard, or the mark of a process.</summary>
    private readonly record struct Held(int Number, int Pid);

    internal Nodes(PostgresDatabase database, PostgresTables tables, int shards, string name)
    {
        (this.database, this.tables, this.shards, Name) = (database, tables, shards, name);
        strange = new (int, int)[shards + 1];
        connections = new ReadConnections(database.OpenTeller);
        Locks = new NamedLocks(database.OpenWriter, database.LockSpace);
    }

    /// <summary>This process.</summary>
    public string Name { get; }

    /// <summary>What one process at a time does, by name.</summary>
    public NamedLocks Locks { get; }

    /// <summary>Says that this process lives, and what others have to know.</summary>
    public void Beat(NodeSays says) => Use(connection =>
    {
        using Statement put = connection.Take(
            "INSERT INTO nodes (shard, node, beat, says) VALUES (0, ?1, 1, ?2) ON CONFLICT (shard, node) DO UPDATE SET beat = nodes.beat + 1, says = excluded.says");
        put.Add(Name).Add(JsonSerializer.Serialize(says)).Run();
        return 0;
    });

    /// <summary>Looks at the others, and cuts off who has been silent for too long. A shard that this process thought to hold and does not is let go of.</summary>
    public NodesSeen Look() => Use(connection =>
    {
        lock (gate)
        {
            // Who was paused himself has not listened meanwhile.
            long now = Environment.TickCount64, since = Math.Min(now - lookedAt, MostBetweenLooks);
            lookedAt = now;
            List<Held> locks = LocksHeld(connection);
            CheckOwn(connection, locks, now);
            HashSet<int> marks = [.. locks.Select(static one => one.Number).Where(static number => number < 0)];
            SortedSet<string> living = new(StringComparer.Ordinal) { Name };
            (HashSet<int> behind, HashSet<int> offered, HashSet<int> prepared) = ([], [], []);
            List<(string Node, long Beat)> silent = [];
            foreach ((string node, long beat, NodeSays says) in Rows(connection).Where(row => row.Node != Name))
            {
                if (SilentFor(node, beat, since) > SilentAfter)
                {
                    silent.Add((node, beat));
                }
                else if (marks.Contains(PostgresDatabase.MarkOf(node)))
                {
                    _ = !says.IsLeaving && living.Add(node);
                    behind.UnionWith(says.Behind);
                    offered.UnionWith(says.Offered);
                    prepared.UnionWith(says.Prepared);
                }
            }

            silent.ForEach(one => CutOff(connection, one.Node, one.Beat, locks));
            return new NodesSeen([.. living], locks.Select(static one => one.Number).Where(static number => number >= 0).ToHashSet(), behind, offered, prepared);
        }
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

    /// <summary>A store is moved here, and is not whole yet, whether or not anybody is at it right now.</summary>
    public bool IsMovedTo() => Use(connection =>
    {
        using Statement select = connection.Take("SELECT value FROM meta WHERE shard = 0 AND name = 'move'");
        return select.Next();
    });

    /// <summary>Begins to move a store here, or goes on: until the end no server takes a shard. Only for who holds them all.</summary>
    public void BeginMove() => Use(connection =>
    {
        using Statement put = connection.Take("INSERT INTO meta (shard, name, value) VALUES (0, 'move', 1) ON CONFLICT (shard, name) DO NOTHING");
        put.Run();
        return 0;
    });

    /// <summary>All of it is here.</summary>
    public void EndMove() => Use(connection =>
    {
        using Statement delete = connection.Take("DELETE FROM meta WHERE shard = 0 AND name = 'move'");
        delete.Run();
        return 0;
    });

    /// <summary>Says that this process goes.</summary>
    public void Leave() => Use(connection =>
    {
        using Statement delete = connection.Take("DELETE FROM nodes WHERE shard = 0 AND node = ?1");
        delete.Add(Name).Run();
        return 0;
    });

    /// <summary>Who had each shard last, and whether it is held now.</summary>
    public IReadOnlyList<(int Shard, string Node, bool IsHeld)> Owners() => Use(connection =>
    {
        HashSet<int> held = [.. LocksHeld(connection).Select(static one => one.Number)];
        using Statement select = connection.Take("SELECT shard, node FROM owners ORDER BY shard");
        List<(int, string, bool)> owners = [];
        while (select.Next())
        {
            int shard = select.Int();
            owners.Add((shard, select.Text(), held.Contains(shard)));
        }

        return owners;
    });

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

    public void Dispose()
    {
        Locks.Dispose();
        connections.Dispose();
    }

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

    private List<Held> LocksHeld(Connection connection)
    {
        using Statement select = connection.Take(
            $"SELECT objid::bigint, pid::bigint {PostgresDatabase.FromLocks}");
        select.Add((long)unchecked((uint)database.LockSpace));
        List<Held> locks = [];
        while (select.Next())
        {
            locks.Add(new Held(unchecked((int)select.Long()), select.Int()));
        }

        return locks;
    }

    private static List<(string Node, long Beat, NodeSays Says)> Rows(Connection connection)
    {
        using Statement select = connection.Take("SELECT node, beat, says FROM nodes WHERE shard = 0");
        List<(string, long, NodeSays)> rows = [];
        while (select.Next())
        {
            rows.Add((select.Text(), select.Long(), JsonSerializer.Deserialize<NodeSays>(select.Text()) ?? throw new FormatException("What a process says is null.")));
        }

        return rows;
    }

    /// <summary>For how long, in ms of listening, a process has not counted on.</summary>
    private long SilentFor(string node, long beat, long since)
    {
        long silent = heard.TryGetValue(node, out (long Beat, long SilentFor) before) && before.Beat == beat ? before.SilentFor + since : 0;
        heard[node] = (beat, silent);
        return silent;
    }

    /// <summary>Lets go of shards that are held by others, and ends sessions of this process's own that it has lost sight of and that hold
    /// shards: the network may have dropped them on this side alone.</summary>
    private void CheckOwn(Connection connection, List<Held> locks, long now)
    {
        ILookup<int, int> pids = locks.ToLookup(static one => one.Number, static one => one.Pid);
        HashSet<int> own = [.. pids[PostgresDatabase.MarkOf(Name)]];
        for (int shard = 0; shard <= shards; shard++)
        {
            int pid = pids[shard].FirstOrDefault();
            tables.ReleaseUnless(shard, pid, now);
            bool isStrange = own.Contains(pid) && !tables.HoldsBy(shard, pid);
            strange[shard] = (pid, isStrange ? 1 + (strange[shard].Pid == pid ? strange[shard].Looks : 0) : 0);
            if (strange[shard].Looks > StrangeLooks)
            {
                Terminate(connection, pid);
            }
        }
    }

    /// <summary>Ends the sessions of a process that says nothing: it may only be paused.</summary>
    private void CutOff(Connection connection, string node, long beat, List<Held> locks)
    {
        int mark = PostgresDatabase.MarkOf(node);
        foreach (Held one in locks.Where(one => one.Number == mark))
        {
            Terminate(connection, one.Pid);
        }

        using Statement delete = connection.Take("DELETE FROM nodes WHERE shard = 0 AND node = ?1 AND beat = ?2");
        delete.Add(node).Add(beat).Run();
        heard.Remove(node);
    }

    private static void Terminate(Connection connection, int pid)
    {
        using Statement end = connection.Take("SELECT pg_terminate_backend(?1::int)");
        end.Add(pid).Run();
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
