using System.Diagnostics;
using System.Text;
using Spectre.Console;

namespace Minutebook.Cli.Measuring;

/// <summary>A store of SQLite that becomes one of PostgreSQL while a client posts to it, as an operator does it.</summary>
internal static class Relocating
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    /// <summary>By then a server that is started has come to where it waits.</summary>
    private static readonly TimeSpan Startup = TimeSpan.FromSeconds(2);

    /// <summary>The longest that the client waited for one event, in ms. All that were answered are counted once.</summary>
    public static async Task<double> Move(BenchOptions options, CancellationToken stop)
    {
        await using Schema schema = new(options);
        DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-bench-");
        try
        {
            await using Serving old = Serving.Start(data);
            await old.ReadyAsync(stop);
            long before = await old.FillAsync(Stages.Application, options, stop);
            Waiting client = await Waiting.StartAsync(old.Http, Pause, Event, stop);
            await using Serving next = await MoveAsync(data, schema.Connection, old, client, stop);
            await next.ReadyAsync(stop);
            (int answered, TimeSpan longest) = await client.EndAsync();
            long counted = await next.CountedAsync([Stages.Application], stop) - before;
            if (counted != answered)
            {
                throw new InvalidOperationException($"{answered} events were answered while the store moved and {counted} were counted.");
            }

            Terminal.Error.WriteLine($"  of {answered} events that were answered meanwhile {counted} were counted");
            return longest.TotalMilliseconds;
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>Moves, and gives the server that takes it on, which may not be ready yet.</summary>
    private static async Task<Serving> MoveAsync(DirectoryInfo data, string connection, Serving old, Waiting client, CancellationToken stop)
    {
        using Process move = Process.Start(Serving.Command("move", "--data", data.FullName, "--postgres", connection))!;
        Serving? next = null;
        try
        {
            Task<string> error = move.StandardError.ReadToEndAsync(stop);
            while (await move.StandardOutput.ReadLineAsync(stop) is { } line)
            {
                if (line.StartsWith("Stop the old server", StringComparison.Ordinal))
                {
                    next = Serving.Start(data, "--postgres", connection);
                    client.Add(next.Http);
                    await Task.Delay(Startup, stop);
                    await old.EndAsync(stop);
                }
                else if (line.StartsWith("Everything is there", StringComparison.Ordinal))
                {
                    Terminal.Error.WriteLine($"  {line}");
                }
            }

            await move.WaitForExitAsync(stop);
            return move.ExitCode == 0 && next is not null ? next : throw new InvalidOperationException($"The move ended with exit code {move.ExitCode}: {await error}");
        }
        catch
        {
            if (next is not null)
            {
                await next.DisposeAsync();
            }

            move.Kill();
            throw;
        }
    }

    private static HttpRequestMessage Event(int number) => new(HttpMethod.Post, "/v1/events")
    {
        Content = new StringContent(
            $$$"""[{"specversion":"1.0","id":"meanwhile-{{{number}}}","source":"//probe","type":"content.delivered","time":"{{{DateTime.UtcNow.Date:s}}}Z","data":{"application":"{{{Stages.Application}}}","bytes":1,"kind":"other"}}]""",
            Encoding.UTF8, "application/json"),
    };
}
