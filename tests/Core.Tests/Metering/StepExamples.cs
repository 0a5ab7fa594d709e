using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Storage and peak (section 3 of the rules), by a book.</summary>
public sealed class StepExamples
{
    private const string Day = "2027-04-05T";

    private static ReferenceEvent Sample(Story story, string time, long bytes, string? id = null) =>
        story.New("storage.sampled", Day + time, id) with { Subject = null, Bytes = bytes };

    private static Story Storage(params (string Time, long Bytes)[] samples)
    {
        Story story = new();
        foreach ((string time, long bytes) in samples)
        {
            story.Add(Sample(story, time, bytes));
        }

        return story;
    }

    [Fact]
    public void Rule_3_a_gigabyte_stored_for_half_an_hour_is_half_a_gigabyte_hour_and_holds_for_ever_after()
    {
        Figures figures = Storage(("01:30:00Z", 1_000_000_000)).BookAt("2027-04-07T01:00:00Z");

        Assert.Equal((500_000_000, 1_000_000_000), (figures.InHour("storage", Day + "01:00:00Z"), figures.InHour("storage", Day + "02:00:00Z")));
        Assert.Equal(47_500_000_000, figures.Total("storage"));
    }

    [Fact]
    public void Rule_3_a_sample_holds_until_the_next_and_each_hour_is_rounded_down_by_itself()
    {
        Figures figures = Storage(("01:30:00Z", 1001), ("02:45:00Z", 0)).BookAt(Day + "04:00:00Z");

        Assert.Equal((500, 750), (figures.InHour("storage", Day + "01:00:00Z"), figures.InHour("storage", Day + "02:00:00Z")));
        Assert.Equal(1250, figures.Total("storage"));
    }

    [Fact]
    public void Rule_3_several_samples_within_an_hour_count_each_for_its_time()
    {
        Figures figures = Storage(("01:00:00Z", 4000), ("01:20:00Z", 1000), ("01:40:00Z", 7000), ("01:50:00Z", 100)).BookAt(Day + "03:00:00Z");

        // 4,000 for 20 minutes, 1,000 for 20, 7,000 for 10 and 100 for 10.
        Assert.Equal(((80_000 + 20_000 + 70_000 + 1_000) / 60, 100), (figures.InHour("storage", Day + "01:00:00Z"), figures.InHour("storage", Day + "02:00:00Z")));
    }

    [Theory]
    [InlineData("01:00:01Z", 0)]
    [InlineData("01:00:02Z", 1)]
    [InlineData("01:30:00Z", 900)]
    [InlineData("02:00:00Z", 1800)]
    public void Rule_3_the_running_hour_counts_up_to_now(string now, long byteHours) =>
        Assert.Equal(byteHours, Storage(("01:00:00Z", 1800)).BookAt(Day + now).InHour("storage", Day + "01:00:00Z"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_1_4_of_samples_at_one_instant_the_largest_holds_whichever_comes_first(bool backwards)
    {
        Story story = Storage(("01:00:00.500Z", 7200), ("01:00:00.500Z", 3600), ("01:00:00.100Z", 9000));

        Assert.Equal(7200, story.BookAt(Day + "02:00:00Z", backwards).Total("storage"));
    }

    [Fact]
    public void Rules_1_4_and_1_6_a_late_sample_and_a_void_change_the_hours_up_to_the_next_sample()
    {
        Story story = new();
        story.Arrives(Day + "01:00:00Z", Sample(story, "01:00:00Z", 100, "a")).Arrives(Day + "06:00:00Z", Sample(story, "06:00:00Z", 10, "c"))
            .Arrives(Day + "08:00:00Z", Sample(story, "03:00:00Z", 50, "b"))
            .Arrives(Day + "09:00:00Z", story.New("event.voided", Day + "09:00:00Z", "v") with { Subject = null, TargetSource = "//story", TargetId = "a" });

        Assert.Equal((5 * 100) + 10, story.BookAt(Day + "07:00:00Z").Total("storage"));
        Assert.Equal((2 * 100) + (3 * 50) + (2 * 10), story.BookAt(Day + "08:00:00Z").Total("storage"));
        Assert.Equal((3 * 50) + (3 * 10), story.BookAt(Day + "09:00:00Z").Total("storage"));
    }

    [Fact]
    public void An_application_that_sampled_once_five_years_ago_has_one_row_and_writes_none_as_the_hours_pass()
    {
        Story story = Storage(("01:00:00Z", 5));
        Desk desk = story.DeskAt(Day + "02:00:00Z");
        desk.Flush();
        desk.AdvanceTo(Story.Ms("2032-04-05T01:00:00Z"));
        desk.Flush();

        Assert.Single(desk.Tables.Steps);
        Assert.Empty(desk.Tables.Usage);
        Assert.Equal(5 * 24 * (5 * 365 + 2), new Figures(desk.Tables, story.Account, desk.Book.Now).Total("storage"));
    }

    [Fact]
    public void Rule_3_the_peak_is_the_most_users_at_once_and_two_that_only_meet_at_an_instant_were_never_both_there()
    {
        Figures figures = new Story().Started(Day + "01:00:00Z").Ended(Day + "03:00:00Z")
            .Joined(Day + "01:00:00Z", "a").Left(Day + "01:30:00Z", "a").Joined(Day + "01:30:00Z", "b").Left(Day + "02:10:00Z", "b")
            .Joined(Day + "02:09:59Z", "c").BookAt(Day + "04:00:00Z");

        Assert.Equal((1, 2), (figures.InHour("peak", Day + "01:00:00Z"), figures.InHour("peak", Day + "02:00:00Z")));
    }

    [Fact]
    public void Rule_3_a_user_in_two_classes_of_an_application_counts_once_and_on_the_whiteboard_not_at_all()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:00:00Z", "a").Joined(Day + "01:00:00Z", "a", "second")
            .Joined(Day + "01:00:00Z", "board", medium: "whiteboard").Ended(Day + "02:00:00Z");
        story.Add(story.New("class.started", Day + "01:00:00Z") with { Subject = "d" })
            .Add(story.New("participant.joined", Day + "01:10:00Z") with { Subject = "d", User = "a" })
            .Add(story.New("participant.joined", Day + "01:20:00Z") with { Subject = "d", User = "b" })
            .Add(story.New("class.ended", Day + "01:30:00Z") with { Subject = "d" });

        Assert.Equal(2, story.BookAt(Day + "03:00:00Z").InHour("peak", Day + "01:00:00Z"));
    }

    [Fact]
    public void Rule_3_who_stays_counts_in_each_hour_up_to_now_without_any_event_and_the_peak_knows_no_later_second()
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:59:59Z", "a");
        story.Arrives(Day + "03:00:00Z", story.New("participant.joined", Day + "03:00:00Z", "b") with { User = "b" });

        Assert.Equal(1, story.BookAt(Day + "02:30:00Z").InHour("peak", Day + "02:00:00Z"));
        Assert.Equal(0, story.BookAt(Day + "03:00:00Z").InHour("peak", Day + "03:00:00Z"));
        Assert.Equal(2, story.BookAt(Day + "03:00:01Z").InHour("peak", Day + "03:00:00Z"));
    }

    [Theory]
    [InlineData("a", 1)]
    [InlineData("b", 2)]
    public void Rule_3_a_late_join_finds_the_user_in_a_class_that_has_left_memory(string late, long most)
    {
        Story story = new Story().Started(Day + "01:00:00Z").Joined(Day + "01:00:00Z", "a").Ended(Day + "02:00:00Z");
        Desk desk = story.DeskAt(Day + "03:00:00Z");
        desk.Flush();
        desk.Forget();
        desk.Send(
            Story.Ms("2027-04-06T03:00:00Z"),
            story.New("class.started", Day + "01:30:00Z") with { Subject = "d" },
            story.New("participant.joined", Day + "01:30:00Z", "late") with { Subject = "d", User = late },
            story.New("class.ended", Day + "01:50:00Z", "end") with { Subject = "d" });
        desk.Flush();

        Assert.Equal(most, new Figures(desk.Tables, story.Account, desk.Book.Now).InHour("peak", Day + "01:00:00Z"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Rule_3_users_who_are_in_hundreds_of_classes_at_once_count_once_each(int seed)
    {
        const int hours = 6;
        const int users = 12;
        var chance = new Random(seed);
        Story story = new Story().Started(Day + "00:10:00Z");
        Desk desk = story.DeskAt(Day + "00:30:00Z");
        long first = Story.Ms(Day + "01:00:00Z");
        // Each user has a time of its own, so that how many are there at once differs from hour to hour.
        (int From, int Length)[] times = [.. Enumerable.Range(0, users).Select(_ => (From: chance.Next((hours * 3600) - 4000), Length: chance.Next(200, 4000)))];
        var present = new bool[users, hours * 3600];
        for (int c = 0; c < 600; c++)
        {
            int user = chance.Next(users);
            int from = times[user].From + chance.Next(times[user].Length - 1);
            int to = from + 1 + chance.Next(times[user].From + times[user].Length - from - 1);
            string subject = $"class-{c}";
            bool isVoided = c % 10 == 3;
            desk.Send(
                Story.Ms(Day + "09:00:00Z"),
                story.New("class.started", Time(from), $"started-{c}") with { Subject = subject },
                story.New("participant.joined", Time(from), $"joined-{c}") with { Subject = subject, User = $"user-{user}" },
                story.New("class.ended", Time(to), $"ended-{c}") with { Subject = subject });
            if (c % 25 == 0)
            {
                desk.Flush();
            }

            if (isVoided)
            {
                desk.Send(Story.Ms(Day + "09:00:00Z"), story.New("event.voided", Day + "08:00:00Z", $"void-{c}") with { Subject = null, TargetSource = "//story", TargetId = $"joined-{c}" });
            }

            for (int second = from; second < to && !isVoided; second++)
            {
                present[user, second] = true;
            }
        }

        desk.Flush();
        Figures figures = new(desk.Tables, story.Account, desk.Book.Now);
        Assert.Equal(
            Enumerable.Range(0, hours).Select(hour => MostIn(3600 * hour)),
            Enumerable.Range(0, hours).Select(hour => figures.InHour("peak", Time(3600 * hour))));

        string Time(int second) => NodaTime.Text.InstantPattern.ExtendedIso.Format(NodaTime.Instant.FromUnixTimeMilliseconds(first + (second * 1000L)));
        long MostIn(int hour) => Enumerable.Range(hour, 3600).Max(second => Enumerable.Range(0, users).Count(user => present[user, second]));
    }

    [Fact]
    public void Rule_2_5_roles_that_are_excluded_count_for_no_peak()
    {
        Story story = new Story(settings: new ReferenceSettings { ExcludeRoles = ["recorder"] }).Started(Day + "01:00:00Z")
            .Joined(Day + "01:00:00Z", "robot", role: "recorder").Joined(Day + "01:00:00Z", "a").Ended(Day + "02:00:00Z");

        Assert.Equal(1, story.BookAt(Day + "03:00:00Z").InHour("peak", Day + "01:00:00Z"));
    }
}
