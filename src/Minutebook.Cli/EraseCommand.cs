using System.CommandLine;
using System.Text.Json;
using Minutebook.Engine;

namespace Minutebook.Cli;

/// <summary><c>minutebook erase</c></summary>
internal static class EraseCommand
{
    public static Command Command()
    {
        Argument<string> account = new("account") { Description = "The account", HelpName = "ACCOUNT" };
        Argument<string> user = new("user") { Description = "The user's id, as the events have it", HelpName = "USER" };
        Option<string> data = Serve.DataOption();
        Option<string?> postgres = new("--postgres") { Description = "The journal is in PostgreSQL", HelpName = "CONNECTION" };
        Option<bool> confirm = new("--confirm") { Description = "Do it; else it is only said what would be done" };
        Option<bool> json = new("--json") { Description = "For programs" };
        Command command = new("erase", "Take a person out of an account's events, for good; figures and bills stay. The server must be stopped.") { account, user, data, postgres, confirm, json };
        command.SetAction((parsed, _) => Task.FromResult(Run(
            parsed.GetValue(account)!, parsed.GetValue(user)!, new JournalOptions(parsed.GetValue(data)!, parsed.GetValue(postgres), null, 0, null, parsed.GetValue(json)),
            parsed.GetValue(confirm))));
        return command;
    }

    private static int Run(string account, string user, JournalOptions options, bool isConfirmed)
    {
        Journal.Existing(options);
        using Store.Store store = Journal.Open(options.Data, options.Postgres);
        try
        {
            var erasure = new Erasure(store, account, user);
            Say(isConfirmed ? erasure.Do(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) : erasure.Count(), options.Json);
            return ExitCode.Ok;
        }
        catch (Exception wrong) when (wrong is Store.StoreException or FormatException)
        {
            throw new Failure(ExitCode.Failed, wrong.Message);
        }
    }

    private static void Say(ErasureReport report, bool json)
    {
        string found = $"Events that named this user: {Quantity.Whole(report.Events)}, in groups of the journal: {Quantity.Whole(report.Groups)}.";
        Console.WriteLine(json ? JsonSerializer.Serialize(new { events = report.Events, groups = report.Groups, pseudonym = report.Pseudonym })
            : report.Events == 0 ? "No event of the account names this user."
            : report.Pseudonym is { } name ? $"{found} They name {name} now."
            : $"{found} Nothing was changed. Add --confirm to erase the name from them, for good.");
    }
}
