using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Minutebook.Server.Tests.Processes;
using Minutebook.Tests;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>
/// Where there is no room, what comes is answered with 503 and when to come again; nothing that was answered for is lost, reads go on, and
/// once there is room so does the rest, without a restart.
/// </summary>
[Trait("Store", "SQLite")]
public sealed class DiskFullTests
{
    private const int SqliteFull = 13, SqliteIoError = 10;
    private static readonly Instant Start = Instant.FromUtc(2027, 1, 1, 0, 0);
    private int next;

    [SmallDiskFact]
    public async Task A_full_disk_takes_nothing_loses_nothing_and_goes_on_when_there_is_room()
    {
        using SmallDisk disk = SmallDisk.OfMebibytes(40);
        string ballast = disk.Ballast(mebibytes: 26), data = Path.Combine(disk.Path, "data");
        await using Served served = await Served.StartAsync(Start, data);
        await CreateAsync(served);
        long answered = await FillAsync(served);

        // Reads need no room.
        foreach (string path in (string[])["/v1/accounts/school", Usage, "/v1/events/rejected", "/health/live", "/v1/sandbox/clock"])
        {
            Assert.Equal(HttpStatusCode.OK, (await served.Client.GetAsync(path)).StatusCode);
        }

        File.Delete(ballast);
        answered += await PostUntilTakenAsync(served);
        Assert.Equal(answered, await ShownAsync(served));
        await served.RestartAsync();
        Assert.Equal(answered, await ShownAsync(served));
        await served.StopAsync();
        (int code, string said) = await ServingProcess.RunAsync("replay", "--verify", "--data", data);
        Assert.True(code == 0, said);
    }

    [Theory]
    [InlineData(SqliteFull)]
    [InlineData(SqliteIoError)]
    public async Task What_the_journal_cannot_write_is_not_taken_and_the_next_is(int code)
    {
        await using Served served = await Served.StartAsync(Start);
        await CreateAsync(served);
        Store.Store store = served.Host.Engine.Store;
        long answered = 0;
        for (int i = 0; i < 5; i++)
        {
            store.FailNextAppend(code);
            Assert.False(await PostAsync(served, 10));
            answered += await PostAsync(served, 10) ? 10 : 0;

            store.FailNextAppend(code);
            using HttpResponseMessage command = await served.PutAsync("/v1/accounts/school", new { name = $"Name {i}" });
            await RefusedAsync(command);
            Assert.NotEqual($"Name {i}", (await served.GetAsync("/v1/accounts/school")).GetProperty("name").GetString());
            answered += await PostAsync(served, 10) ? 10 : 0;
        }

        Assert.Equal(100, answered);
        Assert.Equal(answered, await ShownAsync(served));
        await served.RestartAsync();
        Assert.Equal(answered, await ShownAsync(served));
    }

    [Theory]
    [InlineData(SqliteFull)]
    [InlineData(SqliteIoError)]
    public async Task What_the_tables_cannot_take_yet_is_shown_when_they_can(int code)
    {
        await using Served served = await Served.StartAsync(Start);
        await CreateAsync(served);

        served.Host.Engine.Store.FailNextWrite(code);
        Assert.True(await PostAsync(served, 10));

        Assert.Equal(10, await ShownAsync(served));
    }

    [Fact]
    public async Task What_the_tables_cannot_take_for_long_is_refused_and_said_and_nothing_waits_for_ever()
    {
        await using Served served = await Served.StartAsync(Start);
        await CreateAsync(served);
        List<string> complaints = [];
        served.Host.Engine.Unwritable += why => complaints.Add(why.Message);
        Store.Store store = served.Host.Engine.Store;
        long answered = 0;
        store.FailWrites(SqliteFull);
        // The journal has room: this is written down, but what came of it is not known.
        using HttpResponseMessage written = await served.PutAsync("/v1/accounts/school", new { name = "Another" });
        JsonElement problem = await Served.ProblemAsync(written, 503, "unavailable");
        Assert.StartsWith("The disk is full: what was sent is written down", problem.GetProperty("detail").GetString());

        using HttpResponseMessage refused = await served.PutAsync("/v1/accounts/school", new { name = "A third" });
        Assert.StartsWith("The disk is full; nothing was accepted", (await Served.ProblemAsync(refused, 503, "unavailable")).GetProperty("detail").GetString());
        Assert.False(await PostAsync(served, 10));
        Assert.Single(complaints);

        store.FailWrites(0);
        answered += await PostUntilTakenAsync(served);
        Assert.Equal(answered, await ShownAsync(served));
        Assert.Equal("Another", (await served.GetAsync("/v1/accounts/school")).GetProperty("name").GetString());
    }

    [SmallDiskFact]
    public async Task A_server_that_starts_where_its_tables_have_no_room_says_so_and_ends_and_starts_when_they_have()
    {
        using SmallDisk disk = SmallDisk.OfMebibytes(40);
        string data = Path.Combine(disk.Path, "data");
        await using Served served = await Served.StartAsync(Start, data);
        await CreateAsync(served);
        Assert.True(await PostAsync(served, 10));
        Assert.Equal(10, await ShownAsync(served));
        // From here on the tables stay behind the journal, as a kill leaves them.
        served.Host.Engine.Store.FailWrites(SqliteFull);
        for (int i = 0; i < 8; i++)
        {
            Assert.True(await PostAsync(served, 1_000));
        }

        await served.StopAsync();
        // Room to open the files, and not for what the tables lack.
        string rest = Fill(disk);
        using (FileStream file = File.OpenWrite(rest))
        {
            file.SetLength(file.Length - (256 << 10));
        }

        (int code, string said) = await ServingProcess.RunAsync("serve", "--data", data, "--listen", "http://127.0.0.1:0", "--sandbox");
        Assert.True(code == 1 && said.Contains("There is no room to write", StringComparison.Ordinal) && said.Contains("tables", StringComparison.Ordinal), $"{code}: {said}");
        Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        File.Delete(rest);
        await served.RestartAsync();
        Assert.Equal(8_010, await ShownAsync(served));
    }

    [Fact]
    public async Task A_key_that_was_revoked_while_the_disk_was_full_is_none_once_there_is_room()
    {
        await using Served served = await Served.StartAsync(Start);
        await CreateAsync(served);
        using HttpResponseMessage answered = await served.Client.PostAsJsonAsync("/v1/keys", new { name = "n", role = "operator" });
        JsonElement made = await answered.Content.ReadFromJsonAsync<JsonElement>();
        Store.Store store = served.Host.Engine.Store;
        store.FailWrites(SqliteFull);
        using HttpResponseMessage revoked = await served.Client.DeleteAsync($"/v1/keys/{made.GetProperty("id").GetString()}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, revoked.StatusCode);
        store.FailWrites(0);
        HttpStatusCode status = HttpStatusCode.OK;
        for (long until = Environment.TickCount64 + 30_000; status != HttpStatusCode.Unauthorized && Environment.TickCount64 < until; await Task.Delay(50))
        {
            using HttpRequestMessage asked = new(HttpMethod.Get, "/v1/accounts");
            asked.Headers.Authorization = new("Bearer", made.GetProperty("key").GetString());
            using HttpResponseMessage answer = await served.Client.SendAsync(asked);
            status = answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, status);
    }

    [SmallDiskFact]
    public async Task What_a_receiver_has_is_not_sent_again_while_there_is_no_room_to_write_that_down()
    {
        using SmallDisk disk = SmallDisk.OfMebibytes(40);
        await using Receiver receiver = await Receiver.StartAsync();
        var answered = new TaskCompletionSource<int>();
        receiver.Answer = (_, _) => answered.Task;
        await using Served served = await Served.StartAsync(Start, Path.Combine(disk.Path, "data"), static options => options with { WebhooksAllow = "127.0.0.0/8" });
        await CreateAsync(served);
        await served.DoAsync(HttpMethod.Post, "/v1/webhooks", new { url = receiver.Url });
        string? id = (await served.GetAsync("/v1/webhooks")).GetProperty("items")[0].GetProperty("id").GetString();
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/school/terminate", new { reason = "spam" });
        await receiver.GetAsync(1);

        string ballast = Fill(disk);
        answered.SetResult(200);
        await Task.Delay(2_000);
        Assert.Single(receiver.All);

        File.Delete(ballast);
        for (int i = 0; i < 200 && await StateAsync() != "delivered"; i++)
        {
            await Task.Delay(100);
        }

        Assert.Equal("delivered", await StateAsync());
        Assert.Single(receiver.All);

        async Task<string?> StateAsync() =>
            (await served.GetAsync($"/v1/webhooks/{id}/deliveries")).GetProperty("items")[0].GetProperty("state").GetString();
    }

    private static string Fill(SmallDisk disk)
    {
        string file = Path.Combine(disk.Path, "rest");
        using var rest = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (true)
            {
                rest.Write(page);
            }
        }
        catch (IOException)
        {
            return file;
        }
    }

    private const string Usage = "/v1/accounts/school/usage?meter=delivery&from=2026-12-01&to=2027-02-01";

    private static async Task CreateAsync(Served served)
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/app", new { name = "Lessons" });
    }

    /// <summary>Posts until there was no room for several times; gives how many events were answered for.</summary>
    private async Task<long> FillAsync(Served served)
    {
        long answered = 0;
        for (int refused = 0, posts = 0; refused < 8; posts++)
        {
            Assert.True(posts < 5_000, "The disk does not fill.");
            bool taken = await PostAsync(served, 1000);
            answered += taken ? 1000 : 0;
            refused += taken ? 0 : 1;
        }

        return answered;
    }

    private async Task<long> PostUntilTakenAsync(Served served)
    {
        for (int i = 0; i < 20; i++, await Task.Delay(100))
        {
            if (await PostAsync(served, 1000))
            {
                return 1000;
            }
        }

        throw new InvalidOperationException("There is room, and nothing is taken.");
    }

    /// <summary>Posts new events of a byte each; gives whether they were taken.</summary>
    private async Task<bool> PostAsync(Served served, int count)
    {
        string body = string.Concat(Enumerable.Range(0, count).Select(_ =>
            $"{{\"specversion\":\"1.0\",\"id\":\"{Guid.NewGuid()}-{next++}\",\"source\":\"//t\",\"type\":\"content.delivered\",\"time\":\"2026-12-31T00:00:00Z\","
            + "\"data\":{\"application\":\"app\",\"bytes\":1,\"kind\":\"live\"}}\n"));
        using HttpResponseMessage response = await served.SendAsync(HttpMethod.Post, "/v1/events", body, "application/x-ndjson");
        if (response.StatusCode == HttpStatusCode.Accepted)
        {
            return true;
        }

        await RefusedAsync(response);
        return false;
    }

    private static async Task RefusedAsync(HttpResponseMessage response)
    {
        await Served.ProblemAsync(response, 503, "unavailable");
        Assert.True(response.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1), "It does not say when to come again.");
    }

    /// <summary>What counts, when all that was taken shows.</summary>
    private static async Task<long> ShownAsync(Served served)
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { });
        JsonElement usage = await served.GetAsync(Usage);
        JsonElement counters = (await served.GetAsync("/v1/accounts/school")).GetProperty("counters");
        long bytes = usage.GetProperty("items").EnumerateArray().Sum(item => item.GetProperty("quantity").GetInt64());
        Assert.Equal(counters.GetProperty("events").GetInt64(), bytes);
        return bytes;
    }
}
