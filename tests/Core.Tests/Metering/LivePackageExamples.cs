using System.Text;
using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>What is left in a package before anything is closed (rule 5.4), and in which second it passes its marks, by each kind of usage.</summary>
public sealed class LivePackageExamples
{
    private readonly Story story = new();

    [Fact]
    public void Rule_5_4_what_was_over_before_midnight_counts_on_its_own_day_alone()
    {
        // In Shanghai 15:00Z is an hour before midnight. One user stays for 30 minutes, one for two hours and a half: 90 + 90 of two days.
        Desk desk = Open(Rate("av", "av"), 200, "av");
        desk.Send(Ms("15:00:00Z"), Started("15:00:00Z"), Joined("15:00:00Z", "u1"), Joined("15:00:00Z", "u2"));
        desk.Send(Ms("15:30:00Z"), story.New("participant.left", Time("15:30:00Z"), "left") with { User = "u1" });
        Assert.Equal("140", LeftAt(desk, "15:30:00Z"));
        Assert.Equal("100", LeftAt(desk, "16:10:00Z"));
        Assert.Equal("20", LeftAt(desk, "17:30:00Z"));
        // 80 % of 200 are 160: 90 before midnight, and the 70th minute of the next day.
        Assert.Equal("17:09:01.000Z -", MarksAt(desk, "17:40:00Z"));
        // The first day is closed at 18:00Z: 90 minutes of it, 110 of the next day.
        Assert.Equal("17:09:01.000Z 17:49:01.000Z", MarksAt(desk, "18:30:00Z"));
        Assert.Equal("0", LeftAt(desk, "18:30:00Z"));
    }

    [Fact]
    public void Rule_3_2_two_users_on_the_whiteboard_use_a_minute_each_when_it_begins()
    {
        Desk desk = Open(Rate("board", "whiteboard"), 10, "board");
        desk.Send(Ms("01:00:10Z"), Started("01:00:00Z"), Joined("01:00:05Z", "u1", "whiteboard"), Joined("01:00:10Z", "u2", "whiteboard"));
        Assert.Equal("8", LeftAt(desk, "01:00:20Z"));
        Assert.Equal("8", LeftAt(desk, "01:01:00Z"));
        Assert.Equal("6", LeftAt(desk, "01:01:01Z"));
        // The fourth minute of both begins after 01:03:00, the fifth after 01:04:00.
        Assert.Equal("01:03:01.000Z 01:04:01.000Z", MarksAt(desk, "01:10:00Z"));
    }

    [Fact]
    public void Rule_3_2_whiteboard_minutes_that_begin_before_midnight_are_not_the_next_days()
    {
        Desk desk = Open(Rate("board", "whiteboard"), 100, "board");
        desk.Send(Ms("15:50:00Z"), Started("15:50:30Z"), Joined("15:50:30Z", "u1", "whiteboard"));
        Assert.Equal("90", LeftAt(desk, "16:00:00Z"));
        Assert.Equal("89", LeftAt(desk, "16:00:01Z"));
        Assert.Equal("69", LeftAt(desk, "16:21:00Z"));
    }

    [Theory]
    [InlineData("in memory")]
    [InlineData("away")]
    [InlineData("back and away again")]
    [InlineData("restarted")]
    public void Rule_4_1_a_package_for_units_rounded_up_by_class_is_used_class_by_class(string classes)
    {
        Desk desk = Open($"{Rate("av", "av", "class")}, {Rate("board", "whiteboard")}", 5, "av", "board");
        foreach (string @class in (string[])["a", "b", "c"])
        {
            desk.Send(Ms("01:00:00Z"), Started("01:00:00Z", @class), Joined("01:00:00Z", "u1", "av", @class));
        }

        desk.Send(Ms("01:00:20Z"), Ended("01:00:20Z", "a"), Ended("01:00:20Z", "b"), Ended("01:00:20Z", "c"));
        Assert.Equal("2", LeftAt(desk, "01:00:20Z"));
        desk.Flush();
        for (int i = classes == "in memory" ? 2 : classes == "back and away again" ? 0 : 1; i < 2; i++)
        {
            // What comes again brings its class back.
            desk.Send(Ms("01:10:00Z"), Ended("01:00:20Z", "a"), Ended("01:00:20Z", "b"), Ended("01:00:20Z", "c"));
            desk.Flush();
            desk.Forget();
        }

        if (classes == "restarted")
        {
            desk.Restart();
        }

        desk.Send(Ms("01:30:00Z"), Started("01:30:00Z", "d"), Joined("01:30:00Z", "u1", "av", "d"));
        // Of five units the fourth begins with the class's first second, the fifth with its second minute.
        Assert.Equal("01:30:01.000Z 01:31:01.000Z", MarksAt(desk, "02:00:00Z"));
    }

    [Theory]
    [InlineData("in memory")]
    [InlineData("away")]
    [InlineData("restarted")]
    public void Rule_4_1_a_package_for_units_rounded_up_by_participant_is_used_participant_by_participant(string classes)
    {
        Desk desk = Open(Rate("av", "av", "participant"), 5, "av");
        ThreeOfTwoClasses(desk);
        Assert.Equal("2", LeftAt(desk, "01:00:20Z"));
        Leave(desk, classes);
        desk.Send(Ms("01:30:00Z"), Started("01:30:00Z", "d"), Joined("01:30:00Z", "u1", "av", "d"));
        Assert.Equal("01:30:01.000Z 01:31:01.000Z", MarksAt(desk, "02:00:00Z"));
    }

    [Theory]
    [InlineData("in memory")]
    [InlineData("away")]
    [InlineData("restarted")]
    public void Rule_7_4_what_time_alone_brings_is_looked_at_participant_by_participant_however_far_it_came_at_once(string classes)
    {
        Desk desk = Open(Rate("av", "av", "participant"), 5, "av");
        ThreeOfTwoClasses(desk);
        desk.Send(Ms("01:28:00Z"), Started("01:28:00Z", "d"), Joined("01:30:00.500Z", "u1", "av", "d"));
        Leave(desk, classes);
        Assert.Equal("01:30:01.000Z 01:31:01.000Z", MarksAt(desk, "02:00:00Z"));
    }

    [Fact]
    public void Rule_5_4_after_a_close_the_days_that_are_open_still_are_looked_at_participant_by_participant()
    {
        // The 19th ends in Shanghai at 16:00Z and is closed at 18:30Z; three units of the 20th use the package up, of one class, which is away by then.
        Desk desk = Open(Rate("av", "av", "participant"), 3, "av");
        desk.Order(new Command.PutAccount("account", "A", "USD", "Asia/Shanghai", "test", SettleDelayMinutes: 150), Ms("00:40:00Z"));
        desk.Send(Ms("16:10:00Z"), Started("16:10:00Z"), Joined("16:10:00Z", "u1"), Joined("16:10:00Z", "u2"), Joined("16:10:00Z", "u3"));
        desk.Send(Ms("16:10:20Z"), Ended("16:10:20Z"));
        Assert.Equal("16:10:01.000Z 16:10:01.000Z", MarksAt(desk, "17:00:00Z"));
        desk.Flush();
        desk.Restart();
        desk.AdvanceTo(Ms("18:10:00Z"));
        desk.Flush();
        desk.Forget();
        Assert.Equal(0, desk.Book.RecordsHeld);
        Assert.Equal("16:10:01.000Z 16:10:01.000Z", MarksAt(desk, "18:30:00Z"));
    }

    [Theory]
    [InlineData("away", 0)]
    [InlineData("restarted", 7)]
    public void Rule_5_4_as_long_as_rounding_cannot_matter_classes_are_not_looked_into(string classes, int least)
    {
        Desk desk = Open(Rate("av", "av", "participant"), 100, "av");
        ThreeOfTwoClasses(desk);
        Assert.Equal("97", LeftAt(desk, "01:00:20Z"));
        Leave(desk, classes);
        desk.Send(Ms("01:30:00Z"), Started("01:30:00Z", "d"), Joined("01:30:00Z", "u1", "av", "d"));
        desk.AdvanceTo(Ms("01:30:01Z"));
        // Of classes that were not in memory since the start nobody knows how many participants they have; of others it is known.
        Assert.Equal(least + 2, desk.Book.RecordsHeld);
        desk.AdvanceTo(Ms("01:50:00Z"));
        desk.Flush();
        desk.Forget();
        desk.Send(Ms("01:50:00Z"), Joined("01:50:00Z", "u2", "av", "d"));
        desk.AdvanceTo(Ms("02:00:00Z"));
        Assert.Equal(3, desk.Book.RecordsHeld);
        Assert.Equal("57", LeftAt(desk, "02:00:00Z"));
    }

    [Fact]
    public void Rule_5_4_a_large_package_for_units_rounded_up_by_class_passes_its_marks_to_the_second()
    {
        // Three users use three seconds a second: the 480th minute of the class begins after 9,580 seconds, the 600th after 11,980.
        Desk desk = Open(Rate("av", "av", "class"), 600, "av");
        desk.Send(Ms("01:00:00Z"), Started("01:00:00Z"), Joined("01:00:00Z", "u1"), Joined("01:00:00Z", "u2"), Joined("01:00:00Z", "u3"));
        Assert.Equal("03:39:41.000Z 04:19:41.000Z", MarksAt(desk, "06:00:00Z"));
    }

    [Fact]
    public void Rule_3_a_package_for_the_peak_is_used_by_the_days_most_users_and_not_by_every_hours()
    {
        Desk desk = Open(Rate("peak", "peak").Replace("'size': 60", "'size': 1"), 5, "peak");
        desk.Send(Ms("01:00:00Z"), Started("01:00:00Z"), Joined("01:00:00Z", "u1"), Joined("01:00:00Z", "u2"));
        Assert.Equal("3", LeftAt(desk, "03:30:00Z"));
        desk.Send(Ms("04:00:00Z"), Joined("04:00:00Z", "u3"), Joined("04:00:00Z", "u4"));
        Assert.Equal("1", LeftAt(desk, "04:30:00Z"));
    }

    [Theory]
    [InlineData("in memory")]
    [InlineData("away")]
    [InlineData("restarted")]
    public void Rule_7_4_who_is_told_of_late_counts_for_the_peak_in_that_second_also_after_a_restart(string classes)
    {
        Desk desk = Open(Rate("peak", "peak").Replace("'size': 60", "'size': 1"), 5, "peak");
        desk.Send(Ms("01:00:00Z"), Started("01:00:00Z"), Joined("01:00:00Z", "u1"), Joined("01:00:00Z", "u2"));
        desk.Send(Ms("01:20:00Z"), Ended("01:20:00Z"));
        Leave(desk, classes);
        desk.Send(Ms("02:10:00Z"), Joined("01:10:00Z", "u3"), Joined("01:15:00Z", "u4"));
        Assert.Equal("02:10:00.000Z -", MarksAt(desk, "02:10:00Z"));
        desk.Send(Ms("02:20:00Z"), Joined("01:19:00Z", "u5"));
        Assert.Equal(Refusal.NotRefundable, desk.Try(new Command.RefundPackage("account", "P-1"), Ms("02:20:00Z")));
        Assert.Equal("02:10:00.000Z 02:20:00.000Z", MarksAt(desk, "02:30:00Z"));
    }

    [Fact]
    public void Rule_3_a_package_for_storage_is_used_hour_by_hour_by_what_is_stored()
    {
        Desk desk = Open(Rate("storage", "storage").Replace("'size': 60", "'size': 1000"), 20, "storage");
        desk.Send(Ms("01:00:00Z"), story.New("storage.sampled", Time("01:00:00Z"), "s") with { Subject = null, Bytes = 4000 });
        Assert.Equal("12", LeftAt(desk, "03:00:00Z"));
        Assert.Equal("0", LeftAt(desk, "06:00:00Z"));
    }

    [Fact]
    public void Rule_7_7_a_package_for_storage_passes_its_marks_to_the_second()
    {
        // A unit is 1,000 byte-hours of a day, begun by the first of them. Until midnight, 16:00Z, 15 hours of 400 bytes use 6 units; the 10th of the
        // next day begins with its 9,001st byte-hour, after 22 hours and 1,809 seconds; the 4th of the day after with its 3,001st, after 7 hours and as many.
        Desk desk = Open(Rate("storage", "storage").Replace("'size': 60", "'size': 1000"), 20, "storage");
        desk.Send(Ms("01:00:00Z"), story.New("storage.sampled", Time("01:00:00Z"), "s") with { Subject = null, Bytes = 400 });
        desk.AdvanceTo(Story.Ms("2027-07-21T03:00:00Z"));
        Assert.Equal("14:30:09.000Z 23:30:09.000Z", MarksOf(desk));
    }

    [Theory]
    [InlineData("storage", "class", 1)]
    [InlineData("av", "participant", 0)]
    [InlineData("av", "class", 0)]
    public void Rule_5_4_what_no_unit_can_use_is_not_looked_at_every_second(string meter, string roundUp, int least)
    {
        // Units of a ratio of 2 leave one of five that no more of them can use, and recording, which could, does not come.
        string rates = $"{Rate("it", meter, roundUp).Replace("'size': 60", "'size': 1000")}, {Rate("recording", "recording")}";
        Desk desk = Open(rates, 5, "it 2", "recording");
        desk.Send(
            Ms("01:00:00Z"), Started("01:00:00Z"), Joined("01:00:00Z", "u1"),
            story.New("storage.sampled", Time("01:00:00Z"), "s") with { Subject = null, Bytes = 4000 });
        Assert.Equal("1", LeftAt(desk, "02:00:00Z"));
        int looks = 0;
        for (; desk.Book.NextDue < Ms("06:00:00Z"); looks++)
        {
            desk.AdvanceTo(desk.Book.NextDue);
        }

        Assert.Equal("1", LeftAt(desk, "06:00:00Z"));
        Assert.InRange(looks, least, 20);
    }

    [Theory]
    [InlineData("period", false)]
    [InlineData("period", true)]
    [InlineData("class", false)]
    [InlineData("class", true)]
    [InlineData("participant", true)]
    public void Rules_5_1_and_7_4_what_usage_at_two_ratios_leaves_is_known_to_the_second_also_after_a_restart(string roundUp, bool isRestarted)
    {
        string audio = Rate("audio", "av", roundUp).Replace("'meter': 'av'", "'meter': 'av', 'where': {'tier': ['audio']}");
        Desk desk = Open($"{audio}, {Rate("video", "av", roundUp)}", 31, "audio", "video 2");
        desk.Send(
            Ms("01:00:00Z"), Started("01:00:00Z", "a"), Joined("01:00:00Z", "u1", "av", "a"), Started("01:00:00Z", "b"), Joined("01:00:00Z", "u2", "av", "b"),
            story.New("participant.receiving", Time("01:00:00Z"), "received") with { Subject = "b", User = "u2", Pixels = 100 });
        // Of 31 units the 11th minute of both leaves 20 − 20, the 12th 19 − 18, the 13th 18 − 18, and so on.
        foreach ((string time, string marks) in ((string, string)[])
            [("01:09:30Z", "-"), ("01:10:30Z", "01:10:01.000Z"), ("01:11:30Z", "-"), ("01:12:30Z", "01:12:01.000Z"), ("01:21:59Z", "-"), ("01:22:30Z", "01:22:01.000Z")])
        {
            Assert.Equal($"01:08:01.000Z {marks}", MarksAt(desk, time));
            if (isRestarted)
            {
                desk.Flush();
                desk.Forget();
                desk.Restart();
            }
        }
    }

    [Fact]
    public void Rules_1_5_and_7_4_what_was_ahead_of_its_time_counts_from_its_own_instant_however_far_time_came_at_once()
    {
        Desk desk = Open(Rate("recording", "recording"), 10, "recording");
        ReferenceEvent Recorded(string time, int seconds, string id) =>
            story.New("recording.completed", Time(time), id) with { Recording = id, Files = [new ReferenceFile("camera", seconds)] };
        desk.Send(Ms("01:00:00Z"), Recorded("01:02:00.500Z", 480, "r1"), Recorded("01:04:30Z", 120, "r2"));
        Assert.Equal("01:02:01.000Z 01:04:30.000Z", MarksAt(desk, "05:00:00Z"));
    }

    /// <summary>A unit of each of three participants, two of them of one class.</summary>
    private void ThreeOfTwoClasses(Desk desk)
    {
        desk.Send(
            Ms("01:00:00Z"), Started("01:00:00Z", "a"), Joined("01:00:00Z", "u1", "av", "a"), Joined("01:00:00Z", "u2", "av", "a"),
            Started("01:00:00Z", "b"), Joined("01:00:00Z", "u1", "av", "b"));
        desk.Send(Ms("01:00:20Z"), Ended("01:00:20Z", "a"), Ended("01:00:20Z", "b"));
    }

    private static void Leave(Desk desk, string classes)
    {
        if (classes == "in memory")
        {
            return;
        }

        desk.AdvanceTo(Ms("01:29:00Z"));
        desk.Flush();
        desk.Forget();
        if (classes == "restarted")
        {
            desk.Restart();
        }
    }

    private static string Rate(string id, string meter, string roundUp = "period") =>
        $"{{'id': '{id}', 'meter': '{meter}', 'period': 'day', 'unit': {{'name': 'unit', 'size': 60}}, 'roundUp': '{roundUp}', 'per': 1, 'price': '0.01'}}";

    private static Desk Open(string rates, int quantity, params string[] covered)
    {
        string covers = string.Join(", ", covered.Select(static its => its.Split(' ')).Select(static its => $"{{'rate': '{its[0]}', 'ratio': '{its.ElementAtOrDefault(1) ?? "1"}'}}"));
        string json = $"{{'currency': 'USD', 'rates': [{rates}], 'packages': [{{'sku': 'p', 'name': 'p', 'quantity': {quantity}, 'unit': 'unit', "
            + $"'covers': [{covers}], 'scope': 'application', 'validity': 'P1M', 'price': '5.00'}}]}}";
        CardReading read = RateCardJson.Read(new RateCardVersion("test", new LocalDate(2027, 1, 1)), Encoding.UTF8.GetBytes(json.Replace('\'', '"')));
        Assert.Empty(read.Faults);
        var cards = new RateCards();
        Assert.Null(cards.Publish(read.Card!, new LocalDate(2027, 1, 1)).Refusal);
        var desk = new Desk(new ReferenceAccount("Asia/Shanghai"), Ms("00:10:00Z"), cards, new Command.PutAccount("account", "A", "USD", "Asia/Shanghai", "test"));
        desk.Put(Ms("00:10:00Z"), "app", new ReferenceSettings());
        desk.Order(new Command.TopUp("account", "100.00", "USD", "t1"), Ms("00:20:00Z"));
        desk.Order(new Command.BuyPackage("account", "p", "app", "p1"), Ms("00:30:00Z"));
        return desk;
    }

    private static string LeftAt(Desk desk, string time)
    {
        desk.AdvanceTo(Ms(time));
        return Assert.Single(desk.Live()).Remaining.ToString();
    }

    private static string MarksAt(Desk desk, string time)
    {
        desk.AdvanceTo(Ms(time));
        return MarksOf(desk);
    }

    private static string MarksOf(Desk desk)
    {
        PackageState package = Assert.Single(desk.Book.State.Packages);
        return $"{At(package.LowAt)} {At(package.UsedUpAt)}";
    }

    private static string At(long? ms) => ms is { } at ? ReferenceEvent.Rfc3339(at)[11..] : "-";

    private ReferenceEvent Started(string time, string @class = "c") => story.New("class.started", Time(time), $"{@class} started") with { Subject = @class };

    private ReferenceEvent Ended(string time, string @class = "c") => story.New("class.ended", Time(time), $"{@class} ended") with { Subject = @class };

    private ReferenceEvent Joined(string time, string user, string medium = "av", string @class = "c") =>
        story.New("participant.joined", Time(time), $"{@class} {user} {medium}") with { Subject = @class, User = user, Medium = medium };

    private static string Time(string time) => $"2027-07-19T{time}";

    private static long Ms(string time) => Story.Ms(Time(time));
}
