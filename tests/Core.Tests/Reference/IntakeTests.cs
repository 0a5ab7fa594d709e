using Minutebook.Reference;
using Xunit;

namespace Minutebook.Core.Tests.Reference;

public sealed class IntakeTests
{
    private const string Day = "2027-04-05T";

    private static ReferenceEvent Slice(Story story, string time, string id, long seconds) =>
        story.New("slicing.completed", time, id) with { Task = "t", Mode = "audio", Seconds = seconds };

    private static ReferenceEvent Void(Story story, string time, string id, string target) =>
        story.New("event.voided", time, id) with { Subject = null, TargetSource = "//story", TargetId = target };

    [Fact]
    public void Rule_1_3_the_first_to_arrive_counts_and_a_conflict_is_counted()
    {
        Story story = new();
        story.Arrives(Day + "02:00:00Z", Slice(story, Day + "01:00:00Z", "x", 10))
            .Arrives(Day + "02:00:01Z", Slice(story, Day + "01:00:00Z", "x", 10) with { Connection = "" })
            .Arrives(Day + "02:00:02Z", Slice(story, Day + "01:00:00Z", "x", 99));
        Expected expected = story.At(Day + "03:00:00Z");

        Assert.Equal((10, 2, 1), (expected.Total("slicing"), expected.Duplicates, expected.Conflicts));
    }

    [Theory]
    [InlineData("01:30:00Z", 0)]
    [InlineData("02:30:00Z", 0)]
    public void Rule_1_6_a_void_takes_an_event_out_whichever_arrives_first_and_is_not_voided_itself(string arrival, long left)
    {
        Story story = new();
        story.Arrives(Day + arrival, Void(story, Day + "01:00:00Z", "v", "x"))
            .Arrives(Day + "02:00:00Z", Slice(story, Day + "01:00:00Z", "x", 10))
            .Arrives(Day + "02:45:00Z", Void(story, Day + "01:00:00Z", "w", "v"));

        Assert.Equal(left, story.At(Day + "03:00:00Z").Total("slicing"));
        Assert.Equal(arrival[0] == '0' && arrival[1] == '2' ? 10 : 0, story.At(Day + "02:15:00Z").Total("slicing"));
    }

    [Fact]
    public void Rule_1_5_an_event_ahead_of_its_time_has_no_effect_until_then()
    {
        Story story = new();
        story.Arrives(Day + "01:55:00Z", Slice(story, Day + "02:00:00Z", "x", 10));

        Assert.Equal(0, story.At(Day + "01:59:59.999Z").Total("slicing"));
        Assert.Equal(10, story.At(Day + "02:00:00Z").Total("slicing"));
    }

    [Fact]
    public void Rule_1_5_late_unknown_and_locked_events_are_kept_with_their_reason_and_tried_again()
    {
        Story story = new() { Account = new ReferenceAccount("Asia/Shanghai") };
        story.Setting("2027-05-11T00:00:00Z", new ReferenceSettings { Edition = "flagship" })
            .Arrives("2027-05-10T01:00:00Z", Slice(story, Day + "01:00:00Z", "just in time", 10))
            .Arrives("2027-05-10T01:00:00Z", Slice(story, Day + "00:59:59.999Z", "late", 100))
            .Arrives("2027-05-10T01:00:00Z", Slice(story, "2027-05-10T00:00:00Z", "stranger", 100) with { Application = "other" })
            .Arrives("2027-05-10T01:00:00Z", story.New("quiz.answered", "2027-05-10T00:00:00Z", "odd"))
            .Arrives("2027-05-10T01:00:00Z", story.New("screenshot.captured", "2027-05-10T00:00:00Z", "locked") with { Count = 12_500 })
            .Arrives("2027-05-11T01:00:00Z", null);
        Expected before = story.At("2027-05-10T02:00:00Z");
        Expected after = story.At("2027-05-11T02:00:00Z");

        Assert.Equal(["late", "unknown-application", "unknown-type", "edition"], before.Kept.Select(k => k.Reason));
        Assert.Equal((10, 0), (before.Total("slicing"), before.Total("screenshot")));
        Assert.Equal(["late", "unknown-application", "unknown-type"], after.Kept.Select(k => k.Reason));
        Assert.Equal(12_500, after.Total("screenshot"));
    }

    [Theory]
    [InlineData("flagship", null, true)]
    [InlineData(null, "flagship", true)]
    [InlineData("basic", null, false)]
    public void Rules_1_5_and_1_7_an_edition_unlocks_what_happened_under_it_and_what_is_tried_under_it(string? then, string? now, bool unlocked)
    {
        Story story = new(settings: new ReferenceSettings { Edition = then });
        story.Setting(Day + "02:00:00Z", new ReferenceSettings { Edition = now })
            .Arrives(Day + "03:00:00Z", story.New("screenshot.captured", Day + "01:00:00Z") with { Count = 5 });

        Assert.Equal(unlocked ? 5 : 0, story.At(Day + "04:00:00Z").Total("screenshot"));
    }

    [Fact]
    public void Rule_1_5_an_event_of_an_unknown_application_is_kept_apart_until_it_is_known()
    {
        Story story = new();
        story.Arrives(Day + "01:00:00Z", Slice(story, Day + "01:00:00Z", "x", 100) with { Application = "stranger" })
            .Arrives(Day + "02:00:00Z", Slice(story, Day + "01:00:00Z", "x", 10));
        Expected expected = story.At(Day + "03:00:00Z");

        Assert.Equal((10, 0, 0), (expected.Total("slicing"), expected.Duplicates, expected.Conflicts));
        Assert.False(Assert.Single(expected.Kept).HasAccount);
    }

    [Fact]
    public void Rule_3_4_delivery_is_categorized_by_where_its_section_belonged_at_arrival_field_by_field()
    {
        Story story = new() { Account = new ReferenceAccount("America/New_York", CategorizedSince: "2027-03-10") };
        story.Sections.AddRange(
        [
            new SectionAt(Story.Ms("2027-03-01T00:00:00Z"), "s", "Science", null),
            new SectionAt(Story.Ms("2027-03-20T00:00:00Z"), "s", null, null),
        ]);
        ReferenceEvent Delivery(string id, string time, string kind) =>
            story.New("content.delivered", time, id) with { Bytes = 155_000_000, Kind = kind, Section = "s" };
        story.Arrives("2027-03-11T00:00:00Z", Delivery("1", "2027-03-10T04:59:59Z", "download"))
            .Arrives("2027-03-11T00:00:00Z", Delivery("2", "2027-03-10T05:00:00Z", "vod") with { Department = "Biology" })
            .Arrives("2027-03-21T00:00:00Z", Delivery("3", "2027-03-10T05:00:00Z", "vod"))
            .Arrives("2027-03-21T00:00:00Z", Delivery("4", "2027-03-10T05:00:00Z", "live"));
        Expected expected = story.At("2027-03-22T00:00:00Z");

        Assert.Equal(155_000_000, expected.Total("delivery", """["vod-institution",null,null,"true"]"""));
        Assert.Equal(155_000_000, expected.Total("delivery", """["vod-department","Science","Biology","false"]"""));
        Assert.Equal(155_000_000, expected.Total("delivery", """["vod-institution",null,null,"false"]"""));
        CloudUsage only = Assert.Single(expected.CloudUsage("Science"));
        Assert.Equal(("2027-03", "vod-department", 0.5m), (only.Month, only.DataType, only.Hours));
        Assert.Equal(3, expected.CloudUsage().Count);
    }

    [Fact]
    public void Storage_is_a_step_function_rounded_down_by_the_hour_and_counts_up_to_now()
    {
        Expected expected = new Story()
            .Add(new Story().New("storage.sampled", Day + "01:30:00Z", "1") with { Bytes = 1001 })
            .Add(new Story().New("storage.sampled", Day + "02:45:00Z", "2") with { Bytes = 0 })
            .At(Day + "04:00:00Z");

        Assert.Equal(500, expected.InHour("storage", Day + "01:00:00Z"));
        Assert.Equal(750, expected.InHour("storage", Day + "02:00:00Z"));
        Assert.Equal(0, expected.InHour("storage", Day + "03:00:00Z"));
    }

    [Fact]
    public void Rule_8_1_a_playback_row_is_a_class_and_local_day()
    {
        ReferenceEvent Viewing(string id, string time, string user) =>
            new Story().New("playback.viewed", time, id) with { Recording = "r", User = user, Seconds = 100 };
        Expected expected = new Story().Add(Viewing("1", Day + "15:00:00Z", "a")).Add(Viewing("2", Day + "15:59:59Z", "a"))
            .Add(Viewing("3", Day + "16:00:00Z", "b")).At(Day + "20:00:00Z");

        Assert.Equal([(200, 1), (100, 1)], expected.PlaybackRows.Select(r => ((int)r.Seconds, r.UserCount)));
        Assert.Equal(300, expected.Total("playback"));
    }
}
