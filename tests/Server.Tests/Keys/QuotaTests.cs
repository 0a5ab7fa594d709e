using System.Net;
using System.Net.Http.Json;
using System.Text;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

public sealed class QuotaTests
{
    [Fact]
    public async Task A_key_that_asks_too_often_is_told_so_and_others_and_events_go_on()
    {
        await using Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0), null, options => options with { RequestsPerSecond = 2 });
        using HttpClient eager = await served.WithAsync(new { name = "eager", role = "operator" });
        HttpResponseMessage answer = await eager.GetAsync("/v1/accounts");

        Assert.Equal("\"requests\";q=20;w=10", answer.Headers.GetValues("RateLimit-Policy").Single());
        Assert.StartsWith("\"requests\";r=19;t=", answer.Headers.GetValues("RateLimit").Single());
        int good = 1;
        for (; answer.StatusCode == HttpStatusCode.OK && good < 60; good++)
        {
            answer = await eager.GetAsync("/v1/accounts");
        }

        await Served.ProblemAsync(answer, 429, "rate-limited");
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
        Assert.StartsWith("\"requests\";r=0;t=10", answer.Headers.GetValues("RateLimit").Single());
        Assert.Equal(HttpStatusCode.OK, (await served.Client.GetAsync("/v1/accounts")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await eager.PostAsync("/v1/events", new StringContent("[]", Encoding.UTF8, "application/json"))).StatusCode);
        await Task.Delay(1100);
        Assert.Equal(HttpStatusCode.OK, (await eager.GetAsync("/v1/accounts")).StatusCode);
    }

    [Fact]
    public async Task Without_a_limit_no_header_speaks_of_one()
    {
        await using Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0), null, options => options with { RequestsPerSecond = 0 });

        Assert.False((await served.Client.GetAsync("/v1/accounts")).Headers.Contains("RateLimit"));
    }
}
