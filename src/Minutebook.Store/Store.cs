using System.Text;
using Minutebook.Core;
using Minutebook.Core.Events;

namespace Minutebook.Store;

/// <summary>
/// The journal and the tables of one installation, in SQLite's files in a directory or in PostgreSQL. What <see cref="Append"/> returned for is durable; what
/// <see cref="Write"/> wrote can be made again from it. Safe for many threads.
/// </summary>
public sealed class Store : IDisposable
{
    private volatile int failWrites;
    private readonly StoreDirectory? directory;
    private readonly Journal journal;
    private readonly Tables tables;

    private Store(StoreDirectory? directory, Journal journal, Tables tables, Outbox outbox, Nodes? nodes = null)
    {
        Nodes = nodes;
        this.directory = directory;
        this.journal = journal;
        this.tables = tables;
        Outbox = outbox;
    }

    /// <summary>What the server did beside the fold.</summary>
    public Outbox Outbox { get; }

    /// <summary>The processes that share this store; null in SQLite's files, which are one process's.</summary>
    public Nodes? Nodes { get; }

    /// <summary>How many shards accounts are spread over: 1 to this. Shard 0 holds the installation's own entries.</summary>
    public int Shards => journal.Shards;

    /// <summary>Makes a directory that is its owner's alone, unless it is there.</summary>
    public static void MakeDirectory(string path) => StoreDirectory.Create(path);

    /// <summary>The statements by which a Citus cluster spreads a store's tables, once they are there.</summary>
    public static IEnumerable<string> CitusStatements => PostgresSchema.Distribute();

    /// <summary>Opens a store, or creates it. Of SQLite's one process at a time, of PostgreSQL's any number.</summary>
    /// <exception cref="StoreException">It cannot be opened, or has another number of shards than is asked for.</exception>
    public static Store Open(StoreOptions options)
    {
        int shards = options.Shards ?? StoreOptions.UsualShards;
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, StoreOptions.MostShards, nameof(options));
        return options.Postgres is { } connection ? OpenPostgres(connection, options, shards) : OpenFiles(options, shards);
    }

    private static Store OpenPostgres(string connection, StoreOptions options, int wanted)
    {
        PostgresDatabase database = new(connection, options.Node, options.IsPatient);
        int shards = database.Prepare(wanted);
        RefuseOtherNumber(options, shards, database.Name);
        var tables = new PostgresTables(database, shards, options.Node);
        return new Store(null, new PostgresJournal(database, shards), tables, new Outbox(database.OpenWriter), new Nodes(database, tables, shards, options.Node));
    }

    private static Store OpenFiles(StoreOptions options, int wanted)
    {
        StoreDirectory directory = StoreDirectory.Hold(options.Directory);
        Journal? journal = null;
        Tables? tables = null;
        Outbox? outbox = null;
        try
        {
            journal = new SqliteJournal(directory.FileOf("journal.db"), wanted);
            RefuseOtherNumber(options, journal.Shards, directory.Path);
            tables = new SqliteTables(directory.FileOf("tables.db"), journal.Shards);
            outbox = Outbox.InFile(directory.FileOf("outbox.db"));
            directory.SyncNames();
            RefuseTablesAhead(directory, journal, tables);
            return new Store(directory, journal, tables, outbox);
        }
        catch
        {
            outbox?.Dispose();
            tables?.Dispose();
            journal?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes the right to write a shard's tables; false when another process has it. In SQLite's files it is always this process's.
    /// </summary>
    public bool TryHold(int shard) => tables.TryHold(shard);

    /// <summary>Whether this process has the right to write a shard's tables, as far as it knows.</summary>
    public bool Holds(int shard) => tables.Holds(shard);

    /// <summary>Gives up the right to write a shard's tables.</summary>
    public void Release(int shard) => tables.Release(shard);

    /// <summary>Some connection to the database broke: sees which others are dead, before anybody waits for them.</summary>
    public void Doubt()
    {
        journal.Doubt();
        tables.Doubt();
    }

    /// <summary>The shard of an account; of no account (""), the installation's.</summary>
    public int ShardOf(string account) => ShardOf(account, Shards);

    /// <summary>
    /// Appends groups in one transaction, and returns when they are durable: all of them, or none and an exception. Positions go on
    /// from <see cref="LastPosition"/>.
    /// </summary>
    /// <exception cref="StoreFullException">There is no room; later calls work once there is.</exception>
    /// <exception cref="StoreException">The file cannot be written; later calls try anew.</exception>
    /// <exception cref="ArgumentException">A group's position is not the next of its shard.</exception>
    public void Append(IReadOnlyList<JournalGroup> groups) => journal.Append(groups);

    /// <summary>
    /// Appends a group for each part, of shards that differ, in one transaction, and returns them when they are durable: each at the next
    /// position of its shard, all at one time, which is the given one unless a shard's last group is later.
    /// </summary>
    /// <exception cref="StoreException">As above.</exception>
    public IReadOnlyList<JournalGroup> Append(long time, int codec, IReadOnlyList<(int Shard, ReadOnlyMemory<byte> Data)> parts) =>
        journal.Append(time, codec, parts);

    /// <summary>Whether all processes on this store mean the same by a name; the first to say settles it. In SQLite's files there is one.</summary>
    public bool Agrees(string name, long value) => Nodes?.Agrees(name, value) ?? true;

    /// <summary>Takes groups over from another store's journal into PostgreSQL's, of one shard and in order, whose first is the next.</summary>
    public void Import(IReadOnlyList<JournalGroup> groups) =>
        (journal as PostgresJournal ?? throw new InvalidOperationException("Only PostgreSQL takes a journal over.")).Import(groups);

    /// <summary>The position of a shard's last group; 0 if there is none.</summary>
    public long LastPosition(int shard) => journal.LastPosition(shard);

    /// <summary>The time of a shard's last group; 0 if there is none.</summary>
    public long LastTime(int shard) => journal.LastTime(shard);

    /// <summary>The position of a shard's last group that was written before an instant, in ms; 0 if there is none.</summary>
    public long PositionBefore(int shard, long time) => journal.PositionBefore(shard, time);

    /// <summary>A shard's groups after a position, in order, read as they are asked for.</summary>
    /// <exception cref="JournalDamagedException">A group is missing or is not what was appended.</exception>
    public IEnumerable<JournalGroup> ReadJournal(int shard, long after) => journal.Read(shard, after);

    /// <summary>
    /// Writes what a shard's fold changed, and that it is at this position of the journal, in one transaction. After a power loss the
    /// tables may be as some earlier call left them; the fold goes on from <see cref="PositionOf"/>.
    /// </summary>
    /// <exception cref="ShardLostException">The shard is another process's by now.</exception>
    public void Write(int shard, Changes changes, long position, long time, Told? told = null)
    {
        if (failWrites != 0)
        {
            tables.FailNext(failWrites);
        }

        tables.Write(shard, changes, position, time, told);
    }

    /// <summary>
    /// Writes blocks of identity runs, an index over what is stored, in a transaction of its own. A run counts when its head is there.
    /// </summary>
    public void WriteRuns(int shard, List<RunRow> rows) => tables.WriteRuns(shard, rows);

    /// <summary>
    /// Puts other entries in the place of groups' own in some shards' journals, and empties these shards' tables first, which whoever opens
    /// them next makes again. For what may not stay; no server may run.
    /// </summary>
    /// <param name="shards">The shards.</param>
    /// <param name="change">The entries that a group has from now on; null to leave it as it is.</param>
    /// <exception cref="StoreException">A server runs, or it could not be done: then the journal is as it was.</exception>
    public void Rewrite(IReadOnlyList<int> shards, Func<JournalGroup, byte[]?> change)
    {
        if (!shards.All(TryHold))
        {
            throw new StoreException("A server runs on this database. Stop all of them first.");
        }

        tables.Empty(shards);
        tables.Rebuild();
        journal.Rewrite(shards, change);
    }

    /// <summary>Empties a shard's tables: whoever opens them next makes them again from the journal.</summary>
    /// <exception cref="ShardLostException">The shard is another process's.</exception>
    public void Empty(int shard) => tables.Empty([shard]);

    /// <summary>Whether a shard is this process's still, by the database's word; no if that cannot be had.</summary>
    public bool IsOurs(int shard)
    {
        try
        {
            tables.WriteRuns(shard, []);
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    /// <summary>How far a shard's tables are; zeros when nothing was written.</summary>
    public (long Position, long Time) PositionOf(int shard) => tables.PositionOf(shard);

    /// <summary>A view of the tables as they are now, unchanging until it is disposed of; for one thread at a time.</summary>
    public Reader Read() => new(tables, Shards);

    public void Dispose()
    {
        Nodes?.Dispose();
        Outbox.Dispose();
        tables.Dispose();
        journal.Dispose();
        directory?.Dispose();
    }

    internal static int ShardOf(string account, int shards) =>
        account.Length == 0 ? 0 : 1 + (int)(TextHash.Of(Encoding.UTF8.GetBytes(account)) % (ulong)shards);

    /// <summary>For tests: the SQLite code with which the next <see cref="Append"/> fails at its commit.</summary>
    internal void FailNextAppend(int code) => journal.FailNext(code);

    /// <summary>For tests: the SQLite code with which the next <see cref="Write"/> fails at its commit.</summary>
    internal void FailNextWrite(int code) => tables.FailNext(code);

    /// <summary>For tests: the SQLite code with which every <see cref="Write"/> fails at its commit, until told 0.</summary>
    internal void FailWrites(int code) => failWrites = code;

    /// <summary>For tests: neither journal nor tables can be read, until told otherwise.</summary>
    internal void FailReads(bool fail)
    {
        journal.FailReads(fail);
        tables.FailReads(fail);
    }

    private static void RefuseOtherNumber(StoreOptions options, int has, string where)
    {
        if (options.Shards is { } wanted && wanted != has)
        {
            throw new StoreException($"The store in {where} was made with {has} shards, which is fixed, and not with {wanted}. Say {has} or nothing, or name another place for a new one.");
        }
    }

    private static void RefuseTablesAhead(StoreDirectory directory, Journal journal, Tables tables)
    {
        for (int shard = 0; shard <= journal.Shards; shard++)
        {
            if (tables.PositionOf(shard).Position > journal.LastPosition(shard))
            {
                throw new StoreException(
                    $"In {directory.Path} the tables of shard {shard} are at position {tables.PositionOf(shard).Position}, the journal "
                    + $"only at {journal.LastPosition(shard)}: the journal is missing or older. Restore both from one backup.");
            }
        }
    }
}
