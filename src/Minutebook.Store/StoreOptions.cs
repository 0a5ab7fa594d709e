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

    /// <summary>How many shards accounts are spread over. Read when the store is created and kept in it from then on.</summary>
    public int Shards { get; init; } = 16;
}
