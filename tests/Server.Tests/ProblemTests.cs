using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class ProblemTests(Served served) : IClassFixture<Served>
{
    private const string Event =
        """{"specversion":"1.0","id":"1","source":"//t","type":"class.started","time":"2027-01-01T00:00:00Z","subject":"c","data":{"application":"a"}}""";

    [Theory]
    [InlineData("GET", "/v1/accounts")]
    [InlineData("GET", "/nowhere")]
    [InlineData("POST", "/v1/events")]
    [InlineData("DELETE", "/v1/accounts/x")]
    public async Task Without_the_key_nothing_is_said(string method, string path)
    {
        foreach (string? key in (string?[])[null, "Bearer wrong", "Basic eDp5", "Bearer " + new string('x', 5000)])
        {
            using var client = new HttpClient { BaseAddress = served.Client.BaseAddress };
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Headers.TryAddWithoutValidation("Authorization", key);
            using HttpResponseMessage response = await client.SendAsync(request);

            await Served.ProblemAsync(response, 401, "unauthenticated");
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await Served.ProblemAsync(await served.Client.GetAsync("/nowhere"), 404, "not-found");
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/none"), 404, "not-found");
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/none/bills"), 404, "not-found");
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/bills/none"), 404, "not-found");
        await Served.ProblemAsync(await served.Client.GetAsync("/v1/rate-cards/none"), 404, "not-found");
        await Served.ProblemAsync(await served.SendAsync(HttpMethod.Post, "/hooks/none/trtc", "{}"), 404, "not-found");
    }

    [Fact]
    public async Task A_method_that_an_address_does_not_know_is_answered_with_those_that_it_does()
    {
        HttpResponseMessage response = await served.Client.DeleteAsync("/v1/accounts/x");

        await Served.ProblemAsync(response, 405, "method-not-allowed");
        Assert.Equal(["GET", "PUT"], response.Content.Headers.Allow.Order());
    }

    [Theory]
    [InlineData("PUT", "/v1/accounts/x")]
    [InlineData("PUT", "/v1/accounts/x/applications/y")]
    [InlineData("PUT", "/v1/accounts/x/applications/y/pay-as-you-go")]
    [InlineData("PUT", "/v1/accounts/x/applications/y/connectors/trtc")]
    [InlineData("PUT", "/v1/accounts/x/sections/y")]
    [InlineData("PUT", "/v1/rate-cards/x/versions/2027-01-01")]
    [InlineData("PUT", "/v1/sandbox/clock")]
    [InlineData("POST", "/v1/accounts/x/topups")]
    [InlineData("POST", "/v1/events/rejected/reapply")]
    public async Task Malformed_JSON_is_an_invalid_request_everywhere(string method, string path)
    {
        var verb = new HttpMethod(method);
        foreach (string body in (string[])["", "{", "nonsense", "[]", "null", "7", """{"a":1,"a":2}""", new string('[', 100), "{\"name\":\"\\ud800\"}x"])
        {
            await Served.ProblemAsync(await served.SendAsync(verb, path, body), 400, "invalid-request");
        }

        await Served.ProblemAsync(await served.SendAsync(verb, path, "name=x", "application/x-www-form-urlencoded"), 415, "unsupported-media-type");
        await Served.ProblemAsync(await served.SendAsync(verb, path, new string(' ', 2 << 20)), 413, "payload-too-large");
    }

    [Theory]
    [InlineData("PUT", "/v1/accounts/half", "name", "currency", "timeZone", "rateCard", "creditLimit")]
    [InlineData("PUT", "/v1/accounts/half/applications/half-app", "name", "plan", "metering", "countBy", "edition", "defaultTier")]
    [InlineData("PUT", "/v1/accounts/half/applications/half-app/connectors/lcic", "secret", "apiKey", "callbackUrl")]
    [InlineData("PUT", "/v1/accounts/half/sections/s", "course", "organization", "department")]
    [InlineData("PUT", "/v1/sandbox/clock", "now")]
    [InlineData("POST", "/v1/accounts/half/topups", "amount", "currency", "reference")]
    [InlineData("POST", "/v1/accounts/half/packages", "sku", "application", "reference")]
    [InlineData("POST", "/v1/accounts/half/terminate", "reason")]
    [InlineData("POST", "/v1/keys", "name", "role", "account")]
    [InlineData("POST", "/v1/webhooks", "url", "account", "types")]
    [InlineData("POST", "/v1/decisions", "application", "action", "class")]
    [InlineData("POST", "/v1/events/rejected/reapply", "account")]
    public async Task Half_a_character_is_an_invalid_request_in_every_field(string method, string path, params string[] names)
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/half", new { name = "Half", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/half/applications/half-app", new { name = "Half" });
        foreach (string name in names)
        {
            await Served.ProblemAsync(await served.SendAsync(new HttpMethod(method), path, $$"""{"{{name}}":"\ud800"}"""), 400, "invalid-request");
        }

        using HttpResponseMessage unknown = await served.SendAsync(new HttpMethod(method), path, """{"\ud800":"\udc00"}""");
        Assert.True((int)unknown.StatusCode < 500, await unknown.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Events_of_an_unknown_media_type_or_encoding_are_refused()
    {
        await Served.ProblemAsync(await served.SendAsync(HttpMethod.Post, "/v1/events", Event, "text/plain"), 415, "unsupported-media-type");
        using var request = Packed(Encoding.UTF8.GetBytes(Event));
        request.Content!.Headers.ContentEncoding.Clear();
        request.Content.Headers.ContentEncoding.Add("br");
        await Served.ProblemAsync(await served.Client.SendAsync(request), 415, "unsupported-media-type");
    }

    [Fact]
    public async Task Malformed_events_are_refused_with_their_index()
    {
        JsonElement problem = await Served.ProblemAsync(
            await served.SendAsync(HttpMethod.Post, "/v1/events", $"[{Event},{{\"specversion\":\"1.0\"}}]"), 400, "invalid-event");

        JsonElement first = problem.GetProperty("errors")[0];
        Assert.Equal(1, first.GetProperty("index").GetInt32());
        Assert.StartsWith("/1", first.GetProperty("pointer").GetString());
        await Served.ProblemAsync(await served.SendAsync(HttpMethod.Post, "/v1/events", "["), 400, "invalid-event");
    }

    [Fact]
    public async Task A_small_bomb_is_too_large_within_moments_and_takes_bounded_memory()
    {
        byte[] bomb = Gzip(new byte[200 << 20]);
        using var request = Packed(bomb);
        var clock = System.Diagnostics.Stopwatch.StartNew();

        await Served.ProblemAsync(await served.Client.SendAsync(request), 413, "payload-too-large");

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_and_heard()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ByteArrayContent(new byte[(64 << 20) + 1]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        await Served.ProblemAsync(await served.Client.SendAsync(request), 413, "payload-too-large");
    }

    /// <summary>HTTP contract, Events: anything malformed is <c>invalid-event</c>, with the fault's index.</summary>
    [Fact]
    public async Task Broken_gzip_is_an_invalid_event()
    {
        byte[] whole = Gzip(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(Event, 100))}]"));
        byte[] spoilt = [.. whole];
        spoilt[^6] ^= 1;
        foreach (byte[] broken in (byte[][])[whole[..^9], whole[..(whole.Length / 2)], spoilt, Encoding.UTF8.GetBytes(Event), whole[..5]])
        {
            using var request = Packed(broken);
            JsonElement problem = await Served.ProblemAsync(await served.Client.SendAsync(request), 400, "invalid-event");
            Assert.Equal(0, problem.GetProperty("errors")[0].GetProperty("index").GetInt32());
        }
    }

    [Fact]
    public async Task The_document_and_the_routes_are_the_same()
    {
        JsonElement document = await served.GetAsync("/openapi/v1.json");
        string[] documented =
        [
            .. document.GetProperty("paths").EnumerateObject()
                .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}")).Order(),
        ];
        string[] routed =
        [
            .. served.Host.Endpoints.OfType<RouteEndpoint>().Where(endpoint => endpoint.Metadata.GetMetadata<ForPeople>() is null)
                .Select(endpoint => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0]} {OpenApi.PathOf(endpoint.RoutePattern)}")
                .Where(route => route != "GET /openapi/{documentName}.json").Order(),
        ];

        Assert.Equal(routed, documented);
        string[] ids = [.. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .Select(operation => operation.Value.GetProperty("operationId").GetString()!)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.Contains("Problem", document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => schema.Name));
    }

    [Fact]
    public async Task Every_reference_in_the_document_leads_somewhere()
    {
        string text = await served.Client.GetStringAsync("/openapi/v1.json");
        JsonElement schemas = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("components").GetProperty("schemas");

        var references = System.Text.RegularExpressions.Regex.Matches(text, "\"\\$ref\": \"#/components/schemas/([^\"]+)\"");

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.True(schemas.TryGetProperty(reference.Groups[1].Value, out _), reference.Value));
    }

    [Fact]
    public async Task Health_and_the_document_need_no_key()
    {
        using var client = new HttpClient { BaseAddress = served.Client.BaseAddress };

        foreach (string path in (string[])["/health/live", "/health/ready", "/openapi/v1.json"])
        {
            HttpResponseMessage response = await client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.False(response.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task The_console_is_shown_after_signing_in()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = served.Client.BaseAddress };
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");

        Assert.Equal("/login", (await client.GetAsync("/")).Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.Unauthorized, (await Sign(client, "wrong")).StatusCode);
        HttpResponseMessage signed = await Sign(client, served.Key);
        Assert.Equal(HttpStatusCode.SeeOther, signed.StatusCode);
        string cookie = Assert.Single(signed.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=strict", cookie);
        HttpResponseMessage page = await client.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("default-src 'none'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")));
        // The cookie is for the page alone.
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/v1/accounts")).StatusCode);
    }

    [Fact]
    public void Secrets_are_readable_by_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (string file in Directory.GetFiles(served.Data, "*.key"))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    private static Task<HttpResponseMessage> Sign(HttpClient client, string key)
    {
        var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["key"] = key });
        return client.PostAsync("/login", form);
    }

    private static HttpRequestMessage Packed(byte[] packed)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ByteArrayContent(packed) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add("gzip");
        return request;
    }

    private static byte[] Gzip(byte[] plain)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }
}
