using System.Text.Json;
using System.Text.Json.Nodes;
using Minutebook.Server.Tests.Usage;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

/// <summary>What bills are made of beside presence in classes, over HTTP: live (rule 5.4), on the bill, explained, and by another card.</summary>
public sealed class PartsTests
{
    private const string Bill = "school-D-2027-04-08";
    private static readonly Instant Closed = School.Nine + Duration.FromHours(17);

    private static object Rate(string id, string roundUp, long size, string unit, string period = "day", string? meter = null) =>
        new { id, meter = meter ?? id, period, unit = new { name = unit, size }, roundUp, per = 1, price = "0.01" };

    private static object Product(string sku, string rate, string quantity, string scope = "account") =>
        new { sku, name = sku, quantity, unit = "unit", covers = new[] { new { rate, ratio = "1" } }, scope, validity = "P30D", price = "5.00" };

    private static async Task<School> OpenAsync(object[] rates, params object[] packages)
    {
        School school = await School.OpenAsync(School.Nine - Duration.FromHours(2));
        await school.Served.DoAsync(HttpMethod.Put, "/v1/rate-cards/parts/versions/2027-01-01", new { currency = "USD", rates, packages });
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { rateCard = "parts" });
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { edition = "trial" });
        return school;
    }

    private static Task BuyAsync(School school, string sku) =>
        school.Served.DoAsync(HttpMethod.Post, "/v1/accounts/school/packages", new { sku, reference = sku });

    private static string Units(JsonElement bill) => string.Join(' ', bill.GetProperty("lines").EnumerateArray().Select(line =>
        $"{line.GetProperty("rate").GetString()}:{line.GetProperty("quantity").GetInt64()}={line.GetProperty("units").GetString()}"));

    private static async Task<string> RemainingAsync(School school) =>
        string.Join(' ', (await school.ItemsAsync("packages")).Select(package => package.GetProperty("remaining").GetString()));

    private static JsonObject File(string? user, int seconds) => user is null
        ? new JsonObject { ["kind"] = "camera", ["seconds"] = seconds }
        : new JsonObject { ["kind"] = "camera", ["seconds"] = seconds, ["user"] = user };

    [Fact]
    public async Task Rule_4_1_each_participant_is_rounded_up_live_on_the_bill_when_explained_and_by_what_if()
    {
        await using School school = await OpenAsync(
            [Rate("av", "participant", 60, "minute"), Rate("recording", "participant", 60, "minute"), Rate("screenshot", "participant", 2, "pair"), Rate("delivery", "participant", 1000, "kB")],
            Product("av", "av", "100"), Product("recording", "recording", "100"));
        await BuyAsync(school, "av");
        await BuyAsync(school, "recording");
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(1));
        await school.PostAsync(
            school.Event("class.started", 0, "c"), school.Event("participant.joined", 0, "c", new { user = "ann" }),
            school.Event("participant.left", 61, "c", new { user = "ann" }), school.Event("participant.joined", 0, "c", new { user = "bob" }),
            school.Event("participant.left", 59, "c", new { user = "bob" }), school.Event("class.ended", 120, "c"),
            // Of ann 120 seconds, of bob one, and of nobody one.
            school.Event("recording.completed", 130, "c", new JsonObject { ["recording"] = "r", ["files"] = new JsonArray(File("ann", 61), File("bob", 1), File("ann", 59), File(null, 1)) }),
            // Without a class, all is of one; and of that each user.
            school.Event("screenshot.captured", 140, null, new { count = 3, user = "ann" }), school.Event("screenshot.captured", 141, null, new { count = 1, user = "bob" }),
            school.Event("screenshot.captured", 142, null, new { count = 1 }), school.Event("screenshot.captured", 143, null, new { count = 1 }),
            school.Event("content.delivered", 150, null, new { bytes = 1500, kind = "vod", user = "ann" }),
            school.Event("content.delivered", 151, null, new { bytes = 500, kind = "live", user = "bob" }));

        const string Expected = "av:120=3 recording:122=4 screenshot:6=4 delivery:2000=3";
        Assert.Equal(Expected, Units((await school.Served.GetAsync("/v1/accounts/school/estimate")).GetProperty("today")));
        Assert.Equal("97 96", await RemainingAsync(school));
        Assert.Equal("3", Assert.Single(await school.ItemsAsync("usage/details?from=2027-04-08&to=2027-04-09")).GetProperty("packageMinutes").GetString());

        await school.Served.MoveClockAsync(Closed);
        Assert.Equal(Expected, Units(await school.Served.GetAsync($"/v1/bills/{Bill}")));
        Assert.Equal("97 96", await RemainingAsync(school));
        for (int line = 1; line <= 4; line++)
        {
            Assert.True((await school.Served.GetAsync($"/v1/bills/{Bill}/lines/{line}/explain")).GetProperty("agrees").GetBoolean());
        }

        using HttpResponseMessage answer = await school.Served.SendAsync(
            HttpMethod.Post, "/v1/accounts/school/what-if", """{"from":"2027-04-08","to":"2027-04-09","rateCard":"parts"}""");
        JsonElement same = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal("0.000000", same.GetProperty("difference").GetString());
        Assert.All(same.GetProperty("lines").EnumerateArray(), line => Assert.Equal(line.GetProperty("charged").GetRawText(), line.GetProperty("wouldCost").GetRawText()));
    }

    [Fact]
    public async Task Storage_and_peak_are_taken_from_packages_live_billed_and_explained_down_to_their_events()
    {
        await using School school = await OpenAsync([Rate("storage", "period", 1000, "kB-hour"), Rate("peak", "period", 1, "user")], Product("storage", "storage", "50"));
        await BuyAsync(school, "storage");
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(1));
        await school.PostAsync([school.Event("storage.sampled", 0, null, new { bytes = 4000 }), .. school.Lesson("c", 0, 600, others: 2)]);

        // 4,000 bytes for an hour, then for three.
        Assert.Equal("46", await RemainingAsync(school));
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(3));
        Assert.Equal("38", await RemainingAsync(school));
        Assert.Equal("storage:12000=12 peak:3=3", Units((await school.Served.GetAsync("/v1/accounts/school/estimate")).GetProperty("today")));

        await school.Served.MoveClockAsync(Closed);
        // From nine to midnight: 15 hours. The next day has two so far.
        JsonElement bill = await school.Served.GetAsync($"/v1/bills/{Bill}");
        Assert.Equal("storage:60000=60 peak:3=3", Units(bill));
        Assert.Equal(("50", "10"), (bill.GetProperty("lines")[0].GetProperty("packageUnits").GetString(), bill.GetProperty("lines")[0].GetProperty("payAsYouGoUnits").GetString()));

        // The unit that leaves nothing begins with the 901st second of the thirteenth hour: 48,000 byte-hours and 1,001.
        Assert.Equal(
            ["package.80-percent 2027-04-08T10:45:01Z", "package.used-up 2027-04-08T13:15:01Z"],
            (await school.ItemsAsync("alerts")).Where(alert => alert.GetProperty("type").GetString()!.StartsWith("package.", StringComparison.Ordinal))
                .Select(alert => $"{alert.GetProperty("type").GetString()} {alert.GetProperty("at").GetString()}"));
        JsonElement storage = await school.Served.GetAsync($"/v1/bills/{Bill}/lines/1/explain");
        Assert.True(storage.GetProperty("agrees").GetBoolean());
        Assert.Equal("storage.sampled", Assert.Single(storage.GetProperty("events").GetProperty("items").EnumerateArray()).GetProperty("type").GetString());
        JsonElement peak = await school.Served.GetAsync($"/v1/bills/{Bill}/lines/2/explain");
        Assert.True(peak.GetProperty("agrees").GetBoolean());
        Assert.Equal(7, peak.GetProperty("events").GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Rule_7_4_classes_out_of_memory_count_participant_by_participant_in_the_second_that_time_alone_brings()
    {
        await using School school = await OpenAsync([Rate("av", "participant", 60, "minute")], Product("av", "av", "5"));
        await BuyAsync(school, "av");
        await school.Served.MoveClockAsync(School.Nine + Duration.FromMinutes(28));
        // Three units of three participants of two classes, 20 seconds each; who comes to a third class is two minutes ahead of time.
        await school.PostAsync(
            school.Event("class.started", 0, "a"), school.Event("participant.joined", 0, "a", new { user = "ann" }), school.Event("participant.joined", 0, "a", new { user = "bob" }),
            school.Event("class.ended", 20, "a"), school.Event("class.started", 0, "b"), school.Event("participant.joined", 0, "b", new { user = "ann" }), school.Event("class.ended", 20, "b"),
            school.Event("class.started", 1_600, "c"), school.Event("participant.joined", 1_800, "c", new { user = "ann" }));
        await school.Served.MoveClockAsync(School.Nine + Duration.FromMinutes(29));
        await school.Served.RestartAsync(School.Nine + Duration.FromMinutes(29));
        await school.Served.MoveClockAsync(School.Nine + Duration.FromMinutes(50));
        Assert.Equal(
            ["package.80-percent 2027-04-08T01:30:01Z", "package.used-up 2027-04-08T01:31:01Z"],
            (await school.ItemsAsync("alerts")).Where(alert => alert.GetProperty("type").GetString()!.StartsWith("package.", StringComparison.Ordinal))
                .Select(alert => $"{alert.GetProperty("type").GetString()} {alert.GetProperty("at").GetString()}"));
    }

    [Fact]
    public async Task Rule_8_1_playback_rows_say_what_packages_and_pay_as_you_go_took_and_sum_to_the_bill()
    {
        await using School school = await OpenAsync([Rate("playback", "period", 60, "minute")], Product("playback", "playback", "3"));
        await BuyAsync(school, "playback");
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(1));
        await school.PostAsync([
            .. school.Lesson("c", 0, 600, name: "Algebra"), .. school.Lesson("d", 0, 600),
            school.Event("playback.viewed", 1000, "c", new { recording = "r", user = "ann", seconds = 70 }),
            school.Event("playback.viewed", 1100, "c", new { recording = "r", user = "bob", seconds = 45 }),
            school.Event("playback.viewed", 1200, "c", new { recording = "r", user = "ann", seconds = 10 }),
            school.Event("playback.viewed", 1300, "d", new { recording = "r", user = "ann", seconds = 200 })]);
        const string Rows = "Algebra 2 125 3 3 0| 1 200 4 0 3";
        Assert.Equal(Rows, await ViewedAsync(school));

        await school.Served.MoveClockAsync(Closed);
        Assert.Equal(Rows, await ViewedAsync(school));
        // 325 seconds are 6 minutes: 3 by the first class, 3 more by the second.
        JsonElement line = (await school.Served.GetAsync($"/v1/bills/{Bill}")).GetProperty("lines")[0];
        Assert.Equal(("6", "3", "3"), (line.GetProperty("units").GetString(), line.GetProperty("packageUnits").GetString(), line.GetProperty("payAsYouGoUnits").GetString()));
    }

    [Fact]
    public async Task Rule_5_4_who_is_present_over_midnight_counts_live_in_the_day_that_is_closed_and_in_the_one_that_runs()
    {
        await using School school = await OpenAsync([Rate("minutes", "period", 60, "minute", meter: "av")], Product("minutes", "minutes", "30"));
        await BuyAsync(school, "minutes");
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(14));
        await school.PostAsync(
            school.Event("class.started", 50_400, "night"), school.Event("participant.joined", 50_400, "night", new { user = "ann" }));

        // From eleven until half past midnight, when both days are open; then until three, when the first is closed.
        await school.Served.MoveClockAsync(School.Nine + Duration.FromMinutes((15 * 60) + 30));
        Assert.Equal("90 30 60", await PresentAsync(school));
        Assert.Equal("minutes:1800=30", Units((await school.Served.GetAsync("/v1/accounts/school/estimate")).GetProperty("today")));
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(18));
        Assert.Equal("240 30 210", await PresentAsync(school));
        Assert.Equal("minutes:10800=180", Units((await school.Served.GetAsync("/v1/accounts/school/estimate")).GetProperty("today")));
    }

    private static async Task<string> PresentAsync(School school)
    {
        JsonElement row = Assert.Single(await school.ItemsAsync("usage/details?from=2027-04-08&to=2027-04-10"));
        return $"{row.GetProperty("minutes").GetString()} {row.GetProperty("packageMinutes").GetString()} {row.GetProperty("payAsYouGoMinutes").GetString()}";
    }

    /// <summary>The console's list in an order or by what paid takes what was settled of all closed days at once.</summary>
    [Fact]
    public async Task A_rate_of_presence_in_one_version_of_a_card_and_of_playback_in_the_next_counts_for_both_in_the_consoles_list()
    {
        await using School school = await OpenAsync([Rate("minutes", "period", 60, "minute", meter: "av")]);
        await school.Served.DoAsync(
            HttpMethod.Put, "/v1/rate-cards/parts/versions/2027-04-09", new { currency = "USD", rates = new[] { Rate("minutes", "period", 60, "minute", meter: "playback") } });
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(1));
        await school.PostAsync(school.Lesson("c", 0, 600));
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(25));
        await school.PostAsync(school.Event("playback.viewed", 86_400, "d", new { recording = "r", user = "ann", seconds = 70 }));
        await school.Served.MoveClockAsync(Closed + Duration.FromDays(1));

        Assert.Equal("d 2|c 10", await PaidAsync(school, "service=av"));
        Assert.Equal("c 10", await PaidAsync(school, "service=av&type=interactive"));
        Assert.Equal("d 2", await PaidAsync(school, "service=av&type=playback"));
        Assert.Equal("d 2", await PaidAsync(school, "service=playback"));
    }

    /// <summary>The classes of the console's list, newest first, and the minutes of each that pay as you go.</summary>
    private static async Task<string> PaidAsync(School school, string filters)
    {
        using HttpClient browser = new() { BaseAddress = school.Served.Client.BaseAddress };
        using HttpResponseMessage signed = await browser.PostAsync("/login", new FormUrlEncodedContent([new("key", school.Served.Key)]));
        string text = await browser.GetStringAsync($"/accounts/school/usage.csv?from=2027-04-08&to=2027-04-09&{filters}&paid=pay-as-you-go");
        string[][] rows = [.. text.TrimStart('\ufeff').Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static row => row.TrimEnd('\r').Split(','))];
        (int id, int minutes) = (Array.IndexOf(rows[0], "classId"), Array.IndexOf(rows[0], "payAsYouGoMinutes"));
        return string.Join('|', rows.Skip(1).Select(row => $"{row[id]} {row[minutes]}"));
    }

    private static async Task<string> ViewedAsync(School school) => string.Join('|', (await school.ItemsAsync("usage/details?from=2027-04-08&to=2027-04-09&usageType=playback")).Select(row =>
        $"{row.GetProperty("className").GetString()} {row.GetProperty("userCount").GetInt32()} {row.GetProperty("seconds").GetInt32()} {row.GetProperty("minutes").GetString()} "
        + $"{row.GetProperty("packageMinutes").GetString()} {row.GetProperty("payAsYouGoMinutes").GetString()}"));

    [Fact]
    public async Task Rule_9_4_a_bundle_says_how_much_of_it_is_used_and_when_at_this_pace_it_ends()
    {
        await using School school = await OpenAsync([Rate("delivery", "period", 310_000_000, "usage hour")], Product("bundle", "delivery", "100"));
        await BuyAsync(school, "bundle");
        Assert.Equal((0m, true), Pace(await BundleAsync(school)));

        // It began at midnight, ten hours ago. A quarter in ten hours: the rest in thirty.
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(1));
        await school.PostAsync(school.Event("content.delivered", 0, null, new { bytes = 25 * 310_000_000L, kind = "vod" }));
        JsonElement bundle = await BundleAsync(school);
        Assert.Equal((25m, false), Pace(bundle));
        Assert.Equal("2027-04-09T08:00:00Z", bundle.GetProperty("usedUpAt").GetString());
        Assert.Equal("2027-04-09T08:00:00Z", bundle.GetProperty("endsAt").GetString());

        // Nothing more for a month: at that pace it lasts longer than it is valid.
        await school.Served.MoveClockAsync(School.Nine + Duration.FromDays(20));
        bundle = await BundleAsync(school);
        Assert.Equal((25m, true), Pace(bundle));
        Assert.Equal(bundle.GetProperty("validTo").GetString(), bundle.GetProperty("endsAt").GetString());
    }

    private static async Task<JsonElement> BundleAsync(School school) =>
        Assert.Single((await school.Served.GetAsync("/v1/accounts/school/cloud-usage")).GetProperty("bundles").EnumerateArray());

    private static (decimal Used, bool Lasts) Pace(JsonElement bundle) => (
        decimal.Parse(bundle.GetProperty("used").GetString()!, System.Globalization.CultureInfo.InvariantCulture),
        bundle.GetProperty("usedUpAt").ValueKind == JsonValueKind.Null);

    [Fact]
    public async Task Rule_1_7_the_history_of_an_applications_settings_is_kept_and_shown()
    {
        await using School school = await School.OpenAsync();
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(5));
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { defaultTier = "hd", excludeRoles = new[] { "recorder" } });
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { defaultTier = "hd" });
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(6));
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math/pay-as-you-go", new { enabled = false });

        JsonElement[] history = await school.ItemsAsync("applications/math/settings");
        Assert.Equal(
            ["2027-04-08T05:00:00Z audio 0 True", "2027-04-08T06:00:00Z hd 1 True", "2027-04-08T07:00:00Z hd 1 False"],
            history.Select(one => $"{one.GetProperty("from").GetString()} {one.GetProperty("defaultTier").GetString()} "
                + $"{one.GetProperty("excludeRoles").GetArrayLength()} {one.GetProperty("payAsYouGo").GetBoolean()}"));
        Assert.Equal(3, (await school.AllAsync("applications/math/settings", 1)).Count);
        await Served.ProblemAsync(await school.Served.Client.GetAsync("/v1/accounts/school/applications/art/settings"), 404, "not-found");
    }

    [Fact]
    public async Task Rules_1_6_and_6_2_a_line_is_explained_as_of_its_bill_also_when_all_that_it_came_from_was_voided_since()
    {
        await using School school = await OpenAsync([
            Rate("av", "period", 60, "minute"), Rate("peak", "period", 1, "user"), Rate("screenshot", "period", 1, "sheet"), Rate("delivery", "period", 1000, "kB")]);
        await school.Served.MoveClockAsync(School.Nine + Duration.FromHours(1));
        await school.PostAsync([
            .. Here("a", "1"), school.Event("screenshot.captured", 1, null, new { count = 3 }, "1-s"),
            school.Event("content.delivered", 1, null, new { bytes = 5000, kind = "live" }, "1-d")]);
        await school.Served.MoveClockAsync(Closed);
        await school.PostAsync([
            .. Here("b", "2"), .. Here("c", "3"), school.Event("screenshot.captured", 1, null, new { count = 4 }, "2-s"),
            school.Event("content.delivered", 1, null, new { bytes = 6000, kind = "live" }, "2-d")]);
        await school.Served.MoveClockAsync(Closed + Duration.FromDays(1));
        string[] ids = ["1-j", "2-j", "3-j", "1-s", "2-s", "1-d", "2-d"];
        await school.PostAsync(ids.Select((id, at) => school.Event("event.voided", 86_400 + at, null, new { source = "test", id })));

        Assert.Equal(
            ["av 600: 1 of 3", "peak 1: 1 of 3", "screenshot 3: 1 of 1", "delivery 5000: 1 of 1"], await WaysBackAsync(Bill));
        Assert.Equal(
            ["av 1200: 3 of 9", "peak 2: 1 of 9", "screenshot 4: 1 of 2", "delivery 6000: 1 of 2"], await WaysBackAsync("school-D-2027-04-09"));

        IEnumerable<JsonObject> Here(string id, string name) =>
        [
            school.Event("class.started", 0, id), school.Event("participant.joined", 0, id, new { user = "ann" + name }, name + "-j"), school.Event("class.ended", 600, id),
        ];

        async Task<List<string>> WaysBackAsync(string bill)
        {
            List<string> found = [];
            foreach (JsonElement line in (await school.Served.GetAsync($"/v1/bills/{bill}")).GetProperty("lines").EnumerateArray())
            {
                JsonElement its = await school.Served.GetAsync($"/v1/bills/{bill}/lines/{line.GetProperty("line")}/explain");
                Assert.True(its.GetProperty("agrees").GetBoolean(), its.ToString());
                found.Add($"{line.GetProperty("rate").GetString()} {line.GetProperty("quantity")}: "
                    + $"{its.GetProperty("records").GetProperty("count")} of {its.GetProperty("events").GetProperty("count")}");
            }

            return found;
        }
    }
}
