using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary><c>minutebook explain BILL [LINE]</c></summary>
internal static class Explain
{
    private const int Shown = 20;

    private static readonly string[] EventColumns = ["time", "type", "id", "source", "subject", "user"];

    public static Command Command()
    {
        Argument<string> number = new("bill") { Description = "The bill's number", HelpName = "BILL" };
        Argument<int?> line = new("line") { Description = "One of its lines, from 1; all of them without", HelpName = "LINE", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> events = new("--events") { Description = "All events of the line, not only the first" };
        Option<bool> json = new("--json") { Description = "As the server has it, for programs" };
        Connection connection = new();
        Command command = new("explain", "Say why a bill's line is what it is: rule, arithmetic, classes, events.") { number, line, events, json };
        command.SetAction(async (parsed, stop) =>
        {
            using Client client = connection.Open(parsed);
            string bill = parsed.GetValue(number)!;
            int[] lines = parsed.GetValue(line) is { } one ? [one] : await LinesAsync(client, bill, stop);
            foreach (int its in lines)
            {
                string path = $"/v1/bills/{Uri.EscapeDataString(bill)}/lines/{its}/explain";
                using JsonDocument answer = await client.GetAsync($"{path}?limit={(parsed.GetValue(json) || parsed.GetValue(events) ? 1000 : Shown)}", stop);
                if (parsed.GetValue(json))
                {
                    Terminal.WriteJson(answer.RootElement);
                    continue;
                }

                Write(Terminal.Out, answer.RootElement);
                if (parsed.GetValue(events))
                {
                    await WriteRestAsync(client, path, answer.RootElement.GetProperty("events"), stop);
                }
            }

            return ExitCode.Ok;
        });
        return connection.AddTo(command);
    }

    private static async Task<int[]> LinesAsync(Client client, string bill, CancellationToken stop)
    {
        using JsonDocument answer = await client.GetAsync($"/v1/bills/{Uri.EscapeDataString(bill)}", stop);
        return [.. answer.RootElement.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("line").GetInt32())];
    }

    private static void Write(IAnsiConsole console, JsonElement line)
    {
        JsonElement rule = line.GetProperty("rule");
        Terminal.Heading(console, $"{Text(line, "bill")}, line {Text(line, "line")}: {Text(rule, "rate")}");
        console.WriteLine($"{Text(rule, "usage")}, {Text(rule, "price")}, by card {Text(rule, "card")} of {Text(rule, "cardEffectiveFrom")}");
        Table steps = Terminal.Table();
        steps.AddColumns("rule", "step", "what is done").AddColumn(Right("result")).AddColumn("");
        foreach (JsonElement step in line.GetProperty("steps").EnumerateArray())
        {
            steps.AddRow(
                Text(step, "rule"), Text(step, "step"), Text(step, "text").EscapeMarkup(), Quantity.Grouped(Text(step, "value")), Text(step, "unit").EscapeMarkup());
        }

        console.Write(steps);
        WriteRecords(console, line.GetProperty("records"));
        WriteEvents(console, line.GetProperty("events"));
        if (!line.GetProperty("agrees").GetBoolean())
        {
            console.WriteLine("These events no longer give what was billed. 'minutebook verify' works the bill out again from the journal.");
        }
    }

    private static void WriteRecords(IAnsiConsole console, JsonElement records)
    {
        Table table = Terminal.Table();
        table.AddColumns("application", "class or day", "name").AddColumn(Right("quantity")).AddColumn(Right("units")).AddColumn(Right("free"))
            .AddColumn(Right("pay-as-you-go")).AddColumn("packages");
        foreach (JsonElement record in records.GetProperty("items").EnumerateArray())
        {
            string packages = record.GetProperty("packages") is { ValueKind: JsonValueKind.Array } some
                ? string.Join(", ", some.EnumerateArray().Select(share => $"{Text(share, "package")}: {Text(share, "units")}"))
                : "";
            table.AddRow(
                Text(record, "application").EscapeMarkup(), Text(record, "class").EscapeMarkup(), Text(record, "className").EscapeMarkup(),
                Quantity.Grouped(Text(record, "quantity")), Text(record, "units"), Text(record, "freeUnits"), Text(record, "payAsYouGoUnits"), packages.EscapeMarkup());
            if (record.GetProperty("days") is { ValueKind: JsonValueKind.Array } days)
            {
                foreach (JsonElement day in days.EnumerateArray())
                {
                    table.AddRow("", $"of it {Text(day, "day")}", "", Quantity.Grouped(Text(day, "quantity")), "", "", "", "");
                }
            }
        }

        console.Write(table);
        More(console, records, "records");
    }

    private static void WriteEvents(IAnsiConsole console, JsonElement events)
    {
        Table table = Terminal.Table();
        table.AddColumns("time", "type", "id", "source", "class", "user");
        foreach (JsonElement one in events.GetProperty("items").EnumerateArray())
        {
            table.AddRow([.. EventColumns.Select(name => Text(one, name).EscapeMarkup())]);
        }

        console.Write(table);
        More(console, events, "events");
        console.WriteLine($"{Quantity.Grouped(Text(events, "count"))} events, {Text(events, "digest")}");
    }

    private static void More(IAnsiConsole console, JsonElement list, string what)
    {
        if (list.GetProperty("next").ValueKind == JsonValueKind.String)
        {
            console.WriteLine($"… of {Quantity.Grouped(Text(list, "count"))} {what} in all.");
        }
    }

    private static async Task WriteRestAsync(Client client, string path, JsonElement events, CancellationToken stop)
    {
        string? next = events.GetProperty("next").GetString();
        while (next is not null)
        {
            using JsonDocument answer = await client.GetAsync($"{path}?limit=1000&cursor={Uri.EscapeDataString(next)}", stop);
            JsonElement more = answer.RootElement.GetProperty("events");
            WriteEvents(Terminal.Out, more);
            next = more.GetProperty("next").GetString();
        }
    }

    private static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : "";

    private static TableColumn Right(string name) => new TableColumn(name).RightAligned().NoWrap();
}
