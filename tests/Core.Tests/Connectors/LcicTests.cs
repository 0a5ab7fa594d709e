using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>Callbacks of the low-code interactive classroom, with the signature of its guide (tencentcloud.com/document/product/1168/53700).</summary>
public sealed class LcicTests
{
    private const string Key = "NjFGoDEy";
    private const string Class = "123456";
    private static readonly Instant Before = Instant.FromUnixTimeSeconds(1614151508);

    [Fact]
    public void The_published_signature_is_accepted_until_its_expiry_and_not_beyond()
    {
        const string Body = """{"Timestamp":1614151000,"SdkAppId":3923193,"ExpireTime":1614151508,"Sign":"b9454ab5a85f9b7ad36071f5688ed34d","EventType":"RoomStart","EventData":{"RoomId":123456}}""";

        Reading.Accepted accepted = Assert.IsType<Reading.Accepted>(Posted.Read("lcic", Posted.Tiw(Body, Key, Before)));

        var started = Assert.IsType<UsageEvent.ClassStarted>(Assert.Single(accepted.Events));
        Assert.Equal((Class, Instant.FromUnixTimeSeconds(1614151000), "lcic:app"), (started.Class, started.Time, started.Source));
        Assert.Equal("""{"error_code":0}""", accepted.Answer.Body);
        Assert.Equal("ExpireTime has passed.", Posted.Refusal("lcic", Posted.Tiw(Body, Key, Before + Duration.FromMilliseconds(1)), 401));
        Posted.Refusal("lcic", Posted.Tiw(Body, "another", Before), 401);
        Posted.Refusal("lcic", Posted.Tiw(Body.Replace("1614151508", "1714151508", StringComparison.Ordinal), Key, Before), 401);
        Posted.Refusal("lcic", Posted.Tiw("""{"EventType":"RoomStart","EventData":{"RoomId":1}}""", Key, Before), 401);
    }

    [Fact]
    public void A_class_counts_from_the_teachers_start_though_students_came_before()
    {
        UsageEvent[] events =
        [
            .. Told("MemberJoin", 900, "\"UserId\":\"stu-1\",\"Device\":1,"), .. Told("RoomStart", 1000), .. Told("MemberJoin", 1060, "\"UserId\":\"stu-2\","),
            .. Told("MemberQuit", 1120, "\"UserId\":\"stu-2\","), .. Told("RoomEnd", 1600),
        ];

        Assert.Equal([Class], events.Select(Rules.ClassOf).Distinct());
        Assert.Equal(600 + 60, Rules.PresenceSeconds(events));
    }

    [Fact]
    public void A_recording_has_its_length_in_seconds_and_is_the_mix_of_the_class()
    {
        var recorded = Assert.IsType<UsageEvent.RecordingCompleted>(Assert.Single(Told(
            "RecordFinish", 2000, "\"Duration\":1800,\"RecordSize\":77,\"RecordUrl\":\"https://x.example/a.mp4\",")));

        Assert.Equal([new RecordedFile(RecordingKind.Mixed, 1800, Bytes: 77)], recorded.Files);
    }

    [Fact]
    public void A_callback_sent_again_with_a_new_signature_gives_the_same_events_and_other_callbacks_others()
    {
        Assert.Equal(Told("MemberJoin", 5, "\"UserId\":\"u\","), Told("MemberJoin", 5, "\"UserId\":\"u\",", expires: 1614151600));
        UsageEvent[] events =
        [
            .. Told("MemberJoin", 5, "\"UserId\":\"u\","), .. Told("MemberQuit", 5, "\"UserId\":\"u\","), .. Told("MemberJoin", 6, "\"UserId\":\"u\","),
            .. Told("MemberJoin", 5, "\"UserId\":\"v\","), .. Told("RoomStart", 5), .. Told("RoomEnd", 5),
        ];
        Assert.Equal(6, events.Select(happened => happened.Id).Distinct().Count());
    }

    [Fact]
    public void Other_callbacks_are_acknowledged_and_recorders_have_their_role()
    {
        Assert.Empty(Told("CameraOn", 5, "\"UserId\":\"u\","));
        Assert.Empty(Told("SomethingNew", 5));
        Assert.Equal("recorder", Assert.IsType<UsageEvent.ParticipantJoined>(Assert.Single(
            Told("MemberJoin", 5, "\"UserId\":\"tic_record_user_123456_7\","))).Role);
    }

    private static IReadOnlyList<UsageEvent> Told(string type, long second, string more = "", long expires = 1614151508) =>
        Posted.Events("lcic", Posted.Tiw(
            $$"""{"Timestamp":{{second}},"SdkAppId":1,"ExpireTime":{{expires}},"Sign":"{{Posted.Md5(Key + expires)}}","EventType":"{{type}}","EventData":{ {{more}}"RoomId":{{Class}} } }""",
            Key, Before));
}
