using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

/// <summary>Settings that change between what happened, its bill and the question why: a line is explained as it was when it was issued.</summary>
public sealed class ExplainSettingsTests : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2027, 3, 15, 5, 0);
    private static readonly string[] Departments = ["vod-department"];

    private Served served = null!;
    private int events;

    public async Task InitializeAsync()
    {
        served = await Served.StartAsync(Start);
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/first/versions/2027-01-01", new
        {
            currency = "USD",
            rates = new object[]
            {
                new { id = "department", meter = "delivery", where = new { dataType = Departments }, period = "day", unit = new { name = "kB", size = 1000 }, roundUp = "period", per = 1, price = "1" },
                new { id = "delivery", meter = "delivery", period = "day", unit = new { name = "kB", size = 1000 }, roundUp = "period", per = 1, price = "2" },
                new { id = "recording", meter = "recording", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", scope = "account", per = 1, price = "1" },
            },
        });
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/second/versions/2027-01-01", new
        {
            currency = "USD",
            rates = new object[] { new { id = "recording", meter = "recording", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1, price = "5" } },
        });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC", rateCard = "first", creditLimit = "1000" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/maths", new { name = "Maths" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/arts", new { name = "Arts", payAsYouGo = false });
    }

    public async Task DisposeAsync() => await served.DisposeAsync();

    [Fact]
    public async Task Rule_3_4_a_delivery_is_of_the_category_that_it_had_when_it_was_billed()
    {
        await SendAsync("content.delivered", "2027-03-15T03:00:00Z", new { application = "maths", bytes = 5000, kind = "vod", organization = "Arts" });
        await served.MoveClockAsync(Start + Duration.FromDays(1));
        string billed = await ExplainAsync("school-D-2027-03-15", 1);
        Assert.Equal((true, "department", 1), Outline(billed));

        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { categorizedSince = "2027-03-20" });
        await served.RestartAsync();
        Assert.Equal(billed, await ExplainAsync("school-D-2027-03-15", 1));

        await served.MoveClockAsync(Start + Duration.FromDays(2));
        List<string> adjusted = [await ExplainAsync("school-D-2027-03-16", 1), await ExplainAsync("school-D-2027-03-16", 2)];
        Assert.Equal([(true, "department", 0), (true, "delivery", 1)], adjusted.Select(Outline));

        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { categorizedSince = (string?)null });
        await served.RestartAsync();
        Assert.Equal(billed, await ExplainAsync("school-D-2027-03-15", 1));
        Assert.Equal(adjusted, [await ExplainAsync("school-D-2027-03-16", 1), await ExplainAsync("school-D-2027-03-16", 2)]);
    }

    [Fact]
    public async Task Rule_6_3_an_adjustment_goes_by_its_periods_card_and_says_so()
    {
        await served.MoveClockAsync(Start + Duration.FromDays(1));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { rateCard = "second" });
        await RecordAsync("maths", "2027-03-15T03:00:00Z", 600);
        await RecordAsync("maths", "2027-03-16T03:00:00Z", 60);
        await served.MoveClockAsync(Start + Duration.FromDays(2));

        JsonElement[] rules = [JsonElement.Parse(await ExplainAsync("school-D-2027-03-16", 1)), JsonElement.Parse(await ExplainAsync("school-D-2027-03-16", 2))];
        Assert.Equal(["second", "first"], rules.Select(its => its.GetProperty("rule").GetProperty("card").GetString()));
        string export = await served.Client.GetStringAsync("/v1/accounts/school/exports/focus?month=2027-03");
        Assert.Contains("second/2027-01-01/recording", export);
        Assert.Contains("first/2027-01-01/recording", export);
    }

    [Fact]
    public async Task Rule_6_1_a_close_that_a_shorter_delay_brings_has_what_came_before_it_at_the_same_instant_and_nothing_else()
    {
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { settleDelayMinutes = 600 });
        await served.MoveClockAsync(Start + Duration.FromDays(1));
        await RecordAsync("maths", "2027-03-15T03:00:00Z", 600);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { settleDelayMinutes = 60 });
        await RecordAsync("maths", "2027-03-15T04:00:00Z", 120);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { categorizedSince = "2027-03-20" });

        Assert.Equal((true, "recording", 1), Outline(await ExplainAsync("school-D-2027-03-15", 1)));
    }

    [Fact]
    public async Task Rule_5_5_what_is_uncovered_is_that_of_the_applications_that_had_pay_as_you_go_off_then()
    {
        await RecordAsync("maths", "2027-03-15T03:00:00Z", 600);
        await RecordAsync("arts", "2027-03-15T04:00:00Z", 120);
        await served.MoveClockAsync(Start + Duration.FromDays(1));
        string billed = await ExplainAsync("school-D-2027-03-15", 1);
        Assert.Equal([("arts", "2"), ("maths", "0")], JsonElement.Parse(billed).GetProperty("records").GetProperty("items").EnumerateArray()
            .Select(its => (its.GetProperty("application").GetString()!, its.GetProperty("uncoveredUnits").GetString()!)));

        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/arts/pay-as-you-go", new { enabled = true });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/maths/pay-as-you-go", new { enabled = false });
        await served.RestartAsync();
        Assert.Equal(billed, await ExplainAsync("school-D-2027-03-15", 1));
    }

    private static (bool Agrees, string? Rate, int Events) Outline(string explained)
    {
        var its = JsonElement.Parse(explained);
        return (its.GetProperty("agrees").GetBoolean(), its.GetProperty("rule").GetProperty("rate").GetString(), its.GetProperty("events").GetProperty("count").GetInt32());
    }

    private async Task<string> ExplainAsync(string bill, int line) => (await served.GetAsync($"/v1/bills/{bill}/lines/{line}/explain")).GetRawText();

    private Task RecordAsync(string application, string time, int seconds) =>
        SendAsync("recording.completed", time, new { application, recording = "r", files = new[] { new { kind = "camera", seconds } } }, "lesson");

    private async Task SendAsync(string type, string time, object data, string? subject = null)
    {
        string body = JsonSerializer.Serialize(new[] { new { specversion = "1.0", id = $"e{++events}", source = "s", type, time, subject, data } });
        using HttpResponseMessage answer = await served.SendAsync(HttpMethod.Post, "/v1/events?wait=true", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
