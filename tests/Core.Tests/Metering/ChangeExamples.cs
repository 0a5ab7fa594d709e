using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Rule 1.4 where it is easily missed: what comes later changes only the hour, only the tier, or comes before all else.</summary>
public sealed class ChangeExamples
{
    private const string Day = "2027-04-05T";
    private const string End = Day + "05:00:00Z";
    private static readonly ReferenceSettings Room = new() { Metering = "room", ExcludeRoles = ["recorder"] };

    [Fact]
    public void Ten_minutes_that_are_voided_in_one_hour_and_told_anew_in_another_are_the_other_hours()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Ended(Day + "03:00:00Z");
        story.Add(Join(story, "01:10:00Z", "wrong")).Left(Day + "01:20:00Z", "u")
            .Arrives(End, Join(story, "02:10:00Z", "right")).Arrives(End, Leave(story, "02:20:00Z"))
            .Arrives(End, story.New("event.voided", End, "void") with { Subject = null, TargetSource = "//story", TargetId = "wrong" });
        Figures figures = story.BookAt(End);

        Assert.Equal((0, 600), (figures.InHour("av", Day + "01:00:00Z"), figures.InHour("av", Day + "02:00:00Z")));
    }

    [Fact]
    public void Ten_minutes_whose_tier_is_known_late_are_all_of_that_tier()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:10:00Z", "u").Left(Day + "01:20:00Z", "u").Ended(Day + "02:00:00Z");
        Desk desk = story.DeskAt(Day + "03:00:00Z");
        desk.Send(Story.Ms(End), story.New("participant.receiving", Day + "01:00:00Z", "r") with { User = "u", Pixels = 1 });
        desk.Flush();
        Figures figures = new(desk.Tables, story.Account, desk.Book.Now);

        Assert.Equal((0, 600), (figures.Total("av", "audio"), figures.Total("av", "hd")));
    }

    [Fact]
    public void An_open_presence_whose_tier_is_known_late_grows_in_that_tier()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:10:00Z", "u");
        Desk desk = story.DeskAt(Day + "03:00:00Z");
        desk.Send(Story.Ms(Day + "03:00:00Z"), story.New("participant.receiving", Day + "01:00:00Z", "r") with { User = "u", Pixels = 1 });
        desk.AdvanceTo(Story.Ms(Day + "04:00:00Z"));
        desk.Flush();
        Figures figures = new(desk.Tables, story.Account, desk.Book.Now);

        Assert.Equal((0, 170 * 60), (figures.Total("av", "audio"), figures.Total("av", "hd")));
    }

    [Fact]
    public void A_class_whose_end_comes_before_all_else_is_ended()
    {
        Story story = new Story().Ended(Day + "02:00:00Z").Started(Day + "01:00:00Z").Joined(Day + "01:00:00Z", "u");
        Assert.Equal(("event", 3600), (story.BookAt(End).Row().EndedBy, story.BookAt(End).Total("av")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_2_1_a_later_start_gives_no_name_where_an_earlier_one_has(bool backwards)
    {
        Story story = new();
        story.Add(story.New("class.started", Day + "01:00:00Z") with { Name = "Zoology" }).Add(story.New("class.started", Day + "01:10:00Z") with { Name = "Algebra" });
        Assert.Equal("Zoology", story.BookAt(End, backwards).Row().ClassName);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_2_3_an_end_at_the_instant_of_a_rooms_join_ends_that_stay_and_not_the_next(bool backwards)
    {
        Story story = new Story(settings: Room).Joined(Day + "01:00:00Z", "u").Ended(Day + "01:00:00Z")
            .Joined(Day + "01:10:00Z", "u").Ended(Day + "01:20:00Z").Joined(Day + "01:30:00Z", "u").Ended(Day + "01:40:00Z");
        Figures figures = story.BookAt(End, backwards);

        Assert.Equal(1200, figures.Total("av"));
        Assert.Equal((Story.Ms(Day + "01:00:00Z"), Story.Ms(Day + "01:00:00Z")), (figures.Row().StartMs, figures.Row().EndMs));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rules_2_3_and_2_5_a_room_starts_at_the_first_join_of_a_role_that_counts(bool backwards)
    {
        Story story = new Story(settings: Room).Joined(Day + "01:00:00Z", "robot", role: "recorder").Joined(Day + "01:10:00Z", "v").Joined(Day + "01:05:00Z", "u").Ended(Day + "02:00:00Z");
        Assert.Equal((Story.Ms(Day + "01:05:00Z"), 2), (story.BookAt(End, backwards).Row().StartMs, story.BookAt(End, backwards).Row().UserCount));
    }

    [Fact]
    public void Rule_1_7_a_join_while_the_application_met_in_classes_starts_no_row_when_it_became_a_room_later()
    {
        Story story = new Story().Setting(Day + "01:30:00Z", Room).Joined(Day + "01:00:00Z", "u").Left(Day + "01:20:00Z", "u").Joined(Day + "01:40:00Z", "v").Ended(Day + "02:00:00Z");
        Assert.Equal((Story.Ms(Day + "01:40:00Z"), 1, 1200), (story.BookAt(End).Row().StartMs, story.BookAt(End).Row().UserCount, story.BookAt(End).Total("av")));
    }

    private static ReferenceEvent Join(Story story, string time, string id) => story.New("participant.joined", Day + time, id) with { User = "u" };

    private static ReferenceEvent Leave(Story story, string time) => story.New("participant.left", Day + time, $"left {time}") with { User = "u" };
}
