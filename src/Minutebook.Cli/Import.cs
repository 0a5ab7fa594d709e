using System.CommandLine;
using System.Text.Json;
using Minutebook.Cli.Importing;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary><c>minutebook import FILE…</c></summary>
internal static class Import
{
    public static Command Command()
    {
        Argument<string[]> files = new("file") { Description = "CloudEvents, one a line (NDJSON), plain or gzip", HelpName = "FILE", Arity = ArgumentArity.OneOrMore };
        Option<int> inFlight = new("--in-flight") { Description = "Requests under way at once", HelpName = "N", DefaultValueFactory = _ => 4 };
        Option<string?> state = new("--state") { Description = "Directory for the marks that an interrupted import goes on from (beside each file)", HelpName = "DIR" };
        Option<bool> restart = new("--restart") { Description = "Start each file at its beginning; what is sent again counts once" };
        Option<bool> json = new("--json") { Description = "A summary for programs" };
        Connection connection = new();
        inFlight.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 64)
            {
                result.AddError("--in-flight takes a number from 1 to 64.");
            }
        });
        Command command = new("import", "Post files of events; an interrupted import goes on from where it was.") { files, inFlight, state, restart, json };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            List<ImportedFile> imported = [];
            foreach (string file in parsed.GetValue(files)!)
            {
                string markFile = ImportMark.PathFor(file, parsed.GetValue(state));
                ImportMark? from = parsed.GetValue(restart) ? null : ImportMark.Read(markFile);
                imported.Add(await FileAsync(client, file, markFile, from, parsed.GetValue(inFlight), stop));
            }

            Report(imported, parsed.GetValue(json));
            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    private static async Task<ImportedFile> FileAsync(Client client, string path, string markFile, ImportMark? from, int inFlight, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(markFile))!);
        using EventFile file = new(path, client.Address.ToString(), from);
        using Outbox outbox = new(client, inFlight);
        long before = file.EventsBefore;
        if (before > 0)
        {
            Terminal.Error.WriteLine($"{path}: {Quantity.Whole(before)} events were acknowledged before; going on after them.");
        }

        Acknowledgements acknowledged = new(markFile);
        Gauge gauge = new(Path.GetFileName(path), () => file.Fraction, () => outbox.Waiting);
        outbox.Acknowledged = batch =>
        {
            acknowledged.Add(batch);
            gauge.Add(batch.Events);
        };
        try
        {
            await gauge.ShowAsync(() => PumpAsync(file, outbox, stop));
        }
        finally
        {
            acknowledged.Save();
        }

        return new ImportedFile(path, gauge.Events, before, Math.Round(gauge.Elapsed.TotalSeconds, 3));
    }

    private static async Task PumpAsync(EventFile file, Outbox outbox, CancellationToken stop)
    {
        Batch batch = outbox.Rent();
        while (file.Fill(batch))
        {
            await outbox.SendAsync(batch, stop);
            batch = outbox.Rent();
        }

        await outbox.DrainAsync(stop);
    }

    private static void Report(List<ImportedFile> imported, bool asJson)
    {
        if (asJson)
        {
            Terminal.WriteJson(JsonSerializer.SerializeToElement(new { files = imported }, JsonSerializerOptions.Web));
            return;
        }

        foreach (ImportedFile file in imported)
        {
            Terminal.Out.WriteLine($"{file.File}: {Quantity.Whole(file.Events)} events in {file.Seconds:0.0} s, {Quantity.Whole((long)(file.Events / Math.Max(file.Seconds, 0.001)))} a second.");
        }
    }

    /// <param name="Events">Acknowledged by this run, duplicates included.</param>
    /// <param name="EventsBefore">Acknowledged by earlier runs.</param>
    private sealed record ImportedFile(string File, long Events, long EventsBefore, double Seconds);
}
