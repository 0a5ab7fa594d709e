using System.CommandLine;
using System.Text;
using System.Text.Json;
using Minutebook.Engine;
using Minutebook.Store;
using NodaTime;

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

    /// <summary>Opens a store: one in PostgreSQL also while servers use it.</summary>
    public static Store.Store Open(string data, string? postgres)
    {
        try
        {
            return Store.Store.Open(new StoreOptions { Directory = data, Postgres = postgres, IsPatient = true });
        }
        catch (StoreException wrong)
        {
            throw new Failure(ExitCode.Failed, wrong.Message);
        }
    }

    private static IEnumerable<JournalGroup> Groups(Store.Store store, JournalOptions options, CancellationToken stop)
    {
        IEnumerable<int> shards = options.Shard is { } one ? [one] : Enumerable.Range(0, store.Shards + 1);
        foreach (JournalGroup group in shards.SelectMany(shard => store.ReadJournal(shard, Math.Max(0, options.From - 1))))
        {
            stop.ThrowIfCancellationRequested();
            if (options.To is not { } last || group.Position <= last)
            {
                yield return group;
            }
        }
    }

    private static Task<int> DumpAsync(JournalOptions options, CancellationToken stop)
    {
        using Store.Store store = Open(options.Data, options.Postgres);
        foreach (JournalGroup group in Groups(store, options, stop))
        {
            string time = Instant.FromUnixTimeMilliseconds(group.Time).ToString();
            foreach (JournalEntry entry in JournalEntry.Of(group))
            {
                Console.WriteLine(options.Json
                    ? JsonSerializer.Serialize(new
                    {
                        shard = group.Shard,
                        position = group.Position,
                        time,
                        bytes = group.Data.Length,
                        kind = entry.Kind,
                        account = entry.Account,
                        origin = entry.Origin,
                        events = entry.Events.Count,
                        command = entry.Command is null ? (JsonElement?)null : JsonSerializer.Deserialize<JsonElement>(entry.Command),
                    })
                    : $"{group.Shard,3} {group.Position,8}  {time}  {Words(entry)}");
            }
        }

        return Task.FromResult(ExitCode.Ok);
    }

    private static string Words(JournalEntry entry) => entry.Kind switch
    {
        "events" => $"{entry.Events.Count} events of {(entry.Account!.Length == 0 ? "unknown applications" : entry.Account)}, by {entry.Origin}",
        "command" => entry.Command!,
        _ => entry.Kind,
    };

    private static Task<int> VerifyAsync(JournalOptions options, CancellationToken stop)
    {
        using Store.Store store = Open(options.Data, options.Postgres);
        (long groups, long entries, long events, long bytes) = (0, 0, 0, 0);
        try
        {
            foreach (JournalGroup group in Groups(store, options, stop))
            {
                groups++;
                bytes += group.Data.Length;
                foreach (JournalEntry entry in JournalEntry.Of(group))
                {
                    entries++;
                    events += entry.Events.Count;
                }
            }
        }
        catch (Exception damage) when (damage is StoreException or FormatException)
        {
            throw new Failure(ExitCode.Failed, damage.Message);
        }

        Console.WriteLine(options.Json
            ? JsonSerializer.Serialize(new { groups, entries, events, bytes })
            : $"The journal is whole: {Quantity.Whole(groups)} groups, {Quantity.Whole(entries)} entries, {Quantity.Whole(events)} events, {Quantity.Whole(bytes)} bytes.");
        return Task.FromResult(ExitCode.Ok);
    }

    private static async Task<int> ExportAsync(JournalOptions options, CancellationToken stop)
    {
        using Store.Store store = Open(options.Data, options.Postgres);
        await using Stream output = Console.OpenStandardOutput();
        foreach (JournalGroup group in Groups(store, options, stop))
        {
            foreach (byte[] json in JournalEntry.Of(group).SelectMany(entry => entry.Command is { } command ? [Encoding.UTF8.GetBytes(command)] : entry.Events))
            {
                await output.WriteAsync(json, stop);
                output.WriteByte((byte)'\n');
            }
        }

        return ExitCode.Ok;
    }
}
