using System.Diagnostics;
using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Engine;
using NodaTime;

namespace Minutebook.Cli.Measuring;

/// <summary>Usage to lines, and many accounts that close at one midnight.</summary>
internal static class Charging
{
    private const int Together = 2_000;
    private const int LinesOfAccount = 10;
    private const int EventsOfAccount = 6;
    private static readonly LocalDate Day = new(2027, 1, 5);

    private static readonly string[] Applications = ["a", "b"];

    private static readonly (string Id, string Meter, string Where)[] Sorts =
    [
        ("camera", "recording", """{"kind":["camera"]}"""), ("screen", "recording", """{"kind":["screen"]}"""), ("audio", "recording", """{"kind":["audio"]}"""),
        ("slices", "slicing", """{"mode":["audio"]}"""), ("frames", "slicing", """{"mode":["video"]}"""),
    ];

    /// <summary>Lines settled and priced a second on one core: an account's day of ten lines, each a free quota, tiers and rounding.</summary>
    public static Task<double> Rate(BenchOptions options, CancellationToken stop)
    {
        RateCard card = RateCardJson.Read(new RateCardVersion("bench", Day), Encoding.UTF8.GetBytes(CardJson())).Card!;
        var period = BillPeriod.OfDay(Day);
        UsageSlice[] usage = [.. Applications.SelectMany(application => card.Rates.Select((rate, place) => new UsageSlice(
            null, application, null, new Dimensions(rate.Meter, (string)rate.Where.Allowed(0)![0]!), (place + 1) * 54_321)))];
        HashSet<string> none = [];
        int days = options.Events / LinesOfAccount;
        long lines = 0;
        Stopwatch watch = new();
        for (int round = 0; round < 2; round++)
        {
            (lines, _) = (0, watch.Elapsed);
            watch.Restart();
            for (int day = 0; day < days; day++)
            {
                lines += Settlement.Settle(period, card, usage, [], none).Lines.Count;
            }

            stop.ThrowIfCancellationRequested();
        }

        return Task.FromResult(lines / watch.Elapsed.TotalSeconds);
    }

    /// <summary>Seconds to close a day for many accounts at once, each with a bill of ten lines, until all bills are in the tables.</summary>
    public static async Task<double> Close(BenchOptions options, CancellationToken stop)
    {
        int accounts = Math.Max(1, options.Events / LinesOfAccount);
        DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-bench-");
        try
        {
            Instant morning = Day.AtMidnight().InUtc().ToInstant() + Duration.FromHours(8);
            await using var engine = Engine.Engine.Open(new EngineOptions { Directory = data.FullName, Clock = Clock.Sandbox(morning) });
            await engine.ExecuteAsync(new Command.PublishCard("bench", "2026-01-01", CardJson()));
            await Parallel.ForEachAsync(
                Enumerable.Range(0, accounts), new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = stop }, (number, _) => new ValueTask(TakenAsync(() => OpenAsync(engine, number), stop)));
            foreach (int[] some in Enumerable.Range(0, accounts).Chunk(Together / EventsOfAccount))
            {
                stop.ThrowIfCancellationRequested();
                await TakenAsync(() => PostAsync(engine, some, morning), stop);
            }

            await engine.ExecuteAsync(new Command.PutAccount(Account(0), null, null, null));
            Stopwatch watch = Stopwatch.StartNew();
            await engine.MoveClockAsync(morning + Duration.FromHours(24));
            double seconds = watch.Elapsed.TotalSeconds;
            using Store.Reader read = engine.Store.Read();
            var last = BillReader.Read(Encoding.UTF8.GetString(read.Bill($"{Account(accounts - 1)}-D-2027-01-05")!.Value.Json));
            return last.Lines.Count == LinesOfAccount ? seconds : throw new InvalidOperationException($"The last account's bill has {last.Lines.Count} lines.");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>What there is no room for right now is sent again, as clients do.</summary>
    private static async Task TakenAsync(Func<Task> send, CancellationToken stop)
    {
        for (bool isTaken = false; !isTaken;)
        {
            try
            {
                await send();
                isTaken = true;
            }
            catch (UnavailableException)
            {
                await Task.Delay(50, stop);
            }
        }
    }

    private static async Task OpenAsync(Engine.Engine engine, int number)
    {
        await engine.ExecuteAsync(new Command.PutAccount(Account(number), "Bench", "USD", "UTC", "bench"));
        foreach (string application in Applications)
        {
            await engine.ExecuteAsync(new Command.PutApplication(Account(number), Application(number, application), "Bench"));
        }
    }

    private static async Task PostAsync(Engine.Engine engine, int[] accounts, Instant at)
    {
        var body = new StringBuilder("[");
        foreach (int number in accounts)
        {
            foreach (string application in Applications)
            {
                string its = Application(number, application);
                Add(body, its, 0, "recording.completed", "\"recording\":\"r\",\"files\":[{\"kind\":\"camera\",\"seconds\":1801},{\"kind\":\"screen\",\"seconds\":2401},{\"kind\":\"audio\",\"seconds\":61}]", at);
                Add(body, its, 1, "slicing.completed", "\"task\":\"t\",\"mode\":\"audio\",\"seconds\":700", at);
                Add(body, its, 2, "slicing.completed", "\"task\":\"t\",\"mode\":\"video\",\"seconds\":900", at);
            }
        }

        EventBatch batch = engine.Rent();
        var faults = new EventFaults();
        new EventReader().Read(Encoding.UTF8.GetBytes(body.Append(']').ToString()), EventFormat.Array, batch, at.ToUnixTimeMilliseconds(), faults);
        if (faults.Count > 0)
        {
            throw new InvalidOperationException(faults.Kept[0].ToString());
        }

        await engine.AcceptAsync(batch, "bench", wait: false);
    }

    private static void Add(StringBuilder body, string application, int id, string type, string data, Instant at) => body
        .Append(body.Length > 1 ? "," : "")
        .Append($"{{\"specversion\":\"1.0\",\"id\":\"{application}-{id}\",\"source\":\"//bench\",\"type\":\"{type}\",\"time\":\"{at}\",\"subject\":\"c\",\"data\":{{\"application\":\"{application}\",{data}}}}}");

    private static string Account(int number) => $"account-{number:D6}";

    private static string Application(int number, string application) => $"app-{number:D6}-{application}";

    private static string CardJson() =>
        $$"""
        {"currency":"USD","rates":[{{string.Join(',', Sorts.Select(sort =>
            $$"""{"id":"{{sort.Id}}","meter":"{{sort.Meter}}","where":{{sort.Where}},"period":"day","unit":{"name":"minute","size":60},"roundUp":"period","per":1000,"free":10,"model":"graduated","tiers":[{"upTo":100,"price":"7.00"},{"upTo":null,"price":"5.00"}]}"""))}}],"packages":[]}
        """;
}
