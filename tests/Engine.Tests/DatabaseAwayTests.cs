using Minutebook.Engine;
using Minutebook.Store;
using Minutebook.Testing;
using NodaTime;
using Xunit;

namespace Minutebook.Tests;

public sealed class DatabaseAwayTests
{
    [Fact]
    public async Task A_server_that_starts_before_its_database_waits_for_it_and_not_for_ever()
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-").FullName;
        using PostgresServer database = new();
        EngineOptions options = new() { Directory = directory, Postgres = database.Connection("early"), Clock = Clock.Sandbox(Instant.FromUtc(2027, 1, 1, 0, 0)) };
        database.Stop();
        Assert.Throws<StoreUnreachableException>(() => Engine.Engine.Open(options with { DatabasePatience = 0 }));
        Task<Engine.Engine> opening = Task.Run(() => Engine.Engine.Open(options with { DatabasePatience = 120_000 }));
        await Task.Delay(500);
        Assert.False(opening.IsCompleted);

        database.Start();
        await using Engine.Engine engine = await opening;
        Assert.True(engine.IsReady);
        Directory.Delete(directory, recursive: true);
    }
}
