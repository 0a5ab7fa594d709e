using System.CommandLine;
using System.Text.Json;
using Minutebook.Engine;

namespace Minutebook.Cli;

/// <summary>What to fold again.</summary>
/// <param name="Data">The server's data directory.</param>
/// <param name="Postgres">Connection string where the journal is in PostgreSQL.</param>
/// <param name="Shard">One shard alone, or null for all.</param>
/// <param name="Json">Machine-readable output.</param>
internal sealed record ReplayOptions(string Data, string? Postgres, int? Shard, bool Json);

/// <summary><c>minutebook replay --verify</c></summary>
internal static class Replay
{
    public static Command Command()
    {
        Option<bool> verify = new("--verify") { Description = "Compare with what is stored, byte for byte; nothing is changed" };
        Option<string> data = Serve.DataOption();
        Option<string?> postgres = new("--postgres") { Description = "The journal is in PostgreSQL", HelpName = "CONNECTION" };
        Option<int?> shard = new("--shard") { Description = "One shard alone", HelpName = "N" };
        Option<bool> json = new("--json") { Description = "For programs" };
        Command command = new("replay", "Fold the journal a second time.") { verify, data, postgres, shard, json };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(verify))
            {
                result.AddError("Say what to do with the replay: --verify.");
            }
        });
        command.SetAction((parsed, stop) =>
        {
            ReplayOptions options = new(parsed.GetValue(data)!, parsed.GetValue(postgres), parsed.GetValue(shard), parsed.GetValue(json));
            Journal.Existing(new JournalOptions(options.Data, options.Postgres, options.Shard, 0, null, options.Json));
            return VerifyAsync(options, stop);
        });
        return command;
    }

    /// <summary>Returns <see cref="ExitCode.Ok"/> when the tables are the same, else names the first difference and returns <see cref="ExitCode.Failed"/>.</summary>
    private static Task<int> VerifyAsync(ReplayOptions options, CancellationToken stop)
    {
        using Store.Store store = Journal.Open(options.Data, options.Postgres);
        List<ShardReplay> replays = [];
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("minutebook-replay-");
        try
        {
            foreach (int shard in options.Shard is { } one ? [one] : Enumerable.Range(0, store.Shards + 1))
            {
                stop.ThrowIfCancellationRequested();
                replays.Add(Engine.Replay.Verify(store, shard, Path.Combine(scratch.FullName, $"{shard}")));
            }
        }
        catch (Exception damage) when (damage is Store.StoreException or FormatException)
        {
            throw new Failure(ExitCode.Failed, damage.Message);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }

        return Task.FromResult(Report(replays, options.Json));
    }

    private static int Report(List<ShardReplay> replays, bool json)
    {
        bool same = replays.All(replay => replay.Differences.Count == 0);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                same,
                shards = replays.Select(replay => new { shard = replay.Shard, position = replay.Position, rows = replay.Rows, differences = replay.Differences }),
            }));
            return same ? ExitCode.Ok : ExitCode.Failed;
        }

        foreach (ShardReplay replay in replays.Where(replay => replay.Differences.Count > 0))
        {
            Console.WriteLine($"Shard {replay.Shard} differs at position {replay.Position}:");
            foreach (string difference in replay.Differences)
            {
                Console.WriteLine($"  {difference}");
            }
        }

        Console.WriteLine(same
            ? $"The same: {Quantity.Whole(replays.Sum(replay => replay.Rows))} rows of {replays.Count} shards, folded a second time from the journal."
            : "The tables are not what the journal folds to. Keep the data directory as it is, and report this.");
        return same ? ExitCode.Ok : ExitCode.Failed;
    }
}
