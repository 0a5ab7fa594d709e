using System.CommandLine;
using Minutebook.Cli.Importing;
using Minutebook.Cli.University;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Cli;

/// <summary>What the demo is to do.</summary>
/// <param name="Data">Where the server keeps its data; null for a temporary directory.</param>
/// <param name="Port">0 for a free one.</param>
/// <param name="Now">The term's last instant.</param>
internal sealed record DemoOptions(int Events, ulong Seed, string? Data, int Port, Instant Now, int InFlight, bool Exit, bool Json);

/// <summary><c>minutebook demo</c></summary>
internal static class Demo
{
    public static Command Command()
    {
        Option<int> events = Number("--events", "About how many events", 3_000_000, 1_000, 20_000_000);
        Option<ulong> seed = new("--seed") { Description = "Another seed, another month", HelpName = "N", DefaultValueFactory = _ => 1 };
        Option<string?> data = new("--data") { Description = "Keep the data there (a temporary directory)", HelpName = "DIR", Validators = { Parsing.Directory } };
        Option<int> port = Number("--port", "Port on 127.0.0.1, 0 for a free one", 8080, 0, 65_535);
        Option<DateTimeOffset?> now = new("--now") { Description = "The last instant of the month (now)", HelpName = "INSTANT", CustomParser = Parsing.Instant };
        Option<int> inFlight = Number("--in-flight", "Requests under way at once", 4, 1, 64);
        Option<string?> write = new("--write") { Description = "Start nothing and write the events to a file, as import reads them", HelpName = "FILE" };
        Option<bool> exit = new("--exit") { Description = "End after showing instead of serving on" };
        Option<bool> json = new("--json") { Description = "The figures, for programs" };
        Command command = new("demo", "Start a server, send it a month of a university, and show what came of it.")
        {
            events, seed, data, port, now, inFlight, write, exit, json,
        };
        command.SetAction((parsed, stop) =>
        {
            Instant until = Instant.FromDateTimeOffset(parsed.GetValue(now) ?? DateTimeOffset.UtcNow);
            DemoOptions options = new(
                parsed.GetValue(events), parsed.GetValue(seed), parsed.GetValue(data), parsed.GetValue(port), until,
                parsed.GetValue(inFlight), parsed.GetValue(exit), parsed.GetValue(json));
            return parsed.GetValue(write) is { } file ? WriteAsync(options, file, stop) : RunAsync(options, stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(DemoOptions options, CancellationToken stop)
    {
        Term term = new(options.Events, options.Seed, options.Now);
        await using DemoServer server = await DemoServer.StartAsync(options, term.Dates.Start, stop);
        await Northfield.SetUpAsync(server.Client, term, options.Events, stop);
        using Outbox outbox = new(server.Client, options.InFlight);
        long sent = 0;
        Gauge gauge = new("A month at Northfield", () => (double)Volatile.Read(ref sent) / options.Events, () => outbox.Waiting);
        outbox.Acknowledged = batch =>
        {
            Volatile.Write(ref sent, sent + batch.Events);
            gauge.Add(batch.Events);
        };
        await gauge.ShowAsync(() => PumpAsync(server.Client, term, outbox, stop));
        await DemoReport.ShowAsync(server, term, gauge, options, stop);
        if (!options.Exit)
        {
            await server.StayAsync(stop);
        }

        return ExitCode.Ok;
    }

    /// <summary>Moves the server's clock day by day and posts each day's events before the day is closed.</summary>
    private static async Task PumpAsync(Client client, Term term, Outbox outbox, CancellationToken stop)
    {
        while (term.NextDay())
        {
            string clock = $$"""{"now":"{{InstantPattern.ExtendedIso.Format(term.Clock)}}"}""";
            await client.SendJsonAsync(HttpMethod.Put, "/v1/sandbox/clock", clock, stop);
            Batch batch = outbox.Rent();
            while (term.Fill(batch))
            {
                if (batch.Wait)
                {
                    // The last one: its answer says that all before it shows in usage too.
                    await outbox.DrainAsync(stop);
                }

                await outbox.SendAsync(batch, stop);
                batch = outbox.Rent();
            }

            outbox.Return(batch);
            await outbox.DrainAsync(stop);
        }
    }

    private static async Task<int> WriteAsync(DemoOptions options, string file, CancellationToken stop)
    {
        Term term = new(options.Events, options.Seed, options.Now);
        await using Stream to = file == "-" ? Console.OpenStandardOutput() : File.Create(file);
        Batch batch = new();
        long written = 0;
        Gauge gauge = new(file, () => (double)Volatile.Read(ref written) / options.Events);
        await gauge.ShowAsync(async () =>
        {
            while (term.NextDay())
            {
                while (term.Fill(batch))
                {
                    await to.WriteAsync(batch.Lines, stop);
                    Volatile.Write(ref written, written + batch.Events);
                    gauge.Add(batch.Events);
                }
            }
        });
        Console.Error.WriteLine($"{Quantity.Whole(gauge.Events)} events in {gauge.Elapsed.TotalSeconds:0.00} s, {Quantity.Whole((long)gauge.MeanRate)} a second.");
        return ExitCode.Ok;
    }

    private static Option<int> Number(string name, string description, int value, int least, int most)
    {
        Option<int> option = new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int given) && (given < least || given > most))
            {
                result.AddError($"{name} takes a number from {least} to {most}.");
            }
        });
        return option;
    }
}
