using Minutebook.Server.Tests.Processes;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.CommandLine;

public sealed class ServeTests
{
    [Fact]
    public async Task A_store_is_made_with_as_many_shards_as_are_asked_for_and_keeps_them()
    {
        string directory = Directory.CreateTempSubdirectory("minutebook-shards-").FullName;
        Instant start = Instant.FromUtc(2027, 1, 1, 0, 0);
        // Its directory is the other's, and gone with it.
        Served made = await Served.StartAsync(start, directory, static options => options with { Postgres = null, Shards = 3 });
        await made.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC" });
        await made.StopAsync();
        await using Served again = await Served.StartAsync(start, directory, static options => options with { Postgres = null });
        Assert.Equal("School", (await again.GetAsync("/v1/accounts/school")).GetProperty("name").GetString());
        await again.StopAsync();

        (int code, string said) = await ServingProcess.RunAsync("journal", "verify", "--data", directory, "--shard", "3");
        Assert.True(code == 0, said);
        (code, said) = await ServingProcess.RunAsync("serve", "--data", directory, "--listen", "http://127.0.0.1:0", "--shards", "16");
        Assert.True(code != 0 && said.Contains("was made with 3 shards", StringComparison.Ordinal), said);
        (code, said) = await ServingProcess.RunAsync("serve", "--data", directory, "--shards", "257");
        Assert.True(code != 0 && said.Contains("--shards takes a number from 1 to 256.", StringComparison.Ordinal), said);
    }
}
