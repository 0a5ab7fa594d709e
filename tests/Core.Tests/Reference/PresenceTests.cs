using Minutebook.Reference;
using Xunit;

namespace Minutebook.Core.Tests.Reference;

public sealed class PresenceTests
{
    private const string Day = "2027-04-05T";
    private static readonly ReferenceSettings Room = new() { Metering = "room" };

    [Fact]
    public void Rule_2_4_ten_students_in_a_class_of_sixty_minutes_use_36000_seconds()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z");
        for (int i = 1; i <= 10; i++)
        {
            story.Joined(Day + "01:00:00Z", $"student{i}");
        }

        Expected expected = story.At(Day + "03:00:00Z");

        Assert.Equal(36_000, expected.Total("av", "audio"));
        DetailsRow row = Assert.Single(expected.Rows);
        Assert.Equal((10, 36_000, "event"), (row.UserCount, (int)row.Seconds, row.EndedBy));
        Assert.Equal(10, expected.InHour("peak", Day + "01:00:00Z"));
    }

    [Fact]
    public void Rule_1_2_a_class_across_midnight_in_Shanghai_has_30_minutes_before_and_45_after()
    {
        Expected expected = new Story().Started("2027-04-15T15:30:00Z").Joined("2027-04-15T15:30:00Z", "u1").Ended("2027-04-15T16:45:00Z")
            .At("2027-04-16T18:00:00Z");

        Assert.Equal(1800, expected.InHour("av", "2027-04-15T15:00:00Z"));
        Assert.Equal(2700, expected.InHour("av", "2027-04-15T16:00:00Z"));
        Assert.Equal(4500, (int)Assert.Single(expected.Rows).Seconds);
    }

    [Fact]
    public void Rule_1_2_a_half_hour_zone_splits_at_its_own_hours()
    {
        Expected expected = new Story("Asia/Kolkata").Started(Day + "01:00:00Z").Joined(Day + "01:00:00Z", "u").Ended(Day + "02:00:00Z")
            .At(Day + "03:00:00Z");

        Assert.Equal(1800, expected.InHour("av", Day + "00:30:00Z"));
        Assert.Equal(1800, expected.InHour("av", Day + "01:30:00Z"));
    }

    [Fact]
    public void Rule_1_2_on_Lord_Howe_an_hour_of_90_minutes_holds_5400_seconds()
    {
        Expected expected = new Story("Australia/Lord_Howe").Started("2027-10-02T14:00:00Z").Joined("2027-10-02T14:00:00Z", "u")
            .Ended("2027-10-02T17:00:00Z").At("2027-10-03T00:00:00Z");

        Assert.Equal(1800, expected.InHour("av", "2027-10-02T13:30:00Z"));
        Assert.Equal(5400, expected.InHour("av", "2027-10-02T14:30:00Z"));
        Assert.Equal(3600, expected.InHour("av", "2027-10-02T16:00:00Z"));
    }

    [Fact]
    public void Rule_1_1_a_stay_of_999_milliseconds_over_a_whole_second_lasts_one_second_and_within_one_none()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "01:00:00.999Z", "over").Left(Day + "01:00:01.998Z", "over")
            .Joined(Day + "01:00:01.000Z", "within").Left(Day + "01:00:01.999Z", "within");
        Expected expected = story.At(Day + "03:00:00Z");

        Assert.Equal(1, expected.Total("av"));
        Assert.Equal(2, expected.Rows[0].UserCount);
    }

    [Fact]
    public void Rule_2_1_a_class_without_an_end_is_capped_after_24_hours_and_runs_until_then()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "02:00:00Z", "u").Ended("2027-04-06T01:00:00.001Z");
        DetailsRow running = story.At("2027-04-06T00:59:59Z").Rows[0];
        Expected capped = story.At("2027-04-07T00:00:00Z");

        Assert.Equal((null, null, 82_799), (running.EndMs, running.EndedBy, (int)running.Seconds));
        Assert.Equal(("cap", Story.Ms("2027-04-06T01:00:00Z")), (capped.Rows[0].EndedBy, capped.Rows[0].EndMs));
        Assert.Equal(23 * 3600, capped.Total("av"));
    }

    [Fact]
    public void Rule_2_1_without_a_start_there_is_no_row_and_no_av_but_whiteboard()
    {
        Expected expected = new Story().Joined(Day + "01:00:00Z", "u").Left(Day + "01:10:00Z", "u")
            .Joined(Day + "01:00:00Z", "u", medium: "whiteboard").Left(Day + "01:10:00Z", "u", medium: "whiteboard").At(Day + "03:00:00Z");

        Assert.Empty(expected.Rows);
        Assert.Equal(0, expected.Total("av"));
        Assert.Equal(600, expected.Total("whiteboard"));
    }

    [Fact]
    public void Rule_2_2_a_leave_with_joinedAt_while_closed_adds_its_stay_and_while_open_only_closes()
    {
        Expected expected = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Left(Day + "01:10:00Z", "lost", joinedAt: Day + "01:05:00Z")
            .Joined(Day + "01:20:00Z", "seen").Left(Day + "01:21:00Z", "seen", joinedAt: Day + "01:01:00Z").At(Day + "03:00:00Z");

        Assert.Equal(300 + 60, expected.Total("av"));
    }

    [Fact]
    public void Rule_2_2_in_one_millisecond_leaves_come_first_if_open_and_joins_first_if_closed()
    {
        Expected expected = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "01:00:00Z", "open").Joined(Day + "01:10:00Z", "open").Left(Day + "01:10:00Z", "open")
            .Left(Day + "01:10:00Z", "closed").Joined(Day + "01:10:00Z", "closed").At(Day + "03:00:00Z");

        Assert.Equal(3600, expected.Total("av"));
        Assert.Equal(2, expected.Rows[0].UserCount);
        Assert.Empty(expected.Views[("app", "c")].Participants[0].Stays);
    }

    [Fact]
    public void Rule_2_3_a_room_counts_from_the_join_and_its_row_starts_there()
    {
        Expected expected = new Story(settings: Room).Joined(Day + "01:00:00Z", "u").Joined(Day + "01:10:00Z", "v").Left(Day + "01:20:00Z", "v")
            .Ended(Day + "02:00:00Z").Left(Day + "02:30:00Z", "u").Joined(Day + "03:00:00Z", "u").Left(Day + "03:01:00Z", "u")
            .At(Day + "04:00:00Z");

        DetailsRow row = Assert.Single(expected.Rows);
        Assert.Equal(3600 + 600 + 60, (int)row.Seconds);
        Assert.Equal((Story.Ms(Day + "01:00:00Z"), Story.Ms(Day + "02:00:00Z"), 2), (row.StartMs, row.EndMs!.Value, row.UserCount));
    }

    [Fact]
    public void Rule_2_3_a_stay_ends_24_hours_after_its_join_and_a_join_just_then_opens_another()
    {
        Expected expected = new Story(settings: Room).Joined("2027-04-05T01:00:00Z", "u").Joined("2027-04-06T01:00:00Z", "u")
            .Left("2027-04-06T01:10:00Z", "u").At("2027-04-08T00:00:00Z");

        Assert.Equal(86_400 + 600, expected.Total("av"));
        Assert.Equal("cap", expected.Rows[0].EndedBy);
    }

    [Fact]
    public void Rule_2_3_a_join_at_the_end_of_a_class_opens_an_empty_stay_and_one_after_it_an_own_one_on_the_whiteboard()
    {
        Expected expected = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "02:00:00Z", "at", medium: "whiteboard").Joined(Day + "02:00:00.001Z", "after", medium: "whiteboard")
            .At(Day + "02:30:00Z");

        Assert.Equal(30 * 60, expected.Total("whiteboard"));
        Assert.Equal(0, expected.Rows[0].UserCount);
    }

    [Fact]
    public void Rule_2_6_who_joins_a_running_class_is_counted_at_once_and_shown_with_an_open_stay()
    {
        Expected expected = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:00:00Z", "u", role: "teacher").At(Day + "01:00:00Z");
        ClassView view = expected.Views[("app", "c")];

        Assert.Equal((1, true), (expected.Rows[0].UserCount, view.IsRunning));
        Assert.Equal(("teacher", 0), (view.Participants[0].Role, view.Participants[0].Seconds));
        Assert.Equal(new ViewedStay(Story.Ms(Day + "01:00:00Z"), null, "", "av"), Assert.Single(view.Participants[0].Stays));
    }

    [Fact]
    public void Rule_2_4_connections_of_a_user_overlap_unless_they_count_by_themselves()
    {
        static Story With(string countBy) => new Story(settings: new ReferenceSettings { CountBy = countBy })
            .Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z").Joined(Day + "01:00:00Z", "u", "a").Joined(Day + "01:30:00Z", "u", "b");

        Assert.Equal(3600, With("user").At(Day + "03:00:00Z").Total("av"));
        Assert.Equal(5400, With("connection").At(Day + "03:00:00Z").Total("av"));
        Assert.Equal(1, With("connection").At(Day + "03:00:00Z").InHour("peak", Day + "01:00:00Z"));
    }

    [Fact]
    public void Rule_2_5_excluded_roles_count_nowhere()
    {
        var settings = new ReferenceSettings { ExcludeRoles = ["recorder"] };
        Expected expected = new Story(settings: settings).Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "01:00:00Z", "robot", role: "recorder").Joined(Day + "01:00:00Z", "robot", role: "recorder", medium: "whiteboard")
            .At(Day + "03:00:00Z");

        Assert.Empty(expected.Usage);
        Assert.Equal(0, Assert.Single(expected.Rows).UserCount);
    }

    [Fact]
    public void Rule_3_1_the_highest_tier_counts_where_connections_overlap_and_the_default_before_the_first()
    {
        Expected expected = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "01:00:00Z", "u", "a").Joined(Day + "01:00:00Z", "u", "b").Left(Day + "01:30:00Z", "u", "b")
            .Receiving(Day + "00:10:00Z", "u", 921_600, "a").Receiving(Day + "01:10:00Z", "u", 2_073_601, "b")
            .Receiving(Day + "01:40:00Z", "u", 0, "a").Receiving(Day + "01:40:00Z", "u", 3_686_401, "a").At(Day + "03:00:00Z");

        Assert.Equal(600 + 600, expected.Total("av", "hd"));
        Assert.Equal(1200, expected.Total("av", "2k"));
        Assert.Equal(1200, expected.Total("av", "4k"));
        Assert.Equal(3600, expected.Total("av"));
    }

    [Fact]
    public void Rule_3_2_the_recording_robot_joins_twice_and_has_40_minutes_of_each()
    {
        Expected expected = new Story().Started("2027-04-09T02:00:00Z").Ended("2027-04-09T02:40:00Z")
            .Joined("2027-04-09T02:00:00Z", "robot", "av", "recorder").Joined("2027-04-09T02:00:00Z", "robot", "wb", "recorder", "whiteboard")
            .At("2027-04-09T03:00:00Z");

        Assert.Equal(2400, expected.Total("av", "audio"));
        Assert.Equal(2400, expected.Total("whiteboard"));
        Assert.Equal(1, expected.Rows[0].UserCount);
    }

    [Fact]
    public void Rule_3_2_whiteboard_counts_the_clock_minutes_that_are_touched_once_also_outside_the_window()
    {
        Expected expected = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "00:58:59Z", "u", "a", medium: "whiteboard").Left(Day + "01:00:01Z", "u", "a", medium: "whiteboard")
            .Joined(Day + "01:00:30Z", "u", "b", medium: "whiteboard").Left(Day + "01:00:31Z", "u", "b", medium: "whiteboard")
            .Joined(Day + "01:10:00.100Z", "u", "b", medium: "whiteboard").Left(Day + "01:10:00.900Z", "u", "b", medium: "whiteboard")
            .Joined(Day + "02:10:00Z", "u", "b", medium: "whiteboard").Left(Day + "02:11:00Z", "u", "b", medium: "whiteboard")
            .At(Day + "03:00:00Z");

        Assert.Equal(2 * 60, expected.InHour("whiteboard", Day + "00:00:00Z"));
        Assert.Equal(60, expected.InHour("whiteboard", Day + "01:00:00Z"));
        Assert.Equal(60, expected.InHour("whiteboard", Day + "02:00:00Z"));
        Assert.Equal(0, expected.Total("av") + expected.Total("peak"));
    }

    [Fact]
    public void Rule_1_7_a_class_is_metered_by_the_settings_at_its_start_and_a_room_stay_by_those_at_its_join()
    {
        var byConnection = new ReferenceSettings { DefaultTier = "hd" };
        Expected ofClass = new Story().Setting(Day + "01:30:00Z", byConnection).Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "01:40:00Z", "u").At(Day + "03:00:00Z");
        Expected ofRoom = new Story(settings: Room).Setting(Day + "01:30:00Z", Room with { DefaultTier = "hd" })
            .Joined(Day + "01:00:00Z", "u").Left(Day + "01:35:00Z", "u").Joined(Day + "01:40:00Z", "u").Ended(Day + "02:00:00Z")
            .At(Day + "03:00:00Z");

        Assert.Equal((1200, 0), (ofClass.Total("av", "audio"), ofClass.Total("av", "hd")));
        Assert.Equal((2100, 1200), (ofRoom.Total("av", "audio"), ofRoom.Total("av", "hd")));
    }
}
