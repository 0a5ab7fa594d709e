using System.Runtime.InteropServices;
using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>The tables' file: what the folds wrote, and how far they are.</summary>
internal sealed class Tables : IDisposable
{
    private const string Advance =
        "INSERT INTO positions (shard, position, time) VALUES (?1, ?2, ?3) "
        + "ON CONFLICT (shard) DO UPDATE SET position = excluded.position, time = excluded.time";

    private readonly Lock gate = new();
    private readonly string path;
    private readonly ReadConnections readers;
    private readonly (long Position, long Time)[] positions;
    private Connection? writer;

    public Tables(string path, int shards)
    {
        this.path = path;
        readers = new ReadConnections(path);
        writer = OpenWriter();
        try
        {
            int kept = Schema.Prepare(writer, Schema.Tables.SelectMany(table => table.Create()).Append(Schema.Positions), shards);
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

    public (long Position, long Time) PositionOf(int shard)
    {
        lock (gate)
        {
            return positions[shard];
        }
    }

    public void FailNext(int code) => writer!.FailNext = code;

    public Connection TakeReader() => readers.Take();

    public void ReturnReader(Connection reader) => readers.Return(reader);

    public void Write(int shard, Changes changes, long position, long time)
    {
        lock (gate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(position, positions[shard].Position);
            Connection connection = Writable();
            connection.InTransaction(() =>
            {
                PutAll(connection, shard, changes);
                using Statement advance = connection.Take(Advance);
                advance.Add(shard).Add(position).Add(time).Run();
            });
            positions[shard] = (position, time);
            connection.CheckpointIfDue();
        }
    }

    public void Dispose()
    {
        readers.Dispose();
        lock (gate)
        {
            writer?.Dispose();
            writer = null;
        }
    }

    private static void PutAll(Connection connection, int shard, Changes changes)
    {
        Put(connection, shard, Schema.Accounts, changes.Accounts);
        Put(connection, shard, Schema.Directory, changes.Directory);
        Put(connection, shard, Schema.Cards, changes.Cards);
        Put(connection, shard, Schema.Sections, changes.Sections);
        Put(connection, shard, Schema.Pages, changes.Pages);
        Put(connection, shard, Schema.Chunks, changes.Chunks);
        Put(connection, shard, Schema.Classes, changes.Classes);
        Put(connection, shard, Schema.ClassUsage, changes.ClassUsage);
        Put(connection, shard, Schema.Usage, changes.Usage);
        Put(connection, shard, Schema.Open, changes.Open);
        Put(connection, shard, Schema.Settled, changes.Settled);
        Put(connection, shard, Schema.Bills, changes.Bills);
        Put(connection, shard, Schema.Ledger, changes.Ledger);
        Put(connection, shard, Schema.Kept, changes.Kept);
        Put(connection, shard, Schema.Notes, changes.Notes);
    }

    private static void Put<T>(Connection connection, int shard, Table<T> table, List<T> rows)
        where T : struct
    {
        if (rows.Count == 0)
        {
            return;
        }

        using Statement put = connection.Take(table.PutSql);
        using Statement delete = connection.Take(table.DeleteSql);
        foreach (ref readonly T row in CollectionsMarshal.AsSpan(rows))
        {
            bool gone = table.Gone is not null && table.Gone(row);
            Statement statement = gone ? delete : put;
            table.BindKey(statement.Add(shard), row);
            if (!gone)
            {
                table.BindValues(statement, row);
            }

            statement.Run();
        }
    }

    private Connection Writable()
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

    private Connection OpenWriter() => Connection.OpenWriter(path, pageBytes: 8192, synchronous: "NORMAL", cacheKibibytes: 64 << 10);
}
