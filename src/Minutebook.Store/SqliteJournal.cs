namespace Minutebook.Store;

/// <summary>The journal's file.</summary>
internal sealed class SqliteJournal : Journal
{
    private const string Insert = "INSERT INTO journal (shard, position, time, codec, checksum, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    private const string Following =
        "SELECT position, time, codec, checksum, data FROM journal WHERE shard = ?1 AND position >= ?2 ORDER BY position LIMIT 1";

    private readonly Lock gate = new();
    private readonly string path;
    private readonly ReadConnections readers;
    private readonly long[] positions;
    private readonly long[] times;
    private SqliteConnection? writer;

    public SqliteJournal(string path, int shards)
    {
        this.path = path;
        readers = new ReadConnections(() => SqliteConnection.OpenReader(path));
        writer = OpenWriter();
        try
        {
            Shards = Schema.Prepare(writer, [Schema.Journal], shards);
            positions = new long[Shards + 1];
            times = new long[Shards + 1];
            Load(writer);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>One that is only read, while another process may be appending to it.</summary>
    public SqliteJournal(string path)
    {
        this.path = path;
        readers = new ReadConnections(() => SqliteConnection.OpenReader(path));
        Connection reader = readers.Take();
        try
        {
            using Statement select = reader.Take("SELECT value FROM meta WHERE name = 'shards'");
            Shards = select.Next() ? select.Int() : throw new StoreException($"{path} is no journal.");
        }
        finally
        {
            readers.Return(reader);
        }

        (positions, times) = (new long[Shards + 1], new long[Shards + 1]);
        Refresh();
    }

    /// <summary>Finds out how far it is by now.</summary>
    public void Refresh()
    {
        Connection reader = readers.Take();
        try
        {
            Load(reader);
        }
        finally
        {
            readers.Return(reader);
        }
    }

    public override int Shards { get; }

    public override long LastPosition(int shard) => Volatile.Read(ref positions[shard]);

    public override long LastTime(int shard) => Volatile.Read(ref times[shard]);

    public override void FailReads(bool fail) => readers.Fails = fail;

    public override void FailNext(int code) => writer!.FailNext = code;

    public override IReadOnlyList<JournalGroup> Append(long time, int codec, IReadOnlyList<(int Shard, ReadOnlyMemory<byte> Data)> parts)
    {
        lock (gate)
        {
            time = Math.Max(time, parts.Max(part => times[part.Shard]));
            List<JournalGroup> groups = [.. parts.Select(part => new JournalGroup(part.Shard, positions[part.Shard] + 1, time, codec, part.Data))];
            Append(groups);
            return groups;
        }
    }

    public override void Append(IReadOnlyList<JournalGroup> groups)
    {
        lock (gate)
        {
            RefuseGaps(groups);
            Connection connection = Writable();
            connection.InTransaction(() => Add(connection, groups));
            foreach (JournalGroup group in groups)
            {
                Volatile.Write(ref times[group.Shard], group.Time);
                Volatile.Write(ref positions[group.Shard], group.Position);
            }

            connection.CheckpointIfDue();
        }
    }

    /// <summary>Reads group by group, each in its own short transaction: a long read must not hold up the checkpoints.</summary>
    public override IEnumerable<JournalGroup> Read(int shard, long after)
    {
        Connection reader = readers.Take();
        try
        {
            for (long position = after + 1; Find(reader, shard, position) is JournalGroup group; position++)
            {
                yield return group;
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
            return PositionBefore(reader, shard, time, LastPosition(shard));
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
            SqliteConnection connection = Writable();
            connection.InTransaction(() => Rewrite(connection, shards, change));
            connection.Rebuild();
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

    private static void Add(Connection connection, IReadOnlyList<JournalGroup> groups)
    {
        using Statement insert = connection.Take(Insert);
        foreach (JournalGroup group in groups)
        {
            insert.Add(group.Shard).Add(group.Position).Add(group.Time).Add(group.Codec).Add((long)group.Checksum()).AddBlob(group.Data.Span)
                .Run();
        }
    }

    private JournalGroup? Find(Connection reader, int shard, long position)
    {
        // Before it is looked for: what is appended meanwhile may be missed, and is not missing.
        long last = LastPosition(shard);
        using Statement following = reader.Take(Following);
        bool found;
        try
        {
            found = following.Add(shard).Add(position).Next();
        }
        catch (StoreException failure) when ((failure.Code & 0xFF) == SQLitePCL.raw.SQLITE_CORRUPT)
        {
            throw Damaged(shard, position, "the file around it cannot be read");
        }

        if (!found)
        {
            return position > last ? null : throw Damaged(shard, position, "it is missing");
        }

        long at = following.Long();
        JournalGroup group = new(shard, at, following.Long(), following.Int(), default);
        long checksum = following.Long();
        group = group with { Data = following.Bytes() };
        return at != position ? throw Damaged(shard, position, "it is missing")
            : group.Checksum() != checksum ? throw Damaged(shard, position, "its checksum does not match")
            : group;
    }

    private JournalDamagedException Damaged(int shard, long position, string how) => new(
        $"Group {position} of shard {shard} in {path} is damaged: {how}. Restore the directory from a backup; nothing after that group "
        + "is applied until then.",
        shard, position);

    private void RefuseGaps(IReadOnlyList<JournalGroup> groups)
    {
        long[] last = (long[])positions.Clone();
        foreach (JournalGroup group in groups)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(group.Shard, nameof(groups));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(group.Shard, Shards, nameof(groups));
            if (group.Position != ++last[group.Shard])
            {
                throw new ArgumentException(
                    $"Shard {group.Shard} expects position {last[group.Shard]}, not {group.Position}.", nameof(groups));
            }
        }
    }

    private SqliteConnection Writable()
    {
        if (writer is { Broken: false })
        {
            return writer;
        }

        writer?.Dispose();
        writer = null;
        SqliteConnection connection = OpenWriter();
        try
        {
            Forget(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return writer = connection;
    }

    // A commit that failed at its very end may be found whole when the log is read again. It was answered as failed, and its
    // positions may be given to other groups.
    private void Forget(Connection connection) => connection.InTransaction(() =>
    {
        using Statement delete = connection.Take("DELETE FROM journal WHERE shard = ?1 AND position > ?2");
        for (int shard = 0; shard <= Shards; shard++)
        {
            delete.Add(shard).Add(positions[shard]).Run();
        }
    });

    private void Load(Connection connection)
    {
        using Statement last = connection.Take(
            "SELECT position, time FROM journal WHERE shard = ?1 ORDER BY position DESC LIMIT 1");
        for (int shard = 0; shard <= Shards; shard++)
        {
            if (last.Add(shard).Next())
            {
                (positions[shard], times[shard]) = (last.Long(), last.Long());
                last.Reset();
            }
        }
    }

    private SqliteConnection OpenWriter() => SqliteConnection.OpenWriter(path, pageBytes: 8192, synchronous: "FULL", cacheKibibytes: 4096);
}
