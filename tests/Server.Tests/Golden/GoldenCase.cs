using System.Net.Http.Json;
using System.Text.Json;

namespace Minutebook.Server.Tests.Golden;

/// <summary>One worked example of the rules, from tests/cases.</summary>
internal sealed record GoldenCase(string Name, JsonElement Json)
{
    private static readonly string[] Parts = ["setup", "steps", "expect"];

    /// <summary>All of them, in the order in which their clocks begin: a sandbox's clock never goes back.</summary>
    public static IReadOnlyList<GoldenCase> All { get; } =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "cases"), "*.json")
            .Select(file => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file)))
            .Select(json => new GoldenCase(json.GetProperty("case").GetString()!, json))
            .OrderBy(its => its.Json.GetProperty("setup")[0].GetProperty("clock").GetString(), StringComparer.Ordinal),
    ];

    /// <summary>Does what the case says, and gives lines that say what is wrong.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(HttpClient client)
    {
        List<string> wrong = [];
        foreach (string part in Parts)
        {
            int number = 0;
            foreach (JsonElement step in Json.GetProperty(part).EnumerateArray())
            {
                (string what, int? wanted, int status, JsonElement? body) = await DoAsync(client, part, step);
                string title = $"{part} {++number}, {what}";
                if (wanted is null ? status is < 200 or >= 300 : status != wanted)
                {
                    wrong.Add($"{title}: expected status {wanted?.ToString() ?? "2xx"}, got {status} {body}");
                    if (part == "setup" || step.TryGetProperty("clock", out _))
                    {
                        return wrong;
                    }
                }
                else if (step.TryGetProperty("subset", out JsonElement subset))
                {
                    wrong.AddRange(Subset.Differences(subset, body, "answer").Select(line => $"{title}: {line}"));
                }
            }
        }

        return wrong;
    }

    private static async Task<(string What, int? Wanted, int Status, JsonElement? Body)> DoAsync(HttpClient client, string part, JsonElement step)
    {
        if (step.TryGetProperty("clock", out JsonElement now))
        {
            (int moved, JsonElement? clock) = await SendAsync(client, "PUT", "/v1/sandbox/clock", new { now });
            return ($"clock {now}", 200, moved, clock);
        }

        if (step.TryGetProperty("events", out JsonElement events))
        {
            (int posted, JsonElement? answer) = await SendAsync(client, "POST", "/v1/events?wait=true", events);
            return ($"{events.GetArrayLength()} events", 202, posted, answer);
        }

        (string method, string path) = (step.GetProperty("method").GetString()!, step.GetProperty("path").GetString()!);
        int? wanted = step.TryGetProperty("status", out JsonElement given) ? given.GetInt32() : part == "expect" ? 200 : null;
        (int status, JsonElement? body) = await SendAsync(client, method, path, step.TryGetProperty("body", out JsonElement its) ? its : null);
        return ($"{method} {path}", wanted, status, body);
    }

    private static async Task<(int Status, JsonElement? Body)> SendAsync(HttpClient client, string method, string path, object? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Accept.ParseAdd("application/json");
        using HttpResponseMessage response = await client.SendAsync(request);
        byte[] raw = await response.Content.ReadAsByteArrayAsync();
        return ((int)response.StatusCode, raw.Length == 0 ? null : JsonSerializer.Deserialize<JsonElement>(raw));
    }
}
