using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using NodaTime;
using NodaTime.Text;
using Xunit;
using ClassView = Minutebook.Core.Metering.ClassView;

namespace Minutebook.Core.Tests.Metering;

/// <summary>A class with its participants, as the class's page shows it.</summary>
public sealed class ClassViewExamples
{
    private const string Day = "2027-04-05T";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_2_6_who_left_in_the_millisecond_of_joining_is_viewed_with_the_role_of_the_first_join_in_the_window(bool backwards)
    {
        Story story = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z");
        foreach ((string user, string role, string time) in (ReadOnlySpan<(string, string, string)>)[
            ("at the start", "teacher", "01:00:00.000Z"), ("at the start", "guest", "01:10:00.000Z"), ("at once", "b", "01:30:00Z"), ("at once", "a", "01:30:00Z"),
            ("before", "early", "00:59:59.999Z"), ("before", "guest", "01:59:59.999Z"), ("at the end", "late", "02:00:00.000Z")])
        {
            story.Joined(Day + time, user, role: role).Left(Day + time, user);
        }

        ClassView view = ViewOf(story, Day + "03:00:00Z", backwards);
        Assert.Equal([("at once", "a"), ("at the start", "teacher"), ("before", "guest")], view.Participants.Select(user => (user.User, user.Role)));
        Assert.Equal((3, 0), (view.UserCount, view.Peak));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_2_2_a_stay_has_the_first_role_in_ordinal_order_of_those_that_join_in_one_millisecond(bool backwards)
    {
        Story story = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z");
        foreach ((string user, string? role) in (ReadOnlySpan<(string, string?)>)[("two", "b"), ("two", "a"), ("two", "c"), ("none", "b"), ("none", null), ("none", "a")])
        {
            story.Joined(Day + "01:10:00Z", user, role: role);
        }

        foreach ((string id, string role) in (ReadOnlySpan<(string, string)>)[("y", "second"), ("x", "first"), ("z", "third")])
        {
            story.Add(story.New("participant.left", Day + "01:50:00Z", id) with { User = "left", Role = role, JoinedAtMs = Story.Ms(Day + "01:40:00Z") });
        }

        Assert.Equal([("left", "first"), ("none", null), ("two", "a")], ViewOf(story, Day + "03:00:00Z", backwards).Participants.Select(user => (user.User, user.Role)));
    }

    [Fact]
    public void A_join_that_comes_before_all_else_is_in_the_view_from_its_very_millisecond()
    {
        Story story = new Story().Joined(Day + "01:00:00.500Z", "u", role: "teacher").Left(Day + "01:00:00.500Z", "u").Started(Day + "01:00:00.500Z");
        ClassView view = ViewOf(story, Day + "01:00:00.500Z");

        Assert.Equal(("u", "teacher", 0), (view.Participants[0].User, view.Participants[0].Role, view.Participants[0].Stays.Count));
        Assert.Equal((1, null, EndedBy.Nothing), (view.UserCount, view.End, view.EndedBy));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_3_2_a_robot_that_joins_for_both_media_has_two_stays_in_the_view(bool backwards)
    {
        Story story = new Story().Started(Day + "01:00:00Z").Ended(Day + "02:00:00Z")
            .Joined(Day + "01:10:00Z", "robot", medium: "whiteboard").Joined(Day + "01:10:00Z", "robot").Joined(Day + "01:10:00Z", "robot", "second");
        ParticipantView robot = Assert.Single(ViewOf(story, Day + "03:00:00Z", backwards).Participants);

        Assert.Equal(
            [(null, Medium.Av), (null, Medium.Whiteboard), ("second", Medium.Av)], robot.Stays.Select(stay => (stay.Connection, stay.Medium)));
        Assert.Equal((3000, 3000), (robot.Seconds, robot.Spans.Sum(span => span.To - span.From)));
    }

    [Fact]
    public void A_room_that_is_open_for_weeks_shows_its_busiest_second()
    {
        Story story = new(settings: new ReferenceSettings { Metering = "room" });
        for (int week = 0; week < 4; week++)
        {
            Instant monday = InstantPattern.General.Parse(Day + "01:00:00Z").Value + Duration.FromDays(7 * week);
            for (int user = 0; user <= week; user++)
            {
                story.Joined($"{monday + Duration.FromMinutes(user)}", $"u{user}").Left($"{monday + Duration.FromMinutes(week == 2 ? 60 : user + 1)}", $"u{user}");
            }
        }

        ClassView view = ViewOf(story, "2027-05-10T00:00:00Z");
        Assert.Equal((4, 3), (view.Participants.Count, view.Peak));
    }

    private static ClassView ViewOf(Story story, string now, bool backwards = false)
    {
        Desk desk = story.DeskAt(now, backwards);
        desk.Flush();
        PageRow page = Assert.Single(desk.Tables.Pages.Values);
        return ClassView.Of(
            story.Account.TimeZone, desk.Book.State.Applications[0].History, desk.Tables.StreamLength(page.Page), desk.Tables.Stream(page.Page), desk.Book.Now, Wanted.All)!;
    }
}
