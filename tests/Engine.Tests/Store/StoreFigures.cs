using System.Diagnostics;
using Minutebook.Core;
using Minutebook.Store;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Engine.Tests.Storing;

/// <summary>Figures, not verdicts: MINUTEBOOK_TEST_LONG=1 prints them.</summary>
public sealed class StoreFigures(ITestOutputHelper output)
{
    private static bool Asked => Environment.GetEnvironmentVariable("MINUTEBOOK_TEST_LONG") == "1";

    [Theory]
    [InlineData(300, 20_000)]
    [InlineData(100_000, 3_000)]
    [InlineData(1_000_000, 500)]
    public void Appending_groups(int bytes, int groups)
    {
        if (!Asked)
        {
            return;
        }

        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open(16);
        byte[] data = new byte[bytes];
        new Random(1).NextBytes(data);
        List<double> took = [];
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Stopwatch all = Stopwatch.StartNew();
        for (int i = 0; i < groups; i++)
        {
            long start = Stopwatch.GetTimestamp();
            int shard = 1 + i % 16;
            store.Append([new JournalGroup(shard, store.LastPosition(shard) + 1, i, 1, data)]);
            took.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        double seconds = all.Elapsed.TotalSeconds;
        double used = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        took.Sort();
        output.WriteLine(
            $"append {bytes} B: {groups / seconds:N0} groups/s, {bytes * (double)groups / seconds / 1e6:N0} MB/s, "
            + $"p50 {took[groups / 2]:N2} ms, p99 {took[groups * 99 / 100]:N1} ms, max {took[^1]:N0} ms, "
            + $"{used / groups * 1e6:N0} us of processor a group");

        all.Restart();
        long read = Enumerable.Range(1, 16).Sum(shard => store.ReadJournal(shard, 0).Sum(group => (long)group.Data.Length));
        output.WriteLine($"read and verified: {read / all.Elapsed.TotalSeconds / 1e6:N0} MB/s");
    }

    [Fact]
    public void Writing_rows()
    {
        if (!Asked)
        {
            return;
        }

        using TemporaryDirectory directory = new();
        using Store.Store store = directory.Open(16);
        Measure(store, "usage", (changes, i, round) => changes.Usage.Add(
            new UsageRow(Account(i), "av", 3600 * (i / 400), "app-" + i % 7, "role=student", i * 7L + round)));
        Measure(store, "class_usage", (changes, i, round) => changes.ClassUsage.Add(
            new ClassUsageRow(Account(i), "2026-11-03", i, "app-" + i % 7, "class-" + i, "av", "", i * 60L + round, 3, 5_000_000_000)));
        Measure(store, "classes", (changes, i, round) => changes.Classes.Add(
            new ClassRow(
                Account(i), i, 0, "app-" + i % 7, "class-" + i, "Lecture " + i, 1_790_000_000_000 + i % 1000, null, 0, 30, i + round, 3,
                5_000_000_000, false)));
        Measure(store, "pages", (changes, i, round) => changes.Pages.Add(
            new PageRow(Account(i), i, "app-" + i % 7, 0, "class-" + i, 1_790_000_000_000, 0)));
        Measure(store, "chunks of 400 B", (changes, i, round) => changes.Chunks.Add(new ChunkRow(Account(i), i, round * 10, new byte[400])));
        Measure(store, "open", (changes, i, round) => changes.Open.Add(
            new OpenRow(Account(i), "av", "app-" + i % 7, "", 3600 * (i / 400), i + round + 1, 5_000_000_000)));
    }

    private static string Account(int i) => $"account-{i / 670:D3}";

    private void Measure(Store.Store store, string what, Action<Changes, int, int> add)
    {
        const int Rows = 200_000, Rounds = 3, Flush = 20_000;
        List<string> rates = [], ofProcessor = [];
        for (int round = 0; round < Rounds; round++)
        {
            TimeSpan took = default, used = default;
            for (int from = 0; from < Rows; from += Flush)
            {
                Changes changes = new();
                for (int i = from; i < from + Flush; i++)
                {
                    add(changes, i, round);
                }

                TimeSpan before = Environment.CpuUsage.TotalTime;
                long start = Stopwatch.GetTimestamp();
                store.Write(1, changes, 0, 0);
                used += Environment.CpuUsage.TotalTime - before;
                took += Stopwatch.GetElapsedTime(start);
            }

            rates.Add($"{Rows / took.TotalSeconds / 1000:N0}");
            ofProcessor.Add($"{Rows / used.TotalSeconds / 1000:N0}");
        }

        output.WriteLine(
            $"{what}: {string.Join(", ", rates)} thousand rows a second, {string.Join(", ", ofProcessor)} thousand a second of processor "
            + "(new, then again)");
    }
}
