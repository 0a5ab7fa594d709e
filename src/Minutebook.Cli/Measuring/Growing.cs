using System.Diagnostics;
using System.Globalization;
using NodaTime;
using NodaTime.Text;
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
    private const int Compiled = 4_000_000;
    private const long DayEvents = 2_000_000;

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

        (Total first, Total last, Total tenth) = (default, default, default);
        long sent = 0;
        for (int day = 0; sent < options.Metered + Compiled; day++)
        {
            long events = Math.Min(DayEvents, options.Metered + Compiled - sent);
            Total one = await DayAsync(bench, day, (int)events, stop);
            sent += events;
            if (sent <= Compiled)
            {
                continue;
            }

            long counted = sent - Compiled;
            first = counted <= Math.Max(DayEvents, options.Metered / 10) ? first + one : first;
            last = counted > options.Metered - Math.Max(DayEvents, options.Metered / 10) ? last + one : last;
            tenth += one;
            if (tenth.Events >= options.Metered / 10)
            {
                await TellAsync(bench, sent, day, tenth, stop);
                tenth = default;
            }
        }

        return (last.Microseconds / first.Microseconds * 100) - 100;
    }

    /// <summary>Takes a day's events, and bills the days that are over by then.</summary>
    private static async Task<Total> DayAsync(Wire.Bench bench, int day, int events, CancellationToken stop)
    {
        DateTime morning = Looking.Morning.AddDays(day);
        await bench.MoveAsync(Instant.FromDateTimeUtc(morning.AddHours(12)), stop);
        List<byte[]> bodies = Wire.InTurn(events / Wire.Tenants.Length, Wire.Tenants, (ulong)((day * Wire.Tenants.Length) + 1), morning);
        GC.Collect();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        Stopwatch watch = Stopwatch.StartNew();
        await bench.PostAsync(bodies, Connections, stop);
        await Task.WhenAll(Wire.Tenants.Select(application => bench.SettledAsync(stop, application, morning)));
        return new Total(events, watch.Elapsed, Environment.CpuUsage.TotalTime - processor);
    }

    private static async Task TellAsync(Wire.Bench bench, long sent, int day, Total tenth, CancellationToken stop)
    {
        var random = new Random(day);
        double details = await Looking.LongestAsync(0.99, Asked, () => bench.GetAsync($"usage/details?{Range(random.Next(day + 1))}&limit=100", stop));
        double hours = await Looking.LongestAsync(0.99, Asked, () => bench.GetAsync($"usage?meter=av&granularity=hour&{Range(random.Next(day + 1))}", stop));
        Terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {sent:N0}: {tenth.Rate:N0} events/s, {tenth.Microseconds:0.00} µs of processor time each; a day's details {details:0.0} ms, by hour {hours:0.0} ms"));
    }

    private static string Range(int day)
    {
        LocalDate from = Looking.First.PlusDays(day);
        return $"from={LocalDatePattern.Iso.Format(from)}&to={LocalDatePattern.Iso.Format(from.PlusDays(1))}";
    }
}
