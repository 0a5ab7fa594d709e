using System.Net.Http.Json;
using System.Text.Json;
using Minutebook.Engine;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class AuditTests
{
    private static readonly Instant Start = Instant.FromUtc(2027, 1, 1, 0, 0);
    private static readonly object School = new { name = "School", currency = "USD", timeZone = "UTC" };

    [Fact]
    public async Task Who_did_what_when_from_which_key_and_where_before_and_after()
    {
        await using Served served = await Served.StartAsync(Start);
        (string id, string key) = await served.MakeAsync(new { name = "Ann", role = "operator" });
        using HttpClient ann = served.With(key);
        await ann.PutAsJsonAsync("/v1/accounts/a", School);
        await ann.PutAsJsonAsync("/v1/accounts/a", new { creditLimit = "50" });
        await ann.PutAsJsonAsync("/v1/accounts/a", new { creditLimit = "50.00" });
        await ann.PostAsJsonAsync("/v1/accounts/a/topups", new { amount = "10", currency = "USD", reference = "r" });
        await ann.PostAsJsonAsync("/v1/accounts/a/topups", new { amount = "10", currency = "USD", reference = "r" });
        await Served.ProblemAsync(await ann.PutAsJsonAsync("/v1/accounts/a", new { currency = "EUR" }), 409, "immutable");

        JsonElement[] items = [.. (await served.GetAsync("/v1/audit?account=a")).GetProperty("items").EnumerateArray()];

        Assert.Equal(["top-up", "put-account", "put-account"], items.Select(item => item.GetProperty("action").GetString()));
        Assert.All(items, item =>
        {
            Assert.Equal((id, "Ann", "127.0.0.1"), (Text(item, "key"), Text(item, "name"), Text(item, "address")));
            Assert.Equal("2027-01-01T00:00:00Z", Text(item, "at"));
        });
        Assert.Equal("""{"creditLimit":"0.000000"}""", items[1].GetProperty("before").ToString());
        Assert.Equal("""{"creditLimit":"50.000000"}""", items[1].GetProperty("after").ToString());
        Assert.Equal(JsonValueKind.Null, items[2].GetProperty("before").ValueKind);
        Assert.Equal("10.000000", items[0].GetProperty("after").GetProperty("balance").GetString());
        Assert.Equal("r", items[0].GetProperty("request").GetProperty("reference").GetString());
    }

    [Fact]
    public async Task The_audit_comes_in_pages_holds_no_secret_and_shows_an_account_its_own_without_addresses()
    {
        await using Served served = await Served.StartAsync(Start);
        await served.TwoSchoolsAsync("a", "b");
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/a-app/connectors/bigbluebutton", new { secret = "canary-secret", callbackUrl = "https://x.example/hooks" });
        (_, string key) = await served.MakeAsync(new { name = "School a", role = "account", account = "a" });
        using HttpClient own = served.With(key);

        List<JsonElement> all = [];
        for (string? cursor = ""; cursor is not null;)
        {
            JsonElement page = await served.GetAsync($"/v1/audit?limit=2{(cursor.Length == 0 ? "" : "&cursor=" + cursor)}");
            all.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
        }

        Assert.Equal(
            ["a make-key", "a put-account", "a put-application", "a put-connector", "b put-account", "b put-application"],
            all.Select(item => $"{Text(item, "account")} {Text(item, "action")}").Order(StringComparer.Ordinal));
        string text = string.Concat(all);
        Assert.DoesNotContain("canary-secret", text);
        Assert.DoesNotContain("sealed", text);
        Assert.DoesNotContain("hash\":\"" + Convert.ToHexString(KeyText.HashOf(key)), text, StringComparison.OrdinalIgnoreCase);
        JsonElement[] its = [.. (await own.GetFromJsonAsync<JsonElement>("/v1/audit")).GetProperty("items").EnumerateArray()];
        Assert.Equal(4, its.Length);
        Assert.All(its, item => Assert.Equal(("a", null), (Text(item, "account"), Text(item, "address"))));
        await Served.ProblemAsync(await own.GetAsync("/v1/audit?account=b"), 404, "not-found");
    }

    [Trait("Store", "SQLite")]
    [Fact]
    public async Task A_replay_makes_the_same_audit_and_each_tampering_is_found()
    {
        await using Served served = await Served.StartAsync(Start);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a", School);
        for (int i = 1; i <= 5; i++)
        {
            await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/topups", new { amount = $"{i}", currency = "USD", reference = $"{i}" });
        }

        await served.MakeAsync(new { name = "k", role = "admin" });
        await served.StopAsync();
        AuditCheck whole = Check(served, out int shard);
        Assert.Equal((6, null), (whole.Records, whole.Fault));
        using (Store.Store store = Store.Store.Open(new Store.StoreOptions { Directory = served.Data, Postgres = Testing.TestStore.PostgresOf(served.Data) }))
        {
            DirectoryInfo scratch = Directory.CreateTempSubdirectory("minutebook-");
            Assert.All([0, shard], its => Assert.Empty(Replay.Verify(store, its, Path.Combine(scratch.FullName, $"{its}")).Differences));
            scratch.Delete(recursive: true);
        }

        (long, string) noted = (whole.Records, whole.Head);
        byte[] good = await File.ReadAllBytesAsync(Path.Combine(served.Data, "tables.db"));
        Assert.Contains("Record 2 is not what was written", await TamperedAsync("UPDATE audit SET record = replace(record, '\"1\"', '\"9\"') WHERE number = 2 AND shard > 0"));
        Assert.Contains("Record 3 is missing", await TamperedAsync("DELETE FROM audit WHERE number = 3 AND shard > 0"));
        Assert.Contains("Record 4 is not what was written", await TamperedAsync("UPDATE audit SET hash = zeroblob(32) WHERE number = 4 AND shard > 0"));
        Assert.Contains("Record 5 is filed under", await TamperedAsync("UPDATE audit SET account = 'b' WHERE number = 5 AND shard > 0"));
        Assert.Contains("6 records were noted, and 5 are there", await TamperedAsync("DELETE FROM audit WHERE number = 6 AND shard > 0"));

        async Task<string> TamperedAsync(string sql)
        {
            File.Delete(Path.Combine(served.Data, "tables.db-wal"));
            File.Delete(Path.Combine(served.Data, "tables.db-shm"));
            await File.WriteAllBytesAsync(Path.Combine(served.Data, "tables.db"), good);
            using (var tables = Store.SqliteConnection.OpenWriter(Path.Combine(served.Data, "tables.db"), 8192, "NORMAL", 1024))
            {
                tables.Execute(sql);
            }

            return Check(served, out _, noted).Fault ?? "nothing";
        }
    }

    [Fact]
    public async Task Rule_7_5_a_release_leaves_an_entry_that_lists_what_was_ordered_and_a_replay_makes_the_same()
    {
        await using Served served = await Served.StartAsync(Start);
        // Two accounts of one shard and one instant: the order of their entries must come from the journal.
        string twin = Enumerable.Range(0, 1000).Select(i => $"a{i}").First(id => served.Host.Engine.Store.ShardOf(id) == served.Host.Engine.Store.ShardOf("a"));
        foreach (string account in (string[])[twin, "a"])
        {
            await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{account}", School);
            await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{account}/applications/{account}-app", new { name = "App" });
            await served.DoAsync(HttpMethod.Post, $"/v1/accounts/{account}/terminate", new { reason = "spam" });
        }

        await served.MoveClockAsync(Start.Plus(Duration.FromDays(61)));
        JsonElement entry = (await served.GetAsync("/v1/audit?account=a")).GetProperty("items")[0];

        Assert.Equal(("release", "minutebook", "2027-03-02T00:00:00Z"), (Text(entry, "action"), Text(entry, "key"), Text(entry, "at")));
        Assert.Equal(
            """{"cause":"terminated 60 days ago","orders":[{"order":1,"application":"a-app","resource":"recordings"},{"order":2,"application":"a-app","resource":"configuration"},{"order":3,"application":"a-app","resource":"application"}]}""",
            entry.GetProperty("request").GetRawText());
        Assert.Equal(("""{"standing":"terminated"}""", """{"standing":"released"}"""), (entry.GetProperty("before").GetRawText(), entry.GetProperty("after").GetRawText()));
        await served.StopAsync();
        AuditCheck whole = Check(served, out int shard);
        Assert.Equal((8, null), (whole.Records, whole.Fault));
        using Store.Store store = Store.Store.Open(new Store.StoreOptions { Directory = served.Data });
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("minutebook-");
        Assert.Empty(Replay.Verify(store, shard, Path.Combine(scratch.FullName, "replay")).Differences);
        scratch.Delete(recursive: true);
    }

    [Fact]
    public async Task Trying_again_what_was_set_aside_is_written_down()
    {
        await using Served served = await Served.StartAsync(Start);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a", School);
        await served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "a" });

        JsonElement entry = (await served.GetAsync("/v1/audit?account=a")).GetProperty("items")[0];
        Assert.Equal(("adopt-kept", "admin"), (Text(entry, "action"), Text(entry, "key")));
    }

    private static AuditCheck Check(Served served, out int shard, (long, string)? noted = null)
    {
        using Store.Store store = Store.Store.Open(new Store.StoreOptions { Directory = served.Data, Postgres = Testing.TestStore.PostgresOf(served.Data) });
        using Store.Reader read = store.Read();
        shard = store.ShardOf("a");
        return AuditCheck.Of(read, shard, noted);
    }

    private static string? Text(JsonElement item, string name) => item.GetProperty(name).GetString();
}
