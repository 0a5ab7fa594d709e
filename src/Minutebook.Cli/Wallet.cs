using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary><c>minutebook topup ACCOUNT AMOUNT --reference R</c>, <c>minutebook ledger ACCOUNT</c></summary>
internal static class Wallet
{
    public static Command TopUp()
    {
        Argument<string> account = new("account") { Description = "The account", HelpName = "ACCOUNT" };
        Argument<string> amount = new("amount") { Description = "How much, in the account's currency: 100.00", HelpName = "AMOUNT" };
        Option<string> reference = References.Option();
        Option<bool> json = new("--json") { Description = "As the server has it, for programs" };
        Connection connection = new();
        Command command = new("topup", "Put money into an account's wallet.") { account, amount, reference, json };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            string path = $"/v1/accounts/{Uri.EscapeDataString(parsed.GetValue(account)!)}";
            using JsonDocument its = await client.GetAsync(path, stop);
            string currency = its.RootElement.GetProperty("currency").GetString()!;
            string body = JsonSerializer.Serialize(new { amount = parsed.GetValue(amount), currency, reference = parsed.GetValue(reference) });
            using JsonDocument? done = await client.SendJsonAsync(HttpMethod.Post, $"{path}/topups", body, stop);
            References.Answer(done!.RootElement, parsed.GetValue(json), () =>
                Terminal.Out.WriteLine($"The balance is {done.RootElement.GetProperty("balance").GetString()} {currency}."));
            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    public static Command Ledger()
    {
        Argument<string> account = new("account") { Description = "The account", HelpName = "ACCOUNT" };
        Option<bool> json = new("--json") { Description = "As the server has it, for programs" };
        Connection connection = new();
        Command command = new("ledger", "List the movements of an account's wallet, oldest first.") { account, json };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            List<JsonElement> entries = await client.ListAsync($"/v1/accounts/{Uri.EscapeDataString(parsed.GetValue(account)!)}/ledger", stop);
            if (parsed.GetValue(json))
            {
                Terminal.WriteJson(JsonSerializer.SerializeToElement(entries));
                return ExitCode.Ok;
            }

            Table table = Terminal.Table();
            table.AddColumns("at", "kind", "reference").AddColumn(new TableColumn("amount").RightAligned()).AddColumn(new TableColumn("balance").RightAligned());
            foreach (JsonElement entry in entries)
            {
                table.AddRow(Text(entry, "at"), Text(entry, "kind"), Text(entry, "reference"), Text(entry, "amount"), Text(entry, "balance"));
            }

            Terminal.Out.Write(table);
            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    private static string Text(JsonElement its, string name) => its.GetProperty(name).ToString().EscapeMarkup();
}

/// <summary>What movements of money have in common: a reference makes each happen once (rule 6.5).</summary>
internal static class References
{
    public static JsonSerializerOptions WithoutNulls { get; } = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static Option<string> Option() => new("--reference")
    {
        Description = "Your name for it, such as a transfer's number: the same again has no effect",
        HelpName = "REFERENCE",
        Required = true,
    };

    public static void Answer(JsonElement answer, bool asJson, Action write)
    {
        if (asJson)
        {
            Terminal.WriteJson(answer);
            return;
        }

        write();
    }
}
