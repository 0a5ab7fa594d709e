using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Standing;

public sealed class AlertTests
{
    [Fact]
    public async Task A_bill_is_announced_and_the_announcement_is_acknowledged_once()
    {
        await using Served served = await Served.StartAsync(Instant.FromUtc(2027, 4, 8, 1, 0));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a", new { name = "A", currency = "USD", timeZone = "Asia/Shanghai" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/app", new { name = "App" });
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", new[]
        {
            new
            {
                specversion = "1.0", id = "1", source = "//test", type = "recording.completed", time = "2027-04-08T00:59:00Z", subject = "c",
                data = new { application = "app", recording = "r", files = new[] { new { kind = "camera", seconds = 6600 } } },
            },
        });
        await served.MoveClockAsync(Instant.FromUtc(2027, 4, 8, 18, 0));

        JsonElement alert = (await served.GetAsync("/v1/accounts/a/alerts")).GetProperty("items")[0];
        Assert.Equal("bill.issued", alert.GetProperty("type").GetString());
        Assert.Equal("2027-04-08T18:00:00Z", alert.GetProperty("at").GetString());
        Assert.Equal("a", alert.GetProperty("account").GetString());
        Assert.Equal(JsonValueKind.Null, alert.GetProperty("application").ValueKind);
        Assert.Equal("a-D-2027-04-08", alert.GetProperty("data").GetProperty("bill").GetString());
        Assert.Equal("0.77", alert.GetProperty("data").GetProperty("total").GetString());
        Assert.Equal(JsonValueKind.Null, alert.GetProperty("acknowledgedAt").ValueKind);

        await served.MoveClockAsync(Instant.FromUtc(2027, 4, 8, 19, 0));
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/alerts/1/acknowledge", new { });
        await served.MoveClockAsync(Instant.FromUtc(2027, 4, 8, 20, 0));
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/alerts/1/acknowledge", new { });
        alert = (await served.GetAsync("/v1/accounts/a/alerts")).GetProperty("items")[0];
        Assert.Equal("2027-04-08T19:00:00Z", alert.GetProperty("acknowledgedAt").GetString());
        HttpResponseMessage none = await served.Client.PostAsJsonAsync("/v1/accounts/a/alerts/99/acknowledge", new { });
        await Served.ProblemAsync(none, 404, "not-found");
    }
}
