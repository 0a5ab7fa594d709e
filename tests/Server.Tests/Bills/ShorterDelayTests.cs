using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

public sealed class ShorterDelayTests
{
    private static readonly object Rate = new { id = "play", meter = "playback", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "participant", per = 1, price = "1.00" };

    [Fact]
    public async Task Rules_4_1_and_6_1_a_close_that_a_shorter_delay_brings_at_once_is_rounded_up_by_participant_also_of_classes_that_left_memory()
    {
        await using Served served = await Served.StartAsync(Instant.FromUtc(2027, 1, 1, 0, 0), Directory.CreateTempSubdirectory("minutebook-delay-").FullName);
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/by-user/versions/2027-01-01", new { currency = "USD", rates = (object[])[Rate], packages = Array.Empty<object>() });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC", rateCard = "by-user" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/app", new { name = "App" });
        await served.MoveClockAsync(Instant.FromUtc(2027, 1, 2, 12, 0));
        // One second of one user is a minute, 121 of another are three; of both together it would be three.
        using HttpResponseMessage posted = await served.Client.PostAsJsonAsync("/v1/events", new[] { View("1", "v", 1), View("2", "u", 60), View("3", "u", 61) });
        posted.EnsureSuccessStatusCode();
        await served.MoveClockAsync(Instant.FromUtc(2027, 1, 3, 0, 46));
        await served.RestartAsync();
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { settleDelayMinutes = 0 });
        JsonElement bill = await served.GetAsync("/v1/bills/school-D-2027-01-02");
        Assert.Equal("4", bill.GetProperty("lines")[0].GetProperty("units").GetString());
        Assert.Equal("2027-01-03T00:46:00Z", bill.GetProperty("issuedAt").GetString());
    }

    private static object View(string id, string user, int seconds) => new
    {
        specversion = "1.0",
        id,
        source = "//s",
        type = "playback.viewed",
        subject = "c",
        time = "2027-01-02T10:00:00Z",
        data = new { application = "app", recording = "r", user, seconds },
    };
}
