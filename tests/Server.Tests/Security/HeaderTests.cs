using System.Net;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Security;

/// <summary>What every answer tells a browser; and whom it believes about who calls.</summary>
public sealed class HeaderTests(Served served) : IClassFixture<Served>
{
    [Fact]
    public async Task Every_answer_of_every_endpoint_is_hardened()
    {
        await served.TwoSchoolsAsync("own", "other");
        using HttpClient nobody = served.With(null);
        List<string> wrong = [];
        IEnumerable<string> paths = served.Host.Endpoints.OfType<RouteEndpoint>().Select(endpoint => OpenApi.PathOf(endpoint.RoutePattern))
            .Select(path => path.Replace("{account}", "own").Replace("{number}", "own-M-2026-12").Replace("{application}", "own-app").Replace("{", "").Replace("}", ""));
        foreach (string path in paths.Append("/nothing/here").Append("/v1/nothing").Distinct())
        {
            foreach ((string method, HttpClient client, string accept) in ((string, HttpClient, string)[])
                [("GET", served.Client, "application/json"), ("GET", nobody, "text/html"), ("GET", served.Client, "text/html"), ("DELETE", served.Client, "*/*")])
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                request.Headers.Accept.ParseAdd(accept);
                if (path.EndsWith("/clock", StringComparison.Ordinal) || (method == "DELETE" && path.StartsWith("/v1/keys", StringComparison.Ordinal)))
                {
                    continue;
                }

                using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                if (FaultOf(answer, path) is { } fault)
                {
                    wrong.Add($"{method} {path} {(int)answer.StatusCode} {accept}: {fault}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    private static string? FaultOf(HttpResponseMessage answer, string path)
    {
        string Header(string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : "";
        bool isKept = path.StartsWith("/assets/", StringComparison.Ordinal) && answer.StatusCode == HttpStatusCode.OK;
        return Header("X-Content-Type-Options") != "nosniff" ? "nosniff"
            : !isKept && Header("Cache-Control") != "no-store" ? "no-store"
            : !Header("Content-Security-Policy").Contains("frame-ancestors 'none'", StringComparison.Ordinal) ? "frame-ancestors"
            : Header("Content-Security-Policy").Contains("unsafe", StringComparison.Ordinal) ? "unsafe"
            : Header("Referrer-Policy") != "no-referrer" ? "referrer"
            : Header("Access-Control-Allow-Origin").Length > 0 ? "cross-origin"
            : answer.Headers.Contains("Server") || answer.Headers.Contains("X-Powered-By") ? "server"
            : answer.Content.Headers.ContentType is null && answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.SeeOther) ? "content type"
            : null;
    }

    [Fact]
    public async Task What_anybody_can_write_about_who_calls_is_not_believed()
    {
        await served.TwoSchoolsAsync("plain", "plain-2");
        using HttpClient spoofing = served.With(served.Key);
        Spoof(spoofing, "203.0.113.9");
        await spoofing.PutAsync("/v1/accounts/plain", Body());

        string audit = await served.Client.GetStringAsync("/v1/audit?account=plain&limit=1");
        Assert.Contains("\"address\":\"127.0.0.1\"", audit);
        HttpResponseMessage page = await spoofing.GetAsync("/v1/accounts/plain");
        Assert.False(page.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task The_word_of_a_named_proxy_is()
    {
        await using Served behind = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0), null, options => options with { Proxies = "127.0.0.1, 10.0.0.0/8" });
        await behind.TwoSchoolsAsync("own", "other");
        using HttpClient proxy = behind.With(behind.Key);
        // The client wrote the first itself; only what the named proxies added counts.
        Spoof(proxy, "198.51.100.1, 203.0.113.9, 10.1.2.3");
        await proxy.PutAsync("/v1/accounts/own", Body());

        string audit = await behind.Client.GetStringAsync("/v1/audit?account=own&limit=1");
        Assert.Contains("\"address\":\"203.0.113.9\"", audit);
        HttpResponseMessage answer = await proxy.GetAsync("/v1/accounts/own");
        Assert.Equal("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security").Single());
        using var login = new HttpRequestMessage(HttpMethod.Post, "/login") { Content = new FormUrlEncodedContent([new("key", behind.Key)]) };
        HttpResponseMessage signed = await proxy.SendAsync(login);
        Assert.StartsWith("__Host-minutebook-session=", signed.Headers.GetValues("Set-Cookie").Single());
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("10.0.0.0/99")]
    public void A_proxy_that_is_no_network_is_refused_at_the_start(string proxies) => Assert.Throws<FormatException>(() => Proxies.Of(proxies));

    private static void Spoof(HttpClient client, string addresses)
    {
        client.DefaultRequestHeaders.Add("X-Forwarded-For", addresses);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "book.example");
    }

    private static StringContent Body() => new("{\"creditLimit\":\"7\"}", System.Text.Encoding.UTF8, "application/json");
}
