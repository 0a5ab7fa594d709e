using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Standing;

public sealed class BudgetTests(Served served) : IClassFixture<Served>
{
    private static readonly object School = new { name = "School", currency = "USD", timeZone = "Asia/Shanghai" };

    [Fact]
    public async Task A_budget_is_set_once_and_keeps_what_is_left_out()
    {
        await served.PutAsync("/v1/accounts/thrifty", School);
        HttpResponseMessage made = await served.PutAsync("/v1/accounts/thrifty/budgets/term", new { amount = "100", currency = "USD" });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal(
            """{"budget":"term","amount":"100.000000","currency":"USD","period":"month","thresholds":[50,80,100],"month":null,"reached":[]}""",
            await made.Content.ReadAsStringAsync());

        HttpResponseMessage changed = await served.PutAsync("/v1/accounts/thrifty/budgets/term", new { thresholds = new[] { 90, 10, 90 } });
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        JsonElement budget = await changed.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("100.000000", "[10,90]"), (budget.GetProperty("amount").GetString(), budget.GetProperty("thresholds").GetRawText()));
    }

    [Fact]
    public async Task An_amount_has_the_bound_that_all_amounts_have()
    {
        await served.PutAsync("/v1/accounts/rich", School);
        HttpResponseMessage most = await served.PutAsync("/v1/accounts/rich/budgets/term", new { amount = "999999999999999999.999999", currency = "USD", thresholds = new[] { 1000 } });
        Assert.Equal(HttpStatusCode.Created, most.StatusCode);

        using HttpResponseMessage more = await served.PutAsync("/v1/accounts/rich/budgets/term", new { amount = "1000000000000000000" });
        await Served.ProblemAsync(more, 400, "invalid-request");
        Assert.Contains("above 0 and below 10^18", await more.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Budgets_are_listed_by_id_in_pages()
    {
        await served.PutAsync("/v1/accounts/careful", School);
        foreach (string id in (string[])["c", "a", "b"])
        {
            await served.DoAsync(HttpMethod.Put, $"/v1/accounts/careful/budgets/{id}", new { amount = "1", currency = "USD" });
        }

        JsonElement first = await served.GetAsync("/v1/accounts/careful/budgets?limit=2");
        JsonElement rest = await served.GetAsync($"/v1/accounts/careful/budgets?limit=2&cursor={first.GetProperty("next").GetString()}");
        Assert.Equal(["a", "b", "c"], first.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(its => its.GetProperty("budget").GetString()));
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task Everything_wrong_with_a_budget_is_said_at_once()
    {
        await served.PutAsync("/v1/accounts/wrong", School);
        foreach ((object body, string[] pointers) in ((object, string[])[])
        [
            (new { }, ["/amount", "/currency"]),
            (new { amount = "0", currency = "USD", period = "year", thresholds = Array.Empty<int>() }, ["/amount", "/period", "/thresholds"]),
            (new { amount = 5, currency = "USD", thresholds = new object[] { 50, "80" } }, ["/amount", "/thresholds"]),
            (new { amount = "-1", currency = "USD", thresholds = new[] { 1001 } }, ["/amount", "/thresholds"]),
            (new { amount = "99999999999999999999", currency = "USD", thresholds = new[] { 1.5 } }, ["/amount", "/thresholds"]),
        ])
        {
            JsonElement problem = await Served.ProblemAsync(await served.PutAsync("/v1/accounts/wrong/budgets/b", body), 400, "invalid-request");
            Assert.Equal(pointers, Served.Pointers(problem).Order());
        }

        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/wrong/budgets/b", new { amount = "1", currency = "EUR" }), 400, "invalid-request");
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/nobodys/budgets/b", new { amount = "1", currency = "USD" }), 404, "not-found");
        Assert.Equal(0, (await served.GetAsync("/v1/accounts/wrong/budgets")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Rule_7_7_a_bill_that_reaches_a_threshold_is_told_of_once()
    {
        await using Served own = await Served.StartAsync(Instant.FromUtc(2027, 4, 23, 1, 0));
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a", School);
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/app", new { name = "App" });
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a/budgets/month", new { amount = "1.00", currency = "USD" });
        await RecordAsync(own, "1", "2027-04-23T00:59:00Z");
        await own.MoveClockAsync(Instant.FromUtc(2027, 4, 25, 0, 0));

        JsonElement alert = Assert.Single((await own.GetAsync("/v1/accounts/a/alerts")).GetProperty("items").EnumerateArray(), its => its.GetProperty("type").GetString() == "budget.reached");
        Assert.Equal(("2027-04-23T18:00:00Z", 50), (alert.GetProperty("at").GetString(), alert.GetProperty("data").GetProperty("threshold").GetInt32()));
        Assert.Equal(
            ("2027-04", "[50]"),
            ((await own.GetAsync("/v1/accounts/a/budgets")).GetProperty("items")[0].GetProperty("month").GetString(),
             (await own.GetAsync("/v1/accounts/a/budgets")).GetProperty("items")[0].GetProperty("reached").GetRawText()));
    }

    [Fact]
    public async Task Rule_7_7_a_higher_amount_is_told_of_when_it_is_reached_and_months_that_are_closed_are_over()
    {
        await using Served own = await Served.StartAsync(Instant.FromUtc(2027, 4, 29, 1, 0));
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a", School);
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/app", new { name = "App" });
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a/budgets/month", new { amount = "0.50", currency = "USD", thresholds = new[] { 80 } });
        await RecordAsync(own, "1", "2027-04-29T00:59:00Z");
        await own.MoveClockAsync(Instant.FromUtc(2027, 4, 29, 18, 0));
        // 0.70 are 80 % of 0.50, not of 1.00; the next day brings 1.40.
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a/budgets/month", new { amount = "1.00" });
        await RecordAsync(own, "2", "2027-04-29T17:59:00Z");
        await own.MoveClockAsync(Instant.FromUtc(2027, 5, 3, 0, 0));
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a/budgets/may", new { amount = "1.00", currency = "USD" });
        await own.DoAsync(HttpMethod.Put, "/v1/accounts/a/budgets/month", new { thresholds = new[] { 50, 80 } });

        Assert.Equal(
            ["2027-04-29T18:00:00Z of 0.500000", "2027-04-30T18:00:00Z of 1.000000"],
            (await own.GetAsync("/v1/accounts/a/alerts")).GetProperty("items").EnumerateArray()
                .Where(its => its.GetProperty("type").GetString() == "budget.reached")
                .Select(its => $"{its.GetProperty("at").GetString()} of {its.GetProperty("data").GetProperty("amount").GetString()}"));
    }

    /// <summary>100 minutes, 0.70 USD.</summary>
    private static Task RecordAsync(Served own, string id, string time) => own.DoAsync(HttpMethod.Post, "/v1/events?wait=true", new[]
    {
        new
        {
            specversion = "1.0", id, source = "//test", type = "recording.completed", time, subject = "c",
            data = new { application = "app", recording = "r", files = new[] { new { kind = "camera", seconds = 6000 } } },
        },
    });
}
