using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>
/// The tables in PostgreSQL. Each shard that this process holds has a connection of its own that writes, and on it the advisory lock that
/// says so: when the connection is gone, so are the lock and the right to write. The owner's epoch is looked at in each transaction too.
/// </summary>
internal sealed class PostgresTables(PostgresDatabase database, int shards, string node) : Tables
{
    /// <summary>After so many pages, and each time that they are four times as many, the database counts what tables of several indexes hold.</summary>
    private const long FirstCount = 200, LastCount = 20_000;

    private static readonly string Count = $"ANALYZE {string.Join(", ", Schema.Stored.Where(static table => table.Indexes.Length > 0).Select(static table => table.Name))}";

    private readonly ReadConnections readers = new(database.OpenReader, database.TableReaders);
    private readonly Lock[] gates = [.. Enumerable.Range(0, shards + 1).Select(static _ => new Lock())];
    private readonly PostgresConnection?[] writers = new PostgresConnection?[shards + 1];
    /// <summary>Connections that would write a shard and wait until it is free.</summary>
    private readonly PostgresConnection?[] waiting = new PostgresConnection?[shards + 1];
    private readonly long[] heldAt = new long[shards + 1];
    private long pages;
    private long nextCount = FirstCount;

    public override bool TryHold(int shard)
    {
        lock (gates[shard])
        {
            if (writers[shard] is { Broken: false })
            {
                return true;
            }

            PostgresConnection writer = waiting[shard] is { Broken: false } its ? its : database.OpenWriter();
            waiting[shard] = null;
            Drop(shard);
            try
            {
                if (!IsLocked(writer, shard))
                {
                    waiting[shard] = writer;
                    return false;
                }

                long epoch = NextEpoch(writer, shard);
                // What is written here the journal makes again, and the database loses of what was not synced only the end: never a part.
                PostgresDatabase.Execute(writer, "SET synchronous_commit = off");
                writer.Fence = connection => RefuseUnlessOwned(connection, shard, epoch);
                Volatile.Write(ref heldAt[shard], Environment.TickCount64);
                Volatile.Write(ref writers[shard], writer);
                return true;
            }
            catch
            {
                writer.Dispose();
                throw;
            }
        }
    }

    public override bool Holds(int shard) => Volatile.Read(ref writers[shard]) is { Broken: false };

    public override void Release(int shard)
    {
        lock (gates[shard])
        {
            Drop(shard);
        }
    }

    public override void Doubt()
    {
        readers.DropIdle();
        for (int shard = 0; shard <= shards; shard++)
        {
            int its = shard;
            _ = Task.Run(() => Probe(its));
        }
    }

    public override (long Position, long Time) PositionOf(int shard)
    {
        Connection reader = readers.Take();
        try
        {
            using Statement select = reader.Take("SELECT position, time FROM positions WHERE shard = ?1");
            return select.Add(shard).Next() ? (select.Long(), select.Long()) : default;
        }
        finally
        {
            readers.Return(reader);
        }
    }

    public override Connection TakeReader() => readers.Take();

    public override void ReturnReader(Connection reader) => readers.Return(reader);

    /// <summary>Lets go of a shard that this process thought to hold at an instant (by the machine's count of ms), when only the connection
    /// of this number held it, and that is another one.</summary>
    public void ReleaseUnless(int shard, int pid, long at)
    {
        if (Volatile.Read(ref writers[shard]) is { } writer && writer.Pid != pid && Volatile.Read(ref heldAt[shard]) < at)
        {
            writer.Break();
        }
    }

    /// <summary>Whether this process holds a shard by the connection of this number.</summary>
    public bool HoldsBy(int shard, int pid) => Volatile.Read(ref writers[shard]) is { Broken: false } writer && writer.Pid == pid;

    public override void Write(int shard, Changes changes, long position, long time, Told? told)
    {
        lock (gates[shard])
        {
            PostgresConnection connection = WriterOf(shard);
            connection.InTransaction(() =>
            {
                Put(connection, shard, changes, position, time);
                if (told is not null)
                {
                    Nodes.Put(connection, shard, position, told);
                }
            });
        }

        CountIfMany(changes.Pages.Count);
    }

    /// <summary>
    /// Until PostgreSQL has statistics of a table, which it takes once a minute, it takes all indexes that begin with the shard and the account
    /// for equally good, and may walk through all of an account to find one row.
    /// </summary>
    private void CountIfMany(int more)
    {
        (long now, long next) = (Interlocked.Add(ref pages, more), Volatile.Read(ref nextCount));
        if (now >= next && next <= LastCount && Interlocked.CompareExchange(ref nextCount, 4 * now, next) == next)
        {
            _ = Task.Run(() =>
            {
                try
                {
                    using PostgresConnection connection = database.OpenWriter();
                    PostgresDatabase.Execute(connection, Count);
                }
                catch (StoreException)
                {
                    // It will do so by itself.
                }
            });
        }
    }

    public override void WriteRuns(int shard, List<RunRow> rows)
    {
        lock (gates[shard])
        {
            PostgresConnection connection = WriterOf(shard);
            connection.InTransaction(() => IdentityTables.Runs.Write(connection, shard, rows));
        }
    }

    public override void FailReads(bool fail) => readers.Fails = fail;

    public override void Empty(IReadOnlyList<int> shards)
    {
        foreach (int shard in shards)
        {
            lock (gates[shard])
            {
                PostgresConnection connection = WriterOf(shard);
                connection.InPatientTransaction(() => Empty(connection, shard));
            }
        }
    }

    public override void FailNext(int code)
    {
        foreach (PostgresConnection? writer in writers)
        {
            writer?.FailNext = code;
        }
    }

    public override void Dispose()
    {
        readers.Dispose();
        for (int shard = 0; shard <= shards; shard++)
        {
            Release(shard);
        }
    }

    /// <summary>Sees whether the database still hears the connection that writes a shard. One that does not is broken from then on.</summary>
    private void Probe(int shard)
    {
        lock (gates[shard])
        {
            if (writers[shard] is { Broken: false } writer)
            {
                try
                {
                    writer.Probe();
                }
                catch (StoreException)
                {
                    writer.Break();
                }
            }
        }
    }

    private PostgresConnection WriterOf(int shard) => writers[shard] is { Broken: false } writer ? writer : throw Lost(shard);

    private bool IsLocked(PostgresConnection writer, int shard)
    {
        using Statement select = writer.Take("SELECT pg_try_advisory_lock(?1::int, ?2::int)");
        return select.Add(database.LockSpace).Add(shard).Next() && select.Long() == 1;
    }

    private long NextEpoch(PostgresConnection writer, int shard)
    {
        using Statement update = writer.Take("UPDATE owners SET epoch = epoch + 1, node = ?2 WHERE shard = ?1 RETURNING epoch");
        return update.Add(shard).Add(node).Next() ? update.Long() : throw new StoreException($"{database.Name} has no shard {shard}.");
    }

    private void RefuseUnlessOwned(PostgresConnection connection, int shard, long epoch)
    {
        using Statement select = connection.Take("SELECT epoch FROM owners WHERE shard = ?1 FOR SHARE");
        if (!select.Add(shard).Next() || select.Long() != epoch)
        {
            connection.Break();
            throw Lost(shard);
        }
    }

    private ShardLostException Lost(int shard) => new($"Shard {shard} of {database.Name} is not this process's any more.", shard);

    private void Drop(int shard)
    {
        writers[shard]?.Dispose();
        waiting[shard]?.Dispose();
        (writers[shard], waiting[shard]) = (null, null);
    }
}
