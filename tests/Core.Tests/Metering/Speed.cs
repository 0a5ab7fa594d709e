using System.Globalization;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Rating;
using Minutebook.Reference;
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
        if (!TestRun.IsLong)
        {
            return;
        }

        for (int i = 0; i < 3; i++)
        {
            Fold("each event in another class than the one before", made => (made % Classes, made / Classes));
            Fold("a class's joins together, its leaves together", ByClass);
        }
    }

    /// <summary>A class has 50 users; the joins of 80 classes fill a request, and later their leaves.</summary>
    private static (int Class, int Round) ByClass(int made)
    {
        const int Users = 50;
        (int group, int within) = Math.DivRem(made, 2 * Size);
        (int leaving, int rest) = Math.DivRem(within, Size);
        (int @class, int user) = Math.DivRem(rest, Users);
        return ((group * Size / Users) + @class, (2 * user) + leaving);
    }

    private static Book Open()
    {
        Book book = Book.Create(new Command.PutAccount("account", "A", "USD", "Asia/Shanghai"), new RateCards(), Start - 1000).Book!;
        book.Apply(new Command.PutApplication("account", "app", "App"), Start - 1000);
        return book;
    }

    private void Fold(string how, Func<int, (int Class, int Round)> order)
    {
        Book book = Open();
        for (int @class = 0; @class < Classes; @class++)
        {
            Add(book, new UsageEvent.ClassStarted("//speed", $"s{@class}", At(0), "app", $"class-{@class}"), Start);
        }

        (applying, flushing, appliedBytes, flushedBytes) = (default, default, 0, 0);
        TimeSpan paused = GC.GetTotalPauseDuration();
        for (int made = 0; made < Events; made++)
        {
            (int @class, int round) = order(made);
            string user = $"user-{round / 2}";
            string id = made.ToString(CultureInfo.InvariantCulture);
            long at = 1 + (made * 3600L * 1000 / Events);
            Add(book, round % 2 == 0
                ? new UsageEvent.ParticipantJoined("//speed", id, At(at), "app", $"class-{@class}", user, "student", "c1")
                : new UsageEvent.ParticipantLeft("//speed", id, At(at), "app", $"class-{@class}", user, "student", "c1"), Start + at);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Events} events, {how}: apply {Events / applying.TotalSeconds:N0}/s, apply and flush {Events / (applying + flushing).TotalSeconds:N0}/s "
            + $"of processor time; {(double)appliedBytes / Events:N1} bytes an event in apply, {(double)flushedBytes / Events:N1} in flush; "
            + $"collecting {(GC.GetTotalPauseDuration() - paused).TotalMilliseconds:N0} ms"));
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
        TimeSpan began = Environment.CpuUsage.TotalTime;
        book.Apply(batch, rows, now);
        applying += Environment.CpuUsage.TotalTime - began;
        appliedBytes += GC.GetAllocatedBytesForCurrentThread() - bytes;

        bytes = GC.GetAllocatedBytesForCurrentThread();
        began = Environment.CpuUsage.TotalTime;
        book.Flush(changes);
        flushing += Environment.CpuUsage.TotalTime - began;
        flushedBytes += GC.GetAllocatedBytesForCurrentThread() - bytes;
        changes.Clear();
        batch.Clear();
    }
}
