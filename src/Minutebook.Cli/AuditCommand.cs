using System.CommandLine;
using System.Text.Json;
using Minutebook.Engine;

namespace Minutebook.Cli;

/// <summary><c>minutebook audit verify</c></summary>
internal static class AuditCommand
{
    public static Command Command()
    {
        Option<string> data = Serve.DataOption();
        Option<string?> heads = new("--heads")
        {
            Description = "A file with what an earlier 'audit verify --json' printed: what was there then must be there still",
            HelpName = "FILE",
        };
        Option<bool> json = new("--json") { Description = "For programs, and to keep as --heads" };
        Option<string?> postgres = new("--postgres") { Description = "The audit is in PostgreSQL", HelpName = "CONNECTION" };
        Command verify = new("verify", "Check that no record of the audit was changed, left out or put in.") { data, postgres, heads, json };
        verify.SetAction((parsed, _) => Task.FromResult(Verify(parsed.GetValue(data)!, parsed.GetValue(postgres), parsed.GetValue(heads), parsed.GetValue(json))));
        return new Command("audit", "The record of who did what.") { verify };
    }

    private sealed record Noted(int Shard, long Records, string Head);

    private sealed record Heads(IReadOnlyList<Noted> Shards);

    private static int Verify(string data, string? postgres, string? heads, bool json)
    {
        Journal.Existing(new JournalOptions(data, postgres, null, 0, null, json));
        Dictionary<int, (long, string)> known = heads is null ? [] : Read(heads);
        using Store.Store store = Journal.Open(data, postgres);
        using Store.Reader read = store.Read();
        List<AuditCheck> checks =
        [
            .. Enumerable.Range(0, store.Shards + 1)
                .Select(shard => AuditCheck.Of(read, shard, known.TryGetValue(shard, out (long, string) noted) ? noted : null)),
        ];
        bool whole = checks.TrueForAll(check => check.Fault is null);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { whole, shards = checks }, JsonSerializerOptions.Web));
        }
        else
        {
            Say(checks, whole);
        }

        return whole ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Say(List<AuditCheck> checks, bool whole)
    {
        foreach (AuditCheck check in checks.Where(check => check.Fault is not null))
        {
            Console.WriteLine($"Shard {check.Shard}: {check.Fault}");
        }

        Console.WriteLine(whole
            ? $"The audit is whole: {Quantity.Whole(checks.Sum(check => check.Records))} records of {checks.Count(check => check.Records > 0)} shards."
            : "The audit was changed after the fact. Keep the data directory as it is; the journal says what was done.");
    }

    private static Dictionary<int, (long, string)> Read(string file)
    {
        try
        {
            Heads? heads = JsonSerializer.Deserialize<Heads>(File.ReadAllText(file), JsonSerializerOptions.Web);
            return heads!.Shards.Where(noted => noted.Records > 0).ToDictionary(noted => noted.Shard, noted => (noted.Records, noted.Head));
        }
        catch (JsonException)
        {
            throw new Failure(ExitCode.Usage, $"{file} is not what 'minutebook audit verify --json' prints.");
        }
    }
}
