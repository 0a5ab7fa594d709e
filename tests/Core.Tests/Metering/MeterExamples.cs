using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Rules 3.1 to 3.5, by a book.</summary>
public sealed class MeterExamples
{
    private const string Day = "2027-04-05T";
    private const string End = Day + "03:00:00Z";

    private static Story Lesson(ReferenceSettings? settings = null) =>
        new Story(settings: settings).Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z");

    [Theory]
    [InlineData(0, "audio")]
    [InlineData(1, "hd")]
    [InlineData(921_600, "hd")]
    [InlineData(921_601, "fhd")]
    [InlineData(2_073_600, "fhd")]
    [InlineData(2_073_601, "2k")]
    [InlineData(3_686_400, "2k")]
    [InlineData(3_686_401, "4k")]
    public void Rule_3_1_a_tier_includes_its_bound_and_a_report_before_the_join_counts(long pixels, string tier)
    {
        Story story = Lesson(new ReferenceSettings { DefaultTier = "hd" }).Receiving(Day + "00:10:00Z", "u", pixels).Joined(Day + "01:00:00Z", "u");

        Assert.Equal(3600, story.BookAt(End).Total("av", $"\"{tier}\""));
    }

    [Fact]
    public void Rule_3_1_before_the_first_report_the_default_tier_counts_and_a_report_outlasts_leaves()
    {
        Figures figures = Lesson(new ReferenceSettings { DefaultTier = "fhd" }).Joined(Day + "01:00:00Z", "u").Receiving(Day + "01:10:00Z", "u", 1)
            .Left(Day + "01:20:00Z", "u").Joined(Day + "01:50:00Z", "u").BookAt(End);

        Assert.Equal((600, 1200), (figures.Total("av", "\"fhd\""), figures.Total("av", "\"hd\"")));
    }

    [Fact]
    public void Rule_3_1_the_highest_tier_counts_where_connections_overlap_and_the_larger_of_two_at_once()
    {
        Figures figures = Lesson()
            .Joined(Day + "01:00:00Z", "u", "a").Joined(Day + "01:00:00Z", "u", "b").Left(Day + "01:30:00Z", "u", "b")
            .Receiving(Day + "00:10:00Z", "u", 921_600, "a").Receiving(Day + "01:10:00Z", "u", 2_073_601, "b")
            .Receiving(Day + "01:40:00Z", "u", 0, "a").Receiving(Day + "01:40:00Z", "u", 3_686_401, "a").BookAt(End);

        Assert.Equal((1200, 1200, 1200), (figures.Total("av", "\"hd\""), figures.Total("av", "2k"), figures.Total("av", "4k")));
    }

    [Fact]
    public void Rule_3_2_whiteboard_counts_the_clock_minutes_that_are_touched_once_also_outside_the_window()
    {
        Figures figures = Lesson()
            .Joined(Day + "00:58:59Z", "u", "a", medium: "whiteboard").Left(Day + "01:00:01Z", "u", "a", medium: "whiteboard")
            .Joined(Day + "01:00:30Z", "u", "b", medium: "whiteboard").Left(Day + "01:00:31Z", "u", "b", medium: "whiteboard")
            .Joined(Day + "01:10:00.100Z", "u", "b", medium: "whiteboard").Left(Day + "01:10:00.900Z", "u", "b", medium: "whiteboard")
            .Joined(Day + "02:10:00Z", "u", "b", medium: "whiteboard").Left(Day + "02:11:00Z", "u", "b", medium: "whiteboard").BookAt(End);

        Assert.Equal(
            (120, 60, 60),
            (figures.InHour("whiteboard", Day + "00:00:00Z"), figures.InHour("whiteboard", Day + "01:00:00Z"), figures.InHour("whiteboard", Day + "02:00:00Z")));
        Assert.Equal(0, figures.Total("av"));
    }

    [Theory]
    [InlineData("01:00:30.000Z", 0)]
    [InlineData("01:00:30.999Z", 0)]
    [InlineData("01:00:31.000Z", 60)]
    [InlineData("01:01:00.000Z", 60)]
    [InlineData("01:01:00.999Z", 60)]
    [InlineData("01:01:01.000Z", 120)]
    public void Rule_3_2_an_open_whiteboard_stay_counts_each_minute_as_it_is_touched(string now, long seconds)
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:00:30Z", "u", medium: "whiteboard");

        Assert.Equal(seconds, story.BookAt(Day + now).Total("whiteboard"));
    }

    [Fact]
    public void Rule_3_2_a_recording_robot_joins_twice_and_has_40_minutes_of_each()
    {
        Figures figures = new Story().Started("2027-04-09T02:00:00Z").Ended("2027-04-09T02:40:00Z")
            .Joined("2027-04-09T02:00:00Z", "robot", "av", "recorder").Joined("2027-04-09T02:00:00Z", "robot", "wb", "recorder", "whiteboard")
            .BookAt("2027-04-09T03:00:00Z");

        Assert.Equal((2400, 2400, 1), (figures.Total("av", "audio"), figures.Total("whiteboard"), figures.Row().UserCount));
    }

    [Fact]
    public void Rule_3_5_playback_slicing_and_screenshots_fall_into_the_hour_of_their_event_also_when_nothing_was_stored()
    {
        Story story = new(settings: new ReferenceSettings { Edition = "trial" });
        story.Add(story.New("playback.viewed", Day + "01:40:00Z") with { Recording = "r", User = "u", Seconds = 125 })
            .Add(story.New("slicing.completed", Day + "01:50:00Z") with { Task = "t", Mode = "audio", Seconds = 700, Stored = false })
            .Add(story.New("screenshot.captured", Day + "01:10:00Z") with { Count = 1 })
            .Add(story.New("screenshot.captured", Day + "01:10:00Z") with { Count = 4, User = "u" });
        Figures figures = story.BookAt(End);

        Assert.Equal((125, 700, 5), (figures.InHour("playback", Day + "01:00:00Z"), figures.InHour("slicing", Day + "01:00:00Z"), figures.InHour("screenshot", Day + "01:00:00Z")));
    }

    [Fact]
    public void Rules_3_3_and_3_5_each_file_counts_by_its_kind_in_the_hour_of_the_event()
    {
        Story story = new();
        story.Add(story.New("recording.completed", Day + "01:59:59.999Z") with
        {
            Recording = "r",
            Files = [new("camera", 1800, "a"), new("camera", 2400, "b"), new("whiteboard", 2400), new("mixed", 2400), new("screen", 1), new("audio", 2)],
        });
        Figures figures = story.BookAt(End);

        Assert.Equal((4200, 2400, 2400), (figures.Total("recording", "camera"), figures.Total("recording", "whiteboard"), figures.Total("recording", "mixed")));
        Assert.Equal(4200 + 2400 + 2400 + 3, figures.InHour("recording", Day + "01:00:00Z"));
    }

    [Theory]
    [InlineData("live", null, null, """["live",null,null,"false"]""")]
    [InlineData("other", "Arts", "History", """["other",null,null,"false"]""")]
    [InlineData("vod", null, null, """["vod-institution",null,null,"false"]""")]
    [InlineData("vod", "Arts", null, """["vod-department","Arts",null,"false"]""")]
    [InlineData("download", null, "History", """["vod-department",null,"History","true"]""")]
    [InlineData("download", null, null, """["vod-institution",null,null,"true"]""")]
    public void Rule_3_4_a_delivery_goes_by_what_it_says(string kind, string? organization, string? department, string dimensions)
    {
        Story story = new();
        story.Add(Delivery(story, Day + "01:00:00Z", kind) with { Organization = organization, Department = department });

        Assert.Equal(dimensions, Assert.Single(story.BookAt(End).Usage()).Key.Dimensions);
    }

    [Fact]
    public void Rule_3_4_a_section_fills_in_what_is_missing_as_it_is_when_the_event_arrives()
    {
        Story story = new();
        story.Sections.Add(new SectionAt(Story.Ms(Day + "01:00:00Z"), "s", "Science", "Biology"));
        story.Sections.Add(new SectionAt(Story.Ms(Day + "02:00:00Z"), "s", "Arts", null));
        story.Arrives(Day + "01:30:00Z", Delivery(story, Day + "01:10:00Z", "vod", "1") with { Section = "s" })
            .Arrives(Day + "02:30:00Z", Delivery(story, Day + "01:10:00Z", "vod", "2") with { Section = "s" })
            .Arrives(Day + "02:40:00Z", Delivery(story, Day + "01:10:00Z", "vod", "3") with { Section = "s", Department = "Chemistry" })
            .Arrives(Day + "02:50:00Z", Delivery(story, Day + "01:10:00Z", "vod", "4") with { Section = "nowhere" });

        Assert.Equal(
            [
                """["vod-department","Arts","Chemistry","false"]""", """["vod-department","Arts",null,"false"]""",
                """["vod-department","Science","Biology","false"]""", """["vod-institution",null,null,"false"]""",
            ],
            story.BookAt(End).Usage().Keys.Select(key => key.Dimensions).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rule_3_4_before_the_cut_over_day_all_of_vod_is_the_institutions()
    {
        Story story = new() { Account = new ReferenceAccount("Asia/Shanghai", LateDays: 36_500, CategorizedSince: "2027-04-06") };
        story.Add(Delivery(story, Day + "15:59:59.999Z", "download") with { Organization = "Arts" })
            .Add(Delivery(story, Day + "16:00:00Z", "download") with { Organization = "Arts" });
        Figures figures = story.BookAt("2027-04-07T00:00:00Z");

        Assert.Equal(1000, figures.InHour("delivery", Day + "15:00:00Z"));
        Assert.Equal((1000, 1000), (figures.Total("delivery", "vod-institution"), figures.Total("delivery", "\"vod-department\",\"Arts\"")));
    }

    private static ReferenceEvent Delivery(Story story, string time, string kind, string? id = null) =>
        story.New("content.delivered", time, id) with { Subject = null, Bytes = 1000, Kind = kind };
}
