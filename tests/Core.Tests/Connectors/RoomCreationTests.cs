using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>TRTC names the room and not its life; these say which life a message belongs to, whatever order messages come in.</summary>
public sealed class RoomCreationTests
{
    private static readonly (int Type, long AtMs, string? User)[] Lesson =
    [
        (101, 0, "a"), (103, 400, "a"), (103, 300_000, "b"), (104, 900_000, "b"), (103, 1_000_000, "b"),
        (104, 2_700_000, "a"), (104, 2_699_000, "b"), (102, 2_700_000, null),
    ];

    [Fact]
    public void A_class_is_the_same_in_any_order_of_arrival_with_any_repetition_and_restarts()
    {
        long expected = Rules.PresenceSeconds(Tell(Lesson));
        Assert.Equal(2700 + 600 + 1699, expected);
        for (int seed = 0; seed < 2000; seed++)
        {
            Random random = new(seed);
            var arrivals = Lesson.Concat(Lesson.Where(_ => random.Next(3) == 0)).ToArray();
            random.Shuffle(arrivals);

            UsageEvent[] events = [.. Tell(arrivals, restarts: true)];

            Assert.True(events.Select(Rules.ClassOf).Distinct().Count() == 1, $"one class, seed {seed}");
            Assert.True(expected == Rules.PresenceSeconds(events), $"{expected} seconds, seed {seed}");
        }
    }

    [Fact]
    public void Lessons_of_one_room_stay_apart_when_deliveries_come_up_to_a_minute_late()
    {
        (int Type, long AtMs, string? User)[] day =
            [.. Enumerable.Range(0, 5).SelectMany(lesson => Lesson.Select(told => (told.Type, told.AtMs + (lesson * 3_000_000L), told.User)))];
        long expected = Rules.PresenceSeconds(Tell(day));
        for (int seed = 0; seed < 500; seed++)
        {
            Random random = new(seed);
            UsageEvent[] events = [.. Tell(day.OrderBy(told => told.AtMs + random.Next(60_000)))];

            Assert.True(events.OfType<UsageEvent.ClassStarted>().Select(started => started.Class).Distinct().Count() == 5, $"five classes, seed {seed}");
            Assert.True(expected == Rules.PresenceSeconds(events), $"{expected} seconds, seed {seed}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_join_told_just_before_the_creation_is_part_of_it_whichever_comes_first(bool joinFirst)
    {
        (int, long, string?) join = (103, 10_000, "a"), creation = (101, 10_040, "a");
        UsageEvent[] events = [.. Tell(joinFirst ? [join, creation, (102, 70_000, null)] : [creation, join, (102, 70_000, null)])];

        Assert.Single(events.Select(Rules.ClassOf).Distinct());
        Assert.Equal(60, Rules.PresenceSeconds(events));
    }

    [Fact]
    public void A_leave_after_the_dismissal_belongs_to_what_was_dismissed()
    {
        UsageEvent[] events = [.. Tell([(101, 0, "a"), (103, 0, "a"), (102, 60_000, null), (104, 60_200, "a"), (104, 90_000, "z")])];

        Assert.Equal(Rules.ClassOf(events[0]), Rules.ClassOf(events[3]));
        Assert.Single(events.OfType<UsageEvent.ClassStarted>());
    }

    [Fact]
    public void A_dismissal_that_comes_after_the_next_creation_still_ends_its_own_class()
    {
        UsageEvent[] events =
            [.. Tell([(101, 0, "a"), (103, 0, "a"), (101, 600_000, "b"), (102, 60_000, null), (103, 600_000, "b"), (102, 660_000, null)])];

        Assert.Equal(60 + 60, Rules.PresenceSeconds(events));
    }

    [Fact]
    public void Entering_again_without_a_leave_is_the_same_stay()
    {
        UsageEvent[] events = [.. Tell([(101, 0, "a"), (103, 0, "a"), (103, 20_000, "a"), (104, 60_000, "a"), (102, 90_000, null)])];

        Assert.Equal(60, Rules.PresenceSeconds(events));
    }

    [Fact]
    public void A_room_is_forgotten_after_two_days_of_silence_and_not_before()
    {
        ConnectorMemory memory = new();
        Delivery join = Posted.Trtc(Told.Body(103, 0, "a")), later = Posted.Trtc(Told.Body(103, 200_000_000, "b"));
        Posted.Read("trtc", join, memory);

        Delivery within = later with { Arrival = Posted.Now + Duration.FromHours(47) }, after = later with { Arrival = Posted.Now + Duration.FromHours(49) };

        Assert.Equal("room@19700101T000000.000Z", Rules.ClassOf(Connector.Named("trtc")!.Read(within, memory).Joins()));
        Assert.Equal("room@19700103T073320.000Z", Rules.ClassOf(Connector.Named("trtc")!.Read(after, memory).Joins()));
    }

    [Fact]
    public void What_is_remembered_of_a_room_and_of_all_rooms_stays_small()
    {
        Told told = new();
        for (int life = 0; life < 200; life++)
        {
            told.Tell(101, life * 1000L, "a", room: new string('r', 200));
        }
        Assert.True(Assert.Single(told.Memory.Notes).Text.Length < 6 * 1024);

        ConnectorMemory memory = new();
        for (int room = 0; room <= ConnectorMemory.MaxNotes; room++)
        {
            memory.Keep(new($"room-{room}", "", Posted.Now.ToUnixTimeMilliseconds() + room), Posted.Now);
        }
        Assert.True(memory.Notes.Count <= ConnectorMemory.MaxNotes);
        Assert.Contains(memory.Notes, note => note.Key == $"room-{ConnectorMemory.MaxNotes}");
    }

    [Fact]
    public void Nothing_new_to_remember_gives_no_note()
    {
        Told told = new();
        told.Tell(101, 0, "a");

        var accepted = Assert.IsType<Reading.Accepted>(Posted.Read("trtc", Posted.Trtc(Told.Body(103, 1000, "b")), told.Memory));

        Assert.Null(accepted.Note);
    }

    private static IEnumerable<UsageEvent> Tell(IEnumerable<(int Type, long AtMs, string? User)> arrivals, bool restarts = false)
    {
        Told told = new();
        foreach ((int type, long atMs, string? user) in arrivals)
        {
            foreach (UsageEvent happened in told.Tell(type, atMs + 1_000_000_000, user))
            {
                yield return happened;
            }
            if (restarts)
            {
                told.Restart();
            }
        }
    }
}

internal static class Readings
{
    public static UsageEvent Joins(this Reading reading) =>
        Assert.IsType<Reading.Accepted>(reading).Events.OfType<UsageEvent.ParticipantJoined>().Single();
}
