using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Spectre.Console;

namespace Minutebook.Cli.Measuring;

/// <summary>
/// Questions over HTTP to an account that a year of classes was metered and billed in, day by day, each with its close: what people who
/// look at usage wait for.
/// </summary>
internal static class Looking
{
    /// <summary>How many are in the large class.</summary>
    public const int Crowd = 50_000;

    private const int Days = 365;
    private const int Asked = 500;
    private const int BatchSize = 4_000;
    private const int Connections = 4;
    private const int EventsOfClass = 62;
    private const int TodayClasses = 8_000;
    private const int TodayAsked = 100;
    public static readonly LocalDate First = new(2026, 1, 1);
    public static readonly DateTime Morning = new(2026, 1, 1, 8, 0, 0, DateTimeKind.Utc);
    private static Wire.Bench? year;

    /// <summary>A page of the details of some day, a hundred rows; the 99th percentile in ms.</summary>
    public static Task<double> Details(BenchOptions options, CancellationToken stop) =>
        AskAsync(options, day => $"usage/details?{Range(day)}&limit=100", stop);

    /// <summary>
    /// A page of the details of a day that is not billed, and of which an event has just come: its minutes are settled anew for each
    /// question. The longest of a hundred but one, in ms.
    /// </summary>
    public static async Task<double> Today(BenchOptions options, CancellationToken stop)
    {
        await using Wire.Bench bench = await Wire.Bench.StartAsync(Instant.FromDateTimeUtc(Morning), "Europe/Berlin", stop);
        await bench.MoveAsync(Instant.FromDateTimeUtc(Morning.AddHours(12)), stop);
        await bench.PostAsync(Lessons.Arrays(TodayClasses * EventsOfClass, BatchSize, Stages.Application, 1, Morning), Connections, stop);
        List<double> taken = [];
        for (int asked = -TodayAsked; asked < TodayAsked; asked++)
        {
            await bench.SettledAsync(stop, at: Morning.AddHours(11));
            double one = await LongestAsync(
                1.0, 1, () => bench.GetAsync($"usage/details?{Range(First)}&limit=100", stop));
            if (asked >= 0)
            {
                taken.Add(one);
            }
        }

        taken.Sort();
        Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  half of them took less than {taken[TodayAsked / 2]:0.0} ms"));
        return taken[^2];
    }

    /// <summary>
    /// What is left in packages for a rate that is rounded up by class, looked at in the second after an event: for each hundred thousand
    /// classes of the running month half take less than this, in ms.
    /// </summary>
    public static Task<double> Packages(BenchOptions options, CancellationToken stop) => PackagesAsync("class", options, stop);

    /// <summary>The same of one that is rounded up by participant.</summary>
    public static Task<double> PackagesOfParticipants(BenchOptions options, CancellationToken stop) => PackagesAsync("participant", options, stop);

    private static async Task<double> PackagesAsync(string roundUp, BenchOptions options, CancellationToken stop)
    {
        string card = $$"""
            {"currency":"USD","rates":[{"id":"av","meter":"av","period":"month","unit":{"name":"minute","size":60},"roundUp":"{{roundUp}}","per":1,"price":"0.01"}],
            "packages":[{"sku":"all","name":"All","quantity":1000000000,"unit":"minute","covers":[{"rate":"av","ratio":"1"}],"scope":"account","validity":"P1Y","price":"1.00"}]}
            """;
        string account = $"/v1/accounts/{Wire.AccountOf(Stages.Application)}";
        // A card that is chosen in a month prices the next.
        await using Wire.Bench bench = await Wire.Bench.StartAsync(Instant.FromDateTimeUtc(Morning.AddDays(-1)), "Europe/Berlin", stop);
        await bench.PutAsync($"/v1/rate-cards/apart/versions/{Text(First)}", card, stop);
        await bench.PutAsync(account, """{"rateCard":"apart"}""", stop);
        // Within a second, so that it is looked at when the next begins.
        DateTime now = Morning.AddHours(12).AddMilliseconds(500);
        await bench.MoveAsync(Instant.FromDateTimeUtc(now), stop);
        await bench.SendAsync(HttpMethod.Post, $"{account}/topups", """{"amount":"1.00","currency":"USD","reference":"t"}""", stop);
        await bench.SendAsync(HttpMethod.Post, $"{account}/packages", """{"sku":"all","reference":"p"}""", stop);
        await bench.PostAsync(Lessons.Arrays(options.Events, BatchSize, Stages.Application, 1, Morning), Connections, stop);
        List<double> taken = [];
        for (int asked = 0; asked < TodayAsked; asked++)
        {
            await bench.SettledAsync(stop, at: Morning);
            now = now.AddSeconds(1);
            taken.Add(await LongestAsync(1.0, 1, () => bench.MoveAsync(Instant.FromDateTimeUtc(now), stop)));
        }

        taken.Sort();
        return taken[TodayAsked / 2] / (options.Events / (double)EventsOfClass) * 1e5;
    }

    /// <summary>A day's usage by hour, as a page of the details.</summary>
    public static Task<double> Hours(BenchOptions options, CancellationToken stop) =>
        AskAsync(options, day => $"usage?meter=av&granularity=hour&{Range(day)}", stop);

    /// <summary>The same of a year's by month.</summary>
    public static Task<double> Months(BenchOptions options, CancellationToken stop) =>
        AskAsync(options, _ => $"usage?meter=av&granularity=month&from={Text(First)}&to={Text(First.PlusYears(1))}", stop);

    /// <summary>What the year would have cost by another card: seconds for a million classes.</summary>
    public static async Task<double> WhatIf(BenchOptions options, CancellationToken stop)
    {
        Wire.Bench bench = await YearAsync(options, stop);
        // The last day is billed, too.
        await bench.MoveAsync(Instant.FromDateTimeUtc(Morning.AddDays(Days).AddHours(-4)), stop);
        string question = $$"""{"from":"{{Text(First)}}","to":"{{Text(First.PlusYears(1))}}","rateCard":"public"}""";
        await bench.AskAsync("what-if", question, stop);
        Stopwatch watch = Stopwatch.StartNew();
        using JsonDocument answer = JsonDocument.Parse(await bench.AskAsync("what-if", question, stop));
        double seconds = watch.Elapsed.TotalSeconds;
        Right(answer.RootElement.GetProperty("difference").GetString() == "0.000000");
        return seconds / (options.Metered / (double)EventsOfClass) * 1e6;
    }

    /// <summary>A class of fifty thousand, a page of a thousand participants: the longest of some times, in ms.</summary>
    public static async Task<double> LargeClass(BenchOptions options, CancellationToken stop)
    {
        await using Wire.Bench bench = await Wire.Bench.StartAsync(stop);
        await bench.PostAsync(Lessons.Crowd(Crowd, Times(options), BatchSize, Stages.Application, (int)options.Seed), 1, stop);
        await bench.SettledAsync(stop);
        string path = $"classes/{Stages.Application}/{Lessons.CrowdClass}?limit=1000";
        using JsonDocument view = JsonDocument.Parse(await bench.GetAsync(path, stop));
        Right(view.RootElement.GetProperty("userCount").GetInt32() == Crowd);
        await LongestAsync(1.0, 20, () => bench.GetAsync(path, stop));
        return await LongestAsync(1.0, 20, () => bench.GetAsync(path, stop));
    }

    /// <summary>How often each of the crowd comes and goes, to make as many events as are asked for.</summary>
    public static int Times(BenchOptions options) => Math.Max(1, options.Events / (2 * Crowd));

    /// <summary>Lets go of the year, when all questions are asked.</summary>
    public static async Task EndAsync()
    {
        if (year is not null)
        {
            await year.DisposeAsync();
        }
    }

    private static async Task<double> AskAsync(BenchOptions options, Func<LocalDate, string> path, CancellationToken stop)
    {
        Wire.Bench bench = await YearAsync(options, stop);
        var random = new Random((int)options.Seed);
        await LongestAsync(1.0, Asked / 5, Ask);
        return await LongestAsync(0.99, Asked, Ask);

        async Task<byte[]> Ask()
        {
            byte[] answer = await bench.GetAsync(path(First.PlusDays(random.Next(Days))), stop);
            Right(answer.AsSpan().IndexOf("\"items\":[{"u8) >= 0);
            return answer;
        }
    }

    /// <summary>The time in ms that so large a share of the questions took at most.</summary>
    public static async Task<double> LongestAsync(double share, int times, Func<Task> ask)
    {
        List<double> taken = [];
        for (int i = 0; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await ask();
            taken.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        taken.Sort();
        return taken[Math.Min(times - 1, (int)(share * times))];
    }

    private static async Task<Wire.Bench> YearAsync(BenchOptions options, CancellationToken stop)
    {
        if (year is not null)
        {
            return year;
        }

        Wire.Bench bench = await Wire.Bench.StartAsync(Instant.FromDateTimeUtc(Morning), "Europe/Berlin", stop);
        var progress = Stopwatch.StartNew();
        for (int day = 0; day < Days; day++)
        {
            DateTime date = Morning.AddDays(day);
            await bench.MoveAsync(Instant.FromDateTimeUtc(date.AddHours(12)), stop);
            int events = (int)((options.Metered * (day + 1L) / Days) - (options.Metered * (long)day / Days));
            await bench.PostAsync(Lessons.Arrays(events, BatchSize, Stages.Application, day + 1, date), Connections, stop);
            if (progress.Elapsed > TimeSpan.FromSeconds(10))
            {
                progress.Restart();
                Terminal.Error.WriteLine($"  metered until {DateOnly.FromDateTime(date):O}");
            }
        }

        await bench.SettledAsync(stop);
        return year = bench;
    }

    /// <summary>A day as questions have it.</summary>
    public static string Range(LocalDate day) => $"from={Text(day)}&to={Text(day.PlusDays(1))}";

    private static string Text(LocalDate day) => LocalDatePattern.Iso.Format(day);

    private static void Right(bool right)
    {
        if (!right)
        {
            throw new InvalidOperationException("The server's answer is not what the events that were sent make it.");
        }
    }
}
