using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Section 2 of the rules, by a book.</summary>
public sealed class PresenceExamples
{
    private const string Day = "2027-04-05T";
    private const string End = Day + "03:00:00Z";
    private static readonly ReferenceSettings Room = new() { Metering = "room" };

    private static Story Lesson(ReferenceSettings? settings = null) =>
        new Story(settings: settings).Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z");

    [Fact]
    public void Rule_2_1_the_window_is_from_the_earliest_start_to_the_earliest_end_after_it()
    {
        Story story = new Story().Started(Day + "01:10:00Z").Started(Day + "01:00:00Z").Ended(Day + "00:50:00Z").Ended(Day + "02:00:00Z")
            .Ended(Day + "01:40:00Z").Joined(Day + "00:55:00Z", "u");
        DetailsRow row = story.BookAt(End).Row();

        Assert.Equal((Story.Ms(Day + "01:00:00Z"), Story.Ms(Day + "01:40:00Z"), "event", 2400), (row.StartMs, row.EndMs, row.EndedBy, (int)row.Seconds));
    }

    [Fact]
    public void Rule_2_1_a_class_without_an_end_runs_for_24_hours_and_is_capped_then()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "02:00:00Z", "u").Ended("2027-04-06T01:00:00.001Z");
        DetailsRow running = story.BookAt("2027-04-06T00:59:59Z").Row();
        Figures capped = story.BookAt("2027-04-07T00:00:00Z");

        Assert.Equal((null, null, 82_799), (running.EndMs, running.EndedBy, (int)running.Seconds));
        Assert.Equal(("cap", Story.Ms("2027-04-06T01:00:00Z"), 23 * 3600), (capped.Row().EndedBy, capped.Row().EndMs, (int)capped.Row().Seconds));
        Assert.Equal(23 * 3600, capped.Total("av"));
    }

    [Fact]
    public void Rule_2_1_an_end_exactly_24_hours_after_the_start_ends_it()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Ended("2027-04-06T01:00:00Z");

        Assert.Equal("event", story.BookAt("2027-04-07T00:00:00Z").Row().EndedBy);
    }

    [Fact]
    public void Rule_2_1_without_a_start_there_is_no_row_and_no_av_but_whiteboard()
    {
        Figures figures = new Story().Joined(Day + "01:00:00Z", "u").Left(Day + "01:10:00Z", "u")
            .Joined(Day + "01:00:00Z", "u", medium: "whiteboard").Left(Day + "01:10:00Z", "u", medium: "whiteboard").BookAt(End);

        Assert.Empty(figures.Rows());
        Assert.Equal((0, 600), (figures.Total("av"), figures.Total("whiteboard")));
    }

    [Fact]
    public void Rule_2_1_the_name_is_that_of_the_earliest_start_that_has_one()
    {
        Story story = Lesson();
        story.Add(story.New("class.started", Day + "01:20:00Z") with { Name = "later" })
            .Add(story.New("class.started", Day + "01:10:00Z") with { Name = "second" })
            .Add(story.New("class.started", Day + "01:10:00Z") with { Name = "first" });

        Assert.Equal("first", story.BookAt(End).Row().ClassName);
    }

    [Fact]
    public void Rule_2_2_a_join_when_open_and_a_leave_when_closed_do_nothing()
    {
        Story story = Lesson().Left(Day + "01:05:00Z", "u").Joined(Day + "01:10:00Z", "u").Joined(Day + "01:20:00Z", "u")
            .Left(Day + "01:30:00Z", "u").Left(Day + "01:40:00Z", "u");

        Assert.Equal(1200, story.BookAt(End).Total("av"));
    }

    [Fact]
    public void Rule_2_2_a_leave_with_joinedAt_while_closed_adds_its_stay_and_while_open_only_closes()
    {
        Story story = Lesson().Left(Day + "01:10:00Z", "lost", joinedAt: Day + "01:05:00Z")
            .Joined(Day + "01:20:00Z", "seen").Left(Day + "01:21:00Z", "seen", joinedAt: Day + "01:01:00Z");

        Assert.Equal(300 + 60, story.BookAt(End).Total("av"));
    }

    [Fact]
    public void Rule_2_2_in_one_millisecond_leaves_come_first_if_open_and_joins_first_if_closed()
    {
        Figures figures = Lesson()
            .Joined(Day + "01:00:00Z", "open").Joined(Day + "01:10:00Z", "open").Left(Day + "01:10:00Z", "open")
            .Left(Day + "01:10:00Z", "closed").Joined(Day + "01:10:00Z", "closed").BookAt(End);

        Assert.Equal((3600, 2), (figures.Total("av"), figures.Row().UserCount));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_2_2_plain_leaves_come_before_leaves_with_joinedAt_of_one_millisecond(bool backwards)
    {
        // The plain leave closes the stay of 10 minutes, and so the other adds its own of 20.
        Story story = Lesson().Joined(Day + "01:20:00Z", "u").Left(Day + "01:30:00Z", "u", joinedAt: Day + "01:10:00Z").Left(Day + "01:30:00Z", "u");

        Assert.Equal(1200, story.BookAt(End, backwards).Total("av"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_2_5_of_several_joins_in_one_millisecond_the_first_role_makes_the_stay(bool backwards)
    {
        Story story = Lesson(new ReferenceSettings { ExcludeRoles = ["recorder"] })
            .Joined(Day + "01:00:00Z", "u", role: "recorder").Joined(Day + "01:00:00Z", "u", role: "student")
            .Joined(Day + "01:00:00Z", "v", role: "assistant").Joined(Day + "01:00:00Z", "v", role: "recorder");

        Assert.Equal((3600, 2), (story.BookAt(End, backwards).Total("av"), story.BookAt(End, backwards).Row().UserCount));
    }

    [Fact]
    public void Rule_2_3_the_end_of_the_class_ends_a_stay_and_a_leave_after_it_finds_it_closed()
    {
        Story story = Lesson().Joined(Day + "01:30:00Z", "u").Left(Day + "02:30:00Z", "u", joinedAt: Day + "01:00:00Z");

        // Closed since 02:00, it adds its own stay: together the whole hour.
        Assert.Equal(3600, story.BookAt(End).Total("av"));
    }

    [Fact]
    public void Rule_2_3_a_room_counts_from_the_join_and_its_row_starts_there()
    {
        DetailsRow row = new Story(settings: Room).Joined(Day + "01:00:00Z", "u").Joined(Day + "01:10:00Z", "v").Left(Day + "01:20:00Z", "v")
            .Ended(Day + "02:00:00Z").Left(Day + "02:30:00Z", "u").Joined(Day + "03:00:00Z", "u").Left(Day + "03:01:00Z", "u")
            .BookAt(Day + "04:00:00Z").Row();

        Assert.Equal(3600 + 600 + 60, (int)row.Seconds);
        Assert.Equal((Story.Ms(Day + "01:00:00Z"), Story.Ms(Day + "02:00:00Z"), 2), (row.StartMs, row.EndMs!.Value, row.UserCount));
    }

    [Fact]
    public void Rule_2_3_a_stay_ends_24_hours_after_its_join_and_a_join_just_then_opens_another()
    {
        Figures figures = new Story(settings: Room).Joined("2027-04-05T01:00:00Z", "u").Joined("2027-04-06T01:00:00Z", "u")
            .Left("2027-04-06T01:10:00Z", "u").BookAt("2027-04-08T00:00:00Z");

        Assert.Equal((86_400 + 600, "cap"), (figures.Total("av"), figures.Row().EndedBy));
    }

    [Fact]
    public void Rule_2_3_a_join_at_the_end_opens_an_empty_stay_and_one_after_it_an_own_one_on_the_whiteboard()
    {
        Figures figures = Lesson().Joined(Day + "02:00:00Z", "at", medium: "whiteboard").Joined(Day + "02:00:00.001Z", "after", medium: "whiteboard")
            .BookAt(Day + "02:30:00Z");

        Assert.Equal((30 * 60, 0), (figures.Total("whiteboard"), figures.Row().UserCount));
    }

    [Fact]
    public void Rule_2_4_a_phone_and_a_laptop_count_once_where_they_overlap_up_to_the_end_of_the_class()
    {
        static long With(string countBy) => Lesson(new ReferenceSettings { CountBy = countBy })
            .Joined(Day + "01:00:00Z", "u", "phone").Left(Day + "01:40:00Z", "u", "phone")
            .Joined(Day + "01:30:00Z", "u", "laptop").Left(Day + "02:10:00Z", "u", "laptop").BookAt(End).Total("av");

        Assert.Equal((3600, 4200), (With("user"), With("connection")));
    }

    [Fact]
    public void Rule_2_4_connections_of_a_user_overlap_unless_they_count_by_themselves()
    {
        static long With(string countBy) => Lesson(new ReferenceSettings { CountBy = countBy })
            .Joined(Day + "01:00:00Z", "u", "a").Joined(Day + "01:30:00Z", "u", "b").BookAt(End).Total("av");

        Assert.Equal((3600, 5400), (With("user"), With("connection")));
    }

    [Fact]
    public void Rule_2_4_presence_is_cut_to_the_window()
    {
        Assert.Equal(3600, Lesson().Joined(Day + "00:30:00Z", "u").Left(Day + "02:30:00Z", "u").BookAt(End).Total("av"));
    }

    [Fact]
    public void Rule_2_5_excluded_roles_count_nowhere()
    {
        Figures figures = Lesson(new ReferenceSettings { ExcludeRoles = ["recorder"] })
            .Joined(Day + "01:00:00Z", "robot", role: "recorder").Joined(Day + "01:00:00Z", "robot", role: "recorder", medium: "whiteboard")
            .BookAt(End);

        Assert.Empty(figures.Usage());
        Assert.Equal(0, figures.Row().UserCount);
    }

    [Fact]
    public void Rule_2_6_a_join_by_the_millisecond_or_a_stay_of_a_second_makes_a_user()
    {
        Figures figures = Lesson()
            .Joined(Day + "01:30:00.000Z", "joins", medium: "whiteboard").Left(Day + "01:30:00.001Z", "joins", medium: "whiteboard")
            .Left(Day + "01:30:00.900Z", "too short", joinedAt: Day + "01:30:00.100Z")
            .Left(Day + "01:30:01.000Z", "a second", joinedAt: Day + "01:30:00.999Z")
            .Joined(Day + "00:59:59.999Z", "early").Left(Day + "01:00:00.500Z", "early")
            .Joined(Day + "02:00:00.000Z", "late").BookAt(End);

        Assert.Equal(2, figures.Row().UserCount);
    }

    [Fact]
    public void Rules_2_6_and_8_2_who_joins_a_running_class_counts_at_once_and_grows_by_the_second()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:00:00.250Z", "u");

        Assert.Equal((1, 0), (story.BookAt(Day + "01:00:00.250Z").Row().UserCount, (int)story.BookAt(Day + "01:00:00.250Z").Row().Seconds));
        Assert.Equal(1, (int)story.BookAt(Day + "01:00:01Z").Row().Seconds);
        Assert.Equal(3601, story.BookAt(Day + "02:00:01.999Z").Total("av"));
    }

    [Fact]
    public void Rule_2_4_ten_students_in_a_class_of_sixty_minutes_use_36000_seconds()
    {
        Story story = Lesson();
        for (int i = 1; i <= 10; i++)
        {
            story.Joined(Day + "01:00:00Z", $"student{i}");
        }

        Assert.Equal((36_000, 10), (story.BookAt(End).Total("av"), story.BookAt(End).Row().UserCount));
    }

    [Fact]
    public void Rule_1_5_an_event_that_comes_in_its_very_millisecond_counts_from_then_on()
    {
        Story story = new();
        foreach (ReferenceEvent e in (ReferenceEvent[])[
            story.New("class.started", Day + "01:00:00.500Z", "s") with { Name = "Algebra" },
            story.New("participant.joined", Day + "01:10:00.500Z", "j") with { User = "u" },
            story.New("participant.receiving", Day + "01:20:00.500Z", "r") with { User = "u", Pixels = 921_600 },
            story.New("participant.joined", Day + "01:30:00.500Z", "b") with { User = "u", Medium = "whiteboard" },
            story.New("participant.left", Day + "01:40:00.500Z", "l") with { User = "u" },
            story.New("class.ended", Day + "01:50:00.500Z", "e")])
        {
            story.Arrives(ReferenceEvent.Rfc3339(e.TimeMs), e);
        }

        Figures figures = story.BookAt(End);
        Assert.Equal((600, 1200, 1200), (figures.Total("av", "audio"), figures.Total("av", "hd"), figures.Total("whiteboard")));
        Assert.Equal(("Algebra", 1, "event"), (figures.Row().ClassName, figures.Row().UserCount, figures.Row().EndedBy));
    }

    [Fact]
    public void Rule_3_1_a_tier_that_is_told_in_its_very_millisecond_counts_from_then_on_without_any_other_event()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:10:00Z", "u");
        Desk desk = story.DeskAt(Day + "01:15:00Z");
        desk.Send(Story.Ms(Day + "01:20:00.500Z"), story.New("participant.receiving", Day + "01:20:00.500Z", "r") with { User = "u", Pixels = 921_600 });
        desk.AdvanceTo(Story.Ms(Day + "01:40:00Z"));
        desk.Flush();
        Figures figures = new(desk.Tables, story.Account, desk.Book.Now);

        Assert.Equal((600, 1200), (figures.Total("av", "audio"), figures.Total("av", "hd")));
    }

    [Fact]
    public void Rule_1_1_seconds_before_1970_are_whole_seconds_too()
    {
        Story story = new Story().Started("1969-12-31T23:59:57.500Z").Joined("1969-12-31T23:59:57.500Z", "u").Receiving("1969-12-31T23:59:58.500Z", "u", 1)
            .Left("1970-01-01T00:00:01.500Z", "u").Ended("1970-01-01T01:00:00Z");
        story.Add(story.New("slicing.completed", "1969-12-31T23:59:59.999Z", "x") with { Task = "t", Mode = "video", Stored = true, Seconds = 7 });
        Figures figures = story.BookAt("1970-01-02T00:00:00Z");

        Assert.Equal((1, 3), (figures.Total("av", "audio"), figures.Total("av", "hd")));
        Assert.Equal((3, 1), (figures.InHour("av", "1969-12-31T23:00:00Z"), figures.InHour("av", "1970-01-01T00:00:00Z")));
        Assert.Equal((7, 0), (figures.InHour("slicing", "1969-12-31T23:00:00Z"), figures.InHour("slicing", "1970-01-01T00:00:00Z")));
        Assert.Equal(2, new Story().Started("1969-12-31T23:59:57.500Z").Joined("1969-12-31T23:59:57.500Z", "u").BookAt("1969-12-31T23:59:59.999Z").Total("av"));
    }
}
