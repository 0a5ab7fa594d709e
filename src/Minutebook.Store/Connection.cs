namespace Minutebook.Store;

/// <summary>A connection to one of the databases; for one thread at a time. SQL is written as SQLite has it.</summary>
internal abstract class Connection : IDisposable
{
    /// <summary>Whether it failed in a way after which it is better opened anew.</summary>
    public bool Broken { get; protected set; }

    /// <summary>For tests: the code with which the next commit fails.</summary>
    public int FailNext { get; set; }

    /// <summary>How many rows the statement that ran last changed.</summary>
    public abstract int ChangedRows { get; }

    /// <summary>A statement to be given back by disposing of it.</summary>
    public abstract Statement Take(string sql, string rest = "");

    /// <summary>Begins to read what is there now, unchanging until <see cref="RollBack"/>.</summary>
    public abstract void BeginReading();

    /// <summary>Inserts, updates or deletes rows of a shard, in order.</summary>
    public abstract void Write<T>(Table<T> table, int shard, List<T> rows)
        where T : struct;

    /// <summary>All or nothing. Returns when it is committed.</summary>
    public abstract void InTransaction(Action write);

    public void Run(string sql)
    {
        using Statement statement = Take(sql);
        statement.Run();
    }

    /// <summary>Ends whatever is open: statements and the transaction.</summary>
    public abstract void RollBack();

    /// <summary>Called after each transaction that wrote.</summary>
    public virtual void CheckpointIfDue()
    {
    }

    public abstract void Dispose();
}
