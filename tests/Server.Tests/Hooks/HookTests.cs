using System.Net;
using System.Text.Json;
using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests.Hooks;

/// <summary>Webhooks of other systems, from their signature to the bill (rules 1.5, 2, 3.2, 3.3, 4.7, 6).</summary>
public sealed class HookTests : IAsyncLifetime, IDisposable
{
    private const string Key = "NjFGoDEy";
    private const string Day = "/v1/accounts/school/usage?from=2027-04-08&to=2027-04-09&meter=";
    private static readonly Instant Nine = Instant.FromUtc(2027, 4, 8, 1, 0);
    private readonly HttpClient sender = new();
    private Served served = null!;

    public async Task InitializeAsync()
    {
        served = await Served.StartAsync(Nine - Duration.FromHours(1));
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { name = "School", currency = "USD", timeZone = "Asia/Shanghai" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/school/applications/math", new { name = "Mathematics" });
        await PutConnectorAsync("trtc", new { secret = Key });
        await PutConnectorAsync("tiw", new { secret = Key });
        await PutConnectorAsync("livekit", new { secret = "secret", apiKey = "APIkey" });
        sender.BaseAddress = served.Client.BaseAddress;
    }

    public Task DisposeAsync() => served.DisposeAsync();

    public void Dispose() => sender.Dispose();

    [Fact]
    public async Task What_a_connector_heard_and_refused_is_known_after_a_restart()
    {
        await served.MoveClockAsync(Nine + Duration.FromHours(2));
        await TrtcAsync(Room(101, 0, "teacher"));
        (await sender.PostAsync("/hooks/math/trtc", new StringContent("{}"))).Dispose();
        (await sender.PostAsync("/hooks/math/trtc", new StringContent("{}"))).Dispose();
        await served.RestartAsync();
        string page = await PageAsync("/accounts/school/applications");
        Assert.Contains("Last delivery", page);
        Assert.Contains("<th scope=\"row\">signature wrong, missing or expired</th><td class=\"number\">2</td>", page);
    }

    private async Task<string> PageAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/html");
        using HttpResponseMessage answer = await served.Client.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    [Fact]
    public async Task A_trtc_class_is_metered_and_billed_though_the_server_restarts_in_between()
    {
        await served.MoveClockAsync(Nine + Duration.FromHours(2));
        await TrtcAsync(Room(101, 0, "teacher"));
        await TrtcAsync(Room(103, 0, "teacher"));
        await TrtcAsync(Room(103, 60, "stu-7"));
        await served.RestartAsync();

        using var again = new HttpClient { BaseAddress = served.Client.BaseAddress };
        // What it remembers of the room is in its directory: without it these would open a class of their own.
        await TrtcAsync(Room(104, 3660, "stu-7"), again);
        await TrtcAsync(Room(102, 5400, null), again);
        await TrtcAsync(Recording(600, 2400), again);
        await BarrierAsync();

        JsonElement shown = await served.GetAsync("/v1/accounts/school/classes/math/12345@20270408T010000.000Z");
        Assert.Equal((2, false, "2027-04-08T02:30:00Z"), (shown.GetProperty("userCount").GetInt32(), shown.GetProperty("running").GetBoolean(), shown.GetProperty("end").GetString()));
        Assert.Equal(["stu-7 3600", "teacher 5400"], shown.GetProperty("participants").EnumerateArray()
            .Select(user => $"{user.GetProperty("user").GetString()} {user.GetProperty("seconds").GetInt64()}"));
        Assert.Equal(9000, await QuantityAsync("av"));
        Assert.Equal(1800, await QuantityAsync("recording"));

        // 150 minutes at 0.99 and 30 at 7.00 for each 1,000 (rule 4.7): 0.1485 + 0.21 = 0.3585, rounded half up.
        await served.MoveClockAsync(Nine + Duration.FromHours(17));
        JsonElement bill = await served.GetAsync("/v1/bills/school-D-2027-04-08");
        Assert.Equal("0.36", bill.GetProperty("total").GetString());
        Assert.Equal(["0.148500", "0.210000"], bill.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("amount").GetString()).Order());
    }

    [Fact]
    public async Task The_whiteboards_example_is_110_minutes_for_77_cents_with_the_mix_apart()
    {
        await served.MoveClockAsync(Nine + Duration.FromHours(2));
        HttpResponseMessage answer = await Signed.PostAsync(sender, "/hooks/math/tiw", Whiteboard(Key));
        Assert.Equal("{\"error_code\":0}", await answer.Content.ReadAsStringAsync());
        await BarrierAsync();

        JsonElement[] kinds = await ItemsAsync("recording&groupBy=kind");
        Assert.Equal(["camera 4200", "mixed 2400", "whiteboard 2400"], kinds.Select(item =>
            $"{item.GetProperty("group").GetProperty("kind").GetString()} {item.GetProperty("quantity").GetInt64()}"));
        // Its recording user's minutes come with its own joins alone (rule 3.2).
        Assert.Empty(await ItemsAsync("whiteboard"));

        await served.MoveClockAsync(Nine + Duration.FromHours(17));
        JsonElement bill = await served.GetAsync("/v1/bills/school-D-2027-04-08");
        Assert.Equal("0.77", bill.GetProperty("total").GetString());
        Assert.Equal(["2400 0.000000", "6600 0.770000"], bill.GetProperty("lines").EnumerateArray()
            .Select(line => $"{line.GetProperty("quantity").GetInt64()} {line.GetProperty("amount").GetString()}").Order());
    }

    [Fact]
    public async Task A_livekit_class_is_metered_from_its_tokens_and_a_lost_start_is_made_good()
    {
        await served.MoveClockAsync(Nine + Duration.FromHours(2));
        long start = Nine.ToUnixTimeSeconds();
        await LiveKitAsync(Participant("participant_joined", "EV_1", start));
        await LiveKitAsync(Participant("participant_joined", "EV_1", start));
        await LiveKitAsync(Participant("participant_left", "EV_2", start + 600));
        await LiveKitAsync($$"""{"event":"room_finished","id":"EV_3","createdAt":"{{start + 700}}","room":{"sid":"RM_a","name":"math-101","creationTime":"{{start - 5}}"} }""");
        await BarrierAsync();

        JsonElement shown = await served.GetAsync("/v1/accounts/school/classes/math/RM_a");
        Assert.Equal(("math-101", "2027-04-08T00:59:55Z"), (shown.GetProperty("className").GetString(), shown.GetProperty("start").GetString()));
        Assert.Equal(600, await QuantityAsync("av"));
        Assert.Equal(1, (await CountersAsync()).GetProperty("duplicates").GetInt64());
    }

    [Fact]
    public async Task Of_a_bad_signature_nothing_is_kept()
    {
        await served.MoveClockAsync(Nine + Duration.FromHours(2));
        string join = Room(103, 0, "stu-7");
        long start = Nine.ToUnixTimeSeconds();

        await Served.ProblemAsync(await sender.PostTrtcAsync("math", join, "another"), 401, "unauthenticated");
        await Served.ProblemAsync(await Signed.PostAsync(sender, "/hooks/math/trtc", join), 401, "unauthenticated");
        await Served.ProblemAsync(await sender.PostTrtcAsync("math", "nonsense", "another"), 401, "unauthenticated");
        await Served.ProblemAsync(await Signed.PostAsync(sender, "/hooks/math/tiw", Whiteboard("another")), 401, "unauthenticated");
        await Served.ProblemAsync(await Signed.PostAsync(sender, "/hooks/math/tiw", Whiteboard(Key, expires: 1_600_000_000)), 401, "unauthenticated");
        await Served.ProblemAsync(
            await sender.PostLiveKitAsync("math", Participant("participant_joined", "EV_1", start), "APIkey", "another"), 401, "unauthenticated");
        await Served.ProblemAsync(
            await sender.PostLiveKitAsync("math", Participant("participant_joined", "EV_1", start), "another", "secret"), 401, "unauthenticated");
        await Served.ProblemAsync(await Signed.PostAsync(sender, "/hooks/math/livekit", join), 401, "unauthenticated");
        await BarrierAsync();

        await NothingIsKeptAsync();
    }

    [Fact]
    public async Task What_is_signed_and_cannot_be_read_or_lies_ahead_is_refused_whole()
    {
        await Served.ProblemAsync(await sender.PostTrtcAsync("math", "nonsense", Key), 400, "invalid-request");
        await Served.ProblemAsync(await sender.PostTrtcAsync("math", """{"EventType":103,"EventInfo":{"RoomId":1}}""", Key), 400, "invalid-request");
        await Served.ProblemAsync(await sender.PostTrtcAsync("math", Room(103, 0, new string('u', 257)), Key), 400, "invalid-request");
        await Served.ProblemAsync(await sender.PostTrtcAsync("math", new string(' ', (1 << 20) + 1), Key), 413, "payload-too-large");
        await Served.ProblemAsync(await Signed.PostAsync(sender, "/hooks/math/nothing", "{}"), 404, "not-found");
        await Served.ProblemAsync(await Signed.PostAsync(sender, "/hooks/math/lcic", "{}"), 404, "not-found");
        await Served.ProblemAsync(await Signed.PostAsync(sender, "/hooks/nobody/trtc", "{}"), 404, "not-found");

        // The clock shows eight: five minutes ahead will do, a millisecond more will not (rule 1.5).
        await Served.ProblemAsync(await sender.PostTrtcAsync("math", Room(103, -3600 + 301, "stu-7"), Key), 400, "invalid-event");
        await Served.ProblemAsync(await sender.PostTrtcAsync("math", Room(101, 0, "stu-7"), Key), 400, "invalid-event");
        await BarrierAsync();
        await NothingIsKeptAsync();

        await TrtcAsync(Room(103, -3600 + 300, "stu-7"));
        await BarrierAsync();
        Assert.Equal(2, (await CountersAsync()).GetProperty("events").GetInt64());
    }

    [Fact]
    public async Task What_comes_later_than_the_account_allows_is_kept_as_late()
    {
        await TrtcAsync(Room(103, -40 * 86_400, "stu-7"));
        await BarrierAsync();

        JsonElement kept = await served.GetAsync("/v1/events/rejected?account=school");
        Assert.Equal(["late", "late"], kept.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task What_a_room_does_while_its_account_is_halted_is_of_one_class_when_it_goes_on()
    {
        await served.MoveClockAsync(Nine + Duration.FromHours(2));
        await served.HaltAsync("school");
        using HttpClient now = new() { BaseAddress = served.Client.BaseAddress };
        await TrtcAsync(Room(101, 0, null), now);
        for (int user = 1; user <= 3; user++)
        {
            await TrtcAsync(Room(103, 60 * user, $"u{user}"), now);
            await TrtcAsync(Room(104, 1000 + (60 * user), $"u{user}"), now);
        }

        await TrtcAsync(Room(102, 2000, null), now);
        await served.HaltAsync("school", "another build");

        JsonElement row = Assert.Single((await served.GetAsync("/v1/accounts/school/usage/details?from=2027-04-08&to=2027-04-09")).GetProperty("items").EnumerateArray());
        Assert.Equal((3, 3000), (row.GetProperty("userCount").GetInt32(), row.GetProperty("seconds").GetInt32()));
    }

    [Fact]
    [Trait("Store", "SQLite")]
    public async Task A_connector_whose_secret_was_sealed_under_a_lost_key_says_so_and_is_set_up_anew()
    {
        await served.MoveClockAsync(Nine + Duration.FromHours(2));
        await served.StopAsync();
        File.Delete(Path.Combine(served.Data, "secret.key"));
        await served.InitializeAsync();
        using HttpClient now = new() { BaseAddress = served.Client.BaseAddress };
        JsonElement refused = await Served.ProblemAsync(await now.PostTrtcAsync("math", Room(101, 0, null), Key), 503, "unavailable");
        Assert.Contains("secret.key", refused.GetProperty("detail").GetString());

        await PutConnectorAsync("trtc", new { secret = Key });
        await TrtcAsync(Room(101, 0, null), now);
    }

    [Fact]
    public async Task Messages_that_come_at_the_same_time_are_of_one_class()
    {
        await served.MoveClockAsync(Nine + Duration.FromHours(2));
        for (int room = 0; room < 20; room++)
        {
            string name = $"r{room}";
            string[] messages =
            [
                Room(101, 0, "teacher", name),
                .. Enumerable.Range(1, 8).Select(user => Room(103, 2 * user, $"u{user}", name)),
            ];
            await Task.WhenAll(messages.Select(message => TrtcAsync(message)));
        }

        await BarrierAsync();
        JsonElement rows = await served.GetAsync("/v1/accounts/school/usage/details?from=2027-04-08&to=2027-04-09&limit=1000");
        Assert.Equal(20, rows.GetProperty("items").GetArrayLength());
        Assert.All(rows.GetProperty("items").EnumerateArray(), row => Assert.Equal(8, row.GetProperty("userCount").GetInt32()));
    }

    private static string Room(int type, int second, string? user, string room = "12345") =>
        Signed.TrtcRoom(type, Nine.ToUnixTimeMilliseconds() + (second * 1000L), user, room);

    private static string Recording(int from, int to)
    {
        long start = Nine.ToUnixTimeMilliseconds() + (from * 1000L), end = Nine.ToUnixTimeMilliseconds() + (to * 1000L);
        return $$$"""
            {"EventGroupId":3,"EventType":310,"CallbackTs":1,"EventInfo":{"RoomId":"12345","EventTs":"{{{end / 1000}}}","UserId":"robot","TaskId":"t","Payload":{"Status":0,
             "FileList":["a.mp4"],"FileMessage":[{"FileName":"a.mp4","UserId":"teacher","TrackType":"audio_video","MediaId":"main","StartTimeStamp":{{{start}}},"EndTimeStamp":{{{end}}} }]} } }
            """;
    }

    private static string Participant(string kind, string id, long at) => $$"""
        {"event":"{{kind}}","id":"{{id}}","createdAt":"{{at}}","room":{"sid":"RM_a","name":"math-101","creationTime":"{{Nine.ToUnixTimeSeconds() - 5}}" },
         "participant":{"sid":"PA_1","identity":"stu-7","joinedAt":"{{Nine.ToUnixTimeSeconds()}}","kind":"STANDARD"} }
        """;

    /// <summary>The example of the vendor's billing page: cameras of 30 and 40 minutes, a whiteboard of 40, and a mix.</summary>
    private static string Whiteboard(string key, long expires = 4_000_000_000)
    {
        long start = Nine.ToUnixTimeSeconds();
        return $$"""
            {"Timestamp":{{start + 2400}},"SdkAppId":1400000001,"ExpireTime":{{expires}},"Sign":"{{Signed.Md5($"{key}{expires}")}}","EventType":"OnlineRecordFinished","EventData":{
             "TaskId":"t1","RoomId":1234,"GroupId":"","RecordUserId":"tic_record_user_1234_7","FinishReason":"USER_CALL",
             "RecordStartTime":{{start}},"RecordStopTime":{{start + 2400}},"TotalTime":2400,"ExceptionCnt":0,"OmittedDurations":[],
             "VideoInfos":[
              {"VideoType":0,"UserId":"ios_test1","VideoPlayTime":0,"VideoDuration":1800000,"VideoFormat":"mp4","VideoSize":1,"VideoUrl":"…","VideoId":"a"},
              {"VideoType":0,"UserId":"pc_test1","VideoPlayTime":0,"VideoDuration":2400000,"VideoFormat":"mp4","VideoSize":1,"VideoUrl":"…","VideoId":"b"},
              {"VideoType":2,"UserId":null,"VideoPlayTime":0,"VideoDuration":2400000,"VideoFormat":"mp4","VideoSize":1,"VideoUrl":"…","VideoId":"c"},
              {"VideoType":3,"UserId":"tic_mixstream_1234_1","VideoPlayTime":0,"VideoDuration":2400000,"VideoFormat":"mp4","VideoSize":1,"VideoUrl":"…","VideoId":"d"}]} }
            """;
    }

    private async Task TrtcAsync(string body, HttpClient? client = null)
    {
        using HttpResponseMessage answer = await (client ?? sender).PostTrtcAsync("math", body, Key);
        Assert.Equal((HttpStatusCode.OK, "{\"code\":0}"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private async Task LiveKitAsync(string body)
    {
        using HttpResponseMessage answer = await sender.PostLiveKitAsync("math", body, "APIkey", "secret");
        Assert.Equal((HttpStatusCode.OK, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private Task PutConnectorAsync(string name, object settings) =>
        served.DoAsync(HttpMethod.Put, $"/v1/accounts/school/applications/math/connectors/{name}", settings);

    /// <summary>What came before a command shows when the command's outcome does.</summary>
    private Task BarrierAsync() => served.DoAsync(HttpMethod.Put, "/v1/accounts/school", new { });

    private async Task<JsonElement[]> ItemsAsync(string meter) => [.. (await served.GetAsync(Day + meter)).GetProperty("items").EnumerateArray()];

    private async Task<long> QuantityAsync(string meter) => Assert.Single(await ItemsAsync(meter)).GetProperty("quantity").GetInt64();

    private async Task<JsonElement> CountersAsync() => (await served.GetAsync("/v1/accounts/school")).GetProperty("counters");

    private async Task NothingIsKeptAsync()
    {
        Assert.Equal(0, (await CountersAsync()).GetProperty("events").GetInt64());
        Assert.Equal(0, (await served.GetAsync("/v1/events/rejected")).GetProperty("items").GetArrayLength());
        Assert.Equal(0, (await served.GetAsync("/v1/accounts/school/usage/details?from=2027-01-01&to=2027-05-01")).GetProperty("items").GetArrayLength());
    }
}
