namespace Minutebook.Store;

public sealed record StoreOptions
{
    /// <summary>Where the files are; created if it is not there.</summary>
    public required string Directory { get; init; }

    /// <summary>How many shards accounts are spread over. Read when the store is created and kept in it from then on.</summary>
    public int Shards { get; init; } = 16;
}
