using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary><c>minutebook package list|buy|refund</c></summary>
internal static class PackageCommand
{
    public static Command Command() => new("package", "Buy packages, list them with what is left, give unused ones back.") { List(), Buy(), Refund() };

    private static Argument<string> Account => new("account") { Description = "The account", HelpName = "ACCOUNT" };

    private static Option<bool> Json => new("--json") { Description = "As the server has it, for programs" };

    private static Command List()
    {
        Argument<string> account = Account;
        Option<bool> json = Json;
        Connection connection = new();
        Command command = new("list", "List an account's packages with what is left in each, and what its card has on sale.") { account, json };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            string path = PathOf(parsed.GetValue(account)!);
            List<JsonElement> packages = await client.ListAsync($"{path}/packages", stop);
            if (parsed.GetValue(json))
            {
                Terminal.WriteJson(JsonSerializer.SerializeToElement(packages));
                return ExitCode.Ok;
            }

            Write(packages);
            await WriteOnSaleAsync(client, path, stop);
            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    private static Command Buy()
    {
        Argument<string> account = Account;
        Argument<string> sku = new("sku") { Description = "What is bought, by its article number", HelpName = "SKU" };
        Option<string?> application = new("--application") { Description = "For whom; left out for a package of the account", HelpName = "ID" };
        Option<string> reference = References.Option();
        Option<bool> json = Json;
        Connection connection = new();
        Command command = new("buy", "Buy a package; its price is taken from the wallet.") { account, sku, application, reference, json };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            string body = JsonSerializer.Serialize(
                new { sku = parsed.GetValue(sku), application = parsed.GetValue(application), reference = parsed.GetValue(reference) }, References.WithoutNulls);
            using JsonDocument? bought = await client.SendJsonAsync(HttpMethod.Post, $"{PathOf(parsed.GetValue(account)!)}/packages", body, stop);
            References.Answer(bought!.RootElement, parsed.GetValue(json), () => Write([bought.RootElement]));
            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    private static Command Refund()
    {
        Argument<string> account = Account;
        Argument<string> package = new("package") { Description = "The package, as it is listed", HelpName = "PACKAGE" };
        Option<bool> json = Json;
        Connection connection = new();
        Command command = new("refund", "Give a package back of which nothing was used, within 120 hours.") { account, package, json };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            string path = $"{PathOf(parsed.GetValue(account)!)}/packages/{Uri.EscapeDataString(parsed.GetValue(package)!)}/refund";
            using JsonDocument? refunded = await client.SendJsonAsync(HttpMethod.Post, path, "{}", stop);
            References.Answer(refunded!.RootElement, parsed.GetValue(json), () => Write([refunded.RootElement]));
            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    private static string PathOf(string account) => $"/v1/accounts/{Uri.EscapeDataString(account)}";

    private static void Write(IEnumerable<JsonElement> packages)
    {
        Table table = Terminal.Table();
        table.AddColumns("package", "sku", "application", "from", "to").AddColumn(new TableColumn("holds").RightAligned())
            .AddColumn(new TableColumn("left").RightAligned()).AddColumn(new TableColumn("price").RightAligned()).AddColumn("");
        foreach (JsonElement its in packages)
        {
            table.AddRow(
                Text(its, "package"), Text(its, "sku"), Text(its, "application", "(account)"), Text(its, "validFrom"), Text(its, "validTo"),
                Text(its, "quantity"), Text(its, "remaining"), Text(its, "price"),
                its.TryGetProperty("refunded", out JsonElement refunded) && refunded.ValueKind == JsonValueKind.True ? "refunded" : "");
        }

        Terminal.Out.Write(table);
    }

    private static async Task WriteOnSaleAsync(Client client, string path, CancellationToken stop)
    {
        using JsonDocument account = await client.GetAsync(path, stop);
        string card = account.RootElement.GetProperty("rateCard").GetString()!;
        using JsonDocument versions = await client.GetAsync($"/v1/rate-cards/{Uri.EscapeDataString(card)}", stop);
        JsonElement[] all = [.. versions.RootElement.GetProperty("versions").EnumerateArray()];
        Table table = Terminal.Table();
        table.AddColumns("sku", "name", "scope", "valid").AddColumn(new TableColumn("holds").RightAligned()).AddColumn(new TableColumn("price").RightAligned());
        foreach (JsonElement product in all[^1].GetProperty("packages").EnumerateArray())
        {
            table.AddRow(
                Text(product, "sku"), Text(product, "name"), Text(product, "scope"), Text(product, "validity"),
                $"{Text(product, "quantity")} {Text(product, "unit")}", Text(product, "price"));
        }

        Terminal.Heading(Terminal.Out, $"On sale, card {card} from {Text(all[^1], "effectiveFrom")}");
        Terminal.Out.Write(table);
    }

    private static string Text(JsonElement its, string name, string none = "") =>
        (its.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : none).EscapeMarkup();
}
