using Npgsql;

namespace Minutebook.Cli.Measuring;

/// <summary>A schema of a stage's own in the database that was named; gone when it is disposed of.</summary>
internal sealed class Schema : IAsyncDisposable
{
    /// <exception cref="Failure">No database was named.</exception>
    public Schema(BenchOptions options)
    {
        string database = options.Postgres ?? throw new Failure(ExitCode.Usage, "This stage needs a PostgreSQL. Name it with --postgres CONNECTION.");
        Connection = $"{database};Search Path={Name}";
    }

    public string Name { get; } = $"bench_{Guid.NewGuid():N}";

    public string Connection { get; }

    public async ValueTask DisposeAsync()
    {
        await using var source = NpgsqlDataSource.Create(Connection);
        await using NpgsqlCommand drop = source.CreateCommand($"DROP SCHEMA IF EXISTS {Name} CASCADE");
        drop.CommandTimeout = 0;
        await drop.ExecuteNonQueryAsync();
    }
}
