using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class KeyTests(Served served) : IClassFixture<Served>
{
    [Fact]
    public async Task A_key_is_shown_once_and_listed_without_it()
    {
        (string id, string key) = await served.MakeAsync(new { name = "Reports", role = "operator", expiresAt = "2999-01-01T00:00:00Z" });

        Assert.StartsWith("mb_" + id, key);
        string list = await served.Client.GetStringAsync("/v1/keys?limit=1000");
        Assert.DoesNotContain(key, list);
        JsonElement listed = Item(list, id);
        Assert.Equal(("Reports", "operator", "2999-01-01T00:00:00Z"),
            (listed.GetProperty("name").GetString(), listed.GetProperty("role").GetString(), listed.GetProperty("expiresAt").GetString()));
        Assert.Equal(JsonValueKind.Null, listed.GetProperty("lastUsedAt").ValueKind);
        Assert.Equal(HttpStatusCode.OK, (await served.With(key).GetAsync("/v1/accounts")).StatusCode);
        Assert.Equal(JsonValueKind.String, Item(await served.Client.GetStringAsync("/v1/keys?limit=1000"), id).GetProperty("lastUsedAt").ValueKind);
    }

    [Fact]
    public async Task A_revoked_key_is_none_at_once_and_after_a_restart()
    {
        await using Served its = await Served.StartAsync(NodaTime.Instant.FromUtc(2027, 1, 1, 0, 0));
        (string id, string key) = await its.MakeAsync(new { name = "Gone soon", role = "operator" });
        (_, string stays) = await its.MakeAsync(new { name = "Stays", role = "operator" });
        Assert.Equal(HttpStatusCode.OK, (await its.With(key).GetAsync("/v1/accounts")).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await its.Client.DeleteAsync($"/v1/keys/{id}")).StatusCode);

        await Served.ProblemAsync(await its.With(key).GetAsync("/v1/accounts"), 401, "unauthenticated");
        await Served.ProblemAsync(await its.Client.DeleteAsync($"/v1/keys/{id}"), 404, "not-found");
        await its.RestartAsync();
        await Served.ProblemAsync(await its.With(key).GetAsync("/v1/accounts"), 401, "unauthenticated");
        Assert.Equal(HttpStatusCode.OK, (await its.With(stays).GetAsync("/v1/accounts")).StatusCode);
    }

    [Fact]
    public async Task An_expired_key_is_none_by_the_real_clock()
    {
        // The sandbox's clock stands at 2027 or later; keys go by the machine's.
        (_, string past) = await served.MakeAsync(new { name = "Past", role = "operator", expiresAt = "2020-01-01T00:00:00Z" });
        await Served.ProblemAsync(await served.With(past).GetAsync("/v1/accounts"), 401, "unauthenticated");

        // A machine that stood still beyond its end has shown nothing.
        for (int seconds = 2; ; seconds *= 4)
        {
            DateTimeOffset end = DateTimeOffset.UtcNow.AddSeconds(seconds);
            (_, string key) = await served.MakeAsync(new { name = $"Over in {seconds} s", role = "operator", expiresAt = end.ToString("o") });
            HttpStatusCode before = (await served.With(key).GetAsync("/v1/accounts")).StatusCode;
            TimeSpan left = end - DateTimeOffset.UtcNow;
            if (left <= TimeSpan.Zero)
            {
                continue;
            }

            Assert.Equal(HttpStatusCode.OK, before);
            await Task.Delay(left + TimeSpan.FromMilliseconds(100));
            await Served.ProblemAsync(await served.With(key).GetAsync("/v1/accounts"), 401, "unauthenticated");
            return;
        }
    }

    [Fact]
    public async Task A_key_with_any_one_letter_changed_is_none()
    {
        (_, string key) = await served.MakeAsync(new { name = "Exact", role = "operator" });
        for (int i = 0; i < key.Length; i += 7)
        {
            char[] other = key.ToCharArray();
            other[i] = other[i] == 'a' ? 'b' : 'a';
            await Served.ProblemAsync(await served.With(new string(other)).GetAsync("/v1/accounts"), 401, "unauthenticated");
        }

        await Served.ProblemAsync(await served.With(key + "a").GetAsync("/v1/accounts"), 401, "unauthenticated");
        await Served.ProblemAsync(await served.With(key[..^1]).GetAsync("/v1/accounts"), 401, "unauthenticated");
    }

    [Fact]
    public async Task A_key_in_an_address_is_refused_though_it_is_a_good_one_and_it_is_said_why()
    {
        (_, string key) = await served.MakeAsync(new { name = "Exact", role = "operator" });
        using HttpClient nobody = served.With(null);
        foreach (string query in (string[])[$"key={key}", $"access_token={key}", "Authorization=Bearer%20anything", "api_key=", $"anything={key}"])
        {
            foreach (HttpClient client in (HttpClient[])[nobody, served.Client])
            {
                JsonElement problem = await Served.ProblemAsync(await client.GetAsync($"/v1/accounts?{query}"), 400, "invalid-request");
                Assert.Contains("Authorization: Bearer KEY", problem.GetProperty("detail").GetString());
                Assert.DoesNotContain(key, problem.ToString());
            }

            Assert.Equal(HttpStatusCode.BadRequest, (await nobody.GetAsync($"/login?{query}")).StatusCode);
            Assert.Equal(HttpStatusCode.BadRequest, (await nobody.PostAsync($"/v1/events?{query}", null)).StatusCode);
        }
    }

    [Fact]
    public void A_mistyped_key_is_told_by_its_checksum_alone()
    {
        (string id, string key) = KeyText.Make();
        string mistyped = key[..20] + (key[20] == 'a' ? 'b' : 'a') + key[21..];

        Assert.Equal(id, KeyText.IdOf(key).ToString());
        Assert.Equal("", KeyText.IdOf(mistyped).ToString());
        Assert.Equal("", KeyText.IdOf("").ToString());
        Assert.NotEqual(key, KeyText.Make().Key);
        Assert.True(key.Length - "mb_".Length - id.Length - 6 >= 160 / 5, "A secret has at least 160 bits.");
    }

    [Trait("Store", "SQLite")]
    [Fact]
    public async Task No_file_of_the_installation_holds_a_key()
    {
        await using Served its = await Served.StartAsync(NodaTime.Instant.FromUtc(2027, 1, 1, 0, 0));
        (_, string key) = await its.MakeAsync(new { name = "Secret", role = "admin" });
        await its.With(key).GetAsync("/v1/accounts");
        await its.StopAsync();

        byte[] secret = Encoding.ASCII.GetBytes(key[15..]);
        string[] files = Directory.GetFiles(its.Data);
        Assert.Contains(files, file => file.EndsWith("journal.db", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(secret)));
    }

    [Theory]
    [InlineData("""{"role":"admin"}""", "/name")]
    [InlineData("""{"name":"x"}""", "/role")]
    [InlineData("""{"name":"x","role":"root"}""", "/role")]
    [InlineData("""{"name":"x","role":"account"}""", "/account")]
    [InlineData("""{"name":"x","role":"department","organization":"o"}""", "/account")]
    [InlineData("""{"name":"x","role":"department","account":"made"}""", "/department")]
    [InlineData("""{"name":"x","role":"admin","account":"made"}""", "/account")]
    [InlineData("""{"name":"x","role":"operator","account":"made"}""", "/account")]
    [InlineData("""{"name":"x","role":"account","account":"made","department":"d"}""", "/department")]
    [InlineData("""{"name":"x","role":"ingest","organization":"o"}""", "/organization")]
    [InlineData("""{"name":"x","role":"admin","expiresAt":"soon"}""", "/expiresAt")]
    public async Task What_is_wrong_with_a_key_is_said(string body, string pointer)
    {
        await served.PutAsync("/v1/accounts/made", new { name = "Made", currency = "USD", timeZone = "UTC" });

        JsonElement problem = await Served.ProblemAsync(await served.SendAsync(HttpMethod.Post, "/v1/keys", body), 400, "invalid-request");

        Assert.Equal([pointer], Served.Pointers(problem));
    }

    [Fact]
    public async Task A_key_is_for_an_account_that_there_is() => await Served.ProblemAsync(
        await served.Client.PostAsJsonAsync("/v1/keys", new { name = "x", role = "account", account = "nobody" }), 404, "not-found");

    [Fact]
    public async Task Many_wrong_keys_from_one_address_are_slowed_down_and_right_ones_are_not()
    {
        await using Served its = await Served.StartAsync(NodaTime.Instant.FromUtc(2027, 1, 1, 0, 0));
        using HttpClient wrong = its.With("wrong");
        HttpResponseMessage last = await wrong.GetAsync("/v1/accounts");
        for (int i = 0; i < 1200 && last.StatusCode == HttpStatusCode.Unauthorized; i++)
        {
            last = await wrong.GetAsync("/v1/accounts");
        }

        await Served.ProblemAsync(last, 429, "rate-limited");
        Assert.NotNull(last.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await its.Client.GetAsync("/v1/accounts")).StatusCode);
    }

    private static JsonElement Item(string list, string id) => JsonSerializer.Deserialize<JsonElement>(list).GetProperty("items")
        .EnumerateArray().Single(item => item.GetProperty("id").GetString() == id);
}
