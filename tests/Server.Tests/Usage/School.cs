using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Server.Tests.Usage;

/// <summary>A school with one application, <c>math</c>, on a server of its own; its lessons are at nine on 8 April 2027 in Shanghai.</summary>
internal sealed class School(Served served) : IAsyncDisposable
{
    public static readonly Instant Nine = Instant.FromUtc(2027, 4, 8, 1, 0);
    private int ids;

    public Served Served => served;

    public static async Task<School> OpenAsync(Instant? at = null)
    {
        Served served = await Served.StartAsync(at ?? Nine + Duration.FromHours(4));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "Asia/Shanghai" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { name = "Mathematics" });
        return new School(served);
    }

    public ValueTask DisposeAsync() => new(served.DisposeAsync());

    public JsonObject Event(string type, int second, string? subject, object? data = null, string? id = null, string application = "math")
    {
        JsonObject its = JsonSerializer.SerializeToNode(data ?? new { })!.AsObject();
        its["application"] = application;
        var one = new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = id ?? $"e{ids++}",
            ["source"] = "test",
            ["type"] = type,
            ["time"] = InstantPattern.ExtendedIso.Format(Nine + Duration.FromSeconds(second)),
            ["data"] = its,
        };
        if (subject is not null)
        {
            one["subject"] = subject;
        }

        return one;
    }

    /// <summary>A class from a second after nine on, of a length, with one user for all of it and others for a minute each.</summary>
    public IEnumerable<JsonObject> Lesson(string id, int from, int seconds, int others = 0, string? name = null, string application = "math")
    {
        yield return Event("class.started", from, id, name is null ? null : new { name }, application: application);
        yield return Event("participant.joined", from, id, new { user = "teacher" }, application: application);
        for (int i = 0; i < others; i++)
        {
            yield return Event("participant.joined", from, id, new { user = $"stu-{i}" }, application: application);
            yield return Event("participant.left", from + 60, id, new { user = $"stu-{i}" }, application: application);
        }

        yield return Event("class.ended", from + seconds, id, application: application);
    }

    public async Task PostAsync(params IEnumerable<JsonObject> events)
    {
        string body = new JsonArray([.. events.Select(one => one.DeepClone())]).ToJsonString();
        using HttpResponseMessage answer = await served.SendAsync(HttpMethod.Post, "/v1/events?wait=true", body, "application/json");
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
    }

    public async Task<JsonElement[]> ItemsAsync(string path) =>
        [.. (await served.GetAsync("/v1/accounts/school/" + path)).GetProperty("items").EnumerateArray()];

    /// <summary>All items of a list, page by page.</summary>
    public async Task<List<JsonElement>> AllAsync(string path, int limit, Func<int, Task>? between = null)
    {
        List<JsonElement> all = [];
        string? cursor = null;
        do
        {
            string at = $"/v1/accounts/school/{path}{(path.Contains('?') ? '&' : '?')}limit={limit}{(cursor is null ? "" : "&cursor=" + cursor)}";
            JsonElement page = await served.GetAsync(at);
            all.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
            if (cursor is not null && between is not null)
            {
                await between(all.Count);
            }
        }
        while (cursor is not null);
        return all;
    }
}
