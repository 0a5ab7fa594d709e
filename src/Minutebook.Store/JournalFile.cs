namespace Minutebook.Store;

/// <summary>The journal of a store in SQLite's files, to be read while a server may be using it.</summary>
public sealed class JournalFile : IDisposable
{
    private readonly SqliteJournal journal;

    /// <exception cref="StoreException">There is none, or it cannot be read.</exception>
    public JournalFile(string directory)
    {
        string path = Path.Combine(directory, "journal.db");
        journal = File.Exists(path) ? new SqliteJournal(path) : throw new StoreException($"There is no journal in {directory}.");
    }

    public int Shards => journal.Shards;

    /// <summary>Finds out how far it is by now.</summary>
    public void Refresh() => journal.Refresh();

    /// <summary>The position of a shard's last group, as of the last look.</summary>
    public long LastPosition(int shard) => journal.LastPosition(shard);

    /// <summary>A shard's groups after a position, in order.</summary>
    public IEnumerable<JournalGroup> Read(int shard, long after) => journal.Read(shard, after);

    public void Dispose() => journal.Dispose();
}
