using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>Makes keys on a served installation, and asks with them.</summary>
internal static class Keys
{
    public static async Task<(string Id, string Key)> MakeAsync(this Served served, object key)
    {
        using HttpResponseMessage response = await served.Client.PostAsJsonAsync("/v1/keys", key);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 201, text);
        JsonElement made = JsonSerializer.Deserialize<JsonElement>(text);
        return (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    public static async Task<HttpClient> WithAsync(this Served served, object key) => served.With((await served.MakeAsync(key)).Key);

    public static HttpClient With(this Served served, string? key)
    {
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = served.Client.BaseAddress };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Two schools, each with an application of its own.</summary>
    public static async Task TwoSchoolsAsync(this Served served, string own, string other)
    {
        foreach (string account in (string[])[own, other])
        {
            await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{account}", new { name = account, currency = "USD", timeZone = "UTC" });
            await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{account}/applications/{account}-app", new { name = "App" });
        }
    }
}
