using System.Net.Http.Headers;
using System.Text;
using Minutebook.Server.Tests.Processes;
using Xunit;

namespace Minutebook.Server.Tests.Security;

/// <summary>Whatever a caller writes, wherever it writes it: none of it comes out in the log, nor in the answers to somebody else.</summary>
public sealed class CanaryTests
{
    private const string Canary = "canary7h1s1sasecret";

    [Fact]
    public async Task No_secret_and_nothing_that_a_caller_wrote_is_in_the_log()
    {
        string data = Directory.CreateTempSubdirectory("minutebook-").FullName;
        string log;
        using (ServingProcess process = ServingProcess.Start(data, "2027-01-01T00:00:00Z"))
        {
            using HttpClient admin = await process.ClientAsync();
            await admin.PutAsync("/v1/accounts/a", Json("""{"name":"A","currency":"USD","timeZone":"UTC"}"""));
            await admin.PutAsync("/v1/accounts/a/applications/app", Json("""{"name":"App"}"""));
            await admin.PutAsync("/v1/accounts/a/applications/app/connectors/livekit", Json($$"""{"secret":"{{Canary}}","apiKey":"{{Canary}}"}"""));
            string made = await (await admin.PostAsync("/v1/keys", Json("""{"name":"k","role":"account","account":"a"}"""))).Content.ReadAsStringAsync();
            string key = System.Text.Json.JsonDocument.Parse(made).RootElement.GetProperty("key").GetString()!;
            foreach (HttpRequestMessage request in Everywhere())
            {
                using (request)
                {
                    using HttpResponseMessage _ = await admin.SendAsync(request);
                }
            }

            using HttpClient reader = await process.ClientAsync();
            reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            Assert.Equal(403, (int)(await reader.PutAsync($"/v1/accounts/a?{Canary}={Canary}", Json($"\"{Canary}\""))).StatusCode);
            // It does say that something was tried, and by whom; the log is written a little later.
            for (int i = 0; !process.Said.Contains("was refused PUT /v1/accounts/{account}", StringComparison.Ordinal); i++)
            {
                Assert.True(i < 300, process.Said);
                await Task.Delay(100);
            }

            process.Kill();
            log = process.Said;
            Assert.DoesNotContain(key, log);
        }

        Assert.DoesNotContain(Canary, log);
        Assert.DoesNotContain(ServingProcess.Key, log);
        Assert.Contains("An unknown key came from 127.0.0.1", log);
        Directory.Delete(data, recursive: true);
    }

    private static IEnumerable<HttpRequestMessage> Everywhere()
    {
        yield return With(HttpMethod.Get, "/v1/accounts", request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Canary));
        yield return With(HttpMethod.Get, "/v1/accounts", request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "mb_" + Canary));
        yield return With(HttpMethod.Get, "/v1/accounts", request => request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Canary));
        yield return With(HttpMethod.Get, $"/{Canary}", request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Canary));
        yield return With(HttpMethod.Get, "/v1/accounts", request => request.Headers.Add("Cookie", $"minutebook-session={Canary}"));
        yield return With(HttpMethod.Get, $"/v1/accounts/{Canary}?{Canary}={Canary}", _ => { });
        yield return With(HttpMethod.Get, $"/v1/accounts?cursor={Canary}&limit={Canary}", _ => { });
        yield return With(HttpMethod.Get, $"/v1/accounts?key={Canary}&access_token={Canary}", _ => { });
        yield return With(HttpMethod.Get, $"/login?key={Canary}", request => request.Headers.Accept.ParseAdd("text/html"));
        yield return With(new HttpMethod(Canary), "/v1/accounts", _ => { });
        yield return With(HttpMethod.Post, "/v1/events", request => request.Content = Json($$"""[{"specversion":"1.0","id":"{{Canary}}"}]"""));
        yield return With(HttpMethod.Post, "/v1/events", request => request.Content = Json("{\"" + Canary));
        yield return With(HttpMethod.Post, "/v1/decisions", request => request.Content = Json($$"""{"application":"{{Canary}}","action":"class.create"}"""));
        yield return With(HttpMethod.Post, "/v1/webhooks", request => request.Content = Json($$"""{"url":"https://{{Canary}}@127.0.0.1/{{Canary}}"}"""));
        yield return With(HttpMethod.Post, "/hooks/app/livekit", request => request.Content = Json(Canary));
        yield return With(HttpMethod.Post, "/login", request => request.Content = new FormUrlEncodedContent([new("key", Canary)]));
        yield return With(HttpMethod.Get, $"/login/oidc/callback?code={Canary}&state={Canary}", _ => { });
        yield return With(HttpMethod.Get, "/health/ready", request => request.Headers.TryAddWithoutValidation("User-Agent", Canary));
    }

    private static HttpRequestMessage With(HttpMethod method, string path, Action<HttpRequestMessage> change)
    {
        var request = new HttpRequestMessage(method, path);
        change(request);
        return request;
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
