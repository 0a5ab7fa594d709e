using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>Payloads and the signature are from Tencent's guides to event and recording callbacks (trtc.io/39558, tencentcloud.com/document/product/647/54914).</summary>
public sealed class TrtcTests
{
    private const string Enter = """{"EventGroupId":1,"EventType":103,"CallbackTs":1687770731932,"EventInfo":{"RoomId":12345,"EventTs":1687770731,"EventMsTs":1687770731831,"UserId":"test","Role":21,"TerminalType":2,"UserType":3,"Reason":1}}""";
    private const string Exit = """{"EventGroupId":1,"EventType":104,"CallbackTs":1687770731922,"EventInfo":{"RoomId":12345,"EventTs":1687770731,"EventMsTs":1687770731898,"UserId":"test","Role":20,"Reason":1}}""";

    [Fact]
    public void The_signature_published_for_a_body_of_tabs_is_accepted_over_the_raw_bytes()
    {
        const string Body = "{\n\t\"EventGroupId\":\t2,\n\t\"EventType\":\t204,\n\t\"CallbackTs\":\t1664209748188,\n\t\"EventInfo\":\t{\n\t\t\"RoomId\":\t8489,\n\t\t\"EventTs\":\t1664209748,\n\t\t\"EventMsTs\":\t1664209748180,\n\t\t\"UserId\":\t\"user_85034614\",\n\t\t\"Reason\":\t0\n\t}\n}";
        Delivery delivery = Posted.Plain(Body, new("123654")) with
        {
            Header = name => name == "Sign" ? "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=" : null,
        };

        Reading.Accepted accepted = Assert.IsType<Reading.Accepted>(Posted.Read("trtc", delivery));

        Assert.Empty(accepted.Events);   // a stream that stopped says nothing about what is received
        Assert.Equal("""{"code":0}""", accepted.Answer.Body);
        Delivery tampered = delivery with { Body = System.Text.Encoding.UTF8.GetBytes(Body.Replace("8489", "8488", StringComparison.Ordinal)) };
        Posted.Refusal("trtc", tampered, 401);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=")]
    public void A_missing_or_foreign_signature_is_refused_with_401(string? sign) =>
        Posted.Refusal("trtc", Posted.Trtc(Enter) with { Header = name => name == "Sign" ? sign : null }, 401);

    [Fact]
    public void The_documented_entry_and_exit_are_a_stay_in_a_class_that_begins_with_the_first_join()
    {
        ConnectorMemory memory = new();
        Instant joined = Instant.FromUnixTimeMilliseconds(1687770731831), left = Instant.FromUnixTimeMilliseconds(1687770731898);

        IReadOnlyList<UsageEvent> entry = Posted.Events("trtc", Posted.Trtc(Enter), memory);
        IReadOnlyList<UsageEvent> exit = Posted.Events("trtc", Posted.Trtc(Exit), memory);

        const string Class = "12345@20230626T091211.831Z";
        var started = Assert.IsType<UsageEvent.ClassStarted>(entry[0]);
        Assert.Equal((Class, "12345", joined), (started.Class, started.Name, started.Time));
        Assert.Equal(new UsageEvent.ParticipantJoined("trtc:app", entry[1].Id, joined, "app", Class, "test", "spectator"), entry[1]);
        Assert.Equal(new UsageEvent.ParticipantLeft("trtc:app", exit[0].Id, left, "app", Class, "test"), exit[0]);
    }

    [Fact]
    public void A_class_from_101_to_102_is_named_by_the_room_and_its_creation()
    {
        Told told = new();
        const long T = 1_700_000_000_000;
        UsageEvent[] events =
        [
            .. told.Tell(101, T, "teacher"), .. told.Tell(103, T + 1, "teacher"), .. told.Tell(103, T + 60_000, "student"),
            .. told.Tell(104, T + 120_000, "student"), .. told.Tell(102, T + 180_000),
        ];

        Assert.Equal(
            ["ClassStarted", "ParticipantJoined", "ParticipantJoined", "ParticipantLeft", "ClassEnded"], events.Select(happened => happened.GetType().Name));
        Assert.Equal(["room@20231114T221320.000Z"], events.Select(Rules.ClassOf).Distinct());
        Assert.Equal(60 + 180, Rules.PresenceSeconds(events));
    }

    [Fact]
    public void A_delivery_sent_again_gives_the_same_events_even_when_its_callback_time_changed()
    {
        Told told = new();
        foreach ((int type, long at) in new[] { (101, 1000L), (103, 990L), (103, 5000L), (104, 9000L), (102, 10_000L) })
        {
            IReadOnlyList<UsageEvent> first = told.Tell(type, at, "u", callbackTs: at + 10);
            Assert.Equal(first, told.Tell(type, at, "u", callbackTs: at + 5010));
        }
    }

    [Fact]
    public void Different_events_never_share_an_id()
    {
        Told told = new();
        UsageEvent[] events =
        [
            .. told.Tell(103, 1000, "u"), .. told.Tell(104, 1000, "u"), .. told.Tell(103, 1000, "v"), .. told.Tell(103, 1001, "u"),
            .. told.Tell(103, 1000, "u", room: "room:2"), .. told.Tell(101, 1000, "u"), .. told.Tell(102, 2000, "u"),
            .. told.Tell(103, 1000, "1:u", room: "r"), .. told.Tell(103, 1000, "u", room: "r1:"),
        ];
        Assert.Equal(events.Distinct().Count(), events.Select(happened => happened.Id).Distinct().Count());
    }

    [Fact]
    public void A_room_used_again_is_another_class_and_a_missing_102_ends_with_the_next_creation()
    {
        Told told = new();
        UsageEvent[] events = [.. told.Tell(101, 0, "u"), .. told.Tell(103, 0, "u"), .. told.Tell(101, 600_000, "v"), .. told.Tell(103, 600_001, "v")];

        Assert.Equal(2, events.Select(Rules.ClassOf).Distinct().Count());
        var ended = Assert.Single(events.OfType<UsageEvent.ClassEnded>());
        Assert.Equal((Rules.ClassOf(events[0]), Instant.FromUnixTimeMilliseconds(600_000)), (ended.Class, ended.Time));
    }

    [Fact]
    public void Robots_are_recorders_by_the_whiteboards_documented_name_or_by_setting()
    {
        Assert.Equal("recorder", RoleOf("tic_record_user_1234_7", null));
        Assert.Equal("recorder", RoleOf("rec-1", ["rec-"]));
        Assert.Equal("spectator", RoleOf("rec-1", ["robot-"]));
    }

    [Fact]
    public void Mp4_files_count_each_by_its_kind_in_the_class_that_they_began_in()
    {
        Told told = new();
        told.Tell(101, 1_000_000, "u");
        told.Tell(102, 1_700_000);
        IReadOnlyList<UsageEvent> events = told.Post("""
            {"EventGroupId":3,"EventType":310,"CallbackTs":1,"EventInfo":{"RoomId":"room","EventTs":"1800","UserId":"robot","TaskId":"t","Payload":{"Status":0,
             "FileList":["a.mp4"],"FileMessage":[
              {"FileName":"a.mp4","UserId":"u","TrackType":"audio_video","MediaId":"main","StartTimeStamp":1000500,"EndTimeStamp":1660400},
              {"FileName":"b.mp4","UserId":"u","TrackType":"video","MediaId":"aux","StartTimeStamp":1000000,"EndTimeStamp":1030000},
              {"FileName":"c.mp4","UserId":"u","TrackType":"audio","MediaId":"main","StartTimeStamp":1000000,"EndTimeStamp":1020000},
              {"FileName":"d.mp4","UserId":"","TrackType":"audio_video","MediaId":"main","StartTimeStamp":1000000,"EndTimeStamp":1600000}]}}}
            """);

        var recorded = Assert.IsType<UsageEvent.RecordingCompleted>(Assert.Single(events));
        Assert.Equal(("room@19700101T001640.000Z", "t", Instant.FromUnixTimeSeconds(1800)), (recorded.Class, recorded.Recording, recorded.Time));
        Assert.Equal(
            [new(RecordingKind.Camera, 660, "u"), new(RecordingKind.Screen, 30, "u"), new(RecordingKind.Audio, 20, "u"), new(RecordingKind.Mixed, 600)],
            recorded.Files);
    }

    [Fact]
    public void A_file_put_into_video_on_demand_counts_once_for_each_file_of_a_task()
    {
        Told told = new();
        string File(string id) => $$$"""
            {"EventGroupId":3,"EventType":311,"EventInfo":{"RoomId":"room","EventTs":"1800","TaskId":"t","Payload":{"Status":0,"Errmsg":"",
             "TencentVod":{"UserId":"u","TrackType":"audio_video","MediaId":"main","FileId":"{{{id}}}","StartTimeStamp":1000000,"EndTimeStamp":1060000} } } }
            """;

        UsageEvent one = Assert.Single(told.Post(File("1"))), two = Assert.Single(told.Post(File("2")));

        Assert.NotEqual(one.Id, two.Id);
        Assert.Equal(one.Id, Assert.Single(told.Post(File("1"))).Id);
        Assert.Equal(60, Assert.Single(((UsageEvent.RecordingCompleted)one).Files).Seconds);
    }

    [Theory]
    [InlineData(105)]
    [InlineData(201)]
    [InlineData(206)]
    [InlineData(301)]
    [InlineData(999)]
    public void Everything_else_is_acknowledged_and_makes_no_event(int type) =>
        Assert.Empty(new Told().Post($$"""{"EventGroupId":1,"EventType":{{type}},"EventInfo":{} }"""));

    [Theory]
    [InlineData("""[]""", "The body is not a JSON object.")]
    [InlineData("""{"EventType":103}""", "EventInfo is missing.")]
    [InlineData("""{"EventType":103,"EventInfo":{"RoomId":1,"EventMsTs":1}}""", "EventInfo/UserId is missing.")]
    [InlineData("""{"EventType":103,"EventInfo":{"RoomId":1.5,"EventMsTs":1,"UserId":"u"}}""", "EventInfo/RoomId must be a text or a whole number.")]
    [InlineData("""{"EventType":103,"EventInfo":{"RoomId":1,"EventMsTs":-1,"UserId":"u"}}""", "EventInfo/EventMsTs must be a whole number from 0 to 253402300799999.")]
    [InlineData("""{"EventType":103,"EventInfo":{"RoomId":1,"EventMsTs":1,"UserId":"\ud800"}}""", "EventInfo/UserId is not valid text.")]
    [InlineData("""{"EventType":310,"EventInfo":{"RoomId":1,"EventTs":1,"TaskId":"t","Payload":{"Status":0}}}""", "EventInfo/Payload/FileMessage is missing.")]
    public void What_is_signed_and_cannot_be_read_is_refused_with_400_and_a_sentence(string body, string sentence) =>
        Assert.Equal(sentence, Posted.Refusal("trtc", Posted.Trtc(body), 400));

    private static string? RoleOf(string user, string[]? recorders)
    {
        string body = Enter.Replace("\"test\"", $"\"{user}\"", StringComparison.Ordinal);
        return Posted.Events("trtc", Posted.Trtc(body, recorders: recorders)).OfType<UsageEvent.ParticipantJoined>().Single().Role;
    }
}
