using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>The tables' file: what the folds wrote, and how far they are.</summary>
internal sealed class Tables : IDisposable
{
    private const string Advance =
        "INSERT INTO positions (shard, position, time) VALUES (?1, ?2, ?3) "
        + "ON CONFLICT (shard) DO UPDATE SET position = excluded.position, time = excluded.time";

    private const string Feed =
        "INSERT INTO alert_feed (shard, sequence, account, number) "
        + "SELECT ?1, 1 + coalesce((SELECT max(sequence) FROM alert_feed WHERE shard = ?1), 0), ?2, ?3 "
        + "WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE shard = ?1 AND account = ?2 AND number = ?3)";

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
            int kept = Schema.Prepare(writer, Schema.Tables.Append(IdentityTables.Runs).SelectMany(table => table.Create()).Append(Schema.Positions).Append(Schema.AlertFeed), shards);
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

    public void WriteRuns(int shard, List<RunRow> rows)
    {
        lock (gate)
        {
            Connection connection = Writable();
            connection.InTransaction(() => IdentityTables.Runs.Write(connection, shard, rows));
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
        Schema.Accounts.Write(connection, shard, changes.Accounts);
        Schema.Directory.Write(connection, shard, changes.Directory);
        Schema.Cards.Write(connection, shard, changes.Cards);
        Schema.Sections.Write(connection, shard, changes.Sections);
        Schema.Pages.Write(connection, shard, changes.Pages);
        Schema.Chunks.Write(connection, shard, changes.Chunks);
        Schema.Classes.Write(connection, shard, changes.Classes);
        Schema.ClassUsage.Write(connection, shard, changes.ClassUsage);
        Schema.Usage.Write(connection, shard, changes.Usage);
        Schema.UsageSpans.Write(connection, shard, changes.UsageSpans);
        Schema.Open.Write(connection, shard, changes.Open);
        Schema.Steps.Write(connection, shard, changes.Steps);
        Schema.Peaks.Write(connection, shard, changes.Peaks);
        Schema.Settled.Write(connection, shard, changes.Settled);
        Schema.Bills.Write(connection, shard, changes.Bills);
        Schema.Ledger.Write(connection, shard, changes.Ledger);
        Schema.Kept.Write(connection, shard, changes.Kept);
        Schema.Notes.Write(connection, shard, changes.Notes);
        IdentityTables.Awaited.Write(connection, shard, changes.Awaited);
        IdentityTables.Runs.Write(connection, shard, changes.Runs);
        PutFeed(connection, shard, changes.Alerts);
        Schema.Alerts.Write(connection, shard, changes.Alerts);
        Schema.Acknowledgements.Write(connection, shard, changes.Acknowledgements);
        InstallationTables.Keys.Write(connection, shard, changes.Keys);
        InstallationTables.Webhooks.Write(connection, shard, changes.Webhooks);
        InstallationTables.Audit.Write(connection, shard, changes.Audit);
    }

    private static void PutFeed(Connection connection, int shard, List<AlertRow> alerts)
    {
        if (alerts.Count == 0)
        {
            return;
        }

        using Statement feed = connection.Take(Feed);
        foreach (AlertRow row in alerts)
        {
            feed.Add(shard).Add(row.Account).Add(row.Index).Run();
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
