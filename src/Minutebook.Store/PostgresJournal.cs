using Npgsql;
using NpgsqlTypes;

namespace Minutebook.Store;

/// <summary>
/// The journal in PostgreSQL, to which any number of processes append. The row of a shard's head is locked from the taking of a position
/// to the commit, so positions are without gaps and become visible in order.
/// </summary>
internal sealed class PostgresJournal(PostgresDatabase database, int shards) : Journal
{
    private const string Advance =
        "UPDATE heads SET position = position + 1, time = greatest(time, $2) WHERE shard = $1 RETURNING position, time";

    private const string Insert = "INSERT INTO journal (shard, position, time, codec, checksum, data) VALUES ($1, $2, $3, $4, $5, $6)";
    private const string Following =
        "SELECT position, time, codec, checksum, data FROM journal WHERE shard = ?1 AND position >= ?2 ORDER BY position LIMIT ?3";

    private const int MostAtOnce = 64;

    private readonly Lock gate = new();
    private readonly ReadConnections readers = new(database.OpenReader, database.JournalReaders);
    private PostgresConnection? writer;
    private int failNext;

    public override int Shards => shards;

    public override long LastPosition(int shard) => Head(shard).Position;

    public override long LastTime(int shard) => Head(shard).Time;

    public override void FailReads(bool fail) => readers.Fails = fail;

    public override void FailNext(int code) => failNext = code;

    public override void Doubt() => readers.DropIdle();

    public override IReadOnlyList<JournalGroup> Append(long time, int codec, IReadOnlyList<(int Shard, ReadOnlyMemory<byte> Data)> parts)
    {
        lock (gate)
        {
            // Everybody locks heads in the order of shards, so nobody waits for who waits for him.
            (int Shard, ReadOnlyMemory<byte> Data)[] sorted = [.. parts.OrderBy(part => part.Shard)];
            List<JournalGroup> groups = [];
            Commit(groups, connection =>
            {
                List<(long Position, long Time)> heads = TakePositions(connection, time, sorted);
                long its = heads.Max(head => head.Time);
                SetTimes(connection, sorted.Zip(heads).Where(one => one.Second.Time < its).Select(one => one.First.Shard), its);
                groups.AddRange(sorted.Zip(heads, (part, head) => new JournalGroup(part.Shard, head.Position, its, codec, part.Data)));
            });
            return groups;
        }
    }

    public override void Append(IReadOnlyList<JournalGroup> groups)
    {
        foreach (JournalGroup group in groups)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(group.Shard, nameof(groups));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(group.Shard, Shards, nameof(groups));
        }

        lock (gate)
        {
            Commit(groups, connection =>
            {
                foreach (JournalGroup group in groups)
                {
                    (long position, _) = TakePositions(connection, group.Time, [(group.Shard, default)])[0];
                    if (group.Position != position)
                    {
                        throw new ArgumentException($"Shard {group.Shard} expects position {position}, not {group.Position}.", nameof(groups));
                    }
                }
            });
        }
    }

    /// <summary>Takes groups over from another journal, of one shard and in order, whose first is the next.</summary>
    public void Import(IReadOnlyList<JournalGroup> groups)
    {
        lock (gate)
        {
            PostgresConnection connection = Writable();
            connection.InTransaction(() =>
            {
                using Statement advance = connection.Take("UPDATE heads SET position = ?2, time = ?3 WHERE shard = ?1 AND position = ?4");
                advance.Add(groups[0].Shard).Add(groups[^1].Position).Add(groups[^1].Time).Add(groups[0].Position - 1).Run();
                if (connection.ChangedRows == 0)
                {
                    throw new StoreException($"Shard {groups[0].Shard} of {database.Name} is not at position {groups[0].Position - 1}: somebody else writes there.");
                }

                connection.Guard(() => Copy(connection, groups));
            });
        }
    }

    private static void Copy(PostgresConnection connection, IReadOnlyList<JournalGroup> groups)
    {
        using NpgsqlBinaryImporter copy = connection.Db.BeginBinaryImport("COPY journal (shard, position, time, codec, checksum, data) FROM STDIN (FORMAT BINARY)");
        foreach (JournalGroup group in groups)
        {
            copy.StartRow();
            foreach (long number in (long[])[group.Shard, group.Position, group.Time, group.Codec, group.Checksum()])
            {
                copy.Write(number, NpgsqlDbType.Bigint);
            }

            copy.Write(group.Data, NpgsqlDbType.Bytea);
        }

        copy.Complete();
    }

    public override IEnumerable<JournalGroup> Read(int shard, long after)
    {
        Connection reader = readers.Take();
        try
        {
            int atOnce = 1;
            for (long next = after + 1; ; atOnce = Math.Min(MostAtOnce, atOnce * 4))
            {
                int found = 0;
                using Statement following = reader.Take(Following);
                following.Add(shard).Add(next).Add(atOnce);
                while (following.Next())
                {
                    long position = following.Long();
                    JournalGroup group = new(shard, position, following.Long(), following.Int(), default);
                    long checksum = following.Long();
                    group = group with { Data = following.Bytes() };
                    yield return position != next ? throw Damaged(shard, next, "it is missing")
                        : group.Checksum() != checksum ? throw Damaged(shard, position, "its checksum does not match")
                        : group;
                    found++;
                    next++;
                }

                if (found == 0)
                {
                    if (Head(reader, shard).Position >= next && !IsThere(reader, shard, next))
                    {
                        throw Damaged(shard, next, "it is missing");
                    }

                    yield break;
                }
            }
        }
        finally
        {
            readers.Return(reader);
        }
    }

    public override long PositionBefore(int shard, long time)
    {
        Connection reader = readers.Take();
        try
        {
            return PositionBefore(reader, shard, time, Head(reader, shard).Position);
        }
        finally
        {
            readers.Return(reader);
        }
    }

    /// <summary>The end of each shard's journal.</summary>
    public long[] Heads()
    {
        Connection reader = readers.Take();
        try
        {
            long[] heads = new long[Shards + 1];
            using Statement select = reader.Take("SELECT shard, position FROM heads");
            while (select.Next())
            {
                heads[select.Int()] = select.Long();
            }

            return heads;
        }
        finally
        {
            readers.Return(reader);
        }
    }

    public override void Rewrite(IEnumerable<int> shards, Func<JournalGroup, byte[]?> change)
    {
        lock (gate)
        {
            PostgresConnection connection = Writable();
            connection.InPatientTransaction(() => Rewrite(connection, shards, change));
        }
    }

    public override void Dispose()
    {
        readers.Dispose();
        lock (gate)
        {
            writer?.Dispose();
            writer = null;
        }
    }

    private (long Position, long Time) Head(int shard)
    {
        Connection reader = readers.Take();
        try
        {
            return Head(reader, shard);
        }
        finally
        {
            readers.Return(reader);
        }
    }

    private static (long Position, long Time) Head(Connection reader, int shard)
    {
        using Statement select = reader.Take("SELECT position, time FROM heads WHERE shard = ?1");
        return select.Add(shard).Next() ? (select.Long(), select.Long()) : default;
    }

    // The head may have moved on since the groups were looked for.
    private static bool IsThere(Connection reader, int shard, long position)
    {
        using Statement select = reader.Take("SELECT position FROM journal WHERE shard = ?1 AND position = ?2");
        return select.Add(shard).Add(position).Next();
    }

    private static List<(long Position, long Time)> TakePositions(PostgresConnection connection, long time, (int Shard, ReadOnlyMemory<byte> Data)[] parts)
    {
        using NpgsqlBatch batch = new(connection.Db);
        foreach ((int shard, _) in parts)
        {
            Add(batch, Advance, [Number(shard), Number(time)]);
        }

        List<(long, long)> heads = [];
        using NpgsqlDataReader reader = batch.ExecuteReader();
        do
        {
            if (reader.Read())
            {
                heads.Add((reader.GetInt64(0), reader.GetInt64(1)));
            }
        }
        while (reader.NextResult());

        return heads.Count == parts.Length ? heads : throw new ArgumentException("There is no such shard.", nameof(parts));
    }

    private static void SetTimes(PostgresConnection connection, IEnumerable<int> behind, long time)
    {
        foreach (int shard in behind)
        {
            using Statement update = connection.Take("UPDATE heads SET time = ?2 WHERE shard = ?1");
            update.Add(shard).Add(time).Run();
        }
    }

    /// <summary>Takes positions and writes the groups in one transaction. Whether a commit that was cut off is there is looked up.</summary>
    private void Commit(IReadOnlyList<JournalGroup> groups, Action<PostgresConnection> take)
    {
        PostgresConnection connection = Writable();
        bool written = false;
        try
        {
            connection.InTransaction(() =>
            {
                connection.Guard(() => take(connection));
                connection.Guard(() => Write(connection, groups));
                written = true;
            });
        }
        catch (StoreException) when (written && connection.Broken && IsThere(groups))
        {
            // The answer to the commit was lost, the groups were not.
        }
    }

    private static void Write(PostgresConnection connection, IReadOnlyList<JournalGroup> groups)
    {
        using NpgsqlBatch batch = new(connection.Db);
        foreach (JournalGroup group in groups)
        {
            Add(batch, Insert,
            [
                Number(group.Shard), Number(group.Position), Number(group.Time), Number(group.Codec), Number(group.Checksum()),
                new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = group.Data, NpgsqlDbType = NpgsqlDbType.Bytea },
            ]);
        }

        batch.ExecuteNonQuery();
    }

    /// <summary>Whether the groups were committed; asked until the database answers, for a while.</summary>
    private bool IsThere(IReadOnlyList<JournalGroup> groups)
    {
        for (long until = Environment.TickCount64 + 3_000; Environment.TickCount64 < until; Thread.Sleep(100))
        {
            try
            {
                using Statement select = Writable().Take("SELECT checksum FROM journal WHERE shard = ?1 AND position = ?2");
                return select.Add(groups[0].Shard).Add(groups[0].Position).Next() && select.Long() == groups[0].Checksum();
            }
            catch (StoreException)
            {
                // It is not back yet.
            }
        }

        return false;
    }

    private PostgresConnection Writable()
    {
        if (writer is not { Broken: false })
        {
            writer?.Dispose();
            writer = null;
            writer = database.OpenWriter();
        }

        (writer.FailNext, failNext) = (failNext, 0);
        return writer;
    }

    private static void Add(NpgsqlBatch batch, string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private JournalDamagedException Damaged(int shard, long position, string how) => new(
        $"Group {position} of shard {shard} in {database.Name} is damaged: {how}. Restore the database from a backup; nothing after that group "
        + "is applied until then.",
        shard, position);
}
