using System.Security.Cryptography;
using System.Text;
using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>Webhooks as bbb-webhooks 3 posts them (github.com/bigbluebutton/bbb-webhooks, its README and callback emitter).</summary>
public sealed class BigBlueButtonTests
{
    private const string Meeting = "8043-1698771157700";
    private const string Joined = """{"data":{"type":"event","id":"user-joined","attributes":{"meeting":{"internal-meeting-id":"8043-1698771157700","external-meeting-id":"random-9019868"},"user":{"internal-user-id":"w_xfsb9gxtlfom","external-user-id":"w_xfsb9gxtlfom","name":"John Doe","role":"MODERATOR","presenter":false,"guest":false}},"event":{"ts":1708381133689}}}""";

    [Theory]
    [InlineData("SHA1")]
    [InlineData("SHA256")]
    [InlineData("SHA384")]
    [InlineData("SHA512")]
    public void The_digest_of_address_body_and_secret_is_accepted_whichever_is_chosen(string algorithm)
    {
        Delivery delivery = Posted.BigBlueButton(Posted.FormOf(Joined), algorithm);

        Reading.Accepted accepted = Assert.IsType<Reading.Accepted>(Posted.Read("bigbluebutton", delivery));

        Assert.Equal((null, ""), (accepted.Answer.ContentType, accepted.Answer.Body));
        Assert.Equal(2, accepted.Events.Count);
        Posted.Refusal("bigbluebutton", delivery with { Body = Encoding.UTF8.GetBytes(Posted.FormOf(Joined) + "&more=1") }, 401);
        Posted.Refusal("bigbluebutton", delivery with { Settings = delivery.Settings with { Secret = "another" } }, 401);
        Posted.Refusal("bigbluebutton", delivery with { Settings = delivery.Settings with { CallbackUrl = "https://other.example/" } }, 401);
        Posted.Refusal("bigbluebutton", delivery with { Settings = delivery.Settings with { CallbackUrl = null } }, 401);
        Posted.Refusal("bigbluebutton", delivery with { Query = "" }, 401);
        Posted.Refusal("bigbluebutton", delivery with { Query = "checksum=" }, 401);
        Posted.Refusal("bigbluebutton", delivery with { Query = delivery.Query[..^1] }, 401);
    }

    [Fact]
    public void The_secret_as_bearer_token_does_without_a_checksum()
    {
        Delivery delivery = Posted.Plain(Posted.FormOf(Joined), new("secret")) with { Header = name => name == "Authorization" ? "Bearer secret" : null };

        Assert.Equal(2, Posted.Events("bigbluebutton", delivery).Count);
        Posted.Refusal("bigbluebutton", delivery with { Header = name => name == "Authorization" ? "Bearer secret2" : null }, 401);
        Posted.Refusal("bigbluebutton", delivery with { Header = name => name == "Authorization" ? "secret" : null }, 401);
    }

    [Fact]
    public void The_digest_covers_the_address_as_it_was_registered_with_its_own_query()
    {
        const string Url = "https://minutebook.example/hooks/app/bigbluebutton?campus=1";
        string body = Posted.FormOf(Joined), sum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Url + body + "secret")));

        Assert.Equal(2, Posted.Events(
            "bigbluebutton", Posted.Plain(body, new("secret", CallbackUrl: Url)) with { Query = $"campus=1&checksum={sum}" }).Count);
    }

    [Fact]
    public void The_documented_join_is_of_the_meeting_and_begins_it_where_no_creation_was_told()
    {
        IReadOnlyList<UsageEvent> events = Told(new(), Joined);

        Instant at = Instant.FromUnixTimeMilliseconds(1708381133689);
        var started = Assert.IsType<UsageEvent.ClassStarted>(events[0]);
        Assert.Equal((Meeting, at), (started.Class, started.Time));
        Assert.Equal(
            new UsageEvent.ParticipantJoined(
                "bigbluebutton:app", events[1].Id, at, "app", Meeting, "w_xfsb9gxtlfom", "moderator", "w_xfsb9gxtlfom"),
            events[1]);
    }

    [Fact]
    public void Several_events_in_one_body_are_all_taken_in_one_list_or_in_several()
    {
        string[] lesson =
        [
            Of("meeting-created", 1_700_000_000_000, null, "\"name\":\"Chemistry\","), Of("user-joined", 1_700_000_000_500, "teacher"),
            Of("user-joined", 1_700_000_060_000, "stu"), Of("user-audio-muted", 1_700_000_070_000, "stu"),
            Of("user-left", 1_700_000_120_000, "stu"), Of("meeting-ended", 1_700_000_180_000, null),
        ];
        IReadOnlyList<UsageEvent> events = Told(new(), lesson);

        Assert.Equal(
            ["ClassStarted", "ParticipantJoined", "ParticipantJoined", "ParticipantLeft", "ClassEnded"], events.Select(happened => happened.GetType().Name));
        Assert.Equal("Chemistry", Assert.IsType<UsageEvent.ClassStarted>(events[0]).Name);
        Assert.Equal(180 + 60, Rules.PresenceSeconds(events));

        string several = string.Join('&', lesson.Select(one => Posted.FormOf(one)));
        Assert.Equal(events, Posted.Events("bigbluebutton", Posted.BigBlueButton(several)));
    }

    [Fact]
    public void In_whatever_order_they_come_the_minutes_are_the_same()
    {
        string[] lesson =
        [
            Of("meeting-created", 1_700_000_000_000, null), Of("user-joined", 1_700_000_000_500, "teacher"),
            Of("user-joined", 1_700_000_060_000, "stu"), Of("user-left", 1_700_000_120_000, "stu"), Of("meeting-ended", 1_700_000_180_000, null),
        ];
        Random random = new(7);
        for (int round = 0; round < 50; round++)
        {
            random.Shuffle(lesson);
            ConnectorMemory memory = new();
            Assert.Equal(240, Rules.PresenceSeconds(lesson.Concat(lesson).SelectMany(one => Told(memory, one))));
        }

        // Without the creation, the meeting begins with the earliest join, also when that is heard of later.
        ConnectorMemory other = new();
        string[] joins = [Of("user-joined", 1_700_000_060_000, "stu"), Of("user-joined", 1_700_000_000_000, "teacher"), Of("meeting-ended", 1_700_000_180_000, null)];
        Assert.Equal(180 + 120, Rules.PresenceSeconds(joins.SelectMany(one => Told(other, one))));
    }

    [Fact]
    public void A_person_is_who_the_portal_says_and_each_connection_is_its_own()
    {
        ConnectorMemory memory = new();
        UsageEvent[] events =
        [
            .. Told(memory, Of("meeting-created", 0, null)), .. Told(memory, Of("user-joined", 200_000_000_000, "w_1", "", "alice")),
            .. Told(memory, Of("user-joined", 200_000_001_000, "w_2", "", "alice")), .. Told(memory, Of("user-joined", 200_000_002_000, "w_3", "", "")),
        ];
        Assert.Equal(
            [("alice", "w_1"), ("alice", "w_2"), ("w_3", "w_3")],
            events.OfType<UsageEvent.ParticipantJoined>().Select(joined => (joined.User, joined.Connection!)));
    }

    [Fact]
    public void Each_published_format_of_a_recording_is_a_file_with_times_of_the_pipeline_in_seconds()
    {
        string Published(string format, string success = "true") => $$$"""
            {"data":{"type":"event","id":"rap-publish-ended","attributes":{"meeting":{"internal-meeting-id":"{{{Meeting}}}"},"record-id":"{{{Meeting}}}","success":{{{success}}},"workflow":"{{{format}}}",
             "recording":{"name":"Chemistry","start-time":1700000000000,"end-time":"1700000900000","size":77,"playback":{"format":"{{{format}}}","duration":600000} } },"event":{"ts":1700001000} } }
            """;

        IReadOnlyList<UsageEvent> events = Told(new(), Published("presentation"), Published("podcast"), Published("notes"), Published("video", "false"));

        Assert.Equal(
            [(RecordingKind.Mixed, 600L, 77L), (RecordingKind.Audio, 600L, 77L)],
            events.Cast<UsageEvent.RecordingCompleted>().Select(recorded => Assert.Single(recorded.Files)).Select(file => (file.Kind, file.Seconds, file.Bytes!.Value)));
        Assert.All(events, recorded => Assert.Equal(Instant.FromUnixTimeSeconds(1700001000), recorded.Time));
        Assert.Equal(2, events.Select(recorded => recorded.Id).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("domain=bbb.example.com&timestamp=1708381133689")]
    [InlineData("[{\"data\":{\"id\":\"user-joined\"}}]")]
    [InlineData("event=nonsense")]
    [InlineData("event=%5B1%5D")]
    [InlineData("event=%5B%7B%22data%22%3A%7B%22id%22%3A%22user-joined%22%7D%7D%5D")]
    [InlineData("event=%5B%7B%22data%22%3A%7B%22id%22%3A1,%22id%22%3A2%7D%7D%5D")]
    [InlineData("event=%5B%7B%22%ff%22%3A1%7D%5D")]
    public void What_is_signed_and_cannot_be_read_is_refused(string body) =>
        Posted.Refusal("bigbluebutton", Posted.BigBlueButton(body), 400);

    private static IReadOnlyList<UsageEvent> Told(ConnectorMemory memory, params string[] events) =>
        Posted.Events("bigbluebutton", Posted.BigBlueButton(Posted.FormOf(events)), memory);

    private static string Of(string type, long ts, string? connection, string more = "", string? user = null)
    {
        string who = connection is null ? "" : $$""","user":{"internal-user-id":"{{connection}}","external-user-id":"{{user ?? connection}}","role":"VIEWER"}""";
        return $$"""{"data":{"type":"event","id":"{{type}}","attributes":{"meeting":{ {{more}}"internal-meeting-id":"{{Meeting}}"}{{who}} },"event":{"ts":{{ts}} } } }""";
    }
}
