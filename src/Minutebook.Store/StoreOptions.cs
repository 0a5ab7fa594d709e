namespace Minutebook.Store;

public sealed record StoreOptions
{
    /// <summary>Where SQLite's files are; created if it is not there.</summary>
    public required string Directory { get; init; }

    /// <summary>How to reach PostgreSQL, which then has it all; null for SQLite.</summary>
    public string? Postgres { get; init; }

    /// <summary>What this process is called among those on one PostgreSQL.</summary>
    public string Node { get; init; } = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}";

    /// <summary>In PostgreSQL a question may take as long as it takes: for who goes through all of it. Else one that nothing is heard of for seconds fails.</summary>
    public bool IsPatient { get; init; }

    /// <summary>How many shards accounts are spread over, which is fixed when the store is made. Null for as many as it has, <see cref="UsualShards"/>
    /// of one that is made now; a store of another number is refused.</summary>
    public int? Shards { get; init; }

    /// <summary>As many as a store gets for which nothing else is said.</summary>
    public const int UsualShards = 16;

    /// <summary>Each takes a thread and, in PostgreSQL, a connection of whoever holds it.</summary>
    public const int MostShards = 256;
}
