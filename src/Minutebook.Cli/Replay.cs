using System.CommandLine;

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
    private static Task<int> VerifyAsync(ReplayOptions options, CancellationToken stop) => throw Failure.NotBuilt("replay --verify");
}
