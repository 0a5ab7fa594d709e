using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Minutebook.Core.Accounts;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>Who may ask what: every endpoint, by every role, of one's own account and of another's.</summary>
public sealed class AccessTests(Served served) : IClassFixture<Served>
{
    private static readonly string[] NeedNoKey = ["/health/", "/hooks/", "/openapi/", "/assets/", "/login", "/logout"];

    // What an account's own key may ask beside what is below its account: each keeps to the account by itself, and has a test that it does.
    private static readonly string[] OfAnAccountsKey =
    [
        "GET /", "GET /search", "POST /preferences", "GET /v1/accounts", "GET /v1/audit", "GET /v1/bills/{number}", "GET /v1/bills/{number}/lines/{line}/explain",
        "GET /v1/events/rejected", "GET /v1/events/rejected/summary", "GET /v1/rate-cards/{card}", "GET /v1/sandbox/clock", "POST /v1/decisions",
    ];

    private IEnumerable<RouteEndpoint> Endpoints => served.Host.Endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => !NeedNoKey.Any(open => OpenApi.PathOf(endpoint.RoutePattern).StartsWith(open, StringComparison.Ordinal)));

    [Fact]
    public void Every_endpoint_is_in_the_table()
    {
        Assert.True(Endpoints.Count() > 20);
        Assert.Empty(Endpoints.Where(endpoint => !Access.Knows(endpoint)).Select(Name));
    }

    [Fact]
    public void What_is_below_an_account_names_it_so_that_it_can_be_kept_apart() => Assert.All(Endpoints, endpoint =>
    {
        string path = OpenApi.PathOf(endpoint.RoutePattern);
        Assert.True(!path.Contains("accounts/{", StringComparison.Ordinal) || path.Contains("/accounts/{account}", StringComparison.Ordinal), path);
        Assert.True(!path.Contains("bills/{", StringComparison.Ordinal) || path.Contains("bills/{number}", StringComparison.Ordinal), path);
    });

    [Fact]
    public void Each_role_keeps_to_what_it_is_for()
    {
        foreach (RouteEndpoint endpoint in Endpoints)
        {
            Roles roles = Access.Of(endpoint);
            string name = Name(endpoint);
            Assert.True(roles.HasFlag(Roles.Admin), name);
            Assert.True(!roles.HasFlag(Roles.Ingest) || name is "POST /v1/events" or "POST /api/v1/events" or "GET /v1/sandbox/clock", name);
            Assert.True(!roles.HasFlag(Roles.Department) || name.EndsWith("/cloud-usage", StringComparison.Ordinal)
                    || name is "GET /v1/sandbox/clock" or "GET /" or "POST /preferences", name);
            Assert.True(
                !roles.HasFlag(Roles.Account) || name.StartsWith("GET ", StringComparison.Ordinal) || name is "POST /v1/decisions"
                    || name is "POST /preferences" || name.EndsWith("/what-if", StringComparison.Ordinal),
                name);
            Assert.True(!roles.HasFlag(Roles.Account) || name.Contains("/accounts/{account}", StringComparison.Ordinal) || OfAnAccountsKey.Contains(name), name);
            Assert.True(!roles.HasFlag(Roles.Account) || !(name.Contains("/keys", StringComparison.Ordinal) || name.Contains("/webhooks", StringComparison.Ordinal)), name);
            Assert.True(!roles.HasFlag(Roles.Operator) || !name.Contains("/keys", StringComparison.Ordinal), name);
            Assert.True(!roles.HasFlag(Roles.Operator) || !name.StartsWith("PUT /v1/rate-cards", StringComparison.Ordinal), name);
            Assert.True(!roles.HasFlag(Roles.Operator) || name is not ("POST /v1/webhooks" or "DELETE /v1/webhooks/{id}" or "POST /v1/webhooks/{id}/rotate"), name);
        }
    }

    [Fact]
    public async Task Every_endpoint_answers_every_role_as_the_table_says()
    {
        await served.TwoSchoolsAsync("own", "other");
        Dictionary<KeyRole, HttpClient> clients = new()
        {
            [KeyRole.Admin] = await served.WithAsync(new { name = "a", role = "admin" }),
            [KeyRole.Operator] = await served.WithAsync(new { name = "o", role = "operator" }),
            [KeyRole.Ingest] = await served.WithAsync(new { name = "i", role = "ingest", account = "own" }),
            [KeyRole.Account] = await served.WithAsync(new { name = "c", role = "account", account = "own" }),
            [KeyRole.Department] = await served.WithAsync(new { name = "d", role = "department", account = "own", department = "maths" }),
        };
        using HttpClient nobody = served.With(null);
        List<string> wrong = [];
        foreach (RouteEndpoint endpoint in Endpoints)
        {
            await ExpectAsync(wrong, nobody, endpoint, "own", status => status == 401, "without a key");
            foreach ((KeyRole role, HttpClient client) in clients)
            {
                bool may = Access.Of(endpoint).HasFlag((Roles)(1 << (int)role));
                await ExpectAsync(wrong, client, endpoint, "own", status => may ? status is not (401 or 403) : status == 403, $"{role}");
                if (Path(endpoint, "x") != Path(endpoint, "y"))
                {
                    bool scoped = role is KeyRole.Ingest or KeyRole.Account or KeyRole.Department;
                    await ExpectAsync(
                        wrong, client, endpoint, "other", status => scoped ? status == 404 : may ? status is not (401 or 403) : status == 403,
                        $"{role} of another account");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Another_accounts_things_answer_as_if_there_were_none()
    {
        await served.TwoSchoolsAsync("mine", "theirs");
        using HttpClient mine = await served.WithAsync(new { name = "x", role = "account", account = "mine" });

        string theirs = (await Served.ProblemAsync(await mine.GetAsync("/v1/accounts/theirs"), 404, "not-found")).ToString();
        string none = (await Served.ProblemAsync(await mine.GetAsync("/v1/accounts/nobodys"), 404, "not-found")).ToString();
        Assert.Equal(none.Replace("nobodys", "theirs"), theirs);
        JsonElement list = await mine.GetFromJsonAsync<JsonElement>("/v1/accounts");
        Assert.Equal(["mine"], list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("account").GetString()));
        await Served.ProblemAsync(await mine.GetAsync("/v1/events/rejected?account=theirs"), 404, "not-found");
        Assert.Equal(HttpStatusCode.OK, (await mine.GetAsync("/v1/events/rejected")).StatusCode);
        await Served.ProblemAsync(await mine.GetAsync("/v1/bills/theirs-M-2026-12"), 404, "not-found");
        await Served.ProblemAsync(await mine.GetAsync("/v1/bills/theirs-M-2026-12/lines/1/explain"), 404, "not-found");
        await Served.ProblemAsync(await mine.GetAsync("/v1/events/rejected/summary?account=theirs"), 404, "not-found");
        await Served.ProblemAsync(await mine.GetAsync("/v1/audit?account=theirs"), 404, "not-found");
        Assert.Equal(await DecisionAsync(mine, "nobodys-app"), await DecisionAsync(mine, "theirs-app"));
        Assert.Contains("\"reason\":\"ok\"", await DecisionAsync(mine, "mine-app"));
        Assert.DoesNotContain("/accounts/theirs", await mine.GetStringAsync("/search?q=theirs"));
        Assert.Contains("/accounts/mine", await mine.GetStringAsync("/search?q=mine"));
        Assert.DoesNotContain("theirs", await mine.GetStringAsync("/"));
        Assert.Equal(HttpStatusCode.OK, (await mine.GetAsync("/v1/rate-cards/public")).StatusCode);
        await Served.ProblemAsync(await mine.GetAsync("/v1/rate-cards/secret"), 404, "not-found");
    }

    [Fact]
    public async Task An_ingest_key_of_an_account_posts_events_of_its_applications_alone()
    {
        await served.TwoSchoolsAsync("sends", "receives");
        using HttpClient ingest = await served.WithAsync(new { name = "i", role = "ingest", account = "sends" });
        using HttpClient free = await served.WithAsync(new { name = "f", role = "ingest" });

        Assert.Equal(HttpStatusCode.Accepted, (await ingest.PostAsync("/v1/events", Events("sends-app"))).StatusCode);
        await Served.ProblemAsync(await ingest.PostAsync("/v1/events", Events("sends-app", "receives-app")), 404, "not-found");
        await Served.ProblemAsync(await ingest.PostAsync("/v1/events", Events("registered-by-nobody")), 404, "not-found");
        Assert.Equal(HttpStatusCode.Accepted, (await free.PostAsync("/v1/events", Events("receives-app", "registered-by-nobody"))).StatusCode);
        await Served.ProblemAsync(await free.GetAsync("/v1/accounts/sends"), 403, "forbidden");
    }

    [Fact]
    public async Task A_departments_key_sees_its_share_of_cloud_usage_whatever_it_asks_for()
    {
        await served.TwoSchoolsAsync("campus", "elsewhere");
        foreach ((string id, string department, long bytes) in ((string, string, long)[])[("m", "maths", 1000), ("p", "physics", 500)])
        {
            string delivered = Event("content.delivered", id, $$"""{"application":"campus-app","bytes":{{bytes}},"kind":"vod","department":"{{department}}"}""");
            await served.SendAsync(HttpMethod.Post, "/v1/events?wait=true", $"[{delivered}]");
        }

        using HttpClient maths = await served.WithAsync(new { name = "d", role = "department", account = "campus", department = "maths" });
        string all = await served.Client.GetStringAsync("/v1/accounts/campus/cloud-usage?department=maths");

        Assert.Contains("\"bytes\":1000", all);
        Assert.Equal(all, await maths.GetStringAsync("/v1/accounts/campus/cloud-usage"));
        Assert.Equal(all, await maths.GetStringAsync("/v1/accounts/campus/cloud-usage?department=maths"));
        await Served.ProblemAsync(await maths.GetAsync("/v1/accounts/campus/cloud-usage?department=physics"), 404, "not-found");
        await Served.ProblemAsync(await maths.GetAsync("/v1/accounts/campus/usage?meter=delivery&from=2027-01-01&to=2027-02-01"), 403, "forbidden");
    }

    private static async Task<string> DecisionAsync(HttpClient client, string application) =>
        await (await client.PostAsJsonAsync("/v1/decisions", new { application, action = "class.create" })).Content.ReadAsStringAsync();

    private static async Task ExpectAsync(
        List<string> wrong, HttpClient client, RouteEndpoint endpoint, string account, Func<int, bool> isRight, string who)
    {
        string method = Name(endpoint).Split(' ')[0];
        using var request = new HttpRequestMessage(new HttpMethod(method), Path(endpoint, account));
        if (method != "GET")
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!isRight((int)response.StatusCode))
        {
            wrong.Add($"{who}: {method} {Path(endpoint, account)} answered {(int)response.StatusCode}");
        }
    }

    private static string Path(RouteEndpoint endpoint, string account) => OpenApi.PathOf(endpoint.RoutePattern)
        .Replace("{account}", account).Replace("{number}", account + "-M-2026-12").Replace("{application}", account + "-app")
        .Replace("{", "").Replace("}", "");

    private static string Name(RouteEndpoint endpoint) =>
        $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET"} {OpenApi.PathOf(endpoint.RoutePattern)}";

    private static StringContent Events(params string[] applications) => new(
        $"[{string.Join(',', applications.Select(application => Event("class.started", application, $$"""{"application":"{{application}}"}""")))}]",
        Encoding.UTF8, "application/json");

    private static string Event(string type, string id, string data) =>
        $$"""{"specversion":"1.0","id":"{{id}}","source":"//t","type":"{{type}}","time":"2027-01-01T00:00:00Z","subject":"c","data":{{data}}}""";
}
