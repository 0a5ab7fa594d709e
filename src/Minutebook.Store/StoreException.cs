namespace Minutebook.Store;

/// <summary>The store cannot do what was asked: the message says what happened, to which file, and what to do.</summary>
public class StoreException : Exception
{
    public StoreException(string message) : base(message) { }

    public StoreException(string message, Exception cause) : base(message, cause) { }

    /// <summary>SQLite's extended result code; 0 when it was not SQLite that refused.</summary>
    public int Code { get; init; }
}

/// <summary>There is no room. Nothing of what was asked is stored; the same call works again once there is room.</summary>
public sealed class StoreFullException(string message) : StoreException(message);

/// <summary>The database is not there, or not yet; or it has ended the session.</summary>
public sealed class StoreUnreachableException(string message, Exception cause) : StoreException(message, cause);

/// <summary>Another process has the store's files open.</summary>
public sealed class StoreInUseException(string message, Exception cause) : StoreException(message, cause);

/// <summary>A group of the journal is not what was appended.</summary>
public sealed class JournalDamagedException(string message, int shard, long position) : StoreException(message)
{
    public int Shard { get; } = shard;

    public long Position { get; } = position;
}

/// <summary>A shard is not this process's any more: what it knows of it is worth nothing, and it may write nothing of it.</summary>
public sealed class ShardLostException(string message, int shard) : StoreException(message)
{
    public int Shard { get; } = shard;
}
