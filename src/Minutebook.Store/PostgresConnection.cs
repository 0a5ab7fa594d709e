using System.Collections.Concurrent;
using System.Data;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;

namespace Minutebook.Store;

/// <summary>A connection to PostgreSQL.</summary>
internal sealed partial class PostgresConnection : Connection
{
    private const string DiskFull = "53100", StartingUp = "57P03", TooManyConnections = "53300";

    private static readonly ConcurrentDictionary<(string, string), string> Translated = [];

    private readonly NpgsqlConnection db;
    private NpgsqlTransaction? transaction;
    private PostgresStatement? running;
    private int changedRows;

    public PostgresConnection(string connectionString)
    {
        db = new NpgsqlConnection(connectionString);
        try
        {
            db.Open();
            Pid = db.ProcessID;
        }
        catch (Exception wrong) when (IsOfDatabase(wrong))
        {
            db.Dispose();
            // A connection knows them only while it is open.
            NpgsqlConnectionStringBuilder its = new(connectionString);
            string message = $"PostgreSQL at {its.Host}:{its.Port}, database {its.Database}, cannot be reached: {wrong.Message}";
            throw wrong is PostgresException { SqlState: not (StartingUp or TooManyConnections) } ? new StoreException(message, wrong) : new StoreUnreachableException(message, wrong);
        }
    }

    /// <summary>Called at the beginning of each transaction that writes, inside of it; throws when it may not.</summary>
    public Action<PostgresConnection>? Fence { get; set; }

    /// <summary>The connection itself, for what SQLite has nothing like.</summary>
    public NpgsqlConnection Db => db;

    /// <summary>What the database calls it, also when it is gone.</summary>
    public int Pid { get; }

    /// <summary>The settings that say how long its statements may take, where they have not forever.</summary>
    public string Patience { get; init; } = "";

    /// <summary>Its statements may take as long as they take.</summary>
    public bool IsPatient { get; private set; }

    public override int ChangedRows => changedRows;

    public static bool IsOfDatabase(Exception wrong) =>
        wrong is NpgsqlException or IOException or SocketException or TimeoutException or InvalidOperationException { Source: "Npgsql" };

    public override Statement Take(string sql, string rest = "") => new PostgresStatement(this, Translate(sql, rest));

    public override void BeginReading() => Guard(() => transaction = db.BeginTransaction(IsolationLevel.RepeatableRead));

    public override void Write<T>(Table<T> table, int shard, List<T> rows) => PostgresRows.Write(this, table, shard, rows);

    public override void InTransaction(Action write)
    {
        Guard(() => transaction = db.BeginTransaction());
        try
        {
            Fence?.Invoke(this);
            write();
            if (FailNext != 0)
            {
                (int code, FailNext) = (FailNext, 0);
                throw code == SQLitePCL.raw.SQLITE_FULL ? new StoreFullException("There is no room.") : new StoreException("A failure for tests.");
            }

            Guard(transaction!.Commit);
            transaction = null;
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    public override void RollBack()
    {
        try
        {
            running?.Reset();
            transaction?.Rollback();
        }
        catch (Exception wrong) when (IsOfDatabase(wrong))
        {
            Broken = true;
        }

        transaction?.Dispose();
        (transaction, running) = (null, null);
        Broken |= db.State != ConnectionState.Open;
    }

    public override void Dispose()
    {
        try
        {
            db.Dispose();
        }
        catch (Exception wrong) when (IsOfDatabase(wrong))
        {
            // It is gone either way.
        }
    }

    /// <summary>A command for a statement that is about to run; another that is being read makes room.</summary>
    public NpgsqlCommand Begin(PostgresStatement statement, string sql)
    {
        running?.Spill();
        running = statement;
        NpgsqlCommand command = new(sql, db, transaction);
        if (IsPatient)
        {
            command.CommandTimeout = 0;
        }

        return command;
    }

    public void Forget(PostgresStatement statement) => running = running == statement ? null : running;

    /// <summary>Asks for nothing, and throws when no answer comes soon.</summary>
    public void Probe() => Guard(() =>
    {
        using NpgsqlCommand command = new("SELECT 1", db) { CommandTimeout = PostgresDatabase.TellingSeconds };
        command.ExecuteNonQuery();
    });

    /// <summary>A transaction whose statements may take, or wait, as long as it takes; those after it may not.</summary>
    public void InPatientTransaction(Action write)
    {
        PostgresDatabase.Execute(this, "SET statement_timeout = 0; SET lock_timeout = 0");
        IsPatient = true;
        try
        {
            InTransaction(write);
        }
        finally
        {
            IsPatient = false;
            Calm();
        }
    }

    /// <summary>What was done stays done, whether or not this comes through.</summary>
    private void Calm()
    {
        try
        {
            if (!Broken)
            {
                PostgresDatabase.Execute(this, Patience);
            }
        }
        catch (StoreException)
        {
            Broken = true;
        }
    }

    /// <summary>Nothing more is to be done with it.</summary>
    public void Break() => Broken = true;

    public void Ran(int rows) => changedRows = rows;

    /// <summary>Does something on the connection itself.</summary>
    public void Guard(Action act)
    {
        try
        {
            running?.Spill();
            running = null;
            act();
        }
        catch (Exception wrong) when (IsOfDatabase(wrong))
        {
            throw Failure(wrong);
        }
    }

    public StoreException Failure(Exception wrong)
    {
        Broken |= db.State != ConnectionState.Open || wrong is not PostgresException;
        string state = (wrong as PostgresException)?.SqlState ?? "";
        return state == DiskFull
            ? new StoreFullException($"PostgreSQL has no room: nothing was stored. Make room for database {db.Database}; the next write works then.")
            : db.State != ConnectionState.Open ? new StoreUnreachableException($"PostgreSQL, database {db.Database}: {wrong.Message}", wrong)
            : new StoreException($"PostgreSQL, database {db.Database}: {wrong.Message}", wrong);
    }

    private static string Translate(string sql, string rest) =>
        Translated.GetOrAdd((sql, rest), static its => Bytes().Replace(
            IndexedBy().Replace(Placeholder().Replace(its.Item1 + its.Item2, "$$$1"), ""), "(position($2 in $1) > 0)").Replace("instr(", "strpos("));

    [GeneratedRegex(@"\?(\d+)")]
    private static partial Regex Placeholder();

    // Of bytes there is only that form.
    [GeneratedRegex(@"holds\((\w+(?:\.\w+)?), (\$\d+)\)")]
    private static partial Regex Bytes();

    [GeneratedRegex(@" INDEXED BY \w+")]
    private static partial Regex IndexedBy();
}
