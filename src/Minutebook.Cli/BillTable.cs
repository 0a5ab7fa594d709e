using System.Text.Json;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary>A bill as a table: lines, adjustments, rounding, total.</summary>
internal static class BillTable
{
    public static void Write(IAnsiConsole console, JsonElement bill)
    {
        string currency = Text(bill, "currency");
        Table table = Terminal.Table($"Bill {Text(bill, "number")}, {Text(bill, "kind")}, {Period(bill)}, card {Text(bill, "card")}");
        table.AddColumn(Right("#")).AddColumn(new TableColumn("application").NoWrap()).AddColumn(new TableColumn("rate").NoWrap());
        foreach (string name in (string[])["usage", "units", "free", "package", "pay-as-you-go", "uncovered", "price", $"amount {currency}"])
        {
            table.AddColumn(Right(name));
        }

        foreach (JsonElement line in bill.GetProperty("lines").EnumerateArray())
        {
            table.AddRow(Cells(line));
        }

        string[] gap = ["", "", "", "", "", "", "", "", "", ""];
        table.AddRow(["", "", "rounding", .. gap[3..], Money(bill, "rounding")]);
        table.AddRow(["", "", "[bold]total[/]", .. gap[3..], $"[bold]{Money(bill, "total")}[/]"]);
        console.Write(table);
    }

    public static void WriteList(IAnsiConsole console, string account, List<JsonElement> bills)
    {
        if (bills.Count == 0)
        {
            console.WriteLine($"{account} has no bills yet.");
            return;
        }

        Table table = Terminal.Table($"Bills of {account}").AddColumn("number").AddColumn("kind").AddColumn("period").AddColumn("issued").AddColumn(Right("total")).AddColumn("");
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
            ? $"{rate} [yellow](adjusts {Text(period, "kind")} {Text(period, "periodStart")})[/]"
            : rate;
    }

    private static string PriceOf(JsonElement line)
    {
        string price = Text(line, "price", "tiered");
        string per = Text(line, "per", "1");
        return per == "1" ? price : $"{price} / {Quantity.Grouped(per)}";
    }

    private static string BaseUnit(string meter) => Core.Metering.Meter.Named(meter)?.Unit ?? "";

    // A column of zeros hides the figures that matter.
    private static string Some(JsonElement line, string name) => Money(line, name) is "0" or "" ? "–" : Money(line, name);

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
