using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>The tables: what the folds wrote, and how far they are.</summary>
internal abstract class Tables : IDisposable
{
    private const string Advance =
        "INSERT INTO positions (shard, position, time) VALUES (?1, ?2, ?3) "
        + "ON CONFLICT (shard) DO UPDATE SET position = excluded.position, time = excluded.time";

    /// <summary>Takes a shard; false when somebody else holds it.</summary>
    public virtual bool TryHold(int shard) => true;

    /// <summary>Whether this process holds a shard, as far as it knows.</summary>
    public virtual bool Holds(int shard) => true;

    /// <summary>Lets go of a shard: somebody else may take it at once.</summary>
    public virtual void Release(int shard)
    {
    }

    /// <summary>What is connected may be dead.</summary>
    public virtual void Doubt()
    {
    }

    public abstract (long Position, long Time) PositionOf(int shard);

    /// <summary>A connection that reads, to be given back.</summary>
    public abstract Connection TakeReader();

    public abstract void ReturnReader(Connection reader);

    public abstract void Write(int shard, Changes changes, long position, long time, Told? told);

    public abstract void WriteRuns(int shard, List<RunRow> rows);

    /// <summary>Empties the tables of shards: they are to be made again from the journal.</summary>
    public abstract void Empty(IReadOnlyList<int> shards);

    /// <summary>Leaves nothing in the files of what was emptied.</summary>
    public virtual void Rebuild()
    {
    }

    /// <summary>Empties a shard's tables inside of a transaction.</summary>
    protected static void Empty(Connection connection, int shard)
    {
        foreach (string name in Schema.Stored.Select(static table => table.Name).Concat(["alert_feed", "positions"]))
        {
            using Statement delete = connection.Take($"DELETE FROM {name} WHERE shard = ?1");
            delete.Add(shard).Run();
        }
    }

    public abstract void FailNext(int code);

    public abstract void FailReads(bool fail);

    public abstract void Dispose();

    /// <summary>Writes what changed and the position, inside of a transaction.</summary>
    protected static void Put(Connection connection, int shard, Changes changes, long position, long time)
    {
        PutAll(connection, shard, changes);
        using Statement advance = connection.Take(Advance);
        advance.Add(shard).Add(position).Add(time).Run();
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
        Schema.Halted.Write(connection, shard, changes.Halted);
    }

    /// <summary>Gives alerts that are new their place among the shard's.</summary>
    private static void PutFeed(Connection connection, int shard, List<AlertRow> alerts)
    {
        if (alerts.Count == 0)
        {
            return;
        }

        using Statement last = connection.Take("SELECT coalesce(max(sequence), 0) FROM alert_feed WHERE shard = ?1");
        last.Add(shard).Next();
        long sequence = last.Long();
        last.Reset();
        using Statement known = connection.Take("SELECT number FROM alerts WHERE shard = ?1 AND account = ?2 AND number = ?3");
        using Statement feed = connection.Take("INSERT INTO alert_feed (shard, sequence, account, number) VALUES (?1, ?2, ?3, ?4)");
        foreach (AlertRow row in alerts)
        {
            bool isKnown = known.Add(shard).Add(row.Account).Add(row.Index).Next();
            known.Reset();
            if (!isKnown)
            {
                feed.Add(shard).Add(++sequence).Add(row.Account).Add(row.Index).Run();
            }
        }
    }
}
