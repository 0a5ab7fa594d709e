using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>
/// Whatever is sent is answered with the documented problem, of it nothing is kept, and the server serves on (rules 1.5 and 1.7, and the
/// limits of the HTTP contract).
/// </summary>
public sealed class BadInputTests(BadInputTests.School school) : IClassFixture<BadInputTests.School>
{
    private const string Range = "from=2027-01-01&to=2027-02-01";
    private static int number;

    /// <summary>A server with an account that events are posted to.</summary>
    public sealed class School : IAsyncLifetime, IAsyncDisposable
    {
        internal Served Served { get; } = new();

        public async Task InitializeAsync()
        {
            await Served.InitializeAsync();
            await Served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "Asia/Shanghai" });
            await Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/app", new { name = "Lessons" });
        }

        public Task DisposeAsync() => Served.DisposeAsync();

        async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
    }

    private Served Served => school.Served;

    public static TheoryData<string> NotEvents =>
    [
        "", " ", "nonsense", "[", "[}", "[{]", "{", "]", "1", "null", "true", "\"text\"", "[1]", "[null]", "[[]]", "[\"a\"]", "[{}]", "[{},{}]",
        $"[{Good()},]", $"[{Good()} {Good()}]", $"{Good()},{Good()}", $"[{Good()}]]", $"[{Good()}]x", $"[{Good()},1]", Good()[..^1], Good() + "}",
        new string('[', 65), new string('[', 100_000), Good().Replace('"', '\''), "\u0000",
    ];

    /// <summary>What stands for what in a good event; each makes it a bad one.</summary>
    public static TheoryData<string, string> Spoilt => new()
    {
        { "\"specversion\":\"1.0\",", "" },
        { "\"1.0\"", "\"0.3\"" },
        { "\"1.0\"", "1.0" },
        { "\"id\":", "\"ID\":" },
        { "\"ID\"", "\"\"" },
        { "\"ID\"", "7" },
        { "\"ID\"", "null" },
        { "\"ID\"", $"\"{new string('i', 257)}\"" },
        { "\"ID\"", "\"\\ud800\"" },
        { "\"ID\"", "\"\\u00\"" },
        { "\"ID\"", "\"tab\there\"" },
        { "\"//t\"", "\"\"" },
        { "\"//t\"", "[]" },
        { "\"source\":\"//t\",", "" },
        { "\"type\":\"participant.joined\",", "" },
        { "\"participant.joined\"", "\"\"" },
        { "\"participant.joined\"", "{}" },
        { "\"time\":\"2027-01-01T00:00:00Z\",", "" },
        { "\"2027-01-01T00:00:00Z\"", "\"soon\"" },
        { "\"2027-01-01T00:00:00Z\"", "1798761600" },
        { "\"2027-01-01T00:00:00Z\"", "\"2027-01-01\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"2027-01-01T00:00:00\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"2027-13-01T00:00:00Z\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"2027-02-29T00:00:00Z\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"2027-01-01T24:00:01Z\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"2027-01-01T00:00:00+25:00\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"12027-01-01T00:00:00Z\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"-2027-01-01T00:00:00Z\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.999Z\"" },
        { "\"2027-01-01T00:00:00Z\"", "\"2027-01-01T00:05:00.001Z\"" },
        { "\"subject\":\"c\",", "" },
        { "\"c\"", "\"\"" },
        { "\"c\"", "5" },
        { "\"c\"", $"\"{new string('c', 257)}\"" },
        { ",\"data\":{\"application\":\"app\",\"user\":\"u\"}", "" },
        { "{\"application\":\"app\",\"user\":\"u\"}", "null" },
        { "{\"application\":\"app\",\"user\":\"u\"}", "[]" },
        { "{\"application\":\"app\",\"user\":\"u\"}", "\"text\"" },
        { "\"application\":\"app\",", "" },
        { "\"app\"", "\"\"" },
        { "\"app\"", "null" },
        { "\"app\"", $"\"{new string('a', 257)}\"" },
        { ",\"user\":\"u\"", "" },
        { "\"u\"", "\"\"" },
        { "\"u\"", "false" },
        { "\"u\"", "\"u\",\"medium\":\"phone\"" },
        { "\"u\"", "\"u\",\"medium\":1" },
        { "\"u\"", "\"u\",\"role\":{}" },
        { "\"u\"", "\"u\",\"connection\":[]" },
        { "\"u\"", "\"u\",\"user\":\"v\"" },
        { "\"u\"", "\"u\",\"application\":\"app\"" },
        { "\"c\"", "\"c\",\"subject\":\"d\"" },
        { "\"u\"", "\"u\",\"x\":" + new string('[', 64) + new string(']', 64) },
        { "\"u\"", "\"u\",\"x\":01" },
        { "\"u\"", "\"u\",\"x\":NaN" },
        { "\"u\"", "\"u\",\"x\":1e" },
        { "\"u\"", "\"u\",\"x\":\"\\x\"" },
        { "participant.joined", "participant.left\",\"data\":{\"application\":\"app\",\"user\":\"u\",\"joinedAt\":\"soon\"},\"x\":\"" },
        { "participant.joined", "participant.receiving" },
    };

    /// <summary>Types with their subject and data, each of which has something wrong.</summary>
    public static TheoryData<string, string> WrongData => new()
    {
        { "participant.receiving", "\"user\":\"u\"" },
        { "participant.receiving", "\"user\":\"u\",\"pixels\":-1" },
        { "participant.receiving", "\"user\":\"u\",\"pixels\":1.5" },
        { "participant.receiving", "\"user\":\"u\",\"pixels\":\"7\"" },
        { "participant.receiving", "\"user\":\"u\",\"pixels\":9007199254740992" },
        { "participant.receiving", "\"user\":\"u\",\"pixels\":1e400" },
        { "participant.receiving", "\"user\":\"u\",\"pixels\":1" + new string('0', 100_000) },
        { "participant.receiving", "\"user\":\"u\",\"pixels\":null" },
        { "recording.completed", "\"recording\":\"r\"" },
        { "recording.completed", "\"files\":[{\"kind\":\"camera\",\"seconds\":1}]" },
        { "recording.completed", "\"recording\":\"r\",\"files\":{}" },
        { "recording.completed", "\"recording\":\"r\",\"files\":[1]" },
        { "recording.completed", "\"recording\":\"r\",\"files\":[{\"seconds\":1}]" },
        { "recording.completed", "\"recording\":\"r\",\"files\":[{\"kind\":\"hologram\",\"seconds\":1}]" },
        { "recording.completed", "\"recording\":\"r\",\"files\":[{\"kind\":\"camera\",\"seconds\":-1}]" },
        { "recording.completed", "\"recording\":\"r\",\"files\":[{\"kind\":\"camera\",\"kind\":\"mixed\",\"seconds\":1}]" },
        { "playback.viewed", "\"recording\":\"r\",\"user\":\"u\"" },
        { "playback.viewed", "\"recording\":\"r\",\"seconds\":1" },
        { "slicing.completed", "\"task\":\"t\",\"mode\":\"smell\",\"seconds\":1" },
        { "slicing.completed", "\"task\":\"t\",\"mode\":\"audio\"" },
        { "slicing.completed", "\"task\":\"t\",\"mode\":\"audio\",\"seconds\":1,\"stored\":\"yes\"" },
        { "screenshot.captured", "\"count\":0.5" },
        { "screenshot.captured", "" },
        { "storage.sampled", "\"bytes\":-1" },
        { "content.delivered", "\"kind\":\"vod\"" },
        { "content.delivered", "\"bytes\":1" },
        { "content.delivered", "\"bytes\":1,\"kind\":\"pigeon\"" },
        { "content.delivered", "\"bytes\":9007199254740992,\"kind\":\"vod\"" },
        { "content.delivered", "\"bytes\":1,\"kind\":\"vod\",\"section\":7" },
        { "event.voided", "\"source\":\"//t\"" },
        { "event.voided", "\"id\":\"1\"" },
    };

    [Theory]
    [MemberData(nameof(NotEvents))]
    public async Task What_is_no_event_is_refused_as_one_as_a_list_and_as_lines(string body)
    {
        foreach (string type in (string[])["application/json", "application/cloudevents-batch+json", "application/cloudevents+json"])
        {
            await RefusedAsync(body, type);
        }

        // Lines without anything are no events, and several may stand one below the other.
        if (body.Trim().Length > 0)
        {
            await RefusedAsync(body, "application/x-ndjson");
        }
    }

    [Theory]
    [MemberData(nameof(Spoilt))]
    public async Task A_spoilt_event_refuses_all_that_came_with_it(string what, string by)
    {
        string spoilt = Good("ID").Replace(what, by);
        Assert.NotEqual(Good("ID"), spoilt);

        await RefusedAsync($"[{Good()},{spoilt}]", "application/json");
        await RefusedAsync($"{Good()}\n{spoilt}\n", "application/x-ndjson");
        await RefusedAsync(spoilt, "application/cloudevents+json");
    }

    [Theory]
    [MemberData(nameof(WrongData))]
    public async Task Data_that_its_type_does_not_allow_is_refused(string type, string data) =>
        await RefusedAsync(Event(type, data), "application/json");

    [Fact]
    public async Task Text_that_is_no_UTF8_is_refused()
    {
        byte[] good = Encoding.UTF8.GetBytes($"[{Good("ID")}]");
        foreach (byte[] wrong in (byte[][])[[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF]])
        {
            int at = Encoding.UTF8.GetString(good).IndexOf("ID", StringComparison.Ordinal);
            await RefusedAsync([.. good[..at], .. wrong, .. good[at..]], "application/json", 400, "invalid-event");
        }
    }

    [Fact]
    public async Task Of_many_faults_a_hundred_are_said_each_with_its_place()
    {
        string events = string.Join(',', Enumerable.Range(0, 500).Select(_ => "{}"));
        JsonElement problem = await RefusedAsync($"[{Good()},{events}]", "application/json");

        Assert.Equal(100, problem.GetProperty("errors").GetArrayLength());
        Assert.Equal(1, problem.GetProperty("errors")[0].GetProperty("index").GetInt32());
    }

    [Fact]
    public async Task What_was_sent_does_not_come_back_in_what_is_said_of_it()
    {
        JsonElement problem = await RefusedAsync(Good("<script>").Replace("\"u\"", "\"u\",\"medium\":\"<script>\""), "application/json");

        Assert.DoesNotContain("script", problem.ToString());
    }

    [Fact]
    public async Task An_event_may_have_a_mebibyte_and_no_more()
    {
        string large = Good("large").Replace("\"u\"", $"\"u\",\"x\":\"{new string('x', 1 << 20)}\"");
        await RefusedAsync(Bytes($"[{Good()},{large}]"), "application/json", 413, "payload-too-large");
        await RefusedAsync(Bytes(large), "application/cloudevents+json", 413, "payload-too-large");

        string fits = large.Replace(new string('x', 1 << 20), new string('x', 1 << 19));
        await AcceptedAsync(fits);
    }

    [Fact]
    public async Task Events_of_long_ago_are_taken_and_kept_as_late_however_old()
    {
        foreach (string time in (string[])["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "2026-11-26T23:59:59.999Z"])
        {
            await AcceptedAsync(Good().Replace("2027-01-01T00:00:00Z", time));
        }

        JsonElement kept = await Served.GetAsync("/v1/events/rejected?account=school&limit=1000");
        Assert.True(kept.GetProperty("items").EnumerateArray().Count(item => item.GetProperty("reason").GetString() == "late") >= 3);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/jsonp")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("")]
    public async Task Events_of_another_media_type_are_refused(string type) =>
        await RefusedAsync(Bytes($"[{Good()}]"), type, 415, "unsupported-media-type");

    [Theory]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("gzip, gzip")]
    [InlineData("nonsense")]
    public async Task An_encoding_that_is_not_understood_is_refused(string encoding) =>
        await RefusedAsync(Bytes($"[{Good()}]"), "application/json", 415, "unsupported-media-type", encoding);

    [Fact]
    public async Task Bombs_are_refused_one_after_the_other()
    {
        byte[] bomb = Packed.Bomb(mebibytes: 512);
        for (int i = 0; i < 3; i++)
        {
            await RefusedAsync(bomb, "application/x-ndjson", 413, "payload-too-large", "gzip");
        }
    }

    /// <summary>HTTP contract, Events: anything malformed is <c>invalid-event</c>, nothing accepted.</summary>
    [Fact]
    public async Task Torn_and_spoilt_gzip_is_refused_wherever_it_is_torn()
    {
        byte[] whole = Packed.Gzip(Bytes($"[{string.Join(',', Enumerable.Range(0, 50).Select(_ => Good()))}]"));
        var chance = new Random(7);
        for (int i = 0; i < 40; i++)
        {
            int at = chance.Next(1, whole.Length);
            await RefusedAsync(whole[..at], "application/json", 400, "invalid-event", "gzip");
        }

        byte[] checksum = [.. whole];
        checksum[^7] ^= 4;
        await RefusedAsync(checksum, "application/json", 400, "invalid-event", "gzip");
        await RefusedAsync([.. whole, 1, 2, 3], "application/json", 400, "invalid-event", "gzip");
        await RefusedAsync([], "application/json", 400, "invalid-event", "gzip");
        await RefusedAsync(Packed.Gzip(whole), "application/json", 400, "invalid-event", "gzip");
    }

    [Theory]
    [InlineData("GET", "/v1")]
    [InlineData("GET", "/v1/")]
    [InlineData("GET", "/v1/account")]
    [InlineData("GET", "/v1/accounts/school/nothing")]
    [InlineData("PUT", "/v1/accounts")]
    [InlineData("POST", "/v2/events")]
    [InlineData("GET", "/v1/accounts/nobody")]
    [InlineData("GET", "/v1/accounts/nobody/applications")]
    [InlineData("GET", "/v1/accounts/nobody/usage?meter=av&" + Range)]
    [InlineData("GET", "/v1/accounts/nobody/usage/details?" + Range)]
    [InlineData("GET", "/v1/accounts/nobody/classes/app/c")]
    [InlineData("GET", "/v1/accounts/nobody/cloud-usage")]
    [InlineData("GET", "/v1/accounts/nobody/ledger")]
    [InlineData("GET", "/v1/accounts/nobody/bills")]
    [InlineData("GET", "/v1/events/rejected?account=nobody")]
    [InlineData("GET", "/v1/accounts/school/applications/none")]
    [InlineData("GET", "/v1/accounts/school/classes/app/none")]
    [InlineData("GET", "/v1/accounts/school/classes/none/c")]
    [InlineData("GET", "/v1/bills/school-D-2027-01-01")]
    [InlineData("GET", "/v1/bills/..%2f..%2fetc%2fpasswd")]
    [InlineData("GET", "/v1/rate-cards/none")]
    public async Task What_is_not_there_is_not_found(string method, string path)
    {
        // What is asked for in place of "PUT /v1/accounts" is there for other methods.
        (int status, string code) = (method, path) == ("PUT", "/v1/accounts") ? (405, "method-not-allowed") : (404, "not-found");
        await Served.ProblemAsync(await Served.SendAsync(new HttpMethod(method), path, method == "GET" ? "" : "{}"), status, code);
        await ServesOnAsync();
    }

    [Theory]
    [InlineData("DELETE", "/v1/accounts", "GET")]
    [InlineData("POST", "/v1/accounts/school", "GET, PUT")]
    [InlineData("GET", "/v1/events", "POST")]
    [InlineData("PUT", "/api/v1/events", "POST")]
    [InlineData("PATCH", "/v1/accounts/school/applications/app", "GET, PUT")]
    [InlineData("DELETE", "/v1/bills/x", "GET")]
    [InlineData("POST", "/v1/sandbox/clock", "GET, PUT")]
    [InlineData("GET", "/v1/events/rejected/reapply", "POST")]
    [InlineData("GET", "/hooks/app/trtc", "POST")]
    [InlineData("POST", "/health/live", "GET")]
    [InlineData("OPTIONS", "/v1/accounts", "GET")]
    public async Task Another_method_is_answered_with_those_that_are_allowed(string method, string path, string allowed)
    {
        using HttpResponseMessage response = await Served.SendAsync(new HttpMethod(method), path, method == "GET" ? "" : "{}");

        await Served.ProblemAsync(response, 405, "method-not-allowed");
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow.Order()));
        await ServesOnAsync();
    }

    [Theory]
    [InlineData("/v1/accounts?")]
    [InlineData("/v1/accounts/school/applications?")]
    [InlineData("/v1/events/rejected?")]
    [InlineData("/v1/accounts/school/usage?meter=av&" + Range + "&")]
    [InlineData("/v1/accounts/school/usage/details?" + Range + "&")]
    [InlineData("/v1/accounts/school/ledger?")]
    [InlineData("/v1/accounts/school/bills?")]
    public async Task A_wrong_limit_or_cursor_is_said(string list)
    {
        string[] wrong =
        [
            "limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1.5", "limit=%2B5", "limit=99999999999999999999", "limit=1&limit=2",
            "cursor=!!", "cursor=AAAA", "cursor=%00", "cursor=bm9uc2Vuc2U", "cursor=" + Cursor.Of(), "cursor=" + Cursor.Of("a", "b", "c", "d", "e"),
            "cursor=" + new string('A', 9_000),
        ];
        foreach (string query in wrong)
        {
            await Served.ProblemAsync(await Served.Client.GetAsync(list + query), 400, "invalid-request");
        }

        await ServesOnAsync();
    }

    [Theory]
    [InlineData("/v1/accounts/school/usage/details?" + Range + "&order=desc", "9223372036854775807,c,0,0,1")]
    [InlineData("/v1/accounts/school/usage/details?" + Range, "-9223372036854775808,c,0,0,1")]
    [InlineData("/v1/accounts/school/usage/details?" + Range + "&sort=seconds", "1,c,0,0,9223372036854775807")]
    [InlineData("/v1/accounts/school/usage/details?" + Range + "&sort=seconds", "1,c,0,0,253402300800")]
    [InlineData("/v1/accounts/school/usage/details?" + Range + "&sort=name", "1,c,-1,0,1")]
    [InlineData("/v1/accounts/school/usage/details?" + Range + "&sort=name", "1,c,0,-2,1")]
    [InlineData("/v1/accounts/school/usage/details?" + Range + "&sort=users", " 1,c,0,0,1")]
    [InlineData("/v1/accounts/school/usage/explain?meter=av&" + Range, "0,2147483647")]
    [InlineData("/v1/accounts/school/usage/explain?meter=av&" + Range, "0,-1")]
    [InlineData("/v1/accounts/school/usage/explain?meter=av&" + Range, "-1,0")]
    [InlineData("/v1/accounts/school/classes/app/c/events?limit=9", "0,2147483647")]
    [InlineData("/v1/accounts/school/classes/app/c/events?limit=9", "0,-2")]
    [InlineData("/v1/accounts/school/bills?limit=9", "2027-01-01,2147483648")]
    [InlineData("/v1/accounts/school/ledger?limit=9", "-1")]
    [InlineData("/v1/events/rejected?limit=9", "school,9223372036854775807,00")]
    [InlineData("/v1/audit?limit=9", "9223372036854775807,0,0")]
    public async Task A_cursor_whose_numbers_no_list_has_is_refused(string list, string parts)
    {
        await Served.ProblemAsync(await Served.Client.GetAsync($"{list}&cursor={Cursor.Of(parts.Split(','))}"), 400, "invalid-request");
        await ServesOnAsync();
    }

    [Theory]
    [InlineData("/v1/accounts/school/usage?meter=av&" + Range + "&application=app&application=app")]
    [InlineData("/v1/accounts/school/usage/details?" + Range + "&application=app&application=app")]
    [InlineData("/v1/accounts/school/usage?meter=av&from=2027-01-01T24:00:00Z&to=2027-02-01")]
    public async Task What_a_question_cannot_mean_is_refused(string path)
    {
        await Served.ProblemAsync(await Served.Client.GetAsync(path), 400, "invalid-request");
        await ServesOnAsync();
    }

    [Theory]
    [InlineData("/v1/accounts/school/usage?meter=av&from=0001-01-01&to=9999-12-31&granularity=")]
    [InlineData("/v1/accounts/school/usage?meter=storage&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z&granularity=")]
    [InlineData("/v1/accounts/school/usage?meter=delivery&from=9999-12-30&to=9999-12-31&granularity=")]
    [InlineData("/v1/accounts/school/usage/explain?meter=delivery&from=0001-01-01&to=9999-12-31T23:59:59.999Z&class=")]
    public async Task The_last_year_stands_for_no_end(string path)
    {
        foreach (string granularity in (string[])["hour", "day", "month", "total"])
        {
            Assert.Equal(HttpStatusCode.OK, (await Served.Client.GetAsync(path + granularity)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await Served.Client.GetAsync("/v1/accounts/school/usage/details?from=2027-01-01&to=9999-12-31")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Served.Client.GetAsync("/v1/accounts/school/bills?from=2027-01-01&to=9999-12-31")).StatusCode);
        Assert.Equal(
            HttpStatusCode.Created,
            (await Served.Client.PostAsJsonAsync("/v1/keys", new { name = "For good", role = "admin", expiresAt = "9999-12-31T23:59:59Z" })).StatusCode);
        await ServesOnAsync();
    }

    [Theory]
    [InlineData("/v1/accounts/school/usage?meter=av&granularity=hour&from=0001-01-01&to=9999-12-31")]
    [InlineData("/v1/accounts/school/usage?meter=av&granularity=day&from=-9998-01-01&to=9999-12-31")]
    [InlineData("/v1/accounts/school/usage?meter=delivery&granularity=month&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z")]
    [InlineData("/v1/accounts/school/usage/details?from=0001-01-01&to=9999-12-31")]
    [InlineData("/v1/accounts/school/usage/details?from=0001-01-01T00:00:00-18:00&to=9999-12-31T23:59:59-18:00")]
    [InlineData("/v1/accounts/school/cloud-usage?from=9999-01&to=9999-12")]
    [InlineData("/v1/accounts/school/cloud-usage?from=0001-01&to=0001-12")]
    [InlineData("/v1/accounts/school/cloud-usage?to=0001-01")]
    [InlineData("/v1/accounts/school/cloud-usage?from=2027-13")]
    [InlineData("/v1/accounts/school/bills?from=0001-01-01&to=9999-12-31")]
    [InlineData("/v1/accounts/school/bills?from=9999-12-32")]
    [InlineData("/v1/accounts/school/bills?kind=hourly")]
    [InlineData("/v1/accounts/school/usage?meter=%00&from=%00&to=%00&groupBy=%00")]
    [InlineData("/v1/accounts/school/usage?meter=av&" + Range + "&groupBy=,")]
    [InlineData("/v1/accounts/%00")]
    [InlineData("/v1/accounts/%ED%A0%80")]
    [InlineData("/v1/accounts/a%2Fb")]
    public async Task Absurd_questions_have_an_answer(string path)
    {
        using HttpResponseMessage response = await Served.Client.GetAsync(path);
        string said = $"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.NotFound, said);
        await ServesOnAsync();
    }

    [Fact]
    public async Task An_id_of_more_than_256_characters_names_nothing()
    {
        string id = new('x', 257);
        foreach (string path in (string[])[$"/v1/accounts/{id}", $"/v1/accounts/school/applications/{id}", $"/v1/accounts/school/sections/{id}"])
        {
            await Served.ProblemAsync(
                await Served.PutAsync(path, new { name = "X", currency = "USD", timeZone = "UTC" }), 400, "invalid-request");
        }

        await Served.DoAsync(HttpMethod.Put, $"/v1/accounts/school/sections/{id[..256]}", new { course = "X" });
    }

    [Fact]
    public async Task Events_of_an_unknown_application_wait_for_it_and_count_when_they_are_tried_or_sent_again()
    {
        string[] events = [.. Enumerable.Range(0, 4).Select(i => Event("content.delivered", "\"bytes\":1,\"kind\":\"live\"", $"later-{i}", "later"))];
        await AcceptedAsync(events);
        JsonElement[] waiting = await WaitingAsync("later");
        Assert.Equal(4, waiting.Length);
        Assert.All(waiting, item => Assert.Equal(("unknown-application", JsonValueKind.Null), (item.GetProperty("reason").GetString()!, item.GetProperty("account").ValueKind)));

        await Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/later", new { name = "Later" });
        Assert.Equal(
            waiting.Select(item => ("school", item.GetProperty("receivedAt").GetString())),
            (await WaitingAsync("later")).Select(item => (item.GetProperty("account").GetString()!, item.GetProperty("receivedAt").GetString())));
        await AcceptedAsync(events[0].Replace("\"bytes\":1", "\"bytes\":7"), events[1]);
        Assert.Equal(2, await DeliveredAsync("later"));
        Assert.Equal(["later-2", "later-3"], (await WaitingAsync("later")).Select(item => item.GetProperty("event").GetProperty("id").GetString()).Order());

        await Served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "school" });
        await Served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "school" });
        await AcceptedAsync(events);
        Assert.Equal(4, await DeliveredAsync("later"));
        Assert.Empty(await WaitingAsync("later"));
    }

    [Fact]
    public async Task An_unknown_type_is_kept_and_everything_beyond_the_known_fields_is_nobodys_business()
    {
        await AcceptedAsync(Event("quiz.answered", "\"x\":[1,{\"y\":null}]", "quiz"));
        await AcceptedAsync(Good("more").Replace("\"u\"", "\"u\",\"x\":{\"a\":1}").Replace("\"source\"", "\"traceparent\":\"00\",\"source\""));

        Assert.Contains(
            (await Served.GetAsync("/v1/events/rejected?account=school&limit=1000")).GetProperty("items").EnumerateArray(),
            item => item.GetProperty("event").GetProperty("id").GetString() == "quiz" && item.GetProperty("reason").GetString() == "unknown-type");
    }

    [Fact]
    public async Task A_body_that_breaks_off_leaves_nothing_behind_and_a_slow_one_holds_nobody_up()
    {
        byte[] body = Bytes(string.Join('\n', Enumerable.Range(0, 20).Select(_ => Good())) + "\n");
        foreach (string framing in (string[])[$"Content-Length: {body.Length}", "Transfer-Encoding: chunked"])
        {
            for (int i = 1; i < 6; i++)
            {
                using TcpClient client = await ConnectAsync();
                await client.GetStream().WriteAsync(Bytes(Head(framing)));
                string chunk = framing[0] == 'T' ? $"{body.Length:x}\r\n" : "";
                await client.GetStream().WriteAsync((byte[])[.. Bytes(chunk), .. body[..(body.Length * i / 6)]]);
            }
        }

        long before = await CountAsync();
        using TcpClient slow = await ConnectAsync();
        await slow.GetStream().WriteAsync(Bytes(Head($"Content-Length: {body.Length}\r\nConnection: close")));
        await slow.GetStream().WriteAsync(body.AsMemory(0, body.Length / 2));
        await ServesOnAsync();
        Assert.Equal(before + 1, await CountAsync());

        await slow.GetStream().WriteAsync(body.AsMemory(body.Length / 2));
        using var answer = new StreamReader(slow.GetStream());
        Assert.StartsWith("HTTP/1.1 202", await answer.ReadToEndAsync());
        Assert.Equal(before + 21, await CountAsync());
    }

    [Fact]
    public async Task Sixty_four_equal_requests_at_once_have_one_effect()
    {
        string body = $"[{Event("content.delivered", "\"bytes\":5,\"kind\":\"live\"", "once", "app")}]";
        long before = await DeliveredAsync("app");
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 64)
            .Select(_ => Served.SendAsync(HttpMethod.Post, "/v1/events?wait=true", body)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        Assert.Equal(before + 5, await DeliveredAsync("app"));

        answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Served.SendAsync(
            HttpMethod.Post, "/v1/accounts/school/topups", """{"amount":"1","currency":"USD","reference":"once"}""")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(63, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Single((await Served.GetAsync("/v1/accounts/school/ledger")).GetProperty("items").EnumerateArray());
    }

    private static string Good() => Good($"good-{Interlocked.Increment(ref number)}");

    private static string Good(string id) =>
        "{\"specversion\":\"1.0\",\"id\":\"" + id + "\",\"source\":\"//t\",\"type\":\"participant.joined\",\"time\":\"2027-01-01T00:00:00Z\","
        + "\"subject\":\"c\",\"data\":{\"application\":\"app\",\"user\":\"u\"}}";

    private static string Event(string type, string data, string id = "ID", string application = "app") =>
        $"{{\"specversion\":\"1.0\",\"id\":\"{id}\",\"source\":\"//t\",\"type\":\"{type}\",\"time\":\"2027-01-01T00:00:00Z\","
        + $"\"subject\":\"c\",\"data\":{{\"application\":\"{application}\"{(data.Length == 0 ? "" : ",")}{data}}}}}";

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private string Head(string framing) =>
        $"POST /v1/events?wait=true HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Served.Key}\r\nContent-Type: application/x-ndjson\r\n{framing}\r\n\r\n";

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Served.Client.BaseAddress!.Port);
        return client;
    }

    private Task<JsonElement> RefusedAsync(string body, string type) => RefusedAsync(Bytes(body), type, 400, "invalid-event");

    private async Task<JsonElement> RefusedAsync(byte[] body, string type, int status, string code, string? encoding = null)
    {
        long before = await CountAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events?wait=true") { Content = new ByteArrayContent(body) };
        if (type.Length > 0)
        {
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        if (encoding is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        }

        using HttpResponseMessage response = await Served.Client.SendAsync(request);
        JsonElement problem = await Served.ProblemAsync(response, status, code);
        Assert.Equal(before, await CountAsync());
        await ServesOnAsync();
        return problem;
    }

    private async Task AcceptedAsync(params string[] events)
    {
        using HttpResponseMessage response = await Served.SendAsync(HttpMethod.Post, "/v1/events?wait=true", $"[{string.Join(',', events)}]");
        Assert.Equal($"{{\"accepted\":{events.Length}}}", await response.Content.ReadAsStringAsync());
    }

    /// <summary>It takes an event, and one alone has come in since.</summary>
    private async Task ServesOnAsync()
    {
        long before = await CountAsync();
        await AcceptedAsync(Good());
        Assert.Equal(before + 1, await CountAsync());
    }

    /// <summary>How many events the account has, applied or not.</summary>
    private async Task<long> CountAsync()
    {
        JsonElement counters = (await Served.GetAsync("/v1/accounts/school")).GetProperty("counters");
        return counters.GetProperty("events").GetInt64() + counters.GetProperty("setAside").EnumerateObject().Sum(reason => reason.Value.GetInt64());
    }

    private async Task<long> DeliveredAsync(string application)
    {
        JsonElement usage = await Served.GetAsync($"/v1/accounts/school/usage?meter=delivery&application={application}&{Range}");
        return usage.GetProperty("items").EnumerateArray().Sum(item => item.GetProperty("quantity").GetInt64());
    }

    private async Task<JsonElement[]> WaitingAsync(string application) =>
    [
        .. (await Served.GetAsync("/v1/events/rejected?limit=1000")).GetProperty("items").EnumerateArray()
            .Where(item => item.GetProperty("event").GetProperty("data").GetProperty("application").GetString() == application),
    ];
}
