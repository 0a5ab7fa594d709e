using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary><c>minutebook standing ACCOUNT [--dry-run DATE]</c></summary>
internal static class StandingCommand
{
    public static Command Command()
    {
        Argument<string> account = new("account") { Description = "The account", HelpName = "ACCOUNT" };
        Option<string?> until = new("--dry-run") { Description = "Also what would happen until then, nothing being paid: a date or an instant", HelpName = "DATE" };
        Option<bool> json = new("--json") { Description = "As the server has it, for programs" };
        Connection connection = new();
        Command command = new("standing", "Show how an account stands, since when and why, and what comes next.") { account, until, json };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            string path = $"/v1/accounts/{Uri.EscapeDataString(parsed.GetValue(account)!)}/standing";
            string? date = parsed.GetValue(until);
            using JsonDocument standing = await client.GetAsync(path, stop);
            using JsonDocument? ahead = date is null ? null : await client.GetAsync($"{path}/ahead?until={Uri.EscapeDataString(date)}", stop);
            if (parsed.GetValue(json))
            {
                Terminal.WriteJson((ahead ?? standing).RootElement);
            }
            else
            {
                Write(standing.RootElement, ahead?.RootElement);
            }

            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    private static void Write(JsonElement standing, JsonElement? ahead)
    {
        Table table = Terminal.Table();
        table.AddColumns("at", "what", "cause");
        foreach (JsonElement change in standing.GetProperty("timeline").EnumerateArray())
        {
            table.AddRow(Text(change, "at"), Text(change, "standing"), Text(change, "cause"));
        }

        foreach (JsonElement application in standing.GetProperty("applications").EnumerateArray().Where(its => its.GetProperty("suspended").GetBoolean()))
        {
            string reasons = string.Join(", ", application.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()));
            table.AddRow(Text(application, "since"), $"{Text(application, "application")} suspended", Markup.Escape(reasons));
        }

        Terminal.Out.Write(table);
        if (ahead is not { } coming)
        {
            return;
        }

        Terminal.Out.WriteLine($"If nothing were paid, until {coming.GetProperty("until").GetString()}:");
        Table steps = Terminal.Table();
        steps.AddColumns("at", "alert", "what");
        foreach (JsonElement step in coming.GetProperty("items").EnumerateArray())
        {
            steps.AddRow(Text(step, "at"), Text(step, "type"), Text(step, "what"));
        }

        Terminal.Out.Write(steps);
    }

    private static string Text(JsonElement its, string name) => Markup.Escape(its.GetProperty(name).GetString()!);
}
