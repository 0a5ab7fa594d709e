using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>What Prosody's event_sync module posts (github.com/jitsi-contrib/prosody-plugins, event_sync/README.md).</summary>
public sealed class JitsiTests
{
    private const string Room = "catchup@conference.meet.mydomain.com";
    private const string Left = """
        {"event_name":"muc-occupant-left","room_name":"catchup","room_jid":"catchup@conference.meet.mydomain.com","is_breakout":false,"active_occupants_count":3,
         "occupant":{"name":"James Barrow","email":"j.barrow@domain.com","id":"00380324-a840","occupant_jid":"14f01c40-5195@meet.mydomain.com/OWhl8jSh","joined_at":1625823996,"left_at":1625824035}}
        """;

    [Fact]
    public void The_documented_leave_holds_a_whole_stay_in_a_class_of_the_room_and_its_beginning()
    {
        IReadOnlyList<UsageEvent> events = Posted.Events("jitsi", Posted.Jitsi("occupant/left", Left));

        const string Class = Room + "@20210709T094636.000Z";
        Instant joined = Instant.FromUnixTimeSeconds(1625823996), left = Instant.FromUnixTimeSeconds(1625824035);
        var started = Assert.IsType<UsageEvent.ClassStarted>(events[0]);
        Assert.Equal((Class, "catchup", joined), (started.Class, started.Name, started.Time));
        Assert.Equal(
            new UsageEvent.ParticipantLeft(
                "jitsi:app", events[1].Id, left, "app", Class, "00380324-a840", null, "14f01c40-5195@meet.mydomain.com/OWhl8jSh", Medium.Av, joined),
            events[1]);
    }

    [Fact]
    public void Without_the_bearer_token_nothing_is_taken_and_other_addresses_are_not_here()
    {
        Delivery delivery = Posted.Jitsi("occupant/left", Left);
        Posted.Refusal("jitsi", delivery with { Header = _ => null }, 401);
        Posted.Refusal("jitsi", delivery with { Header = _ => "Bearer another" }, 401);
        Posted.Refusal("jitsi", delivery with { Header = _ => "secret" }, 401);
        Posted.Refusal("jitsi", delivery with { Path = [] }, 404);
        Posted.Refusal("jitsi", delivery with { Path = ["events", "occupant"] }, 404);
        Posted.Refusal("jitsi", delivery with { Path = ["events", "occupant", "left", "x"] }, 404);
    }

    [Fact]
    public void A_class_from_creation_to_end_counts_its_stays_and_its_end_tells_those_that_were_lost()
    {
        ConnectorMemory memory = new();
        UsageEvent[] events =
        [
            .. Created(memory, 1000), .. Joined(memory, "a", 1000), .. Joined(memory, "b", 1060), .. LeftAt(memory, "b", 1060, 1120),
            .. Destroyed(memory, 1000, 1300, ("a", 1000, 1300), ("b", 1060, 1120), ("c", 1200, 1290), ("d", 1250, null)),
        ];

        Assert.Equal([Room + "@19700101T001640.000Z"], events.Select(Rules.ClassOf).Distinct());
        Assert.Equal(300 + 60 + 90 + 50, Rules.PresenceSeconds(events));
        // What was told before is a duplicate of the same content, not a conflict.
        Assert.All(events.GroupBy(happened => happened.Id), same => Assert.Single(same.Distinct()));
    }

    [Fact]
    public void In_whatever_order_they_come_the_minutes_are_the_same()
    {
        Random random = new(3);
        for (int round = 0; round < 50; round++)
        {
            ConnectorMemory memory = new();
            Func<IEnumerable<UsageEvent>>[] messages =
            [
                () => Created(memory, 1000), () => Joined(memory, "a", 1000), () => Joined(memory, "b", 1060), () => LeftAt(memory, "b", 1060, 1120),
                () => Destroyed(memory, 1000, 1300, ("a", 1000, 1300), ("b", 1060, 1120)),
            ];
            random.Shuffle(messages);
            Assert.Equal(360, Rules.PresenceSeconds(messages.Concat(messages).SelectMany(tell => tell())));
        }
    }

    [Fact]
    public void A_room_created_again_in_the_second_of_its_end_is_another_class()
    {
        ConnectorMemory memory = new();
        UsageEvent[] events =
        [
            .. Created(memory, 1000), .. Joined(memory, "a", 1000), .. Created(memory, 1300), .. Joined(memory, "b", 1300),
            .. LeftAt(memory, "a", 1000, 1300), .. Destroyed(memory, 1000, 1300, ("a", 1000, 1300)), .. LeftAt(memory, "b", 1300, 1400),
            .. Destroyed(memory, 1300, 1400, ("b", 1300, 1400)),
        ];

        Assert.Equal(2, Rules.Counting(events).Select(Rules.ClassOf).Distinct().Count());
        Assert.Equal(300 + 100, Rules.PresenceSeconds(events));
    }

    [Fact]
    public void An_end_and_a_creation_that_were_both_lost_are_made_good_by_the_next_end_and_stays_in_between_count_once()
    {
        // The server was away from 1200 to 1400: of the first class it missed the end, of the second the creation.
        ConnectorMemory memory = new();
        UsageEvent[] events =
        [
            .. Created(memory, 1000), .. Joined(memory, "a", 1000), .. LeftAt(memory, "a", 1000, 1100),
            .. Joined(memory, "b", 1410), .. LeftAt(memory, "b", 1410, 1500), .. Joined(memory, "c", 1450),
            .. Destroyed(memory, 1400, 1600, ("b", 1410, 1500), ("c", 1450, null)),
            .. LeftAt(memory, "b", 1410, 1500),
        ];

        Assert.Equal(100 + 90 + 150, Rules.PresenceSeconds(events));
        // Also where a class has no window (rule 2.3), the class before has nothing of them.
        Assert.Equal(
            [Room + "@19700101T002320.000Z"],
            Rules.Counting(events).Where(happened => happened is UsageEvent.ParticipantJoined { User: not "a" } or UsageEvent.ParticipantLeft { User: not "a" }).Select(Rules.ClassOf).Distinct());
    }

    [Fact]
    public void A_stay_that_overtook_its_creation_and_the_end_before_is_made_good_by_the_next_end()
    {
        // b's stay was taken for one of the first class, which was open as far as was known; its end comes after that, and lies before the stay.
        ConnectorMemory memory = new();
        UsageEvent[] events =
        [
            .. Created(memory, 1000), .. Joined(memory, "a", 1000), .. Joined(memory, "b", 1210), .. LeftAt(memory, "b", 1210, 1300),
            .. Created(memory, 1210), .. Destroyed(memory, 1000, 1200, ("a", 1000, 1200)), .. Destroyed(memory, 1210, 1300, ("b", 1210, 1300)),
        ];

        Assert.Equal(200 + 90, Rules.PresenceSeconds(events));
    }

    [Fact]
    public void A_breakout_room_is_a_class_beside_that_of_its_main_room()
    {
        ConnectorMemory memory = new();
        UsageEvent[] events =
        [
            .. Created(memory, 1000), .. Joined(memory, "a", 1000), .. LeftAt(memory, "a", 1000, 1100), .. Created(memory, 1100, breakout: "b-1"),
            .. Joined(memory, "a", 1100, "b-1"), .. Destroyed(memory, 1000, 1500),
        ];

        Assert.Equal(
            [Room + "@19700101T001640.000Z", Room + "/b-1@19700101T001820.000Z"], events.Select(Rules.ClassOf).Distinct());
        Assert.DoesNotContain(events.OfType<UsageEvent.ClassEnded>(), ended => Rules.ClassOf(ended).Contains("b-1", StringComparison.Ordinal));
    }

    [Fact]
    public void Who_has_not_signed_in_is_known_by_the_connection_and_recorders_by_their_name()
    {
        ConnectorMemory memory = new();
        string Body(string jid, string more = "") =>
            $$"""{"room_jid":"{{Room}}","room_name":"catchup","is_breakout":false,"occupant":{ {{more}}"occupant_jid":"{{jid}}","joined_at":1000} }""";
        UsageEvent.ParticipantJoined Read(string body) =>
            Posted.Events("jitsi", Posted.Jitsi("occupant/joined", body), memory).OfType<UsageEvent.ParticipantJoined>().Single();

        Assert.Equal(("x@guest/1", null), (Read(Body("x@guest/1")).User, Read(Body("x@guest/1")).Role));
        Assert.Equal(("7", null), (Read(Body("x@meet/1", "\"id\":7,")).User, Read(Body("x@meet/1", "\"id\":7,")).Role));
        Assert.Equal("recorder", Read(Body("recorder@hidden.meet/1")).Role);
    }

    private static IReadOnlyList<UsageEvent> Created(ConnectorMemory memory, long at, string? breakout = null) =>
        Told(memory, "room/created", $"\"created_at\":{at}", breakout);

    private static IReadOnlyList<UsageEvent> Joined(ConnectorMemory memory, string user, long at, string? breakout = null) =>
        Told(memory, "occupant/joined", $"\"occupant\":{Occupant(user, at, null)}", breakout);

    private static IReadOnlyList<UsageEvent> LeftAt(ConnectorMemory memory, string user, long joined, long left) =>
        Told(memory, "occupant/left", $"\"occupant\":{Occupant(user, joined, left)}");

    private static IReadOnlyList<UsageEvent> Destroyed(ConnectorMemory memory, long created, long at, params (string User, long Joined, long? Left)[] all) =>
        Told(memory, "room/destroyed", $"\"created_at\":{created},\"destroyed_at\":{at},\"all_occupants\":[{string.Join(',', all.Select(one => Occupant(one.User, one.Joined, one.Left)))}]");

    private static string Occupant(string user, long joined, long? left) =>
        $$"""{"id":"{{user}}","occupant_jid":"{{user}}@meet/1","joined_at":{{joined}}{{(left is null ? "" : $",\"left_at\":{left}")}} }""";

    private static IReadOnlyList<UsageEvent> Told(ConnectorMemory memory, string path, string body, string? breakout = null) =>
        Posted.Events("jitsi", Posted.Jitsi(path, $$"""
            {"room_name":"catchup","room_jid":"{{Room}}","is_breakout":{{(breakout is null ? "false" : $"true,\"breakout_room_id\":\"{breakout}\"")}},{{body}}}
            """), memory);
}
