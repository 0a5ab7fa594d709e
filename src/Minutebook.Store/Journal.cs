namespace Minutebook.Store;

/// <summary>The journal: groups are appended and never changed, but for a person's name that has to go.</summary>
internal abstract class Journal : IDisposable
{
    public abstract int Shards { get; }

    public abstract long LastPosition(int shard);

    public abstract long LastTime(int shard);

    /// <summary>Appends groups whose positions are the next of their shards.</summary>
    public abstract void Append(IReadOnlyList<JournalGroup> groups);

    /// <summary>Appends a group for each part, at the next position of its shard and at one time for all, which is not before any shard's last.</summary>
    public abstract IReadOnlyList<JournalGroup> Append(long time, int codec, IReadOnlyList<(int Shard, ReadOnlyMemory<byte> Data)> parts);

    public abstract IEnumerable<JournalGroup> Read(int shard, long after);

    /// <summary>The last position of a shard whose group was written before an instant; 0 if there is none. Times never go back.</summary>
    public abstract long PositionBefore(int shard, long time);

    /// <summary>Looks for it up to a position, by halving.</summary>
    protected static long PositionBefore(Connection reader, int shard, long time, long last)
    {
        (long before, long after) = (0, last + 1);
        while (after - before > 1)
        {
            long middle = before + ((after - before) / 2);
            using Statement select = reader.Take("SELECT time FROM journal WHERE shard = ?1 AND position = ?2");
            bool isBefore = select.Add(shard).Add(middle).Next() && select.Long() < time;
            (before, after) = isBefore ? (middle, after) : (before, middle);
        }

        return before;
    }

    /// <summary>Puts other entries in the place of groups' own, in one transaction. Of SQLite's file nothing else is left.</summary>
    public abstract void Rewrite(IEnumerable<int> shards, Func<JournalGroup, byte[]?> change);

    /// <summary>Does so inside of a transaction.</summary>
    protected void Rewrite(Connection connection, IEnumerable<int> shards, Func<JournalGroup, byte[]?> change)
    {
        using Statement update = connection.Take("UPDATE journal SET checksum = ?3, data = ?4 WHERE shard = ?1 AND position = ?2");
        foreach (JournalGroup group in shards.SelectMany(shard => Read(shard, 0)))
        {
            if (change(group) is { } data)
            {
                JournalGroup changed = group with { Data = data };
                update.Add(group.Shard).Add(group.Position).Add((long)changed.Checksum()).AddBlob(data).Run();
            }
        }
    }

    /// <summary>What is connected may be dead.</summary>
    public virtual void Doubt()
    {
    }

    public abstract void FailNext(int code);

    public abstract void FailReads(bool fail);

    public abstract void Dispose();
}
