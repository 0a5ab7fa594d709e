using SQLitePCL;

namespace Minutebook.Store;

/// <summary>
/// A connection to one of SQLite's files, with its prepared statements. Of each file one connection
/// writes and checkpoints, the others only read: SQLite up to 3.50.6 can lose what two connections do there at the same moment.
/// </summary>
internal sealed class SqliteConnection : Connection
{
    private const int BusyMilliseconds = 5_000, NoCheckpointOnClose = 1006, PagesWritten = 9, NoRoomForSharedMemory = 4874;

    private readonly sqlite3 db;
    private readonly Dictionary<(string, string), SqliteStatement> statements = [];
    private long pageBytes;
    private long sinceCheckpoint;

    static SqliteConnection() => Batteries_V2.Init();

    private SqliteConnection(string path, int flags)
    {
        Path = path;
        int code = raw.sqlite3_open_v2(path, out db, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            StoreException failure = Failure(code);
            db.Dispose();
            throw failure;
        }

        _ = raw.sqlite3_extended_result_codes(db, 1);
        _ = raw.sqlite3_busy_timeout(db, BusyMilliseconds);
        // SQLite's own instr goes byte by byte, which takes three times as long as reading what is searched.
        _ = raw.sqlite3_create_function(
            db, "holds", 2, raw.SQLITE_UTF8 | raw.SQLITE_DETERMINISTIC, null,
            static (context, _, values) => raw.sqlite3_result_int(
                context, raw.sqlite3_value_blob(values[0]).IndexOf(raw.sqlite3_value_blob(values[1])) >= 0 ? 1 : 0));
    }

    public string Path { get; }

    /// <summary>How much may gather in the write-ahead log before it is checkpointed.</summary>
    public long CheckpointBytes { get; init; } = 16 << 20;

    /// <summary>At this size the log is cut, for which readers have to be done with it.</summary>
    public long LargeLogBytes { get; init; } = 256 << 20;

    public override int ChangedRows => raw.sqlite3_changes(db);

    public static SqliteConnection OpenWriter(string path, int pageBytes, string synchronous, int cacheKibibytes)
    {
        SqliteConnection writer = new(path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        try
        {
            writer.Execute($"PRAGMA page_size = {pageBytes}");
            writer.Execute("PRAGMA journal_mode = WAL");
            writer.Execute($"PRAGMA synchronous = {synchronous}");
            writer.Execute("PRAGMA wal_autocheckpoint = 0");
            writer.Execute("PRAGMA temp_store = MEMORY");
            writer.Execute($"PRAGMA cache_size = -{cacheKibibytes}");
            writer.pageBytes = writer.Number("PRAGMA page_size");
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    public static SqliteConnection OpenReader(string path)
    {
        SqliteConnection reader = new(path, raw.SQLITE_OPEN_READONLY);
        _ = raw.sqlite3_db_config(reader.db, NoCheckpointOnClose, 1, out _);
        _ = raw.sqlite3_wal_autocheckpoint(reader.db, 0);
        return reader;
    }

    /// <summary>Prepared once, unless it is wanted again while it is in use.</summary>
    public override Statement Take(string sql, string rest = "")
    {
        if (!statements.TryGetValue((sql, rest), out SqliteStatement? statement))
        {
            statements[(sql, rest)] = statement = Prepare(sql + rest, kept: true);
        }
        else if (statement.InUse)
        {
            return Prepare(sql + rest, kept: false);
        }

        statement.InUse = true;
        return statement;
    }

    public void Execute(string sql)
    {
        using Statement statement = Prepare(sql, kept: false);
        statement.Run();
    }

    /// <summary>The first column of the first row; 0 if there is none.</summary>
    public long Number(string sql)
    {
        using Statement statement = Prepare(sql, kept: false);
        return statement.Next() ? statement.Long() : 0;
    }

    /// <summary>Writes the file anew: what was deleted, or moved within a page, stands in it no longer.</summary>
    public void Rebuild()
    {
        Execute("PRAGMA temp_store = FILE");
        Execute("VACUUM");
        Number("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public override void BeginReading() => Run("BEGIN");

    public override void Write<T>(Table<T> table, int shard, List<T> rows) => table.WriteEach(this, shard, rows);

    public override void InTransaction(Action write)
    {
        Run("BEGIN IMMEDIATE");
        try
        {
            write();
            if (FailNext != 0)
            {
                (int code, FailNext) = (FailNext, 0);
                throw Failure(code);
            }

            Run("COMMIT");
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>Ends whatever is open: statements and, unless SQLite did that itself, the transaction.</summary>
    public override void RollBack()
    {
        foreach (SqliteStatement statement in statements.Values)
        {
            statement.Reset();
        }

        if (raw.sqlite3_get_autocommit(db) == 0 && raw.sqlite3_exec(db, "ROLLBACK") != raw.SQLITE_OK)
        {
            Broken = true;
        }
    }

    /// <summary>Moves what was written from the log into the file, once enough has gathered. What fails here is tried again later:
    /// the log has it all.</summary>
    public override void CheckpointIfDue()
    {
        _ = raw.sqlite3_db_status(db, PagesWritten, out int pages, out _, 1);
        sinceCheckpoint += pages * pageBytes;
        if (sinceCheckpoint < CheckpointBytes)
        {
            return;
        }

        sinceCheckpoint = 0;
        int code = raw.sqlite3_wal_checkpoint_v2(db, null, raw.SQLITE_CHECKPOINT_PASSIVE, out int inLog, out _);
        if (code == raw.SQLITE_OK && inLog * pageBytes > LargeLogBytes)
        {
            _ = raw.sqlite3_busy_timeout(db, 50);
            _ = raw.sqlite3_wal_checkpoint_v2(db, null, raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
            _ = raw.sqlite3_busy_timeout(db, BusyMilliseconds);
        }
    }

    public void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }
    }

    public StoreException Failure(int code)
    {
        int kind = code & 0xFF;
        Broken |= kind is not (raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_CONSTRAINT);
        // A file that two connections share cannot grow: nothing else than want of room makes that so.
        if (kind == raw.SQLITE_FULL || code == NoRoomForSharedMemory)
        {
            return new StoreFullException(
                $"There is no room to write {Path}: nothing of it was stored. Make room on its disk; the next write works then.")
            { Code = code };
        }

        string detail = $"{raw.sqlite3_errstr(code).utf8_to_string()}, SQLite code {code}";
        return new StoreException(Sentence(kind, detail)) { Code = code };
    }

    public override void Dispose()
    {
        foreach (SqliteStatement statement in statements.Values)
        {
            statement.Close();
        }

        db.Dispose();
    }

    private SqliteStatement Prepare(string sql, bool kept)
    {
        Check(raw.sqlite3_prepare_v2(db, sql, out sqlite3_stmt handle));
        return new SqliteStatement(this, handle, kept);
    }

    private string Sentence(int kind, string detail) => kind switch
    {
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH =>
            $"{Path} cannot be opened or written ({detail}). See that its directory is there, is not mounted read-only and belongs to "
            + "the user who runs this.",
        raw.SQLITE_IOERR =>
            $"The disk failed to read or write {Path} ({detail}). See the system's log; the next call tries again.",
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB =>
            $"{Path} is damaged ({detail}). Restore the directory from a backup; tables.db alone may be removed, and is made again "
            + "from the journal.",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED =>
            $"{Path} is locked by another process ({detail}). Stop that process, or wait until it is done.",
        _ => $"{Path}: {raw.sqlite3_errmsg(db).utf8_to_string()} ({detail}). This is a defect of the program; please report it.",
    };
}
