using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Section 1 of the rules, by a book.</summary>
public sealed class EventExamples
{
    private const string Day = "2027-04-05T";
    private const string End = Day + "03:00:00Z";

    private static ReferenceEvent Slice(Story story, string time, string id, long seconds) =>
        story.New("slicing.completed", time, id) with { Task = "t", Mode = "audio", Seconds = seconds };

    private static ReferenceEvent Void(Story story, string time, string id, string target) =>
        story.New("event.voided", time, id) with { Subject = null, TargetSource = "//story", TargetId = target };

    private static Story Lesson() => new Story().Started(Day + "01:00:00Z").Joined(Day + "01:00:00Z", "u").Ended(Day + "02:00:00Z");

    [Fact]
    public void Rule_1_1_digits_beyond_the_millisecond_are_cut_off_and_durations_are_of_whole_seconds()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "01:00:00.999Z", "over").Left(Day + "01:00:01.998Z", "over")
            .Joined(Day + "01:00:01.000Z", "within").Left(Day + "01:00:01.999Z", "within");
        story.Add(story.New("slicing.completed", Day + "01:10:00.123Z") with
        {
            Task = "t",
            Mode = "audio",
            Seconds = 1,
            TimeText = Day + "01:10:00.123999999Z",
        });
        Figures figures = story.BookAt(End);

        Assert.Equal((1, 1), (figures.Total("av"), figures.Total("slicing")));
        Assert.Equal(2, figures.Row().UserCount);
    }

    [Theory]
    [InlineData("Asia/Kolkata", "00:30:00Z", 1800)]
    [InlineData("Asia/Kolkata", "01:30:00Z", 1800)]
    [InlineData("Asia/Kathmandu", "00:15:00Z", 900)]
    [InlineData("Asia/Kathmandu", "01:15:00Z", 2700)]
    public void Rule_1_2_hours_are_those_of_the_accounts_wall_clock(string zone, string hour, long seconds)
    {
        Story story = new Story(zone).Started(Day + "01:00:00Z").Joined(Day + "01:00:00Z", "u").Ended(Day + "02:00:00Z");

        Assert.Equal(seconds, story.BookAt(End).InHour("av", Day + hour));
    }

    [Fact]
    public void Rule_1_2_on_Lord_Howe_an_hour_of_90_minutes_holds_5400_seconds_when_the_clock_goes_forward()
    {
        Figures figures = new Story("Australia/Lord_Howe").Started("2027-10-02T14:00:00Z").Joined("2027-10-02T14:00:00Z", "u")
            .Ended("2027-10-02T17:00:00Z").BookAt("2027-10-03T00:00:00Z");

        Assert.Equal(1800, figures.InHour("av", "2027-10-02T13:30:00Z"));
        Assert.Equal(5400, figures.InHour("av", "2027-10-02T14:30:00Z"));
        Assert.Equal(3600, figures.InHour("av", "2027-10-02T16:00:00Z"));
    }

    [Fact]
    public void Rule_1_2_on_Lord_Howe_a_day_of_24_and_a_half_hours_holds_88200_seconds()
    {
        // 4 April 2027 lasts from 13:00Z to 13:30Z of the day after.
        Figures figures = new Story("Australia/Lord_Howe", new ReferenceSettings { Metering = "room" })
            .Joined("2027-04-03T12:00:00Z", "u").Left("2027-04-04T11:00:00Z", "u").Joined("2027-04-04T11:00:00.001Z", "u")
            .Left("2027-04-04T15:00:00Z", "u").BookAt("2027-04-05T00:00:00Z");

        Assert.Equal(88_200, (long)figures.ClassUsage().Single(figure => figure.Key.Day == "2027-04-04").Value);
    }

    [Fact]
    public void Rule_1_2_a_class_across_midnight_in_Shanghai_has_30_minutes_on_one_day_and_45_on_the_next()
    {
        Figures figures = new Story().Started("2027-04-15T15:30:00Z").Joined("2027-04-15T15:30:00Z", "u").Ended("2027-04-15T16:45:00Z")
            .BookAt("2027-04-15T17:00:00Z");

        Assert.Equal(
            [("2027-04-15", 1800), ("2027-04-16", 2700)],
            figures.ClassUsage().Select(figure => (figure.Key.Day, (int)figure.Value)).Order());
        Assert.Equal(4500, (int)figures.Row().Seconds);
    }

    [Fact]
    public void Rule_1_3_a_repeated_event_has_no_effect_and_one_with_other_content_is_a_conflict()
    {
        Story story = new();
        story.Arrives(Day + "02:00:00Z", Slice(story, Day + "01:00:00Z", "x", 10))
            .Arrives(Day + "02:00:01Z", Slice(story, Day + "01:00:00Z", "x", 10))
            .Arrives(Day + "02:00:02Z", Slice(story, Day + "01:00:00Z", "x", 99))
            .Arrives(Day + "02:00:03Z", Slice(story, Day + "01:00:00Z", "x", 10) with { Task = "another" })
            .Arrives(Day + "02:00:04Z", Slice(story, Day + "01:00:00Z", "x", 10) with { Source = "//elsewhere" });
        Figures figures = story.BookAt(End);

        Assert.Equal(20, figures.Total("slicing"));
        Assert.Equal((2, 3, 2), (figures.Counters.Events, figures.Counters.Duplicates, figures.Counters.Conflicts));
    }

    [Theory]
    [InlineData("class.started", "", false)]
    [InlineData("class.started", "name", true)]
    [InlineData("class.ended", "", false)]
    [InlineData("class.ended", "time", true)]
    [InlineData("class.ended", "type", true)]
    [InlineData("participant.joined", "", false)]
    [InlineData("participant.joined", "user", true)]
    [InlineData("participant.joined", "role", true)]
    [InlineData("participant.joined", "connection", true)]
    [InlineData("participant.joined", "medium", true)]
    [InlineData("participant.joined", "class", true)]
    [InlineData("participant.left", "", false)]
    [InlineData("participant.left", "role", true)]
    [InlineData("participant.left", "joinedAt", true)]
    [InlineData("participant.receiving", "", false)]
    [InlineData("participant.receiving", "pixels", true)]
    [InlineData("participant.receiving", "connection", true)]
    public void Rule_1_3_an_event_that_comes_again_is_a_conflict_when_it_says_anything_else(string type, string changed, bool isConflict)
    {
        Story story = new();
        bool isParticipants = type.StartsWith("participant", StringComparison.Ordinal);
        ReferenceEvent first = story.New(type, Day + "01:00:00Z", "x") with
        {
            Name = type == "class.started" ? "Algebra" : null,
            User = isParticipants ? "u" : null,
            Connection = isParticipants ? "one" : null,
            Role = type is "participant.joined" or "participant.left" ? "student" : null,
            JoinedAtMs = type == "participant.left" ? Story.Ms(Day + "00:30:00Z") : null,
            Pixels = type == "participant.receiving" ? 1 : null,
        };
        ReferenceEvent again = changed switch
        {
            "name" => first with { Name = "Geometry" },
            "time" => first with { TimeMs = first.TimeMs + 1 },
            "type" => first with { Type = "class.started" },
            "user" => first with { User = "v" },
            "role" => first with { Role = null },
            "connection" => first with { Connection = "two" },
            "medium" => first with { Medium = "whiteboard" },
            "class" => first with { Subject = "d" },
            "joinedAt" => first with { JoinedAtMs = first.JoinedAtMs + 1 },
            "pixels" => first with { Pixels = 2 },
            _ => first,
        };
        Figures figures = story.Arrives(Day + "02:00:00Z", first).Arrives(Day + "02:00:01Z", again).BookAt(End);

        Assert.Equal((1, 1, isConflict ? 1 : 0), (figures.Counters.Events, figures.Counters.Duplicates, figures.Counters.Conflicts));
    }

    [Theory]
    [InlineData("content.delivered")]
    [InlineData("event.voided")]
    [InlineData("participant.joined")]
    public void Rule_1_3_a_conflict_is_found_in_what_no_meter_needs_too(string type)
    {
        Story story = new();
        ReferenceEvent first = story.New(type, Day + "01:00:00Z", "x") with { User = "u", Subject = "s" };
        (ReferenceEvent one, ReferenceEvent other) = type switch
        {
            "content.delivered" => (first with { Bytes = 1, Kind = "live" }, first with { Bytes = 1, Kind = "live", User = "v" }),
            "event.voided" => (
                first with { User = null, Subject = null, TargetSource = "//a", TargetId = "b", TargetSubject = "c" },
                first with { User = null, Subject = null, TargetSource = "//a", TargetId = "b" }),
            _ => (first, first with { Role = "teacher" }),
        };
        story.Arrives(Day + "02:00:00Z", one).Arrives(Day + "02:00:01Z", one).Arrives(Day + "02:00:02Z", other);
        Figures figures = story.BookAt(End);

        Assert.Equal((2, 1), (figures.Counters.Duplicates, figures.Counters.Conflicts));
    }

    [Fact]
    public void Rule_1_4_the_order_of_arrival_changes_nothing()
    {
        Story story = Lesson().Joined(Day + "01:10:00Z", "v", "a").Left(Day + "01:20:00Z", "v", "a").Joined(Day + "01:20:00Z", "v", "a")
            .Receiving(Day + "01:30:00Z", "v", 921_601, "a");

        Assert.Equal(story.BookAt(End).Usage(), story.BookAt(End, backwards: true).Usage());
        Assert.Equal(story.BookAt(End).Row(), story.BookAt(End, backwards: true).Row());
        Assert.Equal(3600 + 3000, story.BookAt(End).Total("av"));
    }

    [Fact]
    public void Rule_1_5_an_event_exactly_lateDays_old_is_in_time_and_a_millisecond_more_is_late()
    {
        Story story = new() { Account = new ReferenceAccount("Asia/Shanghai") };
        story.Arrives("2027-05-10T01:00:00Z", Slice(story, Day + "01:00:00Z", "just in time", 10))
            .Arrives("2027-05-10T01:00:00Z", Slice(story, Day + "00:59:59.999Z", "late", 100));
        Figures figures = story.BookAt("2027-05-10T02:00:00Z");

        Assert.Equal(10, figures.Total("slicing"));
        Assert.Equal(["//story late late"], figures.Kept());
    }

    [Fact]
    public void Rule_1_5_an_event_ahead_of_its_time_has_no_effect_until_then()
    {
        Story story = new();
        story.Arrives(Day + "01:55:00Z", Slice(story, Day + "02:00:00Z", "x", 10));

        Assert.Equal(0, story.BookAt(Day + "01:59:59.999Z").Total("slicing"));
        Assert.Equal(10, story.BookAt(Day + "02:00:00Z").Total("slicing"));
    }

    [Theory]
    [InlineData("02:01:00Z", "02:02:00Z")]
    [InlineData("02:02:00Z", "02:02:00Z")]
    [InlineData("02:02:00Z", "02:01:00Z")]
    public void Rules_1_5_and_1_6_a_void_that_comes_due_with_what_it_names_takes_back_no_more_than_that(string voided, string target)
    {
        foreach (bool backwards in (bool[])[false, true])
        {
            Story story = new();
            ReferenceEvent[] ahead = [Slice(story, Day + target, "x", 10), Void(story, Day + voided, "v", "x")];
            foreach (ReferenceEvent its in backwards ? ahead.Reverse() : ahead)
            {
                story.Arrives(Day + "02:00:00Z", its);
            }

            story.Arrives(Day + "02:00:00Z", Slice(story, Day + "02:00:00Z", "other", 7));

            Assert.Equal(7, story.BookAt(Day + "02:10:00Z").Total("slicing"));
        }
    }

    [Fact]
    public void Rules_1_5_and_1_6_what_is_voided_when_its_time_has_come_is_taken_back_once()
    {
        Story story = new();
        story.Arrives(Day + "01:55:00Z", Slice(story, Day + "02:00:00Z", "x", 10))
            .Arrives(Day + "02:00:00.001Z", Void(story, Day + "01:00:00Z", "v", "x"));

        // No one looked in between.
        Assert.Equal(0, story.BookAt(Day + "02:30:00Z").Total("slicing"));
    }

    [Fact]
    public void Rule_1_5_what_is_kept_says_why_and_is_tried_again_on_command_and_when_it_is_sent_again()
    {
        Story story = new();
        ReferenceEvent odd = story.New("quiz.answered", Day + "01:00:00Z", "odd");
        ReferenceEvent sheets = story.New("screenshot.captured", Day + "01:00:00Z", "sheets") with { Count = 5 };
        story.Setting(Day + "02:00:00Z", new ReferenceSettings { Edition = "flagship" })
            .Arrives(Day + "01:10:00Z", odd).Arrives(Day + "01:10:00Z", sheets).Arrives(Day + "01:10:00Z", sheets with { Id = "again" })
            .Arrives(Day + "02:10:00Z", sheets with { Id = "again" })
            .Arrives(Day + "02:20:00Z", null);

        Assert.Equal(["//story again edition", "//story odd unknown-type", "//story sheets edition"], story.BookAt(Day + "01:30:00Z").Kept().Order());
        Assert.Equal(5, story.BookAt(Day + "02:15:00Z").Total("screenshot"));
        Figures figures = story.BookAt(End);
        Assert.Equal(["//story odd unknown-type"], figures.Kept());
        Assert.Equal((10, 0), (figures.Total("screenshot"), figures.Counters.Duplicates));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_1_3_the_first_to_arrive_counts_also_when_it_was_kept_and_what_comes_later_is_a_conflict(bool restarted)
    {
        Story story = new();
        ReferenceEvent sheets = story.New("screenshot.captured", Day + "01:00:00Z", "sheets") with { Count = 5 };
        story.Arrives(Day + "01:10:00Z", sheets).Setting(Day + "02:00:00Z", new ReferenceSettings { Edition = "flagship" });
        Desk desk = story.DeskAt(Day + "02:05:00Z");
        if (restarted)
        {
            desk.Flush();
            desk.Restart();
        }

        desk.Send(Story.Ms(Day + "02:10:00Z"), sheets with { Count = 7, Subject = "other" });
        desk.Flush();
        var figures = new Figures(desk.Tables, story.Account, desk.Book.Now) { Counters = desk.Book.State.Counters };

        Assert.Equal((5, 1), (figures.Total("screenshot"), figures.Counters.Conflicts));
        Assert.Empty(figures.Kept());
    }

    [Theory]
    [InlineData("01:30:00Z")]
    [InlineData("02:30:00Z")]
    public void Rule_1_6_a_void_takes_an_event_out_whichever_comes_first_and_is_not_voided_itself(string arrival)
    {
        Story story = new();
        story.Arrives(Day + arrival, Void(story, Day + "01:00:00Z", "v", "x"))
            .Arrives(Day + "02:00:00Z", Slice(story, Day + "01:00:00Z", "x", 10))
            .Arrives(Day + "02:45:00Z", Void(story, Day + "01:00:00Z", "w", "v"));

        Assert.Equal(0, story.BookAt(End).Total("slicing"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rules_1_5_and_1_6_a_kept_event_stays_kept_when_it_is_voided_whichever_comes_first(bool backwards)
    {
        Story story = new();
        story.Add(story.New("quiz.answered", Day + "01:00:00Z", "odd")).Add(Void(story, Day + "02:00:00Z", "v", "odd"));

        Assert.Equal(["//story odd unknown-type"], story.BookAt(End, backwards).Kept());
    }

    [Fact]
    public void Rule_1_7_a_class_is_metered_by_the_settings_at_its_start_and_a_room_by_those_at_each_join()
    {
        var room = new ReferenceSettings { Metering = "room" };
        Figures ofClass = Lesson().Setting(Day + "00:59:59.999Z", new ReferenceSettings { DefaultTier = "fhd" })
            .Setting(Day + "01:30:00Z", new ReferenceSettings { DefaultTier = "hd" }).Joined(Day + "01:40:00Z", "v").BookAt(End);
        Figures ofRoom = new Story(settings: room).Setting(Day + "01:30:00Z", room with { DefaultTier = "hd" })
            .Joined(Day + "01:00:00Z", "u").Left(Day + "01:35:00Z", "u").Joined(Day + "01:40:00Z", "u").Ended(Day + "02:00:00Z").BookAt(End);

        Assert.Equal((4800, 0), (ofClass.Total("av", "fhd"), ofClass.Total("av", "\"hd\"")));
        Assert.Equal((2100, 1200), (ofRoom.Total("av", "audio"), ofRoom.Total("av", "hd")));
    }

    [Fact]
    public void Rule_1_7_settings_count_for_what_starts_in_their_very_millisecond()
    {
        Story story = new Story().Setting(Day + "01:00:00Z", new ReferenceSettings { DefaultTier = "hd" });
        story.Arrives(Day + "00:58:00Z", story.New("class.started", Day + "01:00:00Z", "s"))
            .Arrives(Day + "00:58:00Z", story.New("participant.joined", Day + "01:00:00Z", "j") with { User = "u" });

        Assert.Equal((0, 600), (story.BookAt(Day + "01:10:00Z").Total("av", "audio"), story.BookAt(Day + "01:10:00Z").Total("av", "hd")));
    }
}
