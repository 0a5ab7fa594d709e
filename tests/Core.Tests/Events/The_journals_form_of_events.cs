using Minutebook.Core.Events;
using NodaTime;
using Xunit;
using static Minutebook.Core.Events.UsageEvent;

namespace Minutebook.Core.Tests.Events;

/// <summary>What <c>docs/journal-format.md</c> says, pinned: journals outlive the program that wrote them.</summary>
public sealed class The_journals_form_of_events
{
    private static readonly Instant At = Instant.FromUtc(2026, 3, 2, 8, 0);

    [Fact]
    public void Version_2_stays_as_it_is_to_the_byte()
    {
        Assert.Equal(Golden, Convert.ToHexStringLower(RoundTrips.Encode(EachKind())));
        IsEachKind(Golden);
    }

    [Fact]
    public void Version_1_is_read() => IsEachKind(GoldenOfVersion1);

    private static void IsEachKind(string piece)
    {
        var decoded = new EventBatch();
        Assert.True(new EventDecoder().TryDecode(Convert.FromHexString(piece), decoded));
        Assert.Equal(Given.Say(EachKind()), Given.Say(decoded));
        Assert.Equal("1f9f7d84fb3923995d017f4b0dd935e9", $"{decoded[0].Identity:x}");
    }

    [Theory]
    [InlineData(0, "user-000", "user-000")]
    [InlineData(2, "us", "user")]
    [InlineData(3, "use", "user-1")]
    [InlineData(127, "x", "y")]
    [InlineData(128, "x", "y")]
    [InlineData(255, "x", "y")]
    [InlineData(4, "", "-1")]
    [InlineData(4, "-1", "")]
    public void Texts_that_begin_alike_come_back_whole(int alike, string first, string second)
    {
        var batch = new EventBatch();
        foreach (string end in (string[])[first, second, first + "é", second + "è"])
        {
            batch.Add(new ParticipantJoined("//s", $"id-{batch.Count}", At, "app", "c-1", new string('a', alike) + end + ".", "student", "k" + end));
        }

        var decoded = new EventBatch();
        Assert.True(new EventDecoder().TryDecode(RoundTrips.Encode(batch), decoded));
        Assert.Equal(Given.Say(batch), Given.Say(decoded));
    }

    [Fact]
    public void A_text_that_shares_more_than_the_one_before_it_has_is_refused()
    {
        string piece = Convert.ToHexStringLower(RoundTrips.Encode(Example()));
        Assert.Contains("0605" + "05" + "32", piece, StringComparison.Ordinal);

        Assert.False(new EventDecoder().TryDecode(Convert.FromHexString(piece.Replace("06050532", "06050732", StringComparison.Ordinal)), new EventBatch()));
        Assert.False(new EventDecoder().TryDecode(Convert.FromHexString(piece.Replace("06050532", "06050232", StringComparison.Ordinal)), new EventBatch()));
    }

    private static EventBatch EachKind()
    {
        var batch = new EventBatch();
        foreach (UsageEvent each in OfEachKind())
        {
            batch.Add(each);
        }

        return batch;
    }

    [Fact]
    public void The_example_of_the_document_is_right()
    {
        const string Piece = "0203" + "130580b0fdd89567" + "3f2504e04f8941d39a0c0305e82c3301" + "01062f2f73" + "0206617070" + "0306632d31" +
            "040c757365722d31" + "050e73747564656e74" + "d405bc05" + "3f2504e04f8941d39a0c0305e82c3302" + "0405" +
            "d30500" + "3f2504e04f8941d39a0c0305e82c3303" + "06050532" + "05";

        Assert.Equal(Piece, Convert.ToHexStringLower(RoundTrips.Encode(Example())));
    }

    private static EventBatch Example()
    {
        var batch = new EventBatch();
        batch.Add(new ParticipantJoined("//s", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", At, "app", "c-1", "user-1", "student"));
        batch.Add(new ParticipantLeft("//s", "3f2504e0-4f89-41d3-9a0c-0305e82c3302", At + Duration.FromMilliseconds(350), "app", "c-1", "user-1", "student"));
        batch.Add(new ParticipantJoined("//s", "3f2504e0-4f89-41d3-9a0c-0305e82c3303", At + Duration.FromMilliseconds(350), "app", "c-1", "user-2", "student"));
        return batch;
    }

    [Fact]
    public void Another_version_is_refused() => Assert.False(new EventDecoder().TryDecode([3, 0], new EventBatch()));

    [Fact]
    public void A_join_or_leave_takes_at_most_30_bytes()
    {
        var given = new Given(1);
        var batch = new EventBatch();
        for (int i = 0; i < 4000; i++)
        {
            string user = $"student-{given.Random.Next(1200):d5}", lesson = $"lesson-{given.Random.Next(40)}";
            batch.Add(new ParticipantJoined("//classroom/eu-1", given.Uuid(), At.Plus(Duration.FromMilliseconds(i * 350)), "university", lesson, user, "student"));
        }

        Assert.InRange(RoundTrips.Encode(batch).Length, 1, 30 * 4000);
    }

    [Fact]
    public void Reading_encoding_and_decoding_allocate_nothing_for_an_event()
    {
        var given = new Given(2);
        byte[] body = [(byte)'[', .. Enumerable.Range(0, 2000).SelectMany(i => Given.Json(new ParticipantLeft("//s", given.Uuid(), At, "app",
            $"c-{i % 20}", $"u-{i % 300}", "student", JoinedAt: At)).Append((byte)','))];
        body[^1] = (byte)']';
        (EventReader speculating, EventReader general) = (new EventReader(), new EventReader { Speculates = false });
        (EventBatch batch, EventBatch decoded, EventFaults faults) = (new EventBatch(), new EventBatch(), new EventFaults());
        (EventEncoder encoder, EventDecoder decoder) = (new EventEncoder(), new EventDecoder());
        var piece = new System.Buffers.ArrayBufferWriter<byte>(1 << 20);

        void Once()
        {
            batch.Clear();
            general.Read(body, EventFormat.Array, batch, Given.Now, faults);
            batch.Clear();
            decoded.Clear();
            piece.ResetWrittenCount();
            Assert.Equal(2000, speculating.Read(body, EventFormat.Array, batch, Given.Now, faults));
            encoder.Encode(batch, piece);
            Assert.True(decoder.TryDecode(piece.WrittenSpan, decoded));
        }

        Once();
        Once();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Once();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2000);
    }

    private static IEnumerable<UsageEvent> OfEachKind()
    {
        Instant next = At + Duration.FromMilliseconds(1500);
        yield return new ClassStarted("//s", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", At, "app", "c-1", "Physik é");
        yield return new ParticipantJoined("//s", "evt-000017", next, "app", "c-1", "u-1", "teacher", "k-1", Medium.Whiteboard);
        yield return new ParticipantLeft("//s", "evt-000019", next, "app", "c-1", "u-1", "teacher", "k-1", Medium.Whiteboard, At);
        yield return new ParticipantReceiving("//s", "evt-18", next, "app", "c-1", "u-1", "", 921_600);
        yield return new RecordingCompleted("//s", "00112233445566778899aabbccddeeff", next, "app", "c-1", "r-1",
            [new RecordedFile(RecordingKind.Screen, 6600, "u-1", 1L << 40), new RecordedFile(RecordingKind.Mixed, 0)]);
        yield return new PlaybackViewed("//t", "x", At, "app", "c-2", "r-1", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", (1L << 53) - 1);
        yield return new SlicingCompleted("//t", "y", At, "app", "c-2", "t-1", SlicingMode.Video, 60, true);
        yield return new ScreenshotCaptured("//t", "z", At, "app", null, 3, null);
        yield return new StorageSampled("//t", "", At, "app", 0);
        yield return new ContentDelivered("//t", "ABC", At, "app", "film", 310_000_000, DeliveryKind.Download, "s", null, "d", "u-1");
        yield return new EventVoided("//t", "é", At, "app", "//s", "evt-18", "c-1");
        yield return new Unknown("//t", "w", At, "app", "vendor.other", "{}");
        yield return new ClassEnded("//t", "v", Instant.FromUtc(1, 1, 1, 0, 0), "app2", "c-2");
    }

    private const string GoldenOfVersion1 =
        "010d110880b0fdd895673f2504e04f8941d39a0c0305e82c330101062f2f7302066170700306632d31041250687973696b20c3a9e327b8" +
        "1706046576742d220506752d3106066b2d31070e7465616368657201e437000004050607b81701c51100066576742d31380580c070f688" +
        "001000112233445566778899aabbccddeeff0806722d310281c833808080808020050400000719b717017809062f2f74020a06632d320b" +
        "013f2504e04f8941d39a0c0305e82c330108feffffffffffff1fc8380001790c06742d317821491000017a0006ca100000004b71000341" +
        "42430d0866696c6d0580e6d1a702010e0273000f02644c400002c3a90001100c6576742d313803c048000177111876656e646f722e6f74" +
        "68657212047b7d00000200ff8fe4fbf7871d0176091308617070320a";

    private const string Golden =
        "020d110880b0fdd895673f2504e04f8941d39a0c0305e82c330101062f2f7302066170700306632d31041250687973696b20c3a9e327b8170604" +
        "6576742d220506752d3106066b2d31070e7465616368657201e437000004050607b81701c51100066576742d31380580c070f688001000112233" +
        "445566778899aabbccddeeff0806722d310281c833808080808020050400000719b717017809062f2f74020a06632d320b013f2504e04f8941d3" +
        "9a0c0305e82c330108feffffffffffff1fc8380001790c06742d317821491000017a0006ca100000004b7100034142430d0866696c6d0580e6d1" +
        "a702010e0273000f02644c400002c3a90001100c6576742d313803c048000177111876656e646f722e6f7468657212047b7d00000200ff8fe4fb" +
        "f7871d017609130503320a";
}
