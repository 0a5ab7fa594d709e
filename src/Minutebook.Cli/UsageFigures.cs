using System.Text.Json;
using Minutebook.Core.Metering;
using NodaTime;
using NodaTime.Text;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary>The answer to a <see cref="UsageQuery"/>, all pages of it.</summary>
internal sealed class UsageFigures
{
    // More groups than this do not fit beside each other; they are listed below each other.
    private const int MostColumns = 6;

    private readonly UsageQuery query;
    private readonly string unit;
    private readonly DateTimeZone zone;
    private readonly List<JsonElement> items;

    private UsageFigures(UsageQuery query, string unit, DateTimeZone zone, List<JsonElement> items)
    {
        this.query = query;
        this.unit = unit;
        this.zone = zone;
        this.items = items;
    }

    public static async Task<UsageFigures> ReadAsync(Client client, UsageQuery query, CancellationToken stop)
    {
        string path = query.Path();
        using JsonDocument head = await client.GetAsync(path + "&limit=1", stop);
        string unit = head.RootElement.GetProperty("unit").GetString()!;
        string zoneId = head.RootElement.GetProperty("timeZone").GetString()!;
        DateTimeZone zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(zoneId)
            ?? throw new Failure(ExitCode.Failed, $"The server's time zone '{zoneId}' is not known here; a newer minutebook knows more of them. --json shows the figures in UTC.");
        return new UsageFigures(query, unit, zone, await client.ListAsync(path, stop));
    }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(new { meter = query.Meter, unit, timeZone = zone.Id, items });

    public void WriteTo(IAnsiConsole console, string? title = null)
    {
        if (items.Count == 0)
        {
            console.WriteLine($"No {query.Meter} usage from {query.From} to {query.To}.");
            return;
        }

        List<string> groups = [.. items.Select(GroupOf).Distinct().Order(ByTier.Instance)];
        Terminal.Heading(console, title ?? $"{query.Meter} of {query.Account}, {Quantity.UnitName(unit)} by {query.Granularity}, {zone.Id}");
        Table table = Terminal.Table();
        if (groups.Count > MostColumns)
        {
            List(console, table);
        }
        else
        {
            Pivot(console, table, groups);
        }

        console.Write(table);
    }

    private void List(IAnsiConsole console, Table table)
    {
        table.AddColumn(PeriodName()).AddColumn(query.GroupBy ?? "").AddColumn(new TableColumn(Quantity.UnitName(unit)).RightAligned()).AddColumn("");
        Bars bars = new(console, console.Profile.Width / 3, items.Max(QuantityOf));
        foreach (JsonElement item in items)
        {
            table.AddRow(Period(item), GroupOf(item).EscapeMarkup(), Figure(QuantityOf(item)), bars.Stack([QuantityOf(item)]));
        }
    }

    private void Pivot(IAnsiConsole console, Table table, List<string> groups)
    {
        List<(string Period, long[] Parts)> rows = [.. items
            .GroupBy(item => item.GetProperty("start").GetString())
            .Select(start => (Period(start.First()), groups.Select(group => start.Where(item => GroupOf(item) == group).Sum(QuantityOf)).ToArray()))];
        int room = console.Profile.Width - 16 - (14 * (groups.Count + 1));
        Bars bars = new(console, Math.Clamp(room, 16, 60), rows.Max(row => row.Parts.Sum()));
        bool several = groups.Count > 1;
        table.AddColumn(PeriodName());
        for (int i = 0; i < groups.Count && several; i++)
        {
            table.AddColumn(new TableColumn($"{bars.Sign(i)} {groups[i].EscapeMarkup()}").RightAligned().NoWrap());
        }

        table.AddColumn(new TableColumn(several ? "total" : Quantity.UnitName(unit)).RightAligned().NoWrap()).AddColumn(new TableColumn("").NoWrap());
        foreach ((string period, long[] parts) in rows)
        {
            table.AddRow([period, .. parts.Where(_ => several).Select(Figure), Figure(parts.Sum()), bars.Stack(parts)]);
        }

        if (rows.Count > 1 && unit != "user")
        {
            long[] sums = [.. groups.Select((_, i) => rows.Sum(row => row.Parts[i]))];
            table.AddRow(["[bold]total[/]", .. sums.Where(_ => several).Select(Figure), $"[bold]{Figure(sums.Sum())}[/]", ""]);
        }
    }

    private string PeriodName() => query.Granularity == "total" ? "range" : query.Granularity;

    private string Period(JsonElement item)
    {
        ZonedDateTime start = InstantPattern.ExtendedIso.Parse(item.GetProperty("start").GetString()!).Value.InZone(zone);
        return query.Granularity switch
        {
            "hour" => start.ToString("ddd d MMM HH:mm", null),
            "month" => start.ToString("uuuu-MM", null),
            "total" => $"{query.From} – {query.To}",
            _ => start.ToString("ddd d MMM", null),
        };
    }

    private string Figure(long quantity) => Quantity.Text(quantity, unit).Split(' ')[0];

    private static long QuantityOf(JsonElement item) => item.GetProperty("quantity").GetInt64();

    private static string GroupOf(JsonElement item) =>
        item.TryGetProperty("group", out JsonElement group) && group.ValueKind == JsonValueKind.Object
            ? string.Join(", ", group.EnumerateObject().Select(part => part.Value.ValueKind == JsonValueKind.Null ? "–" : part.Value.ToString()))
            : "";

    /// <summary>Tiers from the lowest to the highest; everything else by name.</summary>
    private sealed class ByTier : IComparer<string>
    {
        public static readonly ByTier Instance = new();

        public int Compare(string? left, string? right) => (PlaceOf(left), left).CompareTo((PlaceOf(right), right));

        private static int PlaceOf(string? name) => name is not null && Tiers.Named(name) is { } tier ? (int)tier : -1;
    }
}
