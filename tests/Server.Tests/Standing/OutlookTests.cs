using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Standing;

/// <summary>What would happen and when: <c>standing --dry-run</c> and <c>GET …/standing/ahead</c>.</summary>
public sealed class OutlookTests
{
    [Fact]
    public async Task What_was_used_is_billed_packages_end_and_applications_with_them()
    {
        await using Served served = await SchoolAsync();
        JsonElement ahead = await served.GetAsync("/v1/accounts/a/standing/ahead?until=2027-07-01");

        // 100 minutes are 0.70, and the wallet holds 0.50 after the package: overdue at the close, suspended 24 hours later, released 60 days after that.
        Assert.Equal(
            [
                "2027-04-23T18:00:00Z bill.issued", "2027-04-23T18:00:00Z account.overdue", "2027-04-24T18:00:00Z account.suspended",
                "2027-05-15T16:00:00Z package.ending app", "2027-05-22T16:00:00Z package.ended app", "2027-05-22T16:00:00Z application.suspended app",
                "2027-05-24T18:00:00Z account.release-coming", "2027-06-16T18:00:00Z account.release-coming", "2027-06-22T18:00:00Z account.release-coming",
                "2027-06-23T18:00:00Z account.released",
            ],
            ahead.GetProperty("items").EnumerateArray().Select(item =>
                $"{item.GetProperty("at").GetString()} {item.GetProperty("type").GetString()} {item.GetProperty("application").GetString()}".TrimEnd()));
        Assert.Equal("What was used so far is billed: 0.70 USD.", ahead.GetProperty("items")[0].GetProperty("what").GetString());
        Assert.Equal("good", (await served.GetAsync("/v1/accounts/a/standing")).GetProperty("standing").GetString());
    }

    [Fact]
    public async Task What_was_foretold_is_what_happens()
    {
        await using Served served = await SchoolAsync();
        JsonElement ahead = await served.GetAsync("/v1/accounts/a/standing/ahead?until=2027-07-01T00:00:00Z");
        await served.MoveClockAsync(Instant.FromUtc(2027, 7, 1, 0, 0));
        JsonElement alerts = await served.GetAsync("/v1/accounts/a/alerts");

        static IEnumerable<string> Lines(JsonElement list) => list.GetProperty("items").EnumerateArray()
            .Select(item => $"{item.GetProperty("at").GetString()} {item.GetProperty("type").GetString()} {item.GetProperty("application").GetString()}")
            .Where(line => !line.Contains("release.requested", StringComparison.Ordinal));
        Assert.Equal(Lines(alerts), Lines(ahead));
    }

    [Fact]
    public async Task An_instant_that_is_none_is_refused()
    {
        await using Served served = await SchoolAsync();
        JsonElement problem = await Served.ProblemAsync(await served.Client.GetAsync("/v1/accounts/a/standing/ahead?until=soon"), 400, "invalid-request");
        Assert.Equal(["/until"], Served.Pointers(problem));
    }

    [Fact]
    public async Task Rule_7_2_an_account_is_suspended_with_every_application_and_its_reason_comes_first()
    {
        await using Served served = await SchoolAsync();
        await served.MoveClockAsync(Instant.FromUtc(2027, 4, 24, 17, 59));
        Assert.False((await OfAppAsync(served)).GetProperty("suspended").GetBoolean());

        await served.MoveClockAsync(Instant.FromUtc(2027, 4, 24, 18, 0));
        JsonElement suspended = await OfAppAsync(served);
        Assert.Equal(("""["account-suspended"]""", "2027-04-24T18:00:00Z"), (suspended.GetProperty("reasons").GetRawText(), suspended.GetProperty("since").GetString()));

        await served.MoveClockAsync(Instant.FromUtc(2027, 5, 22, 16, 0));
        Assert.Equal("""["account-suspended","package-expired"]""", (await OfAppAsync(served)).GetProperty("reasons").GetRawText());

        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/topups", new { amount = "100", currency = "USD", reference = "late" });
        suspended = await OfAppAsync(served);
        Assert.Equal(("""["package-expired"]""", "2027-05-22T16:00:00Z"), (suspended.GetProperty("reasons").GetRawText(), suspended.GetProperty("since").GetString()));
    }

    private static async Task<JsonElement> OfAppAsync(Served served) =>
        (await served.GetAsync("/v1/accounts/a/standing")).GetProperty("applications")[0];

    /// <summary>A school in Shanghai on a monthly package, with 100 minutes of recording today and not enough to pay for them.</summary>
    private static async Task<Served> SchoolAsync()
    {
        Served served = await Served.StartAsync(Instant.FromUtc(2027, 4, 23, 1, 0));
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/card/versions/2027-01-01", new
        {
            currency = "USD",
            rates = new object[]
            {
                new { id = "recording", meter = "recording", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1000, price = "7.00" },
                new { id = "av", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1000, price = "7.00" },
            },
            packages = new object[]
            {
                new { sku = "m", name = "M", quantity = 1000, unit = "minute", covers = new[] { new { rate = "av", ratio = "1" } }, scope = "application", validity = "P1M", price = "9.50" },
            },
        });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a", new { name = "A", currency = "USD", timeZone = "Asia/Shanghai", rateCard = "card" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/a/applications/app", new { name = "App", plan = "monthly-package" });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/topups", new { amount = "10", currency = "USD", reference = "t" });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/a/packages", new { sku = "m", application = "app", reference = "p" });
        await served.DoAsync(HttpMethod.Post, "/v1/events?wait=true", new[]
        {
            new
            {
                specversion = "1.0", id = "1", source = "//test", type = "recording.completed", time = "2027-04-23T00:59:00Z", subject = "c",
                data = new { application = "app", recording = "r", files = new[] { new { kind = "camera", seconds = 6000 } } },
            },
        });
        return served;
    }
}
