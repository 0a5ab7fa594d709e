using System.Diagnostics;
using System.Globalization;
using NodaTime;
using Spectre.Console;

namespace Minutebook.Cli.Measuring;

/// <summary>
/// Whether an event costs the same however many came before it: days of two million, of four accounts, each sent when its last class is
/// over. What is sent is made before its day is timed.
/// </summary>
internal static class Growing
{
    private const int Connections = 4;
    private const int BatchSize = 4_000;
    private const int Asked = 200;
    /// <summary>They are for the compiler, and not counted.</summary>
    private const int CompiledDays = 2;
    private const int DayEvents = 2_000_000;

    /// <summary>What came so far, and what it took.</summary>
    private readonly record struct Total(long Events, TimeSpan Elapsed, TimeSpan Processor)
    {
        public double Rate => Events / Elapsed.TotalSeconds;
        public double Microseconds => Processor.TotalMicroseconds / Events;

        public static Total operator +(Total a, Total b) => new(a.Events + b.Events, a.Elapsed + b.Elapsed, a.Processor + b.Processor);
    }

    /// <summary>
    /// How much more of the processor's time each of the last tenth takes than each of the first, in percent. The processor's time rather
    /// than the rate: others' work on the machine changes it less.
    /// </summary>
    public static async Task<double> Growth(BenchOptions options, CancellationToken stop)
    {
        await using Wire.Bench bench = await Wire.Bench.StartAsync(Instant.FromDateTimeUtc(Looking.Morning), "Europe/Berlin", stop);
        foreach (string application in Wire.Tenants.Where(its => its != Stages.Application))
        {
            await bench.RegisterAsync(application, "Europe/Berlin", stop);
        }

        for (int day = 0; day < CompiledDays; day++)
        {
            await DayAsync(bench, day, DayEvents, stop);
        }

        int tenth = (int)Math.Max(1, options.Metered / 10 / DayEvents);
        List<Total> days = [];
        for (long left = options.Metered; left > 0; left -= DayEvents)
        {
            int day = CompiledDays + days.Count;
            days.Add(await DayAsync(bench, day, (int)Math.Min(DayEvents, left), stop));
            if (days.Count % tenth == 0)
            {
                await TellAsync(bench, Math.Min(options.Metered, options.Metered - left + DayEvents), day, Sum(days.TakeLast(tenth)), stop);
            }
        }

        return (Sum(days.TakeLast(tenth)).Microseconds / Sum(days.Take(tenth)).Microseconds * 100) - 100;
    }

    private static Total Sum(IEnumerable<Total> days) => days.Aggregate(static (a, b) => a + b);

    /// <summary>Takes a day's events, and bills the days that are over by then.</summary>
    private static async Task<Total> DayAsync(Wire.Bench bench, int day, int events, CancellationToken stop)
    {
        DateTime morning = Looking.Morning.AddDays(day);
        await bench.MoveAsync(Instant.FromDateTimeUtc(morning.AddHours(12)), stop);
        List<byte[]> bodies = Wire.Mixed(events / Wire.Tenants.Length, Wire.Tenants, (ulong)((day * Wire.Tenants.Length) + 1), morning);
        GC.Collect();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        Stopwatch watch = Stopwatch.StartNew();
        await bench.PostAsync(bodies, Connections, stop);
        await Task.WhenAll(Wire.Tenants.Select(application => bench.SettledAsync(stop, application, morning)));
        return new Total(events, watch.Elapsed, Environment.CpuUsage.TotalTime - processor);
    }

    private static async Task TellAsync(Wire.Bench bench, long metered, int day, Total tenth, CancellationToken stop)
    {
        var random = new Random(day);
        double details = await Looking.LongestAsync(0.99, Asked, () => bench.GetAsync($"usage/details?{Some()}&limit=100", stop));
        double hours = await Looking.LongestAsync(0.99, Asked, () => bench.GetAsync($"usage?meter=av&granularity=hour&{Some()}", stop));
        Terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {metered:N0}: {tenth.Rate:N0} events/s, {tenth.Microseconds:0.00} µs of processor time each; a day's details {details:0.0} ms, by hour {hours:0.0} ms"));

        string Some() => Looking.Range(Looking.First.PlusDays(random.Next(day + 1)));
    }
}
