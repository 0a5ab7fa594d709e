using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using Spectre.Console;

namespace Minutebook.Cli.Measuring;

/// <summary>The stages of an event's way, each alone and on one core.</summary>
internal static class Stages
{
    public const string Application = "campus";
    public static readonly Instant Now = Instant.FromUtc(2027, 1, 5, 0, 0);

    /// <summary>What the framework's own reader does when nothing is made of what it reads: the limit of the general reader.</summary>
    public static Task<double> Tokens(BenchOptions options, CancellationToken stop) => PerEvent(
        options,
        static body =>
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
            }
        },
        stop);

    public static Task<double> Read(BenchOptions options, CancellationToken stop)
    {
        var batch = new EventBatch();
        var reader = new EventReader();
        var faults = new EventFaults();
        return PerEvent(
            options,
            body =>
            {
                batch.Clear();
                reader.Read(body, EventFormat.Array, batch, Now.ToUnixTimeMilliseconds(), faults);
                Whole(faults.Count == 0);
            },
            stop);
    }

    public static Task<double> Encode(BenchOptions options, CancellationToken stop)
    {
        List<EventBatch> batches = Batches(options);
        var encoder = new EventEncoder();
        var bytes = new ArrayBufferWriter<byte>(1 << 20);
        return Task.FromResult(Rate(
            batches,
            batch =>
            {
                bytes.ResetWrittenCount();
                encoder.Encode(batch, bytes);
            },
            stop));
    }

    public static Task<double> Decode(BenchOptions options, CancellationToken stop)
    {
        var encoder = new EventEncoder();
        List<(EventBatch Batch, byte[] Piece)> pieces = [.. Batches(options).Select(batch =>
        {
            var bytes = new ArrayBufferWriter<byte>(1 << 20);
            encoder.Encode(batch, bytes);
            return (batch, bytes.WrittenSpan.ToArray());
        })];
        var into = new EventBatch();
        var decoder = new EventDecoder();
        Stopwatch watch = Stopwatch.StartNew();
        long events = 0;
        for (int round = 0; round < 2; round++)
        {
            (events, _) = (0, watch.Elapsed);
            watch.Restart();
            foreach ((EventBatch batch, byte[] piece) in pieces)
            {
                stop.ThrowIfCancellationRequested();
                into.Clear();
                Whole(decoder.TryDecode(piece, into));
                events += batch.Count;
            }
        }

        return Task.FromResult(events / watch.Elapsed.TotalSeconds);
    }

    /// <summary>From parsed events to usage: the fold of a book, with a flush (to nowhere) every 100,000 events.</summary>
    public static Task<double> Fold(BenchOptions options, CancellationToken stop) => Fold(Batches(options), stop);

    /// <summary>The same of one class of fifty thousand.</summary>
    public static Task<double> FoldCrowd(BenchOptions options, CancellationToken stop) =>
        Fold(Read(Lessons.Crowd(Looking.Crowd, Looking.Times(options), 4_000, Application, (int)options.Seed)), stop);

    private static Task<double> Fold(List<EventBatch> batches, CancellationToken stop)
    {
        FoldAll(batches, stop);
        Stopwatch watch = Stopwatch.StartNew();
        long events = FoldAll(batches, stop);
        return Task.FromResult(events / watch.Elapsed.TotalSeconds);
    }

    private static long FoldAll(List<EventBatch> batches, CancellationToken stop)
    {
        long now = Now.ToUnixTimeMilliseconds();
        Book book = Book.Create(new Command.PutAccount("bench", "Bench", "USD", "Asia/Shanghai"), new RateCards(), now).Book!;
        book.Apply(new Command.PutApplication("bench", Application, "Campus"), now);
        var changes = new Changes();
        List<MissingPage> missing = [];
        List<DoubtfulIdentity> doubtful = [];
        (long events, long flushed) = (0, 0);
        foreach (EventBatch batch in batches)
        {
            stop.ThrowIfCancellationRequested();
            missing.Clear();
            doubtful.Clear();
            book.FindMissing(batch, Numbers(batch.Count), missing, doubtful);
            book.Apply(batch, Numbers(batch.Count), now);
            events += batch.Count;
            if (events - flushed >= 100_000)
            {
                flushed = events;
                book.Flush(changes);
                changes.Clear();
                book.Forget(Book.MostIdleRecords);
            }
        }

        book.Flush(changes);
        return events;
    }

    private static int[] numbers = [];

    private static ReadOnlySpan<int> Numbers(int count)
    {
        if (numbers.Length < count)
        {
            numbers = [.. Enumerable.Range(0, count)];
        }

        return numbers.AsSpan(0, count);
    }

    /// <summary>The events of all stages here, read and checked.</summary>
    public static List<EventBatch> Batches(BenchOptions options) =>
        Read(Lessons.Arrays(options.Events, 4_000, Application, (int)options.Seed));

    private static List<EventBatch> Read(List<byte[]> bodies)
    {
        var reader = new EventReader();
        var faults = new EventFaults();
        return [.. bodies.Select(body =>
        {
            var batch = new EventBatch();
            reader.Read(body, EventFormat.Array, batch, Now.ToUnixTimeMilliseconds(), faults);
            return batch;
        })];
    }

    private static Task<double> PerEvent(BenchOptions options, Action<byte[]> take, CancellationToken stop)
    {
        List<byte[]> bodies = Lessons.Arrays(options.Events, 4_000, Application, (int)options.Seed);
        long bytes = 0;
        foreach (byte[] body in bodies)
        {
            take(body);
            bytes += body.Length;
        }

        Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {bytes / (double)options.Events:0} bytes of JSON each"));
        Stopwatch watch = Stopwatch.StartNew();
        foreach (byte[] body in bodies)
        {
            stop.ThrowIfCancellationRequested();
            take(body);
        }

        return Task.FromResult(options.Events / watch.Elapsed.TotalSeconds);
    }

    private static double Rate(List<EventBatch> batches, Action<EventBatch> take, CancellationToken stop)
    {
        batches.ForEach(take);
        Stopwatch watch = Stopwatch.StartNew();
        long events = 0;
        foreach (EventBatch batch in batches)
        {
            stop.ThrowIfCancellationRequested();
            take(batch);
            events += batch.Count;
        }

        return events / watch.Elapsed.TotalSeconds;
    }

    private static void Whole(bool right)
    {
        if (!right)
        {
            throw new InvalidOperationException("The events that are measured with are not taken as they should be.");
        }
    }
}
