using System.Text.Json;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary>A bill as a table: lines, adjustments, rounding, total.</summary>
internal static class BillTable
{
    private const string Nothing = "–";
    private static readonly string[] Figures = ["usage", "units", "free", "by package", "to pay", "uncovered", "price"];

    public static void Write(IAnsiConsole console, JsonElement bill)
    {
        List<string[]> rows = [.. bill.GetProperty("lines").EnumerateArray().Select(Cells)];
        // A column of nothing takes the room of one that tells something.
        int[] shown = [.. Enumerable.Range(0, Figures.Length).Where(column => rows.Any(row => row[column + 3] != Nothing))];
        Terminal.Heading(console, $"Bill {Text(bill, "number")}, {Text(bill, "kind")}, {Period(bill)}, card {Text(bill, "card")}");
        Table table = Terminal.Table().AddColumn(Right("#")).AddColumn("application").AddColumn("rate");
        foreach (int column in shown)
        {
            table.AddColumn(Right(Figures[column]));
        }

        table.AddColumn(Right(Text(bill, "currency")));
        foreach (string[] row in rows)
        {
            table.AddRow([.. row[..3], .. shown.Select(column => row[column + 3]), row[^1]]);
        }

        string[] gap = [.. shown.Select(_ => "")];
        table.AddRow(["", "", "rounding", .. gap, Money(bill, "rounding")]);
        table.AddRow(["", "", "[bold]total[/]", .. gap, $"[bold]{Money(bill, "total")}[/]"]);
        console.Write(table);
    }

    public static void WriteList(IAnsiConsole console, string account, List<JsonElement> bills)
    {
        if (bills.Count == 0)
        {
            console.WriteLine($"{account} has no bills yet.");
            return;
        }

        Terminal.Heading(console, $"Bills of {account}");
        Table table = Terminal.Table();
        table.AddColumns("number", "kind", "period", "issued").AddColumn(Right("total")).AddColumn("");
        foreach (JsonElement bill in bills)
        {
            table.AddRow(
                Text(bill, "number").EscapeMarkup(), Text(bill, "kind"), Period(bill), Text(bill, "issuedAt"), Money(bill, "total"), Text(bill, "currency"));
        }

        console.Write(table);
    }

    private static string[] Cells(JsonElement line) =>
    [
        Text(line, "line"),
        Text(line, "application", "(account)").EscapeMarkup(),
        RateOf(line),
        Quantity.Text(line.GetProperty("quantity").GetInt64(), BaseUnit(Text(line, "meter"))),
        Money(line, "units"),
        Some(line, "freeUnits"),
        Some(line, "packageUnits"),
        Some(line, "payAsYouGoUnits"),
        Some(line, "uncoveredUnits"),
        PriceOf(line),
        Money(line, "amount"),
    ];

    private static string RateOf(JsonElement line)
    {
        string rate = Text(line, "rate").EscapeMarkup();
        return line.TryGetProperty("adjusts", out JsonElement period) && period.ValueKind == JsonValueKind.Object
            ? $"{rate} [yellow]for {Text(period, "periodStart")}[/]"
            : rate;
    }

    private static string PriceOf(JsonElement line)
    {
        string price = Text(line, "price", "tiered");
        string per = Text(line, "per", "1");
        return per == "1" ? price : $"{price} / {Quantity.Grouped(per)}";
    }

    private static string BaseUnit(string meter) => Core.Metering.Meter.Named(meter)?.Unit ?? "";

    private static string Some(JsonElement line, string name) => Money(line, name) is "0" or "" ? Nothing : Money(line, name);

    private static string Money(JsonElement json, string name) => Quantity.Grouped(Text(json, name));

    private static string Period(JsonElement bill)
    {
        string start = Text(bill, "periodStart");
        return Text(bill, "kind") == "monthly" && start.Length >= 7 ? start[..7] : start;
    }

    private static string Text(JsonElement json, string name, string without = "") =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : without;

    private static TableColumn Right(string name) => new TableColumn(name).RightAligned().NoWrap();
}
