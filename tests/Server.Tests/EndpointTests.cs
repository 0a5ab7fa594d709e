using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class EndpointTests(Served served) : IClassFixture<Served>
{
    private static readonly object School = new { name = "School", currency = "USD", timeZone = "Asia/Shanghai" };

    [Fact]
    public async Task An_account_is_created_once_and_keeps_what_is_left_out()
    {
        Assert.Equal(HttpStatusCode.Created, (await served.PutAsync("/v1/accounts/kept", School)).StatusCode);
        HttpResponseMessage again = await served.PutAsync("/v1/accounts/kept", new { terms = new { graceHours = 48 }, settleDelayMinutes = 60 });

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        JsonElement account = await served.GetAsync("/v1/accounts/kept");
        Assert.Equal("School", account.GetProperty("name").GetString());
        Assert.Equal(48, account.GetProperty("terms").GetProperty("graceHours").GetInt32());
        Assert.Equal(60, account.GetProperty("terms").GetProperty("holdDays").GetInt32());
        Assert.Equal("good", account.GetProperty("standing").GetString());
        Assert.Equal(JsonValueKind.Null, account.GetProperty("categorizedSince").ValueKind);
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/kept", new { currency = "EUR" }), 409, "immutable");
    }

    [Fact]
    public async Task Everything_wrong_with_an_account_is_said_at_once()
    {
        HttpResponseMessage response = await served.PutAsync("/v1/accounts/wrong", new
        {
            name = "",
            currency = "XXX",
            timeZone = "Mars/Olympus",
            creditLimit = 5,
            lateDays = -1,
            usageHourBytes = 0,
            settleDelayMinutes = "2",
            legalHold = (bool?)null,
            categorizedSince = "soon",
            terms = new { graceHours = 1.5 },
        });

        JsonElement problem = await Served.ProblemAsync(response, 400, "invalid-request");
        Assert.Equal(
            ["/categorizedSince", "/creditLimit", "/currency", "/lateDays", "/legalHold", "/name", "/settleDelayMinutes", "/terms/graceHours", "/timeZone", "/usageHourBytes"],
            Served.Pointers(problem).Order());
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/wrong"), 404, "not-found");
    }

    /// <summary>RFC 9110, 9.1: every server answers HEAD; load balancers look at /health with it.</summary>
    [Theory]
    [InlineData("/health/ready", 200)]
    [InlineData("/openapi/v1.json", 200)]
    [InlineData("/v1/accounts", 200)]
    [InlineData("/v1/accounts/nobody", 404)]
    [InlineData("/v1/decisions", 405)]
    [InlineData("/v1/accounts/nobody/live", 405)]
    public async Task A_head_is_answered_as_a_get_without_its_body(string path, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        HttpResponseMessage response = await served.Client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(status == 200 ? "application/json" : "application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_new_account_needs_name_currency_and_zone()
    {
        JsonElement problem = await Served.ProblemAsync(await served.PutAsync("/v1/accounts/bare", new { }), 400, "invalid-request");

        Assert.Equal(["/name", "/currency", "/timeZone"], Served.Pointers(problem));
    }

    [Fact]
    public async Task An_applications_id_belongs_to_one_account()
    {
        await served.PutAsync("/v1/accounts/first", School);
        await served.PutAsync("/v1/accounts/second", School);

        Assert.Equal(HttpStatusCode.Created, (await served.PutAsync("/v1/accounts/first/applications/taken", new { name = "A" })).StatusCode);
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/second/applications/taken", new { name = "B" }), 409, "application-taken");
        HttpResponseMessage off = await served.PutAsync("/v1/accounts/first/applications/taken/pay-as-you-go", new { enabled = false });
        JsonElement application = await off.Content.ReadFromJsonAsync<JsonElement>();
        Assert.False(application.GetProperty("payAsYouGo").GetBoolean());
        Assert.Equal("class", application.GetProperty("metering").GetString());
        Assert.Equal("A", application.GetProperty("name").GetString());
        await Served.ProblemAsync(await served.PutAsync("/v1/accounts/first/applications/none/pay-as-you-go", new { enabled = true }), 404, "not-found");
    }

    [Fact]
    public async Task Lists_come_in_pages()
    {
        foreach (string id in (string[])["page-1", "page-2", "page-3"])
        {
            await served.PutAsync($"/v1/accounts/{id}", School);
        }

        List<string> ids = [];
        string? cursor = "";
        while (cursor is not null)
        {
            JsonElement page = await served.GetAsync($"/v1/accounts?limit=1{(cursor.Length == 0 ? "" : "&cursor=" + cursor)}");
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(account => account.GetProperty("account").GetString()!));
            cursor = page.GetProperty("next").GetString();
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal).Distinct(), ids);
        Assert.Contains("page-3", ids);
        foreach (string query in (string[])["limit=0", "limit=1001", "limit=x", "limit=-1", "cursor=!!", "limit=1&limit=2"])
        {
            await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts?" + query), 400, "invalid-request");
        }
    }

    [Theory]
    [InlineData("from=9900-01&to=9998-12", 1_188, "9900-01")]
    [InlineData("to=0001-03", 3, "0001-01")]
    public async Task Cloud_usage_may_be_asked_for_to_the_ends_of_time(string range, int months, string first)
    {
        await served.PutAsync("/v1/accounts/ages", School);

        JsonElement shown = (await served.GetAsync("/v1/accounts/ages/cloud-usage?" + range)).GetProperty("months");

        Assert.Equal((months, first), (shown.GetArrayLength(), shown[0].GetProperty("month").GetString()));
    }

    [Fact]
    public async Task An_amount_beyond_all_bounds_is_refused_and_the_server_serves_on()
    {
        await served.PutAsync("/v1/accounts/vault", School);
        foreach (string amount in new[] { "1000000000000000000", new string('9', 29), new string('9', 31), new string('9', 32), new string('9', 33), new string('9', 200) })
        {
            await Served.ProblemAsync(
                await served.Client.PostAsJsonAsync("/v1/accounts/vault/topups", new { amount, currency = "USD", reference = amount }), 400, "invalid-request");
            await Served.ProblemAsync(await served.Client.PutAsJsonAsync("/v1/accounts/vault", new { creditLimit = amount }), 400, "invalid-request");
        }

        object most = new { amount = "999999999999999999.999999", currency = "USD", reference = "most" };
        Assert.Equal(HttpStatusCode.Created, (await served.Client.PostAsJsonAsync("/v1/accounts/vault/topups", most)).StatusCode);
        Assert.Equal("999999999999999999.999999", (await served.GetAsync("/v1/accounts/vault")).GetProperty("balance").GetString());
    }

    [Fact]
    public async Task A_top_up_happens_once_for_its_reference()
    {
        await served.PutAsync("/v1/accounts/purse", School);
        object topUp = new { amount = "10.00", currency = "USD", reference = "t1" };

        HttpResponseMessage first = await served.Client.PostAsJsonAsync("/v1/accounts/purse/topups", topUp);
        HttpResponseMessage again = await served.Client.PostAsJsonAsync("/v1/accounts/purse/topups", topUp);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
        Assert.Equal(10m, decimal.Parse((await first.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("balance").GetString()!));
        JsonElement entry = Assert.Single((await served.GetAsync("/v1/accounts/purse/ledger")).GetProperty("items").EnumerateArray());
        Assert.Equal("topup", entry.GetProperty("kind").GetString());
        await Served.ProblemAsync(
            await served.Client.PostAsJsonAsync("/v1/accounts/purse/topups", new { amount = "11", currency = "USD", reference = "t1" }), 409, "reference-reused");
        JsonElement problem = await Served.ProblemAsync(
            await served.Client.PostAsJsonAsync("/v1/accounts/purse/topups", new { amount = "-1", currency = "EUR", reference = "" }), 400, "invalid-request");
        Assert.Equal(["/amount", "/currency", "/reference"], Served.Pointers(problem).Order());
    }

    [Fact]
    public async Task The_sandboxs_clock_moves_forward_only()
    {
        HttpResponseMessage moved = await served.PutAsync("/v1/sandbox/clock", new { now = "2027-01-02T00:00:00.500Z" });

        Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
        Assert.Equal("2027-01-02T00:00:00.5Z", (await served.GetAsync("/v1/sandbox/clock")).GetProperty("now").GetString());
        await Served.ProblemAsync(await served.PutAsync("/v1/sandbox/clock", new { now = "2027-01-01T00:00:00Z" }), 409, "clock-backwards");
        await Served.ProblemAsync(await served.PutAsync("/v1/sandbox/clock", new { now = "soon" }), 400, "invalid-request");
        await Served.ProblemAsync(await served.PutAsync("/v1/sandbox/clock", new { }), 400, "invalid-request");
    }

    [Fact]
    public async Task A_sandbox_that_is_started_by_a_later_clock_has_done_what_was_due_until_then()
    {
        await using Served sandbox = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0));
        await sandbox.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC" });
        await sandbox.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/maths", new { name = "Maths" });
        await sandbox.SendAsync(
            HttpMethod.Post, "/v1/events?wait=true",
            """{"specversion":"1.0","id":"r","source":"test","type":"recording.completed","subject":"c","time":"2027-01-01T00:00:00Z","data":{"application":"maths","recording":"r","files":[{"kind":"camera","seconds":600000}]}}""",
            "application/cloudevents+json");

        // Billed on the 2nd at 2 o'clock, overdue at once, suspended a day later (rules 6.1 and 7.1).
        await sandbox.RestartAsync(Instant.FromUtc(2027, 1, 3, 2, 0));

        Assert.Equal("suspended", (await sandbox.GetAsync("/v1/accounts/school")).GetProperty("standing").GetString());
        Assert.Equal(1, (await sandbox.GetAsync("/v1/accounts/school/bills")).GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", "[{0},{1}]", 2)]
    [InlineData("application/cloudevents-batch+json", "[{0},{1}]", 2)]
    [InlineData("application/cloudevents+json", "{0}", 1)]
    [InlineData("application/json", "{0}", 1)]
    [InlineData("application/x-ndjson", "{0}\n", 1)]
    public async Task Events_are_accepted_in_every_form(string type, string form, int accepted)
    {
        string body = form.Replace("{0}", Event("1")).Replace("{1}", Event("2"));

        HttpResponseMessage response = await served.SendAsync(HttpMethod.Post, "/v1/events?wait=true", body, type);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"{{\"accepted\":{accepted}}}", await response.Content.ReadAsStringAsync());
        HttpResponseMessage quiet = await served.SendAsync(HttpMethod.Post, "/api/v1/events", body, type);
        Assert.Equal(HttpStatusCode.NoContent, quiet.StatusCode);
    }

    [Fact]
    public async Task Packed_and_unmeasured_events_are_accepted()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes($"[{Event("3")}]"));
        }

        packed.Position = 0;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StreamContent(packed) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.TransferEncodingChunked = true;

        Assert.Equal(HttpStatusCode.Accepted, (await served.Client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task An_event_may_come_in_binary_mode()
    {
        Assert.Equal(HttpStatusCode.Accepted, (await served.Client.SendAsync(Binary("""{"application":"a"}"""))).StatusCode);
        await Served.ProblemAsync(await served.Client.SendAsync(Binary("{")), 400, "invalid-event");
        await Served.ProblemAsync(await served.Client.SendAsync(Binary("""{"application":"a"},"id":"other""")), 400, "invalid-event");
    }

    [Fact]
    public async Task What_usage_is_asked_wrongly_is_said()
    {
        await served.PutAsync("/v1/accounts/asked", School);

        JsonElement problem = await Served.ProblemAsync(
            await served.Client.GetAsync("/v1/accounts/asked/usage?meter=air&from=2027-02-01&to=x&granularity=week&limit=0"), 400, "invalid-request");
        Assert.Equal(["/granularity", "/limit", "/meter", "/to"], Served.Pointers(problem).Order());
        foreach (string query in (string[])
            ["", "?meter=av", "?meter=av&from=2027-02-01&to=2027-02-01", "?meter=av&from=2027-02-01&to=2027-03-01&groupBy=kind",
                "?meter=av&from=2027-02-02T00:00:00Z&to=2027-02-01"])
        {
            await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/asked/usage" + query), 400, "invalid-request");
        }

        JsonElement usage = await served.GetAsync("/v1/accounts/asked/usage?meter=av&from=2027-01-01T00:00:00+08:00&to=2027-02-01&groupBy=application,tier");
        Assert.Equal(("av", "second", "Asia/Shanghai"), (Text(usage, "meter"), Text(usage, "unit"), Text(usage, "timeZone")));
        Assert.Equal(0, usage.GetProperty("items").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, usage.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task Cloud_usage_shows_the_newest_twelve_months_unless_asked()
    {
        await served.PutAsync("/v1/accounts/cloud", School);

        Assert.Equal(12, (await served.GetAsync("/v1/accounts/cloud/cloud-usage")).GetProperty("months").GetArrayLength());
        JsonElement two = await served.GetAsync("/v1/accounts/cloud/cloud-usage?from=2026-11&to=2026-12");
        Assert.Equal(["2026-11", "2026-12"], two.GetProperty("months").EnumerateArray().Select(month => Text(month, "month")));
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/cloud/cloud-usage?from=2026-12&to=2026-11"), 400, "invalid-request");
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/cloud/cloud-usage?from=2026"), 400, "invalid-request");
    }

    [Fact]
    public async Task Details_come_as_CSV_where_asked()
    {
        await served.PutAsync("/v1/accounts/rows", School);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/accounts/rows/usage/details?from=2027-01-01&to=2027-02-01");
        request.Headers.Accept.ParseAdd("text/csv");

        HttpResponseMessage response = await served.Client.SendAsync(request);

        Assert.Equal("text/csv", response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("application,applicationName,className,classId,start,end,", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    [InlineData("/%2f/%252F?#")]
    [InlineData("..")]
    public async Task Any_text_can_be_an_id(string id)
    {
        string path = $"/v1/accounts/{Uri.EscapeDataString("id " + id)}";

        await served.DoAsync(HttpMethod.Put, path, new { name = "Ids", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Put, $"{path}/applications/{Uri.EscapeDataString("app " + id)}", new { name = "Ids" });

        Assert.Equal("id " + id, Text(await served.GetAsync(path + "/?of=a/b"), "account"));
        JsonElement application = await served.GetAsync($"{path}/applications/{Uri.EscapeDataString("app " + id)}");
        Assert.Equal(("id " + id, "app " + id), (Text(application, "account"), Text(application, "application")));
    }

    [Fact]
    public async Task A_version_of_a_card_is_published_once()
    {
        object card = Card("10.00");
        const string Path = "/v1/rate-cards/tests/versions/2027-01-01";

        Assert.Equal(HttpStatusCode.Created, (await served.PutAsync(Path, card)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await served.PutAsync(Path, card)).StatusCode);
        await Served.ProblemAsync(await served.PutAsync(Path, Card("11.00")), 409, "immutable");
        JsonElement shown = await served.GetAsync("/v1/rate-cards/tests");
        Assert.Equal("2027-01-01", Text(Assert.Single(shown.GetProperty("versions").EnumerateArray()), "effectiveFrom"));
        await Served.ProblemAsync(await served.PutAsync("/v1/rate-cards/tests/versions/soon", card), 400, "invalid-request");
        await Served.ProblemAsync(await served.PutAsync("/v1/rate-cards/tests/versions/2027-02-01", new { rates = 7 }), 400, "invalid-request");
    }

    /// <summary>Its accounts are billed in their own currency alone, and would be billed nothing from then on.</summary>
    [Fact]
    public async Task A_card_stays_in_its_currency()
    {
        await served.PutAsync("/v1/rate-cards/dollars/versions/2027-01-01", Card("10.00"));

        HttpResponseMessage refused = await served.PutAsync("/v1/rate-cards/dollars/versions/2099-01-01", Card("10.00", "EUR"));
        JsonElement problem = await Served.ProblemAsync(refused, 400, "invalid-request");
        Assert.Equal("/currency", Text(Assert.Single(problem.GetProperty("errors").EnumerateArray()), "pointer"));
        await Served.ProblemAsync(await served.PutAsync("/v1/rate-cards/public/versions/2099-01-01", Card("10.00", "EUR")), 400, "invalid-request");
        await Served.ProblemAsync(await served.PutAsync("/v1/rate-cards/dollars/versions/2027-01-01", Card("10.00", "EUR")), 409, "immutable");
        Assert.Equal(HttpStatusCode.Created, (await served.PutAsync("/v1/rate-cards/dollars/versions/2099-01-01", Card("11.00"))).StatusCode);
    }

    private static object Card(string price, string currency = "USD") => new
    {
        currency,
        rates = new[] { new { id = "av", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1000, price } },
        packages = Array.Empty<object>(),
    };

    private static string Event(string id) =>
        $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"//t","type":"class.started","time":"2027-01-01T00:00:00Z","subject":"c","data":{"application":"a"}}""";

    private static HttpRequestMessage Binary(string data)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StringContent(data, Encoding.UTF8, "application/json") };
        foreach ((string name, string value) in ((string, string)[])
            [("specversion", "1.0"), ("id", "b%201"), ("source", "//t"), ("type", "class.started"), ("time", "2027-01-01T00:00:00Z"), ("subject", "c")])
        {
            request.Headers.Add("ce-" + name, value);
        }

        return request;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    [Fact]
    public async Task Pages_that_people_open_first_are_prepared_and_an_end_does_not_wait_for_them()
    {
        await using Served own = await Served.StartAsync(NodaTime.Instant.FromUtc(2026, 11, 2, 8, 0));
        await own.PutAsync("/v1/accounts/first", School);
        Assert.Equal(4, WarmUp.PagesOf(own.Host.Endpoints).Count());
        Assert.True(await own.Host.WarmUp());
        _ = own.Host.WarmUp();
    }
}
