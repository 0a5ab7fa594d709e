using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests.Usage;

/// <summary>Events that were kept and not applied (rule 1.5): counted, found by reason, tried again.</summary>
public sealed class KeptTests
{
    [Fact]
    public async Task What_was_kept_is_counted_by_reason_and_found_by_it()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync(
            school.Event("class.started", -40 * 86_400, "old"), school.Event("class.started", -41 * 86_400, "older"),
            school.Event("screenshot.captured", 0, null, new { count = 5 }), school.Event("quiz.answered", 0, null),
            school.Event("class.started", 0, "x", application: "nobody"));

        JsonElement summary = await school.Served.GetAsync("/v1/events/rejected/summary");
        Assert.Equal(
            [" unknown-application 1", "school edition 1", "school late 2", "school unknown-type 1"],
            summary.GetProperty("items").EnumerateArray().Select(row =>
                $"{row.GetProperty("account").GetString()} {row.GetProperty("reason").GetString()} {row.GetProperty("count").GetInt64()}"));
        Assert.Equal(3, (await school.Served.GetAsync("/v1/events/rejected/summary?account=school")).GetProperty("items").GetArrayLength());
        Assert.Equal(2, (await school.Served.GetAsync("/v1/events/rejected?account=school&reason=late")).GetProperty("items").GetArrayLength());
        Assert.Equal(1, (await school.Served.GetAsync("/v1/events/rejected?reason=unknown-application")).GetProperty("items").GetArrayLength());
        await Served.ProblemAsync(await school.Served.Client.GetAsync("/v1/events/rejected?reason=mood"), 400, "invalid-request");
    }

    [Fact]
    public async Task Trying_again_checks_again_and_gives_what_events_that_had_just_come_would()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync([
            .. school.Lesson("old", -40 * 86_400, 600, others: 2), school.Event("screenshot.captured", 0, null, new { count = 5 }),
            .. school.Lesson("x", 0, 600, others: 2, application: "art")]);

        await ReapplyAsync(school);
        Assert.Empty(await school.ItemsAsync("usage/details?from=2027-01-01&to=2027-05-01"));

        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { lateDays = 60 });
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { edition = "trial" });
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/art", new { name = "Art" });
        await ReapplyAsync(school);

        Assert.Equal(
            ["old 720", "x 720"], (await school.ItemsAsync("usage/details?from=2027-01-01&to=2027-05-01"))
                .Select(row => $"{row.GetProperty("classId").GetString()} {row.GetProperty("seconds").GetInt32()}"));
        Assert.Equal(5, Assert.Single(await school.ItemsAsync("usage?from=2027-04-08&to=2027-04-09&meter=screenshot")).GetProperty("quantity").GetInt32());
        Assert.Empty((await school.Served.GetAsync("/v1/events/rejected")).GetProperty("items").EnumerateArray());
        Assert.Empty((await school.Served.GetAsync("/v1/events/rejected/summary")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task More_than_a_piece_of_them_is_tried_again_too()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync(Enumerable.Range(0, 5_500).Select(i => school.Event("class.started", 0, $"c{i}", application: "art")));
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/art", new { name = "Art" });

        await ReapplyAsync(school);

        Assert.Equal(5_500, (await school.Served.GetAsync("/v1/accounts/school")).GetProperty("counters").GetProperty("events").GetInt32());
        Assert.Empty((await school.Served.GetAsync("/v1/events/rejected")).GetProperty("items").EnumerateArray());
    }

    private static Task ReapplyAsync(School school) =>
        school.Served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "school" });
}
