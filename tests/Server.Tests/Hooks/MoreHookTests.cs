using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Hooks;

/// <summary>Classrooms of LCIC, BigBlueButton and Jitsi, from their messages to minutes (rules 2.1 to 2.4).</summary>
public sealed class MoreHookTests : IAsyncLifetime, IDisposable
{
    private const string Url = "https://minutebook.example/hooks/math/bigbluebutton";
    private static readonly Instant Nine = Instant.FromUtc(2027, 4, 8, 1, 0);
    private static readonly long Start = Nine.ToUnixTimeSeconds();
    private readonly HttpClient sender = new();
    private Served served = null!;

    public async Task InitializeAsync()
    {
        served = await Served.StartAsync(Nine + Duration.FromHours(2));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "Asia/Shanghai" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { name = "Mathematics" });
        await PutConnectorAsync("lcic", new { secret = "NjFGoDEy" });
        await PutConnectorAsync("bigbluebutton", new { secret = "secret", callbackUrl = Url });
        await PutConnectorAsync("jitsi", new { secret = "secret" });
        sender.BaseAddress = served.Client.BaseAddress;
    }

    public Task DisposeAsync() => served.DisposeAsync();

    public void Dispose() => sender.Dispose();

    [Fact]
    public async Task An_lcic_class_counts_from_the_teachers_start_to_its_end()
    {
        Assert.Equal((HttpStatusCode.OK, "{\"error_code\":0}"), await LcicAsync("MemberJoin", -300, "stu-7"));
        await LcicAsync("RoomStart", 0);
        await LcicAsync("MemberQuit", 600, "stu-7");
        await LcicAsync("RoomEnd", 3600);

        Assert.Equal(("2027-04-08T01:00:00Z", "2027-04-08T02:00:00Z", "stu-7 600"), await ClassAsync("123456"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await LcicAsync("MemberJoin", 60, "late", expires: 1_600_000_000)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await LcicAsync("MemberJoin", 60, "late", key: "another")).Status);
        Assert.Equal(("2027-04-08T01:00:00Z", "2027-04-08T02:00:00Z", "stu-7 600"), await ClassAsync("123456"));
    }

    [Theory]
    [InlineData("SHA1")]
    [InlineData("SHA256")]
    [InlineData("SHA384")]
    [InlineData("SHA512")]
    [InlineData("bearer")]
    public async Task A_bigbluebutton_meeting_comes_as_a_form_of_several_events_under_any_of_its_signatures(string how)
    {
        string body = Form(
            Meeting("meeting-created", 0), Meeting("user-joined", 1, "stu-7"), Meeting("user-left", 601, "stu-7"), Meeting("meeting-ended", 3600));

        Assert.Equal((HttpStatusCode.OK, ""), await BigBlueButtonAsync(body, how, "secret"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await BigBlueButtonAsync(Form(Meeting("user-joined", 2, "stu-8")), how, "another")).Status);
        Assert.Equal(("2027-04-08T01:00:00Z", "2027-04-08T02:00:00Z", "stu-7 600"), await ClassAsync("8043-1698771157700"));
    }

    [Fact]
    public async Task A_jitsi_room_is_told_at_an_address_for_each_kind_of_event_and_its_end_heals_what_was_lost()
    {
        Assert.Equal((HttpStatusCode.OK, ""), await JitsiAsync("room/created", $"\"created_at\":{Start}"));
        await JitsiAsync("room/destroyed", $$"""
            "created_at":{{Start}},"destroyed_at":{{Start + 3600}},"all_occupants":[{"id":"stu-7","occupant_jid":"a@meet/1","joined_at":{{Start + 60}},"left_at":{{Start + 660}} }]
            """);
        await JitsiAsync("occupant/left", $$"""
            "occupant":{"id":"stu-7","occupant_jid":"a@meet/1","joined_at":{{Start + 60}},"left_at":{{Start + 660}} }
            """);

        const string Room = "catchup@conference.meet.mydomain.com@20270408T010000.000Z";
        Assert.Equal(("2027-04-08T01:00:00Z", "2027-04-08T02:00:00Z", "stu-7 600"), await ClassAsync(Uri.EscapeDataString(Room)));
        Assert.Equal(HttpStatusCode.Unauthorized, (await JitsiAsync("room/created", $"\"created_at\":{Start}", "another")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await JitsiAsync("room/renamed", $"\"created_at\":{Start}")).Status);
        JsonElement counters = (await served.GetAsync("/v1/accounts/school")).GetProperty("counters");
        Assert.Equal((3, 2, 0), (counters.GetProperty("events").GetInt32(), counters.GetProperty("duplicates").GetInt32(), counters.GetProperty("conflicts").GetInt32()));
    }

    private static string Meeting(string type, long second, string? user = null)
    {
        string who = user is null ? "" : $$""","user":{"internal-user-id":"w_1","external-user-id":"{{user}}","role":"VIEWER"}""";
        return $$"""{"data":{"type":"event","id":"{{type}}","attributes":{"meeting":{"internal-meeting-id":"8043-1698771157700"}{{who}} },"event":{"ts":{{(Start + second) * 1000}} } } }""";
    }

    private static string Form(params string[] events) =>
        $"domain=bbb.example.com&event={Uri.EscapeDataString($"[{string.Join(',', events)}]")}&timestamp=1";

    private async Task<(HttpStatusCode Status, string Text)> BigBlueButtonAsync(string body, string how, string secret)
    {
        string path = "/hooks/math/bigbluebutton";
        if (how != "bearer")
        {
            byte[] sum = CryptographicOperations.HashData(new HashAlgorithmName(how), Encoding.UTF8.GetBytes(Url + body + secret));
            path += "?checksum=" + Convert.ToHexStringLower(sum);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8) };
        request.Content.Headers.ContentType = new("application/x-www-form-urlencoded");
        if (how == "bearer")
        {
            request.Headers.Authorization = new("Bearer", secret);
        }

        using HttpResponseMessage answer = await sender.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task<(HttpStatusCode Status, string Text)> LcicAsync(
        string type, long second, string? user = null, long expires = 4_000_000_000, string key = "NjFGoDEy")
    {
        string who = user is null ? "" : $"\"UserId\":\"{user}\",";
        return PostAsync("/hooks/math/lcic", $$"""
            {"Timestamp":{{Start + second}},"SdkAppId":1,"ExpireTime":{{expires}},"Sign":"{{Signed.Md5($"{key}{expires}")}}","EventType":"{{type}}","EventData":{ {{who}}"RoomId":123456} }
            """);
    }

    private Task<(HttpStatusCode Status, string Text)> JitsiAsync(string path, string more, string secret = "secret") => PostAsync(
        $"/hooks/math/jitsi/events/{path}",
        $$"""{"room_name":"catchup","room_jid":"catchup@conference.meet.mydomain.com","is_breakout":false,{{more}} }""",
        ("Authorization", $"Bearer {secret}"));

    private async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, string body, params (string, string)[] headers)
    {
        using HttpResponseMessage answer = await Signed.PostAsync(sender, path, body, headers);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task PutConnectorAsync(string name, object settings) =>
        served.DoAsync(HttpMethod.Put, $"/v1/accounts/school/applications/math/connectors/{name}", settings);

    private async Task<(string?, string?, string)> ClassAsync(string id)
    {
        // What came before a command shows when the command's outcome does.
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { });
        JsonElement shown = await served.GetAsync($"/v1/accounts/school/classes/math/{id}");
        return (shown.GetProperty("start").GetString(), shown.GetProperty("end").GetString(), string.Join(", ", shown.GetProperty("participants")
            .EnumerateArray().Select(user => $"{user.GetProperty("user").GetString()} {user.GetProperty("seconds").GetInt64()}")));
    }
}
