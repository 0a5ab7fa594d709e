using System.Net;
using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests.Usage;

/// <summary>The details list (rule 8.1): filters, orders and pages.</summary>
public sealed class DetailsListTests
{
    private const string Day = "usage/details?from=2027-04-08&to=2027-04-09";

    [Fact]
    public async Task Classes_are_found_by_application_id_name_and_usage_type()
    {
        await using School school = await School.OpenAsync();
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/art", new { name = "Art" });
        await school.PostAsync(
            [.. school.Lesson("a-1", 0, 600, name: "Algebra"), .. school.Lesson("b-2", 60, 600, name: "代数"), .. school.Lesson("c-3", 120, 600, application: "art")]);

        Assert.Equal(["a-1", "b-2"], await IdsAsync(school, "&application=math"));
        Assert.Equal(["b-2"], await IdsAsync(school, "&class=b-2"));
        Assert.Equal(["a-1"], await IdsAsync(school, "&search=aLGe"));
        Assert.Equal(["b-2"], await IdsAsync(school, "&search=%E4%BB%A3"));
        Assert.Equal(["c-3"], await IdsAsync(school, "&search=C-3"));
        Assert.Empty(await IdsAsync(school, "&search=%25"));
        Assert.Empty(await IdsAsync(school, "&class=b-2&application=art"));
        Assert.Equal(3, (await IdsAsync(school, "&usageType=interactive")).Length);
        Assert.Empty(await IdsAsync(school, "&usageType=playback"));
    }

    [Fact]
    public async Task A_name_is_found_as_it_is_written_whatever_its_letters()
    {
        await using School school = await School.OpenAsync();
        string[] names = ["École", "ÄPFEL", "İstanbul", "ΣΊΣΥΦΟΣ", "ẞ"];
        await school.PostAsync([.. names.SelectMany((name, i) => school.Lesson($"c-{i}", i * 60, 30, name: name))]);

        for (int i = 0; i < names.Length; i++)
        {
            Assert.Equal([$"c-{i}"], await IdsAsync(school, "&search=" + Uri.EscapeDataString(names[i])));
        }

        Assert.Equal(["c-0"], await IdsAsync(school, "&search=COLE"));
    }

    [Theory]
    [InlineData("minutes=2147483647")]
    [InlineData("users=2147483647")]
    [InlineData("minutes=100000000&sort=payAsYouGo")]
    public async Task Of_more_minutes_than_any_has_no_class_is_shown(string filter)
    {
        await using School school = await School.OpenAsync();
        using HttpClient browser = new() { BaseAddress = school.Served.Client.BaseAddress };
        using HttpResponseMessage signed = await browser.PostAsync("/login", new FormUrlEncodedContent([new("key", school.Served.Key)]));

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/accounts/school/usage?" + filter)).StatusCode);
    }

    [Theory]
    [InlineData("start", "late,long,crowd,short")]
    [InlineData("end", "short,crowd,late,long")]
    [InlineData("class", "crowd,late,long,short")]
    [InlineData("name", "short,late,crowd,long")]
    [InlineData("users", "late,long,short,crowd")]
    [InlineData("seconds", "short,late,crowd,long")]
    [InlineData("minutes", "short,late,crowd,long")]
    public async Task Every_column_sorts_both_ways_and_pages_without_gaps(string sort, string expected)
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync([
            .. school.Lesson("late", -60, 1200, name: "B"), .. school.Lesson("long", 0, 3000, name: "D"),
            .. school.Lesson("crowd", 30, 900, others: 9, name: "C"), .. school.Lesson("short", 40, 100, others: 1, name: "A")]);

        Assert.Equal(expected.Split(','), (await school.AllAsync($"{Day}&sort={sort}", limit: 1)).Select(Id));
        Assert.Equal(expected.Split(',').Reverse(), (await school.AllAsync($"{Day}&sort={sort}&order=desc", limit: 3)).Select(Id));
    }

    [Fact]
    public async Task Rows_that_start_at_one_instant_all_come_once_while_others_come_and_go()
    {
        await using School school = await School.OpenAsync();
        string[] ids = [.. Enumerable.Range(0, 30).Select(i => $"c{i:D2}")];
        await school.PostAsync(ids.SelectMany(id => school.Lesson(id, 0, 60)));

        List<JsonElement> all = await school.AllAsync(Day, limit: 7, async shown =>
        {
            // One comes before what was shown, one of those is taken away, one comes behind.
            await school.PostAsync([.. school.Lesson($"a{shown}", -10, 60), .. school.Lesson($"z{shown}", 10, 60)]);
        });

        string[] shown = [.. all.Select(Id)];
        Assert.Equal(shown.Distinct(), shown);
        Assert.Equal(ids, shown.Where(id => id[0] == 'c'));
        Assert.Contains(shown, id => id[0] == 'z');
    }

    [Fact]
    public async Task What_runs_is_sorted_as_of_the_first_page()
    {
        await using School school = await School.OpenAsync();
        for (int i = 0; i < 6; i++)
        {
            await school.PostAsync([.. school.Lesson($"r{i}", i * 600, 100_000).SkipLast(1)]);
        }

        List<JsonElement> all = await school.AllAsync($"{Day}&sort=seconds&order=desc", limit: 2, _ => school.Served.MoveClockAsync(
            School.Nine + NodaTime.Duration.FromHours(5)));

        Assert.Equal(["r0", "r1", "r2", "r3", "r4", "r5"], all.Select(Id));
    }

    [Fact]
    public async Task An_order_or_cursor_that_is_none_is_refused()
    {
        await using School school = await School.OpenAsync();
        foreach (string query in (string[])["&sort=colour", "&order=up", "&cursor=abc", "&search=%00", "&usageType=x"])
        {
            await Served.ProblemAsync(await school.Served.Client.GetAsync($"/v1/accounts/school/{Day}{query}"), 400, "invalid-request");
        }
    }

    [Fact]
    public async Task Rules_4_6_and_8_1_a_row_has_minutes_by_the_unit_of_the_card_in_force_on_its_day()
    {
        await using School school = await School.OpenAsync();
        await school.Served.DoAsync(HttpMethod.Put, "/v1/rate-cards/units/versions/2027-01-01", Card(("av", 60), ("playback", 3600)));
        await school.Served.DoAsync(HttpMethod.Put, "/v1/rate-cards/units/versions/2027-04-09", Card(("av", 1), ("playback", 60)));
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { rateCard = "units" });
        foreach (int day in (int[])[0, 1])
        {
            int nine = day * 86_400;
            await school.Served.MoveClockAsync(School.Nine + NodaTime.Duration.FromHours(day * 24 + 4));
            await school.PostAsync(
                [.. school.Lesson($"c{day}", nine, 600), school.Event("playback.viewed", nine + 60, $"c{day}", new { recording = "r", user = "ann", seconds = 120 })]);
        }

        // 8 April: 10 minutes, and an hour for the two that were viewed; 9 April: 600 seconds, and two minutes.
        string[] rows = [.. (await school.ItemsAsync("usage/details?from=2027-04-08&to=2027-04-10"))
            .Select(row => $"{Id(row)} {row.GetProperty("usageType").GetString()}: {row.GetProperty("payAsYouGoMinutes").GetString()}")];

        Assert.Equal(["c0 Interactive class: 10", "c0 Playback: 60", "c1 Interactive class: 10", "c1 Playback: 2"], rows);

        static object Card(params (string Meter, int Seconds)[] rates) => new
        {
            currency = "USD",
            rates = rates.Select(its => new
            {
                id = its.Meter,
                meter = its.Meter,
                period = "day",
                unit = new { name = $"{its.Seconds} s", size = its.Seconds },
                roundUp = "period",
                per = 1,
                price = "0.01",
            }).ToArray(),
        };
    }

    private static string Id(JsonElement row) => row.GetProperty("classId").GetString()!;

    private static async Task<string[]> IdsAsync(School school, string query) => [.. (await school.ItemsAsync(Day + query)).Select(Id)];
}
