using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

/// <summary>What-if goes by what held in the days that it is asked about, not by what holds now.</summary>
public sealed class WhatIfHistoryTests
{
    [Fact]
    public async Task Rule_5_5_a_day_that_closed_without_pay_as_you_go_is_uncovered_also_when_it_has_been_switched_on_since()
    {
        await using Served served = await SchoolAsync(payAsYouGo: false);
        await ViewAsync(served, "2027-01-01", 10);
        await served.MoveClockAsync(Instant.FromUtc(2027, 1, 3, 0, 0));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/app/pay-as-you-go", new { enabled = true });

        JsonElement line = await LineAsync(served, "2027-01-01", "2027-01-02", "minutes");
        Assert.Equal(("0", "10"), (Text(line, "wouldCost", "payAsYouGoUnits"), Text(line, "wouldCost", "uncoveredUnits")));
        Assert.Equal(line.GetProperty("charged").GetRawText(), line.GetProperty("wouldCost").GetRawText());
    }

    [Fact]
    public async Task Rule_5_2_a_month_that_began_before_the_days_takes_from_packages_at_its_close_and_not_before()
    {
        // Forty units: ten by 30 January, ten by the 31st, fifteen by the month, what is left by 1 February.
        await using Served served = await SchoolAsync(payAsYouGo: true, Instant.FromUtc(2027, 1, 30, 0, 0));
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/school/packages", new { sku = "forty", reference = "p" });
        await ViewAsync(served, "2027-01-30", 10);
        await ViewAsync(served, "2027-01-31", 10, slicing: 15);
        await ViewAsync(served, "2027-02-01", 10);
        await served.MoveClockAsync(Instant.FromUtc(2027, 2, 3, 0, 0));

        // In half minutes the 31st takes twenty of thirty, and the month leaves nothing for February.
        JsonElement line = await LineAsync(served, "2027-01-31", "2027-02-02", "halves");
        Assert.Equal("15", Text(line, "charged", "packageUnits"));
        Assert.Equal(("20", "20"), (Text(line, "wouldCost", "packageUnits"), Text(line, "wouldCost", "payAsYouGoUnits")));
    }

    private static async Task<Served> SchoolAsync(bool payAsYouGo, Instant? from = null)
    {
        Served served = await Served.StartAsync(from ?? Instant.FromUtc(2027, 1, 1, 0, 0));
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/minutes/versions/2026-01-01", Card(60));
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/halves/versions/2026-01-01", Card(30));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "UTC", rateCard = "minutes" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/app", new { name = "App", payAsYouGo });
        return served;
    }

    private static object Card(int seconds) => new
    {
        currency = "USD",
        rates = new object[]
        {
            new { id = "play", meter = "playback", period = "day", unit = new { name = "unit", size = seconds }, roundUp = "period", per = 1, price = "1.00" },
            new { id = "slices", meter = "slicing", period = "month", unit = new { name = "unit", size = 60 }, roundUp = "period", per = 1, price = "1.00" },
        },
        packages = new object[]
        {
            new
            {
                sku = "forty", name = "Forty", quantity = "40", unit = "unit", scope = "account", validity = "P1Y", price = "1.00",
                covers = new[] { new { rate = "play", ratio = "1" }, new { rate = "slices", ratio = "1" } },
            },
        },
    };

    /// <summary>On a day, so many minutes are viewed, and so many sliced.</summary>
    private static async Task ViewAsync(Served served, string day, int minutes, int slicing = 0)
    {
        await served.MoveClockAsync(NodaTime.Text.InstantPattern.General.Parse($"{day}T12:00:00Z").Value);
        object[] events =
        [
            new { specversion = "1.0", id = $"v{day}", source = "s", type = "playback.viewed", subject = "c", time = $"{day}T10:00:00Z", data = new { application = "app", recording = "r", user = "u", seconds = 60 * minutes } },
            new { specversion = "1.0", id = $"s{day}", source = "s", type = "slicing.completed", subject = "c", time = $"{day}T10:00:00Z", data = new { application = "app", task = "t", mode = "audio", seconds = 60 * slicing } },
        ];
        using HttpResponseMessage posted = await served.Client.PostAsJsonAsync("/v1/events?wait=true", events);
        posted.EnsureSuccessStatusCode();
    }

    private static async Task<JsonElement> LineAsync(Served served, string from, string to, string rateCard)
    {
        using HttpResponseMessage answer = await served.Client.PostAsJsonAsync("/v1/accounts/school/what-if", new { from, to, rateCard });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        JsonElement whatIf = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return Assert.Single(whatIf.GetProperty("lines").EnumerateArray(), line => line.GetProperty("rate").GetString() == "play");
    }

    private static string? Text(JsonElement line, string side, string name) => line.GetProperty(side).GetProperty(name).GetString();
}
