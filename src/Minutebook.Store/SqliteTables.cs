using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>The tables' file.</summary>
internal sealed class SqliteTables : Tables
{
    private readonly Lock gate = new();
    private readonly string path;
    private readonly ReadConnections readers;
    private readonly (long Position, long Time)[] positions;
    private SqliteConnection? writer;

    public SqliteTables(string path, int shards)
    {
        this.path = path;
        readers = new ReadConnections(() => SqliteConnection.OpenReader(path));
        writer = OpenWriter();
        try
        {
            int kept = Schema.Prepare(writer, [.. Schema.Stored.SelectMany(table => table.Create()), Schema.Positions, Schema.AlertFeed], shards);
            if (kept != shards)
            {
                throw new StoreException(
                    $"{path} has {kept} shards and the journal beside it {shards}: they are not of one store. Restore both from one "
                    + "backup, or remove tables.db, and it is made again from the journal.");
            }

            positions = new (long, long)[shards + 1];
            Load(writer);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    public override (long Position, long Time) PositionOf(int shard)
    {
        lock (gate)
        {
            return positions[shard];
        }
    }

    public override void FailReads(bool fail) => readers.Fails = fail;

    public override void FailNext(int code) => writer!.FailNext = code;

    public override Connection TakeReader() => readers.Take();

    public override void ReturnReader(Connection reader) => readers.Return(reader);

    public override void Write(int shard, Changes changes, long position, long time, Told? told)
    {
        lock (gate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(position, positions[shard].Position);
            Connection connection = Writable();
            connection.InTransaction(() => Put(connection, shard, changes, position, time));
            positions[shard] = (position, time);
            connection.CheckpointIfDue();
        }
    }

    public override void WriteRuns(int shard, List<RunRow> rows)
    {
        lock (gate)
        {
            Connection connection = Writable();
            connection.InTransaction(() => IdentityTables.Runs.Write(connection, shard, rows));
            connection.CheckpointIfDue();
        }
    }

    public override void Empty(IReadOnlyList<int> shards)
    {
        lock (gate)
        {
            SqliteConnection connection = Writable();
            foreach (int shard in shards)
            {
                connection.InTransaction(() => Empty(connection, shard));
                positions[shard] = default;
            }
        }
    }

    public override void Rebuild()
    {
        lock (gate)
        {
            Writable().Rebuild();
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

    private SqliteConnection Writable()
    {
        if (writer is { Broken: false })
        {
            return writer;
        }

        writer?.Dispose();
        writer = null;
        writer = OpenWriter();
        // Whether a commit that failed at its very end is there after all shows only now.
        Load(writer);
        return writer;
    }

    private void Load(Connection connection)
    {
        using Statement select = connection.Take("SELECT shard, position, time FROM positions");
        while (select.Next())
        {
            positions[select.Int()] = (select.Long(), select.Long());
        }
    }

    private SqliteConnection OpenWriter() => SqliteConnection.OpenWriter(path, pageBytes: 8192, synchronous: "NORMAL", cacheKibibytes: 64 << 10);
}
