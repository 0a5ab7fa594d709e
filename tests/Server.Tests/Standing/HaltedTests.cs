using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Minutebook.Core;
using Minutebook.Store;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>What an account is answered that stands still for a defect: nothing wrong, nothing lost, and what is on record (decision 0015).</summary>
public sealed class HaltedTests : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2027, 1, 1, 0, 0);
    private Served served = null!;

    public async Task InitializeAsync()
    {
        served = await Served.StartAsync(Start);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/bad", new { name = "Bad", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/bad/applications/app", new { name = "Lessons" });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/bad/topups", new { amount = "10.00", currency = "USD", reference = "t1" });
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", new object[] { Event("class.started", "algebra"), Event("class.ended", "end") });
        await served.MoveClockAsync(Start + Duration.FromDays(2));
        await served.HaltAsync("bad");
    }

    public async Task DisposeAsync() => await served.DisposeAsync();

    private static Dictionary<string, object> Event(string type, string id) => new()
    {
        ["specversion"] = "1.0",
        ["id"] = id,
        ["source"] = "//s",
        ["type"] = type,
        ["time"] = "2027-01-01T00:00:00Z",
        ["subject"] = "algebra",
        ["data"] = new { application = "app" },
    };

    [Fact]
    public async Task What_is_on_record_is_shown_and_no_figure_of_now()
    {
        Assert.Equal("2027-01-02T02:00:00Z", (await served.GetAsync("/v1/accounts/bad")).GetProperty("haltedAt").GetString());
        Assert.NotEqual(JsonValueKind.Null, (await served.GetAsync("/v1/accounts")).GetProperty("items")[0].GetProperty("haltedAt").ValueKind);
        foreach (string path in (string[])["bills", "ledger", "alerts"])
        {
            Assert.Equal(HttpStatusCode.OK, (await served.Client.GetAsync($"/v1/accounts/bad/{path}")).StatusCode);
        }

        foreach (string path in (string[])["usage?meter=av&from=2027-01-01&to=2027-01-02", "usage/details?from=2027-01-01&to=2027-01-02", "estimate", "standing", "packages", "live"])
        {
            HttpResponseMessage refused = await served.Client.GetAsync($"/v1/accounts/bad/{path}");
            Assert.Contains("2027-01-02T02:00:00Z", (await Served.ProblemAsync(refused, 503, "unavailable")).GetProperty("detail").GetString());
            Assert.Equal("60", Assert.Single(refused.Headers.GetValues("Retry-After")));
        }
    }

    [Fact]
    public async Task An_account_whose_state_cannot_be_read_keeps_no_other_from_being_shown()
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/good", new { name = "Good", currency = "USD", timeZone = "UTC" });
        await served.StopAsync();
        using (Store.Store store = Store.Store.Open(new StoreOptions { Directory = served.Data, Postgres = Testing.TestStore.PostgresOf(served.Data) }))
        {
            int shard = store.ShardOf("bad");
            Assert.True(SpinWait.SpinUntil(() => store.TryHold(shard), 30_000));
            (long position, long time) = store.PositionOf(shard);
            var changes = new Changes();
            changes.Accounts.Add(new AccountRow("bad", "null"u8.ToArray()));
            store.Write(shard, changes, position, time);
            store.Release(shard);
        }

        await served.InitializeAsync();
        JsonElement shown = Assert.Single((await served.GetAsync("/v1/accounts?limit=1")).GetProperty("items").EnumerateArray());
        Assert.Equal("good", shown.GetProperty("account").GetString());
        foreach (string path in (string[])["/v1/accounts/good", "/operations", "/operations/rate-cards", "/v1/webhooks"])
        {
            Assert.Equal(HttpStatusCode.OK, (await served.Client.GetAsync(path)).StatusCode);
        }

        await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/bad"), 503, "unavailable");
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/bad/usage?meter=av&from=2027-01-01&to=2027-01-02"), 503, "unavailable");
        // That nobody has the application would be wrong.
        await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/decisions", new { application = "app", action = "class.create" }), 503, "unavailable");
    }

    [Fact]
    public async Task Events_are_taken_and_nothing_is_ordered()
    {
        Assert.Equal(HttpStatusCode.Accepted, (await served.Client.PostAsJsonAsync("/v1/events", new object[] { Event("class.started", "next") })).StatusCode);
        HttpResponseMessage waited = await served.Client.PostAsJsonAsync("/v1/events?wait=true", new object[] { Event("class.started", "another") });
        Assert.Contains("written down", (await Served.ProblemAsync(waited, 503, "unavailable")).GetProperty("detail").GetString());
        HttpResponseMessage paid = await served.Client.PostAsJsonAsync("/v1/accounts/bad/topups", new { amount = "1.00", currency = "USD", reference = "t2" });
        Assert.Contains("nothing was accepted", (await Served.ProblemAsync(paid, 503, "unavailable")).GetProperty("detail").GetString());
        Assert.Single((await served.GetAsync("/v1/accounts/bad/ledger")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task No_address_of_its_fails_or_waits()
    {
        JsonElement paths = (await served.GetAsync("/openapi/v1.json")).GetProperty("paths");
        foreach (JsonProperty path in paths.EnumerateObject().Where(static its => its.Name.StartsWith("/v1/accounts/{account}")))
        {
            string address = Regex.Replace(path.Name.Replace("{account}", "bad").Replace("{application}", "app").Replace("{month}", "2027-01"), "{[a-z]+}", "1");
            foreach (JsonProperty method in path.Value.EnumerateObject())
            {
                using var request = new HttpRequestMessage(HttpMethod.Parse(method.Name), address);
                request.Content = method.Name is "get" or "delete" ? null : JsonContent.Create(new { });
                using HttpResponseMessage answer = await served.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(TimeSpan.FromSeconds(20));
                Assert.True((int)answer.StatusCode is < 500 or 503, $"{method.Name} {path.Name}: {answer.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task A_new_application_of_its_is_refused_before_its_name_is_taken()
    {
        HttpResponseMessage refused = await served.Client.PutAsJsonAsync("/v1/accounts/bad/applications/late", new { name = "Late" });
        await Served.ProblemAsync(refused, 503, "unavailable");
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/good", new { name = "Good", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/good/applications/late", new { name = "Late" });
    }

    [Fact]
    public async Task Decisions_say_as_of_when_they_are_and_others_are_not_touched()
    {
        HttpResponseMessage answer = await served.Client.PostAsJsonAsync("/v1/decisions", new { application = "app", action = "class.create" });
        JsonElement decided = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((true, "2027-01-02T02:00:00Z"), (decided.GetProperty("allow").GetBoolean(), decided.GetProperty("asOf").GetString()));
        Assert.Equal(HttpStatusCode.OK, (await served.Client.GetAsync("/health/ready")).StatusCode);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/good", new { name = "Good", currency = "USD", timeZone = "UTC" });
        Assert.Equal(JsonValueKind.Null, (await served.GetAsync("/v1/accounts/good")).GetProperty("haltedAt").ValueKind);
    }
}
