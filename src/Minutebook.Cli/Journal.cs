using System.CommandLine;

namespace Minutebook.Cli;

/// <summary>Which part of which journal.</summary>
/// <param name="Data">The server's data directory.</param>
/// <param name="Postgres">Connection string where the journal is in PostgreSQL.</param>
/// <param name="Shard">One shard alone, or null for all.</param>
/// <param name="From">First position.</param>
/// <param name="To">Last position, or null for the journal's end.</param>
/// <param name="Json">Machine-readable output.</param>
internal sealed record JournalOptions(string Data, string? Postgres, int? Shard, long From, long? To, bool Json);

/// <summary><c>minutebook journal dump|verify|export</c></summary>
internal static class Journal
{
    public static Command Command()
    {
        Option<string> data = Serve.DataOption();
        Option<string?> postgres = new("--postgres") { Description = "The journal is in PostgreSQL", HelpName = "CONNECTION" };
        Option<int?> shard = new("--shard") { Description = "One shard alone", HelpName = "N" };
        Option<long> from = new("--from") { Description = "First position", HelpName = "POSITION", DefaultValueFactory = _ => 0 };
        Option<long?> to = new("--to") { Description = "Last position", HelpName = "POSITION" };
        Option<bool> json = new("--json") { Description = "For programs" };
        JournalOptions Read(ParseResult parsed) => new(
            parsed.GetValue(data)!, parsed.GetValue(postgres), parsed.GetValue(shard), parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(json));

        Command Part(string name, string description, Func<JournalOptions, CancellationToken, Task<int>> run)
        {
            Command part = new(name, description) { data, postgres, shard, from, to, json };
            part.SetAction((parsed, stop) => run(Existing(Read(parsed)), stop));
            return part;
        }

        return new Command("journal", "Read the journal in which everything is written down first.")
        {
            Part("dump", "Print the journal's groups and entries.", DumpAsync),
            Part("verify", "Check that positions are without gaps and checksums hold.", VerifyAsync),
            Part("export", "Print the journal's entries as JSON, one a line; events come out as they can be imported.", ExportAsync),
        };
    }

    /// <summary>Refuses a directory that no server has used.</summary>
    public static JournalOptions Existing(JournalOptions options) => options.Postgres is not null || Directory.Exists(options.Data)
        ? options
        : throw new Failure(ExitCode.Usage, $"There is no data directory '{options.Data}'. Name the server's with --data.");

    private static Task<int> DumpAsync(JournalOptions options, CancellationToken stop) => throw Failure.NotBuilt("journal dump");

    private static Task<int> VerifyAsync(JournalOptions options, CancellationToken stop) => throw Failure.NotBuilt("journal verify");

    private static Task<int> ExportAsync(JournalOptions options, CancellationToken stop) => throw Failure.NotBuilt("journal export");
}
