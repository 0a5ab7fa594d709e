using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Minutebook.Core.Events;
using Xunit;
using static Minutebook.Core.Events.UsageEvent;

namespace Minutebook.Core.Tests.Events;

public sealed class RoundTrips
{
    // Kept from piece to piece, as the journal keeps them, but not for two threads at once: test classes run side by side.
    private static readonly ThreadLocal<EventEncoder> Encoder = new(() => new EventEncoder());
    private readonly EventDecoder decoder = new();

    [Fact]
    public void What_is_added_in_plain_form_comes_back_in_plain_form() => For_many_seeds(given =>
    {
        UsageEvent happened = given.Event();
        var batch = new EventBatch();
        batch.Add(happened);

        Assert.Equal(Plain(happened), Plain(batch.ToEvent(0)));
    });

    [Fact]
    public void What_is_written_as_JSON_is_read_as_the_same_row() => For_many_seeds(given =>
    {
        var batch = new EventBatch();
        batch.Add(given.Event());
        var read = new EventBatch();
        var faults = new EventFaults();

        new EventReader().Read(Given.Json(batch, 0), EventFormat.One, read, Given.Now, faults);

        Assert.Empty(faults.Kept);
        Assert.Equal(Given.Say(batch), Given.Say(read));
    });

    [Fact]
    public void What_is_put_into_the_journal_comes_out_of_it() => For_many_seeds(given =>
    {
        EventBatch batch = Batch(given);
        var decoded = new EventBatch();

        Assert.True(decoder.TryDecode(Encode(batch), decoded));

        Assert.Equal(Given.Say(batch), Given.Say(decoded));
    });

    [Fact]
    public void Some_events_of_a_batch_come_out_alone_and_are_appended_to_what_is_there() => For_many_seeds(given =>
    {
        EventBatch batch = Batch(given), decoded = Batch(given);
        int[] rows = [.. Enumerable.Range(0, batch.Count).Where(_ => given.Random.Next(2) == 0)];
        string[] there = Given.Say(decoded);
        var piece = new ArrayBufferWriter<byte>();

        Encoder.Value!.Encode(batch, rows, piece);

        Assert.True(decoder.TryDecode(piece.WrittenSpan, decoded));
        string[] all = Given.Say(batch);
        Assert.Equal([.. there, .. rows.Select(row => all[row])], Given.Say(decoded));
    });

    [Fact]
    public void A_piece_cut_anywhere_or_with_bytes_behind_it_is_refused_and_leaves_the_batch_as_it_was() => For_many_seeds(given =>
    {
        byte[] piece = Encode(Batch(given));
        EventBatch decoded = Batch(given);
        string[] there = Given.Say(decoded);

        Assert.False(decoder.TryDecode(piece.AsSpan(0, given.Random.Next(piece.Length)), decoded));
        Assert.False(decoder.TryDecode([.. piece, 0], decoded));

        Assert.Equal(there, Given.Say(decoded));
    });

    [Fact]
    public void Damaged_bytes_are_refused_or_give_other_events_but_never_break_anything() => For_many_seeds(given =>
    {
        byte[] piece = Encode(Batch(given));
        for (int i = given.Random.Next(1, 5); i > 0; i--)
        {
            piece[given.Random.Next(piece.Length)] = (byte)given.Random.Next(256);
        }

        var decoded = new EventBatch();
        if (decoder.TryDecode(piece, decoded))
        {
            // What came out is sound: it can be said, and put in again.
            Given.Say(decoded);
            var again = new EventBatch();
            Assert.True(decoder.TryDecode(Encode(decoded), again));
            Assert.Equal(Given.Say(decoded), Given.Say(again));
        }
        else
        {
            Assert.Equal(0, decoded.Count);
        }
    });

    [Fact]
    public void Random_bytes_are_refused_without_much_memory() => For_many_seeds(given =>
    {
        byte[] piece = new byte[given.Random.Next(200)];
        given.Random.NextBytes(piece);
        if (piece.Length > 0)
        {
            piece[0] = EventEncoder.Version;
        }

        var decoded = new EventBatch();
        decoder.TryDecode(piece, decoded);

        Assert.InRange(decoded.TextBytes, 0, 40 * piece.Length + 40);
    });

    [Fact]
    public void A_row_without_what_its_kind_needs_is_not_put_into_the_journal()
    {
        var batch = new EventBatch();
        batch.Add(new ParticipantJoined("s", "i", NodaTime.Instant.FromUnixTimeMilliseconds(Given.Now), "a", "c", "u"));
        batch[0].User = EventRow.None;
        Assert.Throws<ArgumentException>(() => Encode(batch));

        batch.Clear();
        batch.Add(new StorageSampled("s", "i", NodaTime.Instant.FromUnixTimeMilliseconds(Given.Now), "a", -1));
        Assert.Throws<ArgumentException>(() => Encode(batch));
    }

    internal static byte[] Encode(EventBatch batch)
    {
        var piece = new ArrayBufferWriter<byte>();
        Encoder.Value!.Encode(batch, piece);
        return piece.WrittenSpan.ToArray();
    }

    private static EventBatch Batch(Given given)
    {
        var batch = new EventBatch();
        for (int i = given.Random.Next(12); i > 0; i--)
        {
            batch.Add(given.Event());
        }

        return batch;
    }

    // A record compares its list of files by reference.
    private static string Plain(UsageEvent happened) =>
        happened is RecordingCompleted recording ? $"{recording with { Files = [] }}{string.Join(',', recording.Files)}" : happened.ToString()!;

    // FsCheck prints the seed of what failed.
    private static void For_many_seeds(Action<Given> check) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => check(new Given(seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3_000).WithEndSize(int.MaxValue - 1));
}
