using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests.Usage;

/// <summary>A class with its participants (rules 2 and 3.1), and what sources' clocks do to it (rule 1.5).</summary>
public sealed class ClassViewTests
{
    [Fact]
    public async Task A_class_shows_its_tiers_and_the_most_users_at_once()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync([
            .. school.Lesson("a", 0, 600, others: 3),
            school.Event("participant.receiving", 300, "a", new { user = "teacher", pixels = 921_600 }),
            school.Event("participant.joined", 60, "a", new { user = "late" }), school.Event("participant.left", 120, "a", new { user = "late" })]);

        JsonElement shown = await school.Served.GetAsync("/v1/accounts/school/classes/math/a");
        JsonElement teacher = shown.GetProperty("participants").EnumerateArray().Single(user => user.GetProperty("user").GetString() == "teacher");

        // The three leave at 60, which is when the late one joins: four at once, five users.
        Assert.Equal((4, 5, 840), (shown.GetProperty("peak").GetInt32(), shown.GetProperty("userCount").GetInt32(), shown.GetProperty("seconds").GetInt32()));
        Assert.Equal("""{"audio":540,"hd":300}""", shown.GetProperty("tiers").GetRawText());
        Assert.Equal("""{"audio":300,"hd":300}""", teacher.GetProperty("tiers").GetRawText());
    }

    [Fact]
    public async Task What_an_event_may_be_called_can_be_asked_for()
    {
        await using School school = await School.OpenAsync();
        const string Odd = "line\nfeed\ttab/slash %2F?#é\u0001\u0085";
        await school.PostAsync([school.Event("class.started", 0, Odd), school.Event("participant.joined", 1, Odd, new { user = "a\nb" })]);

        string path = "/v1/accounts/school/classes/math/" + Uri.EscapeDataString(Odd);
        Assert.Equal(Odd, (await school.Served.GetAsync(path)).GetProperty("classId").GetString());
        Assert.Equal(1, (await school.Served.GetAsync($"{path}/events?user=a%0Ab")).GetProperty("items").GetArrayLength());
        Assert.Equal(1, (await school.Served.GetAsync(
            $"/v1/accounts/school/usage/details?from=2000-01-01&to=2100-01-01&class={Uri.EscapeDataString(Odd)}")).GetProperty("items").GetArrayLength());
        await school.Served.DoAsync(HttpMethod.Post, "/v1/decisions", new { application = "math", action = "class.join", @class = Odd });
    }

    [Fact]
    public async Task A_user_with_ten_connections_is_one_user_present_once()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync([
            school.Event("class.started", 0, "a"),
            .. Enumerable.Range(0, 10).Select(i => school.Event("participant.joined", i, "a", new { user = "u", connection = $"c{i}" })),
            .. Enumerable.Range(0, 10).Select(i => school.Event("participant.left", 100 + i, "a", new { user = "u", connection = $"c{i}" })),
            school.Event("class.ended", 600, "a")]);

        JsonElement shown = await school.Served.GetAsync("/v1/accounts/school/classes/math/a");
        JsonElement user = Assert.Single(shown.GetProperty("participants").EnumerateArray());
        Assert.Equal((1, 1, 109), (shown.GetProperty("peak").GetInt32(), shown.GetProperty("userCount").GetInt32(), user.GetProperty("seconds").GetInt32()));
        Assert.Equal(10, user.GetProperty("stays").GetArrayLength());
    }

    [Fact]
    public async Task Participants_come_all_at_once_or_in_pages()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync(school.Lesson("a", 0, 600, others: 10));
        Assert.Equal(11, (await InPagesAsync(school)).Count);
    }

    [Fact]
    public async Task Participants_stand_in_the_order_of_their_ids_whatever_their_letters()
    {
        await using School school = await School.OpenAsync();
        string[] parts = ["", "a", "b", "é", "学", "\uD7FF", "\uE000", "\uFFFD", "😀", "\U0010FFFF"];
        string[] ids = [.. parts.SelectMany(first => parts.Select(second => $"{first}{second}x")).Distinct()];
        await school.PostAsync([
            school.Event("class.started", 0, "a"), .. ids.Select(id => school.Event("participant.joined", 10, "a", new { user = id })),
            school.Event("class.ended", 600, "a")]);

        Assert.Equal(ids.Order(StringComparer.Ordinal), await InPagesAsync(school));
    }

    /// <summary>Who is in a class, asked for in pages, which have to give what is given all at once.</summary>
    private static async Task<List<string?>> InPagesAsync(School school)
    {
        JsonElement all = await school.Served.GetAsync("/v1/accounts/school/classes/math/a");
        List<string?> users = [];
        string? cursor = null;
        do
        {
            JsonElement page = await school.Served.GetAsync($"/v1/accounts/school/classes/math/a?limit=4{(cursor is null ? "" : "&cursor=" + cursor)}");
            Assert.Equal(all.GetProperty("userCount").GetInt32(), page.GetProperty("userCount").GetInt32());
            users.AddRange(page.GetProperty("participants").EnumerateArray().Select(user => user.GetProperty("user").GetString()));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);

        Assert.Equal(all.GetProperty("participants").EnumerateArray().Select(user => user.GetProperty("user").GetString()), users);
        Assert.Equal(JsonValueKind.Null, all.GetProperty("next").ValueKind);
        return users;
    }

    [Fact]
    public async Task Events_that_come_before_their_class_exists_count_when_it_does()
    {
        await using School school = await School.OpenAsync();
        await school.PostAsync(school.Event("participant.joined", 10, "a", new { user = "u" }), school.Event("participant.left", 70, "a", new { user = "u" }));
        await Served.ProblemAsync(await school.Served.Client.GetAsync("/v1/accounts/school/classes/math/a"), 404, "not-found");
        Assert.Empty(await school.ItemsAsync("usage/details?from=2027-04-08&to=2027-04-09"));

        await school.PostAsync(school.Event("class.started", 30, "a"));

        Assert.Equal(40, (await school.Served.GetAsync("/v1/accounts/school/classes/math/a")).GetProperty("seconds").GetInt32());
    }

    [Fact]
    public async Task A_clock_five_minutes_ahead_is_taken_at_its_time_and_one_further_ahead_is_not()
    {
        await using School school = await School.OpenAsync(School.Nine);
        await school.PostAsync(school.Event("class.started", 300, "a"), school.Event("participant.joined", 300, "a", new { user = "u" }));
        HttpResponseMessage ahead = await school.Served.SendAsync(
            HttpMethod.Post, "/v1/events", school.Event("class.started", 301, "b").ToJsonString(), "application/cloudevents+json");
        await Served.ProblemAsync(ahead, 400, "invalid-event");

        await Served.ProblemAsync(await school.Served.Client.GetAsync("/v1/accounts/school/classes/math/a"), 404, "not-found");
        await school.Served.MoveClockAsync(School.Nine + NodaTime.Duration.FromSeconds(360));
        Assert.Equal(60, (await school.Served.GetAsync("/v1/accounts/school/classes/math/a")).GetProperty("seconds").GetInt32());
    }

    [Fact]
    public async Task A_room_used_again_under_one_name_counts_each_of_its_lives()
    {
        await using School school = await School.OpenAsync();
        await school.Served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/rooms", new { name = "Rooms", metering = "room" });
        await school.PostAsync([
            .. school.Lesson("room-1", 0, 600, application: "rooms"), .. school.Lesson("room-1", 3600, 300, others: 1, application: "rooms")]);

        JsonElement usage = Assert.Single(await school.ItemsAsync("usage?from=2027-04-08&to=2027-04-09&meter=av&application=rooms"));
        Assert.Equal(600 + 300 + 60, usage.GetProperty("quantity").GetInt32());
    }
}
