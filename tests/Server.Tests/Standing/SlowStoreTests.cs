using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Minutebook.Store;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Server.Tests.Standing;

/// <summary>Decisions go on while the store does not, and say how old they are once that is more than five seconds.</summary>
[Trait("Store", "SQLite")]
public sealed class SlowStoreTests
{
    private static readonly Instant Start = Instant.FromUtc(2027, 1, 1, 0, 0);

    [Fact]
    public async Task Answers_keep_coming_while_the_store_is_slow_and_say_so_when_they_are_old()
    {
        await using Served served = await Served.StartAsync(Start);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a", new { name = "A", currency = "USD", timeZone = "UTC" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/app", new { name = "App" });
        Assert.Null((await AskAsync(served)).AsOf);

        Task<HttpResponseMessage> held;
        var slow = Stopwatch.StartNew();
        using (SqliteConnection other = SqliteConnection.OpenWriter(Path.Combine(served.Data, "journal.db"), 8192, "FULL", 1024))
        {
            other.Execute("BEGIN IMMEDIATE");
            held = served.Client.PostAsync("/v1/events", Event());
            for (string? asOf = null; asOf is null; await Task.Delay(50))
            {
                TimeSpan before = slow.Elapsed;
                (_, asOf, TimeSpan took) = await AskAsync(served);
                Assert.True(took < TimeSpan.FromSeconds(3), $"It took {took}.");
                Assert.True(asOf is null || slow.Elapsed > TimeSpan.FromSeconds(5), $"It was said after {before}.");
                Assert.True(before < TimeSpan.FromSeconds(30), "It was never said.");
                Assert.True(asOf is null || InstantPattern.ExtendedIso.Parse(asOf).Value <= Start - Duration.FromSeconds(5), asOf);
            }

            other.Execute("ROLLBACK");
        }

        // What waited was taken, or refused in so many words; the next is taken, and answers are new again.
        Assert.Contains((await held).StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.ServiceUnavailable]);
        Assert.Equal(HttpStatusCode.Accepted, (await served.Client.PostAsync("/v1/events?wait=true", Event())).StatusCode);
        Assert.Null((await AskAsync(served)).AsOf);
    }

    private static async Task<(bool Allow, string? AsOf, TimeSpan Took)> AskAsync(Served served)
    {
        var clock = Stopwatch.StartNew();
        using HttpResponseMessage response = await served.Client.PostAsJsonAsync("/v1/decisions", new { application = "app", action = "class.create" });
        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.GetProperty("allow").GetBoolean());
        return (true, answer.TryGetProperty("asOf", out JsonElement asOf) ? asOf.GetString() : null, clock.Elapsed);
    }

    private static StringContent Event() => new(
        """[{"specversion":"1.0","id":"1","source":"//t","type":"class.started","time":"2027-01-01T00:00:00Z","subject":"c","data":{"application":"app"}}]""",
        Encoding.UTF8, "application/json");
}
