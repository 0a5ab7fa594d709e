using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Minutebook.Cli.Importing;
using Minutebook.Cli.University;
using NodaTime;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary>How much to measure.</summary>
/// <param name="Events">About how many events go through each stage.</param>
/// <param name="Metered">How many events a year of the account has that is asked questions.</param>
/// <param name="Postgres">The database for batches, singles and shown, null for SQLite, and for stages that need one.</param>
internal sealed record BenchOptions(int Events, ulong Seed, long Metered, string? Postgres = null);

/// <summary>A stage of an event's way, measured alone.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Does">What is measured, in a few words.</param>
/// <param name="Unit">Of the figure, as <c>events/s</c>.</param>
/// <param name="Least">What the figure has to reach.</param>
/// <param name="Measure">Returns the figure.</param>
internal sealed record Stage(string Name, string Does, string Unit, double Least, Func<BenchOptions, CancellationToken, Task<double>> Measure)
{
    /// <summary>The figure must not exceed the bound, rather than reach it.</summary>
    public bool Less { get; init; }
    /// <summary>Without <see cref="BenchOptions.Postgres"/> it is measured only when it is named.</summary>
    public bool NeedsPostgres { get; init; }
}

/// <summary><c>minutebook bench [STAGE…]</c></summary>
internal static class Bench
{
    /// <summary>In the order of an event's way.</summary>
    private static readonly Stage[] Stages =
    [
        new("generate", "the demo's events, made as UTF-8 on one core", "events/s", 1_000_000, GenerateAsync),
        new("tokens", "limit: JSON tokens read by the framework's reader, and dropped", "events/s", 0, Measuring.Stages.Tokens),
        new("read", "JSON arrays to checked events, one core", "events/s", 1_000_000, Measuring.Stages.Read),
        new("hash-limit", "limit: source and id of each event only read, one core", "MB/s", 0, Measuring.Bytes.HashLimit),
        new("hash", "source and id of each event to its identity, one core", "MB/s", 0, Measuring.Bytes.Hash),
        new("encode", "events to the journal's form, one core", "events/s", 2_000_000, Measuring.Stages.Encode),
        new("decode", "the journal's form to events, one core", "events/s", 2_000_000, Measuring.Stages.Decode),
        new("journal-limit", "limit: the journal's bytes at the end of a file, synced after each four batches of 4,000 events", "MB/s", 0, Measuring.Bytes.JournalLimit),
        new("journal", "the same bytes appended to the journal", "MB/s", 0, Measuring.Bytes.Journal),
        new("fold", "events to usage, one core", "events/s", 4_000_000, Measuring.Stages.Fold),
        new("limit", "limit: the same batches to a program that takes the fields by the framework's reader and keeps 64 bytes of each event", "events/s", 0, Measuring.Wire.Limit),
        new("batches", "over HTTP in batches of 4,000, of four accounts: accepted, durable, deduplicated, metered, shown", "events/s", 2_000_000, Measuring.Wire.Batches),
        new("batches-one", "the same of one account", "events/s", 0, Measuring.Wire.BatchesOfOne),
        new("singles", "over HTTP one event a request, 64 connections, durable before the answer", "requests/s", 40_000, Measuring.Wire.OneByOne),
        new("single", "the slowest of the fastest 99 % of them", "ms", 5, Measuring.Wire.SlowestSingle) { Less = true },
        new("decisions", "over HTTP \"may this happen?\", 64 connections, each answered before its next", "decisions/s", 50_000, Measuring.Asking.Rate),
        new("decision", "the slowest of the fastest 99 % of decisions, 16 connections, as many as are answered", "µs", 1_000, Measuring.Asking.Slowest) { Less = true },
        new("start", "from the command to ready, a process of its own, an empty data directory", "ms", 2_000, Measuring.Starting.Ready) { Less = true },
        new("fresh", "its first events, over HTTP in batches of 4,000, of four accounts, from ready on until they show", "events/s", 0, Measuring.Starting.Fresh),
        new("idle", "resident memory of a server without work", "MB", 120, Measuring.Starting.Idle) { Less = true },
        new("crowd-fold", "the fold of one class of 50,000 participants, one core", "events/s", 1_000_000, Measuring.Stages.FoldCrowd),
        new("crowd", "over HTTP the view of that class, 1,000 participants a page: the longest", "ms", 200, Measuring.Looking.LargeClass) { Less = true },
        new("present", "resident memory with one participant an event present at once", "MB", 1_000, Measuring.Starting.Present) { Less = true },
        new("details", "over HTTP a details page of 100 rows, the 99th percentile", "ms", 20, Measuring.Looking.Details) { Less = true },
        new("today", "the same of the running day, with eight thousand classes that are not billed yet, each asked after one more event", "ms", 100, Measuring.Looking.Today) { Less = true },
        new("packages", "what is left in packages for rates rounded up by class, looked at in the second after an event: half of them, for each 100,000 classes of the running month", "ms", 0, Measuring.Looking.Packages) { Less = true },
        new("packages-by-user", "the same for rates rounded up by participant", "ms", 0, Measuring.Looking.PackagesOfParticipants) { Less = true },
        new("hours", "over HTTP a day's usage by hour, the 99th percentile", "ms", 20, Measuring.Looking.Hours) { Less = true },
        new("months", "over HTTP a year's usage by month, the 99th percentile", "ms", 20, Measuring.Looking.Months) { Less = true },
        new("what-if", "over HTTP a year by another card, for each million classes", "s", 5, Measuring.Looking.WhatIf) { Less = true },
        new("rate", "usage to lines, settled and priced, one core", "lines/s", 1_000_000, Measuring.Charging.Rate),
        new("close", "a day's close of an account for each ten events, ten lines each, until all bills are stored", "s", 60, Measuring.Charging.Close) { Less = true },
        new("disk", "on the disk for good, all files", "bytes/event", 40, Measuring.Wire.Disk) { Less = true },
        new("behind", "the tables lost: from the command until they are there again, of as many events as asked for (the goal is for ten million)", "s", 10, Measuring.Starting.Behind) { Less = true },
        new("restart", "killed while batches come in: from the command until all is there again", "s", 10, Measuring.Starting.Restart) { Less = true },
        new("peer-sqlite", "peer: a hand-written table in SQLite, a synced transaction a batch, random ids", "events/s", 0, Measuring.Peers.Sqlite),
        new("peer-sqlite-ordered", "the same with ids in the order of time", "events/s", 0, Measuring.Peers.SqliteInOrder),
        new("peer-sqlite-months", "its usage by month, by a window function", "ms", 0, Measuring.Peers.SqliteQuestion) { Less = true },
        new("peer-postgres", "peer: the same in PostgreSQL, arrays over two connections, random ids (needs --postgres)", "events/s", 0, Measuring.Peers.Postgres) { NeedsPostgres = true },
        new("peer-postgres-ordered", "the same with ids in the order of time", "events/s", 0, Measuring.Peers.PostgresInOrder) { NeedsPostgres = true },
        new("peer-postgres-months", "its usage by month, by a window function", "ms", 0, Measuring.Peers.PostgresQuestion) { Less = true, NeedsPostgres = true },
        new("move", "a store that moves to PostgreSQL while a client posts one event after another: the longest that it waits (needs --postgres)", "ms", 0, Measuring.Relocating.Move) { Less = true, NeedsPostgres = true },
        new("join", "two nodes on PostgreSQL, a client that asks for one change after another: the longest that it waits when a node joins that is to have its shard", "ms", 1_000, Measuring.HandingOver.Join) { Less = true, NeedsPostgres = true },
        new("end", "the same when the shard's owner is told to end", "ms", 1_000, Measuring.HandingOver.End) { Less = true, NeedsPostgres = true },
        new("kill", "the same when it is killed", "ms", 5_000, Measuring.HandingOver.Kill) { Less = true, NeedsPostgres = true },
        new("open", "from the command to ready on that database, nothing else running on it", "ms", 0, Measuring.HandingOver.Open) { Less = true, NeedsPostgres = true },
        new("growth", "more of the processor's time for each of the last tenth of --metered events than of the first, in batches, day after day", "%", 20, Measuring.Growing.Growth) { Less = true },
        new("shown", "longest time from answer to usage while batches come in", "ms", 1_000, Measuring.Wire.Shown) { Less = true },
    ];

    public static Command Command()
    {
        Argument<string[]> names = new("stage") { Description = $"Some of: {string.Join(", ", Stages.Select(stage => stage.Name))} (all)", HelpName = "STAGE", Arity = ArgumentArity.ZeroOrMore };
        names.AcceptOnlyFromAmong([.. Stages.Select(stage => stage.Name)]);
        Option<int> events = new("--events") { Description = "About how many events through each stage", HelpName = "N", DefaultValueFactory = _ => 1_000_000 };
        Option<long> metered = new("--metered")
        {
            Description = "Events in the year of the account that details, hours, months and what-if ask, and of growth",
            HelpName = "N",
            DefaultValueFactory = _ => 2_000_000,
        };
        Option<string?> postgres = new("--postgres")
        {
            Description = "Batches, singles and shown on this database, in schemas bench_… that stay behind, and what needs one",
            HelpName = "CONNECTION",
        };
        Option<ulong> seed = new("--seed") { Description = "Of the events", HelpName = "N", DefaultValueFactory = _ => 1 };
        Option<string?> write = new("--write") { Description = "Write the table to a file too, as bench/results.md", HelpName = "FILE" };
        Option<bool> json = new("--json") { Description = "The figures, for programs" };
        Command command = new("bench", "Measure each stage of an event's way beside what it has to reach.") { names, events, metered, seed, postgres, write, json };
        command.SetAction(async (parsed, stop) =>
        {
            string[] chosen = parsed.GetValue(names) ?? [];
            BenchOptions options = new(parsed.GetValue(events), parsed.GetValue(seed), parsed.GetValue(metered), parsed.GetValue(postgres));
            List<Figure> figures = await MeasureAsync(Stages.Where(stage => chosen.Contains(stage.Name) || (chosen.Length == 0 && (!stage.NeedsPostgres || parsed.GetValue(postgres) is not null))), options, stop);
            Report(figures, options, parsed.GetValue(json), parsed.GetValue(write));
            return figures.All(figure => figure.Reached) ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static async Task<List<Figure>> MeasureAsync(IEnumerable<Stage> stages, BenchOptions options, CancellationToken stop)
    {
        List<Figure> figures = [];
        try
        {
            foreach (Stage stage in stages)
            {
                Terminal.Error.WriteLine($"{stage.Name}: {stage.Does} …");
                figures.Add(new Figure(stage, await stage.Measure(options, stop)));
                Terminal.Error.WriteLine($"  {figures[^1].Measured}");
            }
        }
        finally
        {
            await Measuring.Looking.EndAsync();
        }

        return figures;
    }

    private static Task<double> GenerateAsync(BenchOptions options, CancellationToken stop)
    {
        Instant now = Instant.FromUtc(2026, 11, 20, 18, 0);
        // The first term is for the compiler.
        Generate(new Term(options.Events / 4, options.Seed, now), stop);
        Stopwatch watch = Stopwatch.StartNew();
        long events = Generate(new Term(options.Events, options.Seed, now), stop);
        return Task.FromResult(events / watch.Elapsed.TotalSeconds);
    }

    private static long Generate(Term term, CancellationToken stop)
    {
        Batch batch = new();
        long events = 0;
        while (term.NextDay())
        {
            stop.ThrowIfCancellationRequested();
            while (term.Fill(batch))
            {
                events += batch.Events;
            }
        }

        return events;
    }

    private static void Report(List<Figure> figures, BenchOptions options, bool asJson, string? file)
    {
        if (file is not null)
        {
            File.WriteAllText(file, Markdown(figures, options));
        }

        if (asJson)
        {
            Terminal.WriteJson(JsonSerializer.SerializeToElement(
                figures.Select(figure => new { stage = figure.Stage.Name, value = figure.Value, unit = figure.Stage.Unit, least = figure.Stage.Least, reached = figure.Reached })));
            return;
        }

        Table table = Terminal.Table().AddColumn("stage").AddColumn("what").AddColumn(new TableColumn("measured").RightAligned()).AddColumn(new TableColumn("goal").RightAligned()).AddColumn("");
        foreach (Figure figure in figures)
        {
            table.AddRow(figure.Stage.Name, figure.Stage.Does.EscapeMarkup(), figure.Measured, figure.Least, figure.Reached ? "[green]reached[/]" : "[red]missed[/]");
        }

        Terminal.Out.Write(table);
    }

    private static string Markdown(List<Figure> figures, BenchOptions options)
    {
        StringBuilder text = new("# Measured\n\n");
        text.Append(CultureInfo.InvariantCulture, $"By `./minutebook bench --write bench/results.md`, {DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores, .NET {Environment.Version}; {Quantity.Whole(options.Events)} events a stage, {Quantity.Whole(options.Metered)} in the year that is asked.\n\n");
        text.Append("| stage | what | measured | goal |\n|---|---|---:|---:|\n");
        foreach (Figure figure in figures)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {figure.Stage.Name} | {figure.Stage.Does} | {figure.Measured} | {figure.Least} |\n");
        }

        return text.ToString();
    }

    private sealed record Figure(Stage Stage, double Value)
    {
        public bool Reached => Stage.Least == 0 || (Stage.Less ? Value <= Stage.Least : Value >= Stage.Least);

        public string Measured => Value < 100 ? string.Create(CultureInfo.InvariantCulture, $"{Value:0.0} {Stage.Unit}") : $"{Quantity.Whole((long)Value)} {Stage.Unit}";

        public string Least => Stage.Least == 0 ? "" : $"{(Stage.Less ? "at most" : "at least")} {Quantity.Whole((long)Stage.Least)} {Stage.Unit}";
    }
}
