using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

public sealed class HostileTests
{
    private static readonly string[] Names = [.. Connector.Names];

    private static readonly string[] Genuine =
    [
        Told.Body(101, 1_700_000_000_000, "u"), Told.Body(103, 1_700_000_000_000, "u"), Told.Body(104, 1_700_000_000_000, "u"),
        """{"EventType":310,"EventInfo":{"RoomId":1,"EventTs":"1","TaskId":"t","Payload":{"Status":0,"FileMessage":[{"FileName":"a","TrackType":"audio","StartTimeStamp":1,"EndTimeStamp":2}]}}}""",
        """{"event":"participant_left","id":"EV","createdAt":"1714000000","room":{"sid":"R","name":"n","creationTime":"1"},"participant":{"sid":"P","identity":"i","kind":"SIP"}}""",
        """{"event":"egress_ended","id":"EV","createdAt":"1","egressInfo":{"egressId":"E","fileResults":[{"duration":"1","size":"1"}],"track":{}}}""",
        """{"EventType":"OnlineRecordFinished","EventData":{"TaskId":"t","RoomId":1,"RecordStartTime":1,"RecordStopTime":2,"VideoInfos":[{"VideoType":0,"VideoDuration":1}]}}""",
        """{"Timestamp":1614151000,"EventType":"MemberJoin","EventData":{"RoomId":1,"UserId":"u"}}""",
        """{"Timestamp":1614151000,"EventType":"RecordFinish","EventData":{"RoomId":1,"Duration":60,"RecordUrl":"x","RecordSize":1}}""",
        """{"data":{"id":"user-joined","attributes":{"meeting":{"internal-meeting-id":"m"},"user":{"internal-user-id":"w","external-user-id":"u"}},"event":{"ts":1708381133689}}}""",
        """{"data":{"id":"rap-publish-ended","attributes":{"meeting":{"internal-meeting-id":"m"},"recording":{"start-time":1,"end-time":2,"playback":{"format":"video"}}},"event":{"ts":1}}}""",
        """{"room_jid":"r","room_name":"n","is_breakout":true,"breakout_room_id":"b","created_at":1,"destroyed_at":3,"all_occupants":[{"id":"u","occupant_jid":"o","joined_at":1,"left_at":2}],"occupant":{"id":"u","occupant_jid":"o","joined_at":1,"left_at":2}}""",
    ];

    private static readonly string[] JitsiPaths = ["room/created", "room/destroyed", "occupant/joined", "occupant/left"];

    [Fact]
    public void Junk_is_refused_and_never_throws()
    {
        Check.QuickThrowOnFailure(Prop.ForAll<byte[], NonNull<string>, NonNull<string>>((body, header, secret) =>
        {
            foreach (string name in Names)
            {
                Delivery delivery = Posted.Plain("", new(secret.Get, "k")) with { Body = body, Header = _ => header.Get };
                Assert.IsType<Reading.Refused>(Posted.Read(name, delivery));
            }
        }));
    }

    [Fact]
    public void Genuine_deliveries_with_anything_inside_are_read_or_refused_and_never_throw()
    {
        Random random = new(20270101);
        int events = 0;
        for (int round = 0; round < 5_000; round++)
        {
            string body = Mutated(Genuine[random.Next(Genuine.Length)], random);
            events += CheckBounded(Posted.Read("trtc", Posted.Trtc(body)));
            events += CheckBounded(Posted.Read("livekit", Posted.LiveKit(body)));
            events += CheckBounded(Posted.Read("tiw", Posted.Tiw(Signed(body), "k")));
            events += CheckBounded(Posted.Read("lcic", Posted.Tiw(Signed(body), "k")));
            events += CheckBounded(Posted.Read("bigbluebutton", Posted.BigBlueButton(Posted.FormOf(body))));
            events += CheckBounded(Posted.Read("jitsi", Posted.Jitsi(JitsiPaths[round % JitsiPaths.Length], body)));
        }
        Assert.True(events > 1000, $"only {events} events: the changes leave too little to read");
    }

    [Theory]
    [InlineData("trtc")]
    [InlineData("livekit")]
    [InlineData("tiw")]
    [InlineData("lcic")]
    [InlineData("jitsi")]
    [InlineData("bigbluebutton")]
    public void Deep_duplicate_large_and_misplaced_deliveries_are_refused(string name)
    {
        Delivery Of(string body) => name switch
        {
            "trtc" => Posted.Trtc(body),
            "livekit" => Posted.LiveKit(body),
            "jitsi" => Posted.Jitsi("room/created", body),
            "bigbluebutton" => Posted.BigBlueButton(body.Length > Connector.MaxBodyBytes ? body : Posted.FormOf(body)),
            _ => Posted.Tiw(body, "k"),
        };
        string deep = "{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}";

        Posted.Refusal(name, Of(deep), 400);
        Posted.Refusal(name, Of("""{"EventType":103,"EventType":104}"""), 400);
        Posted.Refusal(name, Of(new string(' ', Connector.MaxBodyBytes + 1)), 413);
        Posted.Refusal(name, Of("{}") with { Path = ["x"] }, 404);
    }

    private static string Signed(string body)
    {
        long expires = Posted.Now.ToUnixTimeSeconds();
        return body.StartsWith('{') ? $$"""{"ExpireTime":{{expires}},"Sign":"{{Posted.Md5("k" + expires)}}",{{body[1..]}}""" : body;
    }

    private static string Mutated(string body, Random random)
    {
        string[] values = ["null", "-1", "0", "1e9", "9223372036854775807", "253402300799999", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\udc00\"", "[]", "[{}]", "{}", "true", "1.5"];
        StringBuilder text = new(body);
        for (int change = random.Next(4); change > 0; change--)
        {
            int colon = text.ToString().IndexOf(':', random.Next(text.Length));
            int end = colon < 0 ? -1 : text.ToString().IndexOfAny([',', '}'], colon);
            if (end > 0 && random.Next(5) > 0)
            {
                text.Remove(colon + 1, end - colon - 1).Insert(colon + 1, values[random.Next(values.Length)]);
            }
            else
            {
                text[random.Next(text.Length)] = (char)random.Next(1, 0xD7FF);
            }
        }
        return text.ToString();
    }

    private static int CheckBounded(Reading reading)
    {
        if (reading is not Reading.Accepted accepted)
        {
            return 0;
        }
        foreach (UsageEvent happened in accepted.Events)
        {
            Assert.InRange(happened.Id.Length, 1, 256);
            Assert.InRange(happened.Source.Length, 1, 256);
            Assert.InRange(Rules.ClassOf(happened).Length, 1, 256);
            Assert.InRange(happened.Time, Instant.FromUnixTimeSeconds(0), Instant.FromUtc(9999, 12, 31, 23, 59, 59).PlusNanoseconds(999_999_999));
            if (happened is UsageEvent.RecordingCompleted recorded)
            {
                Assert.All(recorded.Files, file => Assert.InRange(file.Seconds, 0, 1L << 53));
            }
        }
        return accepted.Events.Count;
    }
}
