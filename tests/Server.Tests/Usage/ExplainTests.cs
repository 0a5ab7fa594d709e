using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests.Usage;

/// <summary>From figures to the events that they came from, with what brought each (rules 1.3, 1.5, 1.6).</summary>
public sealed class ExplainTests
{
    private const string Day = "usage/explain?from=2027-04-08&to=2027-04-09&meter=";

    [Fact]
    public async Task A_days_bar_leads_to_its_events_and_no_others()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync([.. school.Lesson("a", 0, 600), .. school.Lesson("yesterday", -86_400, 600)]);
        await school.PostAsync(
            school.Event("recording.completed", 700, "a", new { recording = "r", files = (object[])[new { kind = "camera", seconds = 60 }] }, "camera"),
            school.Event("recording.completed", 800, "a", new { recording = "s", files = (object[])[new { kind = "mixed", seconds = 60 }] }, "mix"),
            school.Event("content.delivered", 900, null, new { bytes = 5, kind = "live" }, "bytes"));

        Assert.Equal(["class.started", "participant.joined", "class.ended"], (await school.ItemsAsync(Day + "av")).Select(Type));
        Assert.All(await school.ItemsAsync(Day + "av&tier=audio"), item => Assert.Equal("a", item.GetProperty("classId").GetString()));
        Assert.Empty(await school.ItemsAsync(Day + "av&tier=hd"));
        Assert.Equal(["camera", "mix"], (await school.ItemsAsync(Day + "recording")).Select(Id));
        Assert.Equal(["mix"], (await school.ItemsAsync(Day + "recording&kind=mixed")).Select(Id));
        Assert.Equal(["bytes"], (await school.ItemsAsync(Day + "delivery&dataType=live")).Select(Id));
        Assert.Empty(await school.ItemsAsync(Day + "delivery&application=none"));
        Assert.Equal(6, (await school.ItemsAsync("usage/explain?from=2027-04-07&to=2027-04-09&meter=av")).Length);

        Assert.Equal("second 600 3", await TotalAsync(school, Day + "av&limit=1"));
        Assert.Equal("second 60 1", await TotalAsync(school, Day + "recording&kind=mixed"));
        Assert.Equal("byte 0 0", await TotalAsync(school, Day + "delivery&application=none"));
        Assert.Equal("second  3", await TotalAsync(school, Day + "av&class=a"));
    }

    [Fact]
    public async Task A_user_of_a_recording_or_a_viewing_leads_to_its_events_too()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync(
            school.Event("recording.completed", 700, "a", new { recording = "r", files = (object[])[new { kind = "camera", seconds = 60, user = "ann" }] }, "camera"),
            school.Event("playback.viewed", 800, "a", new { recording = "r", user = "bob", seconds = 5 }, "view"));

        Assert.Equal(["camera"], (await school.ItemsAsync(Day + "recording&user=ann")).Select(Id));
        Assert.Empty(await school.ItemsAsync(Day + "recording&user=bob"));
        Assert.Equal(["view"], (await school.ItemsAsync("classes/math/a/events?user=bob")).Select(Id));
    }

    private static async Task<string> TotalAsync(School school, string path)
    {
        JsonElement its = await school.Served.GetAsync("/v1/accounts/school/" + path);
        return $"{its.GetProperty("unit").GetString()} {its.GetProperty("quantity")} {its.GetProperty("total")}";
    }

    [Fact]
    public async Task What_came_again_and_what_was_voided_is_shown_with_the_event()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync(school.Lesson("a", 0, 600));
        var join = school.Event("participant.joined", 60, "a", new { user = "stu" }, "join");
        var other = school.Event("participant.joined", 90, "a", new { user = "stu" }, "join");
        var wrong = school.Event("participant.joined", 70, "a", new { user = "ghost" }, "wrong");
        await school.PostAsync(join, wrong);
        await school.PostAsync(join);
        await school.PostAsync(other, school.Event("event.voided", 100, null, new { source = "test", id = "wrong" }, "void"));
        await school.Served.RestartAsync();

        JsonElement[] items = await school.ItemsAsync("classes/math/a/events");
        JsonElement twice = items.Single(item => Id(item) == "join"), voided = items.Single(item => Id(item) == "wrong");

        Assert.Equal(5, items.Length);
        Assert.All(items, item => Assert.Equal("http", item.GetProperty("via").GetString()));
        Assert.All(items, item => Assert.Equal("admin", item.GetProperty("key").GetString()));
        Assert.Equal("applied", twice.GetProperty("state").GetString());
        JsonElement repeats = twice.GetProperty("duplicates");
        Assert.Equal((2, 1), (repeats.GetProperty("count").GetInt32(), repeats.GetProperty("conflicts").GetInt32()));
        Assert.Equal([false, true], repeats.GetProperty("items").EnumerateArray().Select(repeat => repeat.GetProperty("conflict").GetBoolean()));
        Assert.Equal("voided", voided.GetProperty("state").GetString());
        Assert.Equal("void", voided.GetProperty("voidedBy").GetProperty("event").GetProperty("id").GetString());
        Assert.Equal(["join"], (await school.ItemsAsync("classes/math/a/events?user=stu")).Select(Id));
    }

    [Theory]
    [InlineData("late")]
    [InlineData("unknown-application")]
    public async Task Rule_1_3_what_was_kept_first_and_came_again_otherwise_shows_what_it_first_said(string reason)
    {
        await using School school = await School.OpenAsync();
        string application = reason == "late" ? "math" : "art";
        int at = reason == "late" ? -40 * 86_400 : 0;
        await school.PostAsync(school.Lesson("a", at, 600, application: application));
        await school.PostAsync(school.Event("participant.joined", at + 60, "a", new { user = "ann" }, "join", application));
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { lateDays = 60 });
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/art", new { name = "Art" });
        await school.PostAsync(
            school.Event("participant.joined", at + 90, "a", new { user = "bob" }, "join", application),
            school.Event("participant.left", at + 120, "a", new { user = "ann" }, "leave", application));
        await school.Served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "school" });
        await school.Served.RestartAsync();

        JsonElement[] items = await school.ItemsAsync($"classes/{application}/a/events");
        JsonElement first = items.Single(item => Id(item) == "join");
        JsonElement repeat = Assert.Single(first.GetProperty("duplicates").GetProperty("items").EnumerateArray());

        Assert.Equal("ann", first.GetProperty("event").GetProperty("data").GetProperty("user").GetString());
        Assert.Equal("bob", repeat.GetProperty("event").GetProperty("data").GetProperty("user").GetString());
        Assert.Equal(1, first.GetProperty("duplicates").GetProperty("conflicts").GetInt32());
        Assert.Equal(["join", "leave"], (await school.ItemsAsync($"classes/{application}/a/events?user=ann")).Select(Id));
        Assert.Equal(
            60, (await school.Served.GetAsync($"/v1/accounts/school/classes/{application}/a")).GetProperty("participants").EnumerateArray()
                .Single(its => its.GetProperty("user").GetString() == "ann").GetProperty("seconds").GetInt32());
    }

    [Fact]
    public async Task A_repetition_within_one_request_and_a_void_before_its_event_are_told_too()
    {
        await using School school = await School.OpenAsync();
        var join = school.Event("participant.joined", 60, "a", new { user = "stu" }, "join");
        await school.PostAsync(school.Event("event.voided", 100, null, new { source = "test", id = "join" }, "void"));
        await school.PostAsync(join, join, join);

        JsonElement item = Assert.Single(await school.ItemsAsync("classes/math/a/events"));

        Assert.Equal(("voided", "void"), (item.GetProperty("state").GetString(), item.GetProperty("voidedBy").GetProperty("event").GetProperty("id").GetString()));
        Assert.Equal(2, item.GetProperty("duplicates").GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task It_comes_in_pages_without_gaps_and_says_what_brought_each_event()
    {
        await using School school = await School.OpenAsync();
        for (int i = 0; i < 5; i++)
        {
            await school.PostAsync(school.Lesson($"c{i}", i, 600, others: 3));
        }

        await school.PostAsync([.. school.Lesson("later", 0, 60, application: "art")]);
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/art", new { name = "Art" });
        await school.Served.DoAsync(HttpMethod.Post, "/v1/events/rejected/reapply", new { account = "school" });

        string[] ids = [.. (await school.AllAsync(Day + "av", limit: 7)).Select(Id)];

        Assert.Equal(5 * 9 + 3, ids.Length);
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(await school.ItemsAsync(Day + "av&application=art"), item => Assert.Equal("reapply", item.GetProperty("via").GetString()));
        Assert.Equal(2 + 2, (await school.ItemsAsync(Day + "av&class=c1&user=stu-1")).Length);
    }

    [Fact]
    public async Task What_is_ahead_of_its_time_is_said_to_be()
    {
        await using School school = await School.OpenAsync(School.Nine);
        await school.PostAsync(school.Event("class.started", 200, "a"));

        Assert.Equal("ahead", Assert.Single(await school.ItemsAsync("classes/math/a/events")).GetProperty("state").GetString());
        await school.Served.MoveClockAsync(School.Nine + NodaTime.Duration.FromMinutes(4));
        Assert.Equal("applied", Assert.Single(await school.ItemsAsync("classes/math/a/events")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Anothers_class_and_a_wrong_question_are_refused()
    {
        await using School school = await School.OpenAsync();
        foreach (string path in (string[])["classes/math/none/events", "classes/none/a/events"])
        {
            await Served.ProblemAsync(await school.Served.Client.GetAsync("/v1/accounts/school/" + path), 404, "not-found");
        }

        foreach (string path in (string[])["usage/explain?from=2027-04-08&to=2027-04-09", Day + "av&kind=camera", Day + "colour", Day + "av&cursor=x", "usage/explain?meter=av"])
        {
            await Served.ProblemAsync(await school.Served.Client.GetAsync("/v1/accounts/school/" + path), 400, "invalid-request");
        }
    }

    private static string Id(JsonElement item) => item.GetProperty("event").GetProperty("id").GetString()!;

    private static string Type(JsonElement item) => item.GetProperty("event").GetProperty("type").GetString()!;
}
