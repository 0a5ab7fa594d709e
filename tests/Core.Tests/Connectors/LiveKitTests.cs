using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>Payloads as LiveKit's protocol writes them: 64-bit integers as texts, zeros left out (livekit/protocol, livekit_webhook.proto).</summary>
public sealed class LiveKitTests
{
    private const string Room = """ "room":{"sid":"RM_a","name":"math-101","creationTime":"1713999990"} """;
    private const string Joined = $$"""
        {"event":"participant_joined","id":"EV_x","createdAt":"1714000000",{{Room}},
         "participant":{"sid":"PA_1","identity":"stu-7","joinedAt":"1714000000","joinedAtMs":"1714000000123","kind":"STANDARD"} }
        """;

    [Fact]
    public void The_documented_join_opens_a_stay_of_the_connection_in_the_rooms_session()
    {
        Reading.Accepted accepted = Assert.IsType<Reading.Accepted>(Posted.Read("livekit", Posted.LiveKit(Joined)));

        Assert.Equal(
            new UsageEvent.ParticipantJoined(
                "livekit:APIkey", "EV_x", Instant.FromUnixTimeMilliseconds(1714000000123), "app", "RM_a", "stu-7", null, "PA_1"),
            accepted.Events[^1]);
        Assert.Equal("", accepted.Answer.Body);
    }

    [Fact]
    public void A_tampered_body_a_foreign_key_and_a_token_out_of_its_time_are_refused_with_401()
    {
        string Why(Delivery delivery) => Posted.Refusal("livekit", delivery, 401);

        Assert.Equal("The token is for another body.", Why(Posted.LiveKit(Joined.Replace("stu-7", "stu-8", StringComparison.Ordinal), signedBody: Joined)));
        Assert.Equal("The token is not signed with the secret of this connector.", Why(Posted.LiveKit(Joined, secret: "other")));
        Assert.Equal("The token is of another API key.", Why(Posted.LiveKit(Joined, apiKey: "other")));
        Assert.Equal("The token's algorithm is not HS256.", Why(Posted.LiveKit(Joined, alg: "none")));
        Assert.Equal("The token has expired.", Why(Posted.LiveKit(Joined, issued: Posted.Now - Duration.FromMinutes(7))));
        Assert.Equal("The token is not valid yet.", Why(Posted.LiveKit(Joined, issued: Posted.Now + Duration.FromMinutes(2))));
        Assert.Equal("The header Authorization holds no token.", Why(Posted.LiveKit(Joined) with { Header = _ => null }));
        Assert.Equal("The header Authorization holds no token.", Why(Posted.LiveKit(Joined) with { Header = _ => "a.b.!" }));
    }

    [Fact]
    public void A_clock_that_is_half_a_minute_off_is_forgiven()
    {
        Posted.Events("livekit", Posted.LiveKit(Joined, issued: Posted.Now + Duration.FromSeconds(30)));
        Posted.Events("livekit", Posted.LiveKit(Joined, issued: Posted.Now - Duration.FromSeconds(330)));
    }

    [Fact]
    public void A_class_with_a_recording_robot_and_an_egress_is_metered_from_its_webhooks()
    {
        ConnectorMemory memory = new();
        UsageEvent[] events = [.. Class().SelectMany(body => Posted.Events("livekit", Posted.LiveKit(body), memory))];

        // stu-7 60 s, and 100 s of the recorder, whom excludeRoles can leave out (rule 2.5).
        Assert.Equal(60 + 100, Rules.PresenceSeconds(events));
        Assert.Equal("recorder", events.OfType<UsageEvent.ParticipantJoined>().Single(joined => joined.User == "EG_1").Role);
        var recorded = Assert.Single(events.OfType<UsageEvent.RecordingCompleted>());
        Assert.Equal(("RM_a", "EG_1", Instant.FromUnixTimeSeconds(1714000099)), (recorded.Class, recorded.Recording, recorded.Time));
        Assert.Equal([new(RecordingKind.Mixed, 98, Bytes: 5000)], recorded.Files);
    }

    [Fact]
    public void A_lost_start_or_a_lost_join_is_healed_by_what_comes_after_it()
    {
        UsageEvent[] whole = Tell(Class());
        foreach (string lost in new[] { "EV_1", "EV_x", "EV_2" })
        {
            UsageEvent[] rest = Tell(Class().Where(body => !body.Contains($"\"{lost}\"", StringComparison.Ordinal)));
            Assert.Equal(Rules.PresenceSeconds(whole), Rules.PresenceSeconds(rest));
        }
    }

    [Fact]
    public void A_start_has_one_identity_whichever_webhook_told_of_it()
    {
        UsageEvent[] starts = [.. Class().SelectMany(body => Posted.Events("livekit", Posted.LiveKit(body)).OfType<UsageEvent.ClassStarted>())];

        Assert.True(starts.Length > 1);
        Assert.Single(starts.Distinct());
    }

    [Fact]
    public void Leaving_in_the_second_of_the_join_is_not_leaving_before_it()
    {
        var left = Posted.Events("livekit", Posted.LiveKit(Participant("participant_left", "EV_9", 1714000000, "PA_1", "stu-7")))
            .OfType<UsageEvent.ParticipantLeft>().Single();

        Assert.Equal(left.JoinedAt, left.Time);
    }

    [Fact]
    public void An_aborted_connection_heals_no_stay()
    {
        UsageEvent[] events = Tell([Started, Participant("participant_connection_aborted", "EV_9", 1714000050, "PA_1", "stu-7"), Finished]);

        Assert.Equal(0, Rules.PresenceSeconds(events));
    }

    [Theory]
    [InlineData("\"trackComposite\":{\"audioTrackId\":\"a\",\"videoTrackId\":\"v\"}", "EGRESS_COMPLETE", RecordingKind.Camera)]
    [InlineData("\"trackComposite\":{\"audioTrackId\":\"a\"}", "EGRESS_COMPLETE", RecordingKind.Audio)]
    [InlineData("\"roomComposite\":{\"audioOnly\":true}", "EGRESS_LIMIT_REACHED", RecordingKind.Audio)]
    [InlineData("\"participant\":{\"identity\":\"t\"}", "EGRESS_COMPLETE", RecordingKind.Camera)]
    [InlineData("\"track\":{\"trackId\":\"t\"}", "EGRESS_COMPLETE", RecordingKind.Camera)]
    [InlineData("\"egress\":{\"template\":{\"layout\":\"grid\"}}", "EGRESS_COMPLETE", RecordingKind.Mixed)]
    public void An_egress_counts_by_what_it_took(string request, string status, RecordingKind kind)
    {
        var recorded = (UsageEvent.RecordingCompleted)Assert.Single(Posted.Events("livekit", Posted.LiveKit(Egress(request, status))));

        Assert.Equal(kind, Assert.Single(recorded.Files).Kind);
    }

    [Theory]
    [InlineData("EGRESS_FAILED")]
    [InlineData("EGRESS_ABORTED")]
    public void An_egress_that_failed_recorded_nothing(string status) =>
        Assert.Empty(Posted.Events("livekit", Posted.LiveKit(Egress("\"roomComposite\":{}", status))));

    [Theory]
    [InlineData("track_published")]
    [InlineData("egress_started")]
    [InlineData("something_new")]
    public void Everything_else_is_acknowledged_and_makes_no_event(string kind) =>
        Assert.Empty(Posted.Events("livekit", Posted.LiveKit($$"""{"event":"{{kind}}","id":"EV_1"}""")));

    private const string Started = $$"""{"event":"room_started","id":"EV_1","createdAt":"1713999990",{{Room}}}""";
    private const string Finished = $$"""{"event":"room_finished","id":"EV_8","createdAt":"1714000110",{{Room}}}""";

    private static string[] Class() =>
    [
        Started, Joined,
        Participant("participant_joined", "EV_2", 1714000000, "PA_2", "EG_1", "EGRESS"),
        Participant("participant_left", "EV_3", 1714000060, "PA_1", "stu-7"),
        Participant("participant_left", "EV_4", 1714000100, "PA_2", "EG_1", "EGRESS"),
        Egress("\"roomComposite\":{\"layout\":\"grid\"}", "EGRESS_COMPLETE"), Finished,
    ];

    private static string Participant(string kind, string id, long createdAt, string sid, string identity, string type = "STANDARD") => $$"""
        {"event":"{{kind}}","id":"{{id}}","createdAt":"{{createdAt}}",{{Room}},
         "participant":{"sid":"{{sid}}","identity":"{{identity}}","joinedAt":"1714000000","joinedAtMs":"1714000000123","kind":"{{type}}"} }
        """;

    private static string Egress(string request, string status) => $$"""
        {"event":"egress_ended","id":"EV_7","createdAt":"1714000101","egressInfo":{"egressId":"EG_1","roomId":"RM_a","roomName":"math-101","status":"{{status}}",
         "startedAt":"1714000001000000000","endedAt":"1714000099000000000",{{request}},
         "file":{"filename":"a.mp4","duration":"98000000000","size":"5000"},
         "fileResults":[{"filename":"a.mp4","startedAt":"1714000001000000000","endedAt":"1714000099000000000","duration":"98000000000","size":"5000"}]} }
        """;

    private static UsageEvent[] Tell(IEnumerable<string> bodies)
    {
        ConnectorMemory memory = new();
        return [.. bodies.SelectMany(body => Posted.Events("livekit", Posted.LiveKit(body), memory))];
    }
}
