using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

public sealed class ExplainTests(Campus campus) : IClassFixture<Campus>
{
    [Fact]
    public async Task A_line_is_followed_from_its_usage_to_its_amount()
    {
        JsonElement line = await ExplainAsync(Campus.First, 1);

        Assert.True(line.GetProperty("agrees").GetBoolean());
        Assert.Equal("presence", line.GetProperty("rule").GetProperty("rate").GetString());
        Assert.Equal(
            [("usage", "7260"), ("units", "121"), ("free", "5"), ("payAsYouGo", "116"), ("price", "1.16"), ("amount", "1.160000")],
            line.GetProperty("steps").EnumerateArray().Select(step => (Text(step, "step"), Text(step, "value"))));
        Assert.All(line.GetProperty("steps").EnumerateArray(), step => Assert.Matches(@"^\d(\.\d)?$", Text(step, "rule")));
    }

    [Fact]
    public async Task Its_records_are_the_classes_in_the_order_of_settlement_and_sum_to_it()
    {
        JsonElement[] records = [.. (await ExplainAsync(Campus.First, 1)).GetProperty("records").GetProperty("items").EnumerateArray()];

        Assert.Equal(
            [("algebra", "81", "5", "76"), ("geometry", "30", "0", "30"), ("=sum(1)", "10", "0", "10")],
            records.Select(record => (Text(record, "class"), Text(record, "units"), Text(record, "freeUnits"), Text(record, "payAsYouGoUnits"))));
        Assert.Equal("代数 algebra", Text(records[0], "className"));
    }

    [Fact]
    public async Task Rule_4_6_an_estimate_names_the_version_that_prices_it_as_the_bills_do()
    {
        JsonElement estimate = await campus.Served.GetAsync($"/v1/accounts/{(await campus.Served.GetAsync($"/v1/bills/{Campus.First}")).GetProperty("account").GetString()}/estimate");

        foreach (string period in (string[])["today", "month"])
        {
            Assert.Equal(("campus", "2026-12-01"), (Text(estimate.GetProperty(period), "card"), Text(estimate.GetProperty(period), "cardEffectiveFrom")));
        }
    }

    [Fact]
    public async Task Tiers_and_blocks_are_steps_of_their_own()
    {
        JsonElement recording = await ExplainAsync(Campus.First, 2);
        JsonElement screenshots = await ExplainAsync(Campus.Month, 1);

        Assert.Equal(["0.21", "0.05"], Steps(recording, "price").Select(step => Text(step, "value")));
        Assert.Equal("3", Text(Assert.Single(Steps(screenshots, "blocks")), "value"));
        Assert.Equal("0.09", Text(Assert.Single(Steps(screenshots, "price")), "value"));
        Assert.Equal(("screenshot.captured", "1"), (Text(Events(screenshots)[0], "type"), screenshots.GetProperty("events").GetProperty("count").ToString()));
        JsonElement record = Assert.Single(screenshots.GetProperty("records").GetProperty("items").EnumerateArray());
        JsonElement day = Assert.Single(record.GetProperty("days").EnumerateArray());
        Assert.Equal(("2500", "2027-01-01", "2500"), (record.GetProperty("quantity").ToString(), Text(day, "day"), day.GetProperty("quantity").ToString()));
        Assert.True(recording.GetProperty("agrees").GetBoolean() && screenshots.GetProperty("agrees").GetBoolean());
    }

    [Fact]
    public async Task What_came_after_the_bill_plays_no_part_in_it_and_is_the_adjustments()
    {
        JsonElement first = await ExplainAsync(Campus.First, 1);
        JsonElement adjustment = await ExplainAsync(Campus.Second, 1);

        Assert.DoesNotContain(Events(first), its => Text(its, "user") == "late");
        Assert.Equal(2, Events(adjustment).Count(its => Text(its, "user") == "late"));
        Assert.True(adjustment.GetProperty("agrees").GetBoolean());
        Assert.Contains($"Line 1 of {Campus.First}: 121 minutes", Text(Assert.Single(Steps(adjustment, "billedBefore")), "text"));
        Assert.Equal("20", Text(Assert.Single(Steps(adjustment, "units")), "value"));
        Assert.Equal(["1.36", "1.160000", "0.200000"], new[] { "price", "charged", "amount" }.Select(step => Text(Assert.Single(Steps(adjustment, step)), "value")));
    }

    [Fact]
    public async Task The_digest_is_that_of_all_pages_of_events_and_of_the_same_lines_in_the_journal()
    {
        var lines = new List<string>();
        string? cursor = null;
        JsonElement events;
        do
        {
            events = (await campus.Served.GetAsync($"/v1/bills/{Campus.First}/lines/1/explain?limit=5" + (cursor is null ? "" : $"&cursor={cursor}"))).GetProperty("events");
            lines.AddRange(events.GetProperty("items").EnumerateArray().Select(its => Text(its, "canonical")!));
            cursor = events.GetProperty("next").GetString();
        }
        while (cursor is not null);

        Assert.Equal(events.GetProperty("count").GetInt32(), lines.Count);
        Assert.Equal(16, lines.Count);
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")))));
        Assert.Equal($"sha256:{digest}", Text(events, "digest"));
    }

    [Fact]
    public async Task A_void_since_the_bill_leaves_it_as_it_was_explained()
    {
        var other = new Campus();
        await other.InitializeAsync();
        try
        {
            string before = (await other.Served.GetAsync($"/v1/bills/{Campus.First}/lines/1/explain")).GetRawText();
            JsonElement ann = JsonElement.Parse(before).GetProperty("events").GetProperty("items").EnumerateArray().First(its => Text(its, "user") == "ann");
            JsonObject undo = other.Event("event.voided", null, 31 * 24, ("source", Text(ann, "source")), ("id", Text(ann, "id")));
            await other.SendAsync(undo);
            await other.Served.RestartAsync();

            Assert.Equal(before, (await other.Served.GetAsync($"/v1/bills/{Campus.First}/lines/1/explain")).GetRawText());
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    // Which events count is a matter of when they came (rule 1.5), not of what is let in by now.
    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public async Task Another_number_of_late_days_since_the_bill_leaves_it_as_it_was_explained(int lateDays)
    {
        var other = new Campus();
        await other.InitializeAsync();
        try
        {
            await other.LessonAsync("geometry", 10, ("later", 20));
            await other.LessonAsync("geometry", -10 * 24, ("too late", 20));
            await other.Served.MoveClockAsync(Campus.Midnight + NodaTime.Duration.FromHours((40 * 24) + 3));
            const string line = "/v1/bills/school-D-2027-02-01/lines/1/explain";
            string before = (await other.Served.GetAsync(line)).GetRawText();
            Assert.True(JsonElement.Parse(before).GetProperty("agrees").GetBoolean());
            Assert.Equal(2, Events(JsonElement.Parse(before)).Count(its => Text(its, "user") == "later"));

            await other.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { lateDays });
            await other.Served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "school" });
            await other.Served.RestartAsync();

            Assert.Equal(before, (await other.Served.GetAsync(line)).GetRawText());
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_a_package_covered_is_named_class_by_class()
    {
        JsonElement line = await ExplainAsync("packed-D-2027-01-01", 1);

        JsonElement record = Assert.Single(line.GetProperty("records").GetProperty("items").EnumerateArray());
        Assert.Equal(("5", "30", "0"), (Text(record, "freeUnits"), Text(record.GetProperty("packages")[0], "units"), Text(record, "payAsYouGoUnits")));
        Assert.Equal("30", Text(Assert.Single(Steps(line, "package")), "value"));
    }

    [Theory]
    [InlineData("/v1/bills/school-D-2027-01-01/lines/3/explain", 404)]
    [InlineData("/v1/bills/school-D-2027-01-01/lines/0/explain", 404)]
    [InlineData("/v1/bills/school-D-2027-01-01/lines/one/explain", 404)]
    [InlineData("/v1/bills/nobody-D-2027-01-01/lines/1/explain", 404)]
    [InlineData("/v1/bills/school-D-2027-01-01/lines/1/explain?cursor=x", 400)]
    [InlineData("/v1/bills/school-D-2027-01-01/lines/1/explain?limit=0", 400)]
    public async Task There_is_nothing_to_explain(string path, int status) =>
        await Served.ProblemAsync(await campus.Client.GetAsync(path), status, status == 404 ? "not-found" : "invalid-request");

    private Task<JsonElement> ExplainAsync(string bill, int line) => campus.Served.GetAsync($"/v1/bills/{bill}/lines/{line}/explain");

    private static JsonElement[] Events(JsonElement of) => [.. of.GetProperty("events").GetProperty("items").EnumerateArray()];

    private static IEnumerable<JsonElement> Steps(JsonElement of, string step) => of.GetProperty("steps").EnumerateArray().Where(its => Text(its, "step") == step);

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();
}
