using System.CommandLine;
using System.Text.Json;

namespace Minutebook.Cli;

/// <summary><c>minutebook bill NUMBER</c>, <c>minutebook bill --account A [--latest]</c></summary>
internal static class Bill
{
    public static Command Command()
    {
        Argument<string?> number = new("number") { Description = "A bill, line by line", HelpName = "NUMBER", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> account = new("--account") { Description = "The bills of this account", HelpName = "ACCOUNT" };
        Option<bool> latest = new("--latest") { Description = "The account's latest bill, line by line" };
        Option<string?> kind = new("--kind") { Description = "Daily or monthly bills alone" };
        kind.AcceptOnlyFromAmong("daily", "monthly");
        Option<bool> json = new("--json") { Description = "As the server has it, for programs" };
        Connection connection = new();
        Command command = new("bill", "Show a bill line by line, or list an account's bills.") { number, account, latest, kind, json };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(number) is null) == (result.GetValue(account) is null))
            {
                result.AddError("Name either a bill's NUMBER or an --account.");
            }
        });
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            bool asJson = parsed.GetValue(json);
            if (parsed.GetValue(number) is { } one)
            {
                return await ShowAsync(client, one, asJson, stop);
            }

            string of = parsed.GetValue(account)!;
            return parsed.GetValue(latest)
                ? await ShowAsync(client, await LatestAsync(client, of, parsed.GetValue(kind), stop), asJson, stop)
                : await ListAsync(client, of, parsed.GetValue(kind), asJson, stop);
        });
        return connection.AddTo(command);
    }

    /// <summary>The number of the bill issued last.</summary>
    public static async Task<string> LatestAsync(Client client, string account, string? kind, CancellationToken stop)
    {
        List<JsonElement> bills = await client.ListAsync(Path(account, kind), stop);
        return bills.Count == 0
            ? throw new Failure(ExitCode.Failed, $"{account} has no {kind ?? ""} bill yet; a day is billed when it is closed, two hours after its end unless set otherwise.".Replace("  ", " "))
            : bills.MaxBy(bill => bill.GetProperty("issuedAt").GetDateTimeOffset()).GetProperty("number").GetString()!;
    }

    public static async Task<int> ShowAsync(Client client, string number, bool asJson, CancellationToken stop)
    {
        using JsonDocument bill = await client.GetAsync($"/v1/bills/{Uri.EscapeDataString(number)}", stop);
        if (asJson)
        {
            Terminal.WriteJson(bill.RootElement);
            return ExitCode.Ok;
        }

        BillTable.Write(Terminal.Out, bill.RootElement);
        return ExitCode.Ok;
    }

    private static async Task<int> ListAsync(Client client, string account, string? kind, bool asJson, CancellationToken stop)
    {
        List<JsonElement> bills = await client.ListAsync(Path(account, kind), stop);
        if (asJson)
        {
            Terminal.WriteJson(JsonSerializer.SerializeToElement(bills));
            return ExitCode.Ok;
        }

        BillTable.WriteList(Terminal.Out, account, bills);
        return ExitCode.Ok;
    }

    private static string Path(string account, string? kind) =>
        $"/v1/accounts/{Uri.EscapeDataString(account)}/bills" + (kind is null ? "" : $"?kind={kind}");
}
