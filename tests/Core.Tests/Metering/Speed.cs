using System.Diagnostics;
using System.Globalization;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Rating;
using NodaTime;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Core.Tests.Metering;

/// <summary>How fast one core folds joins and leaves; printed only with MINUTEBOOK_TEST_LONG=1, and worth something only in Release.</summary>
public sealed class Speed(ITestOutputHelper output)
{
    private const int Events = 1_000_000;
    private const int Classes = 10_000;
    private const int Size = 4_000;
    private const long Start = 1_807_000_000_000;

    private readonly EventBatch batch = new();
    private readonly Changes changes = new();
    private readonly int[] rows = [.. Enumerable.Range(0, Size)];
    private TimeSpan applying;
    private TimeSpan flushing;
    private long appliedBytes;
    private long flushedBytes;

    [Fact]
    public void Joins_and_leaves_are_folded_and_flushed()
    {
        if (Environment.GetEnvironmentVariable("MINUTEBOOK_TEST_LONG") != "1")
        {
            return;
        }

        Fold(Open(), Events / 10, Say: false);
        (applying, flushing, appliedBytes, flushedBytes) = (default, default, 0, 0);
        Fold(Open(), Events, Say: true);
    }

    private static Book Open()
    {
        Book book = Book.Create(new Command.PutAccount("account", "A", "USD", "Asia/Shanghai"), new RateCards(), Start - 1000).Book!;
        book.Apply(new Command.PutApplication("account", "app", "App"), Start - 1000);
        return book;
    }

    private void Fold(Book book, int events, bool Say)
    {
        int made = 0;
        for (int @class = 0; @class < Classes; @class++)
        {
            Add(book, new UsageEvent.ClassStarted("//speed", $"s{@class}", At(0), "app", $"class-{@class}"), Start);
        }

        (applying, flushing, appliedBytes, flushedBytes) = (default, default, 0, 0);
        while (made < events)
        {
            // One user after another joins all classes, and leaves them again: two events of a user are a round apart.
            (int round, int @class) = Math.DivRem(made, Classes);
            string user = $"user-{round / 2}";
            string id = made.ToString(CultureInfo.InvariantCulture);
            long at = 1 + (made * 3600L * 1000 / Events);
            Add(book, round % 2 == 0
                ? new UsageEvent.ParticipantJoined("//speed", id, At(at), "app", $"class-{@class}", user, "student", "c1")
                : new UsageEvent.ParticipantLeft("//speed", id, At(at), "app", $"class-{@class}", user, "student", "c1"), Start + at);
            made++;
        }

        if (Say)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{events} events: apply {events / applying.TotalSeconds:N0}/s, apply and flush {events / (applying + flushing).TotalSeconds:N0}/s; "
                + $"{(double)appliedBytes / events:N1} bytes an event in apply, {(double)flushedBytes / events:N1} in flush"));
        }
    }

    private static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(Start + ms);

    private void Add(Book book, UsageEvent e, long now)
    {
        batch.Add(e);
        if (batch.Count < Size)
        {
            return;
        }

        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long began = Stopwatch.GetTimestamp();
        book.Apply(batch, rows, now);
        applying += Stopwatch.GetElapsedTime(began);
        appliedBytes += GC.GetAllocatedBytesForCurrentThread() - bytes;

        bytes = GC.GetAllocatedBytesForCurrentThread();
        began = Stopwatch.GetTimestamp();
        book.Flush(changes);
        flushing += Stopwatch.GetElapsedTime(began);
        flushedBytes += GC.GetAllocatedBytesForCurrentThread() - bytes;
        changes.Clear();
        batch.Clear();
    }
}
