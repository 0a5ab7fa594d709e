using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>The peak (section 3 of the rules) where many come and go.</summary>
public sealed class CrowdExamples
{
    private const string Day = "2027-04-05T";
    private static readonly long First = Story.Ms(Day + "01:00:00Z");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Rule_3_of_hundreds_of_users_who_come_and_go_within_an_hour_the_most_at_once_are_counted(int seed)
    {
        const int users = 900;
        var chance = new Random(seed);
        Story story = new Story().Started(Day + "00:50:00Z").Joined(Day + "00:50:00Z", "host");
        Desk desk = story.DeskAt(Day + "00:55:00Z");
        var stays = new (int From, int To)[users];
        List<ReferenceEvent> events = [];
        for (int user = 0; user < users; user++)
        {
            int from = chance.Next(3000);
            stays[user] = (from, from + 1 + chance.Next(3600));
            events.Add(Joined(story, $"a-student-with-a-long-name-{user}", stays[user].From));
            events.Add(Left(story, $"a-student-with-a-long-name-{user}", stays[user].To));
        }

        // In no order at all, with a look now and then, and a pause of days after which the hour is opened once more.
        ReferenceEvent[] shuffled = [.. events.OrderBy(_ => chance.Next())];
        for (int at = 0; at < shuffled.Length; at += 200)
        {
            desk.AdvanceTo(Story.Ms(at < 1400 ? Day + "04:00:00Z" : "2027-04-09T04:00:00Z"));
            desk.Send(desk.Book.Now, shuffled[at..Math.Min(at + 200, shuffled.Length)]);
            desk.Flush();
        }

        Figures figures = new(desk.Tables, story.Account, desk.Book.Now);
        Assert.Equal((MostIn(0), MostIn(3600)), (figures.InHour("peak", Day + "01:00:00Z"), figures.InHour("peak", Day + "02:00:00Z")));

        long MostIn(int hour) => 1 + Enumerable.Range(hour, 3600).Max(second => stays.Count(stay => stay.From <= second && second < stay.To));
    }

    [Fact]
    public void Rule_3_users_who_stay_are_counted_however_many_come_and_go_beside_them()
    {
        Story story = new Story().Started(Day + "00:50:00Z");
        Desk desk = story.DeskAt(Day + "00:55:00Z");
        desk.Send(First, [.. Enumerable.Range(0, 500).Select(user => Joined(story, $"stays-{user}", 0))]);
        for (int minute = 0; minute < 60; minute++)
        {
            // Ten at a time, for half a minute; one of them is in a second class of the application, too.
            ReferenceEvent[] visit = [.. Enumerable.Range(0, 10).SelectMany(user => new[]
            {
                Joined(story, $"visits-{minute}-{user}", minute * 60), Left(story, $"visits-{minute}-{user}", (minute * 60) + 30),
            })];
            desk.Send(
                First + ((minute + 1) * 60_000),
                [.. visit, .. Visit(story, "stays-7", minute * 60, $"other-{minute}")]);
            desk.Flush();
        }

        // A hundred of them are in a second class for a while, which makes them no more; half of all leave.
        desk.Send(First + (4200 * 1000), [.. Enumerable.Range(0, 100).SelectMany(user => Visit(story, $"stays-{user}", 4000, $"second-{user}"))]);
        desk.Flush();
        desk.Send(First + (5000 * 1000), [.. Enumerable.Range(0, 250).Select(user => Left(story, $"stays-{user * 2}", 5000))]);
        desk.AdvanceTo(Story.Ms(Day + "03:30:00Z"));
        desk.Flush();
        Figures figures = new(desk.Tables, story.Account, desk.Book.Now);
        Assert.Equal(
            (510, 500, 250), (figures.InHour("peak", Day + "01:00:00Z"), figures.InHour("peak", Day + "02:00:00Z"), figures.InHour("peak", Day + "03:00:00Z")));
    }

    private static ReferenceEvent Joined(Story story, string user, int second, string @class = "c") =>
        story.New("participant.joined", At(second), $"{@class} {user} joined {second}") with { Subject = @class, User = user };

    private static ReferenceEvent Left(Story story, string user, int second, string @class = "c") =>
        story.New("participant.left", At(second), $"{@class} {user} left {second}") with { Subject = @class, User = user };

    private static IEnumerable<ReferenceEvent> Visit(Story story, string user, int second, string @class) =>
    [
        story.New("class.started", At(second), $"{@class} started") with { Subject = @class },
        Joined(story, user, second, @class), Left(story, user, second + 20, @class),
    ];

    private static string At(int second) => InstantPattern.ExtendedIso.Format(Instant.FromUnixTimeMilliseconds(First + (second * 1000L)));
}
