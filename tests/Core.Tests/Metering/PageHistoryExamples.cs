using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>From a figure back to its events, and where the journal has each: what a class's page remembers.</summary>
public sealed class PageHistoryExamples
{
    private const string Day = "2027-04-05T";
    private const string Later = Day + "05:00:00Z";

    [Fact]
    public void Rule_1_3_a_class_shows_where_each_event_was_written_and_which_came_again()
    {
        var story = new Story();
        ReferenceEvent joined = story.New("participant.joined", Day + "01:00:00Z", "a") with { User = "a" };
        Desk desk = Opened(story);
        Send(desk, 17, story.New("class.started", Day + "01:00:00Z", "s"), joined);
        Send(desk, 90, joined, joined with { Role = "teacher" }, story.New("participant.left", Day + "01:10:00Z", "l") with { User = "a" });
        desk.Flush();
        desk.Restart();
        Send(desk, 45, story.New("participant.joined", Day + "01:05:00Z", "b") with { User = "b", Medium = "whiteboard" }, joined);
        PageHistory page = Only(desk, PageKind.Class);

        Assert.Equal(
            [(EventKind.ClassStarted, 17, null, null), (EventKind.ParticipantJoined, 17, "a", Medium.Av), (EventKind.ParticipantLeft, 90, "a", Medium.Av), (EventKind.ParticipantJoined, 45, "b", Medium.Whiteboard)],
            Enumerable.Range(0, page.Count).Select(i => (page[i].Kind, (int)page[i].Position, page.UserOf(i), page.MediumOf(i))));
        Assert.Equal([new PageRepeat(90, false), new PageRepeat(90, true), new PageRepeat(45, false)], page.RepeatsOf(1));
        Assert.Empty(page.RepeatsOf(0));
        Assert.Equal([true, false], new[] { page.IsOf(2, "a"), page.IsOf(2, "b") });
        Assert.Empty(page.DimensionsOf(1));
        Assert.Equal(4, Enumerable.Range(0, page.Count).Select(i => page[i].Identity).Distinct().Count());
        Assert.Equal(Story.Ms(Day + "01:10:00Z"), page[2].Time);
    }

    [Fact]
    public void Rule_1_6_a_voided_event_stays_in_view_with_the_void_that_took_it_out()
    {
        var story = new Story();
        Desk desk = Opened(story);
        Send(desk, 3, story.New("class.started", Day + "01:00:00Z", "s"), story.New("participant.joined", Day + "01:00:00Z", "a") with { User = "a" });
        Send(desk, 4, Void(story, "v", "a"), Void(story, "w", "elsewhere"));
        PageHistory page = Only(desk, PageKind.Class);
        PageHistory voids = Only(desk, PageKind.Voids);

        Assert.Equal([false, true], new[] { page[0].Voided, page[1].Voided });
        Assert.Equal([0], voids.VoidsOf(page[1].Identity));
        Assert.Empty(voids.VoidsOf(page[0].Identity));
        Assert.Empty(page.VoidsOf(page[1].Identity));
        Assert.Equal((EventKind.EventVoided, null, 4), (voids[0].Kind, voids.UserOf(0), (int)voids[0].Position));
    }

    [Fact]
    public void Rule_3_3_a_recording_tells_of_each_file_whose_it_is_and_of_what_kind()
    {
        var story = new Story();
        Desk desk = Opened(story);
        Send(desk, 8, story.New("recording.completed", Day + "01:00:00Z", "r") with { Recording = "r", Files = [new ReferenceFile("camera", 60, "a"), new ReferenceFile("mixed", 60)] });
        PageHistory page = Only(desk, PageKind.Class);

        Assert.Equal([Recorded("camera"), Recorded("mixed")], page.DimensionsOf(0));
        Assert.Equal([true, false], new[] { page.IsOf(0, "a"), page.IsOf(0, "b") });
        Assert.Null(page.UserOf(0));
        Assert.Null(page.MediumOf(0));
    }

    [Fact]
    public void A_page_whose_bytes_end_early_is_refused_and_nothing_worse_happens()
    {
        var story = new Story();
        Desk desk = Opened(story);
        Send(
            desk, 1 << 20, story.New("class.started", Day + "01:00:00Z", "s") with { Name = "Algebra" },
            story.New("participant.joined", Day + "01:00:00Z", "a") with { User = "a", Role = "teacher", Connection = "c" },
            story.New("participant.receiving", Day + "01:00:00Z", "p") with { User = "a", Connection = "c", Pixels = 921_600 },
            story.New("participant.left", Day + "01:30:00Z", "l") with { User = "a", Connection = "c", JoinedAtMs = Story.Ms(Day + "01:00:00Z") },
            story.New("recording.completed", Day + "02:00:00Z", "r") with { Recording = "r", Files = [new ReferenceFile("camera", 60, "a")] });
        byte[] whole = BytesOf(desk);
        int refused = 0;
        for (int length = 0; length < whole.Length; length++)
        {
            Exception? wrong = Record.Exception(() => Assert.True(PageHistory.Of([whole[..length]]).Count < 5));
            Assert.True(wrong is null or FormatException, $"{length} of {whole.Length} bytes: {wrong}");
            refused += wrong is null ? 0 : 1;
        }

        Assert.Equal(5, PageHistory.Of([whole]).Count);
        Assert.True(refused > whole.Length / 2, $"{refused} of {whole.Length} were refused.");
    }

    [Fact]
    public void A_page_whose_bytes_say_what_cannot_be_is_refused()
    {
        // 6 and 0: the first event is voided, of none. 2 and 0: a connection of the first participant, of none. 9: a number without an end.
        Assert.All<byte[]>([[6, 0], [2, 0, 0], [9, .. Enumerable.Repeat((byte)0xFF, 11)], [200, .. new byte[40]]], bytes =>
            Assert.Throws<FormatException>(() => PageHistory.Of([bytes])));
    }

    private static Dimensions Recorded(string kind) => new(Meter.Recording, kind);

    private static ReferenceEvent Void(Story story, string id, string target) =>
        story.New("event.voided", Day + "04:00:00Z", id) with { Subject = null, TargetSource = "//story", TargetId = target };

    private static Desk Opened(Story story)
    {
        var desk = new Desk(story.Account, Story.Ms(Day + "00:00:00Z"));
        desk.Put(Story.Ms(Day + "00:00:00Z"), "app", new ReferenceSettings());
        return desk;
    }

    private static void Send(Desk desk, long position, params ReferenceEvent[] events)
    {
        desk.Book.Position = position;
        desk.Send(Story.Ms(Later), events);
    }

    private static PageHistory Only(Desk desk, PageKind kind)
    {
        desk.Flush();
        return PageHistory.Of(desk.Tables.ChunksOf(Assert.Single(desk.Tables.Pages.Values, page => page.Kind == (int)kind).Page));
    }

    private static byte[] BytesOf(Desk desk)
    {
        desk.Flush();
        return [.. desk.Tables.ChunksOf(Assert.Single(desk.Tables.Pages.Values).Page).SelectMany(chunk => chunk)];
    }
}
