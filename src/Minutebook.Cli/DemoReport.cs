using System.Text.Json;
using Minutebook.Cli.University;
using NodaTime;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary>What the demo shows at the end.</summary>
internal static class DemoReport
{
    public static async Task ShowAsync(DemoServer server, Term term, Gauge gauge, DemoOptions options, CancellationToken stop)
    {
        Client client = server.Client;
        TermDates dates = term.Dates;
        UsageQuery query = new(Northfield.Account, "av", Date(dates.DateOf(0)), Date(dates.DateOf(TermDates.WholeDays + 1)), "day", "tier", null);
        UsageFigures usage = await UsageFigures.ReadAsync(client, query, stop);
        string number = await Bill.LatestAsync(client, Northfield.Account, kind: null, stop);
        using JsonDocument bill = await client.GetAsync($"/v1/bills/{Uri.EscapeDataString(number)}", stop);
        using JsonDocument account = await client.GetAsync($"/v1/accounts/{Northfield.Account}", stop);
        if (options.Json)
        {
            WriteJson(server, gauge, usage, bill.RootElement, account.RootElement);
            return;
        }

        IAnsiConsole console = Terminal.Out;
        console.WriteLine();
        usage.WriteTo(console, $"Northfield University, interactive minutes by day and tier ({Term.TimeZone})");
        BillTable.Write(console, bill.RootElement);
        Counters(console, account.RootElement);
        console.WriteLine($"{Quantity.Whole(gauge.Events)} events went in by HTTP in {gauge.Elapsed.TotalSeconds:0.0} s: {Quantity.Whole((long)gauge.MeanRate)} a second, each durable before it was answered.");
        if (!options.Exit)
        {
            Address(console, server, number);
        }
    }

    private static void Counters(IAnsiConsole console, JsonElement account)
    {
        console.WriteLine($"Wallet: {Quantity.Grouped(Text(account, "balance"))} {Text(account, "currency")}, standing {Text(account, "standing")}.");
        if (!account.TryGetProperty("counters", out JsonElement counters))
        {
            return;
        }

        long Count(string name) => counters.TryGetProperty(name, out JsonElement count) ? count.GetInt64() : 0;
        console.WriteLine($"Counted once: {Quantity.Whole(Count("events"))} events. Duplicates without effect: {Quantity.Whole(Count("duplicates"))}; an id again with other content: {Quantity.Whole(Count("conflicts"))}.");
        if (counters.TryGetProperty("setAside", out JsonElement aside) && aside.ValueKind == JsonValueKind.Object)
        {
            string reasons = string.Join(", ", aside.EnumerateObject().Select(reason => $"{reason.Name} {Quantity.Whole(reason.Value.GetInt64())}"));
            console.WriteLine($"Set aside, kept with their reason: {(reasons.Length == 0 ? "none" : reasons)}.");
        }
    }

    private static void Address(IAnsiConsole console, DemoServer server, string bill)
    {
        string address = server.Address.GetLeftPart(UriPartial.Authority);
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{address}[/]  key {server.Key}");
        // To be copied: a console would break them where its window ends.
        TextWriter unbroken = console.Profile.Out.Writer;
        unbroken.WriteLine($"  ./minutebook usage {Northfield.Account} --meter delivery --group-by dataType --url {address} --key {server.Key}");
        unbroken.WriteLine($"  ./minutebook bill {bill} --url {address} --key {server.Key}");
        console.WriteLine("Ctrl+C ends it.");
    }

    private static void WriteJson(DemoServer server, Gauge gauge, UsageFigures usage, JsonElement bill, JsonElement account) =>
        Terminal.WriteJson(JsonSerializer.SerializeToElement(new
        {
            events = gauge.Events,
            seconds = Math.Round(gauge.Elapsed.TotalSeconds, 3),
            eventsPerSecond = (long)gauge.MeanRate,
            address = server.Address,
            key = server.Key,
            usage = usage.ToJson(),
            bill,
            account,
        }));

    private static string Date(LocalDate date) => date.ToString("uuuu-MM-dd", null);

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.ToString() : "";
}
