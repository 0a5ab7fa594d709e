using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Standing;

public sealed class StandingTests
{
    private static async Task<Served> SchoolAsync(object? terms = null)
    {
        Served served = await Served.StartAsync(Instant.FromUtc(2027, 4, 23, 1, 0));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a", new { name = "A", currency = "USD", timeZone = "Asia/Shanghai", terms = terms ?? new { } });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/app", new { name = "App" });
        return served;
    }

    private static async Task<JsonElement> AskAsync(Served served, object question)
    {
        HttpResponseMessage answer = await served.Client.PostAsJsonAsync("/v1/decisions", question);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    [Fact]
    public async Task Rule_7_3_a_terminated_account_is_released_and_what_was_ordered_is_certified()
    {
        await using Served served = await SchoolAsync();
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/terminate", new { reason = "spam" });
        JsonElement standing = await served.GetAsync("/v1/accounts/a/standing");
        Assert.Equal(("terminated", "2027-06-22T01:00:00Z"), (standing.GetProperty("standing").GetString(), standing.GetProperty("next").GetProperty("at").GetString()));
        Assert.Equal("terminated", (await served.GetAsync("/v1/accounts/a")).GetProperty("standing").GetString());
        Assert.Equal("account-terminated", (await AskAsync(served, new { application = "app", action = "class.create" })).GetProperty("reason").GetString());
        JsonElement ahead = await served.GetAsync("/v1/accounts/a/standing/ahead?until=2027-06-22");
        Assert.Equal(
            ["2027-05-23T01:00:00Z account.release-coming", "2027-06-15T01:00:00Z account.release-coming", "2027-06-21T01:00:00Z account.release-coming", "2027-06-22T01:00:00Z account.released"],
            ahead.GetProperty("items").EnumerateArray().Select(item => $"{item.GetProperty("at").GetString()} {item.GetProperty("type").GetString()}"));
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/a/release"), 404, "not-found");

        await served.MoveClockAsync(Instant.FromUtc(2027, 6, 22, 1, 0));
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/release/1", new { status = "confirmed" });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/release/2", new { status = "failed", detail = "host is down" });
        JsonElement certificate = await served.GetAsync("/v1/accounts/a/release");
        Assert.Equal("2027-06-22T01:00:00Z", certificate.GetProperty("releasedAt").GetString());
        Assert.False(certificate.GetProperty("complete").GetBoolean());
        Assert.Equal(
            ["app recordings confirmed ", "app configuration failed host is down", "app application ordered "],
            certificate.GetProperty("orders").EnumerateArray().Select(order =>
                $"{order.GetProperty("application").GetString()} {order.GetProperty("resource").GetString()} {order.GetProperty("status").GetString()} {order.GetProperty("detail").GetString()}"));
        await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/accounts/a/release/1", new { status = "failed" }), 409, "immutable");
        await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/accounts/a/release/4", new { status = "failed" }), 404, "not-found");
        await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/accounts/a/release/3", new { status = "ordered" }), 400, "invalid-request");
    }

    [Fact]
    public async Task Rule_7_3_a_released_account_answers_410_to_top_ups_and_settings()
    {
        await using Served served = await SchoolAsync(new { holdDays = 0 });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/terminate", new { reason = "spam" });
        Assert.Equal("released", (await served.GetAsync("/v1/accounts/a/standing")).GetProperty("standing").GetString());

        await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/accounts/a/topups", new { amount = "1", currency = "USD", reference = "r" }), 410, "account-released");
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/a", new { legalHold = true }), 410, "account-released");
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/a/applications/app", new { name = "B" }), 410, "account-released");
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/a/applications/app/pay-as-you-go", new { enabled = false }), 410, "account-released");
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/a/applications/wanted", new { name = "B" }), 410, "account-released");
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/b", new { name = "B", currency = "USD", timeZone = "Asia/Shanghai" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/b/applications/wanted", new { name = "B" });
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/a/sections/s", new { course = "c" }), 410, "account-released");
        await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/accounts/a/terminate", new { reason = "again" }), 410, "account-released");
    }

    [Fact]
    public async Task A_decision_says_why_since_when_and_what_a_person_can_do()
    {
        await using Served served = await SchoolAsync();
        JsonElement yes = await AskAsync(served, new { application = "app", action = "class.create" });
        Assert.Equal("""{"allow":true,"reason":"ok","since":"2027-04-23T01:00:00Z","remedy":null}""", yes.GetRawText());

        JsonElement unknown = await AskAsync(served, new { application = "nobody's", action = "recording.read" });
        Assert.Equal((false, "unknown-application"), (unknown.GetProperty("allow").GetBoolean(), unknown.GetProperty("reason").GetString()));
        Assert.Equal(JsonValueKind.Null, unknown.GetProperty("since").ValueKind);

        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", new[]
        {
            new
            {
                specversion = "1.0", id = "1", source = "//test", type = "recording.completed", time = "2027-04-23T00:59:00Z", subject = "c",
                data = new { application = "app", recording = "r", files = new[] { new { kind = "camera", seconds = 6000 } } },
            },
        });
        await served.MoveClockAsync(Instant.FromUtc(2027, 4, 23, 18, 0));
        JsonElement no = await AskAsync(served, new { application = "app", action = "class.join", @class = "c" });
        Assert.Equal("2027-04-23T18:00:00Z", no.GetProperty("since").GetString());
        Assert.Equal(
            "Pay 0.70 USD or more into the wallet of account a. New classes may begin at once. Classes that run go on.", no.GetProperty("remedy").GetString());
        await served.RestartAsync();
        Assert.Equal(no.GetRawText(), (await AskAsync(served, new { application = "app", action = "class.join", @class = "c" })).GetRawText());
    }

    [Fact]
    public async Task A_question_that_cannot_be_answered_is_told_what_is_wrong_with_it()
    {
        await using Served served = await SchoolAsync();
        JsonElement problem = await Served.ProblemAsync(await served.Client.PostAsJsonAsync("/v1/decisions", new { action = "class.burn", @class = 5 }), 400, "invalid-request");
        Assert.Equal(["/action", "/application", "/class"], Served.Pointers(problem).Order());
        foreach (string body in (string[])["", "[]", "{", """{"application":"app","application":"b","action":"class.join"}""", """{"application":"app","action":"class.join"}}"""])
        {
            await Served.ProblemAsync(await served.SendAsync(HttpMethod.Post, "/v1/decisions", body), 400, "invalid-request");
        }

        await Served.ProblemAsync(await served.SendAsync(HttpMethod.Post, "/v1/decisions", "{}", "text/plain"), 415, "unsupported-media-type");
        // Unknown fields, an unsaid class, another spelling of the type, and a chunked body are all the same question.
        Assert.True((await AskAsync(served, new { application = "app", action = "class.join", @class = (string?)null, more = 1 })).GetProperty("allow").GetBoolean());
        HttpResponseMessage charset = await served.SendAsync(
            HttpMethod.Post, "/v1/decisions", """{"application":"app","action":"recording.read"}""", "application/json; charset=utf-8");
        Assert.True((await charset.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("allow").GetBoolean());
    }
}
