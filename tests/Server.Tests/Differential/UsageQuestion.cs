using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Minutebook.Reference;
using NodaTime;

namespace Minutebook.Server.Tests.Differential;

/// <summary>A question for usage, and the answer that follows from the reference's hours (rules 3.4 to 3.6).</summary>
internal sealed record UsageQuestion(string Meter, string Granularity, IReadOnlyList<string> GroupBy, string? Application, string From, string To)
{
    /// <summary>Meters with their dimensions, in the order of the rules.</summary>
    public static IReadOnlyList<(string Meter, string[] Dimensions)> Metered { get; } =
    [
        ("av", ["tier"]), ("playback", []), ("whiteboard", []), ("recording", ["kind"]), ("slicing", ["mode"]), ("screenshot", []),
        ("storage", []), ("delivery", ["dataType", "organization", "department", "download"]), ("peak", []),
    ];

    public static IReadOnlyList<string> Granularities { get; } = ["hour", "day", "month", "total"];

    public string Path(string account) =>
        $"/v1/accounts/{account}/usage?meter={Meter}&granularity={Granularity}&from={From}&to={To}"
        + (GroupBy.Count == 0 ? "" : $"&groupBy={string.Join(',', GroupBy)}") + (Application is null ? "" : $"&application={Application}");

    /// <summary>An item of an answer, as a line.</summary>
    public string Line(JsonElement item)
    {
        JsonElement group = item.GetProperty("group");
        if (group.EnumerateObject().Count() != GroupBy.Count)
        {
            return $"{item}: the group has other keys";
        }

        return Line(
            MsOf(item.GetProperty("start").GetString()!), MsOf(item.GetProperty("end").GetString()!),
            [.. GroupBy.Select(key => group.GetProperty(key)).Select(value => value.ValueKind == JsonValueKind.String ? value.GetString() : Spoken(value))],
            BigInteger.Parse(item.GetProperty("quantity").GetRawText(), CultureInfo.InvariantCulture));
    }

    public IEnumerable<string> Expected(Expected expected, Grid grid)
    {
        (long from, long to) = (Bound(From, grid), Bound(To, grid));
        return expected.Usage
            .Where(usage => usage.Key.Meter == Meter && (Application ?? usage.Key.Application) == usage.Key.Application)
            .Where(usage => usage.Key.HourMs >= from && usage.Key.HourMs < to)
            .GroupBy(usage => (Start: StartOf(usage.Key.HourMs, from, grid), Group: JsonSerializer.Serialize(GroupOf(usage.Key))))
            .Select(sum => (sum.Key.Start, Group: JsonSerializer.Deserialize<string?[]>(sum.Key.Group)!,
                Quantity: sum.Aggregate(BigInteger.Zero, (all, usage) => Meter == "peak" ? BigInteger.Max(all, usage.Value) : all + usage.Value)))
            .Where(sum => !sum.Quantity.IsZero)
            .OrderBy(sum => sum.Start).ThenBy(sum => sum.Group, GroupOrder.Ordinal)
            .Select(sum => Line(sum.Start, EndOf(sum.Start, to, grid), sum.Group, sum.Quantity));
    }

    public static long MsOf(string instant) => DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private static string? Spoken(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetRawText();

    private string?[] GroupOf(UsageKey key)
    {
        string?[] values = JsonSerializer.Deserialize<string?[]>(key.Dimensions)!;
        string[] names = Metered.Single(meter => meter.Meter == Meter).Dimensions;
        return [.. GroupBy.Select(name => name == "application" ? key.Application : values[Array.IndexOf(names, name)])];
    }

    private long StartOf(long hourMs, long from, Grid grid)
    {
        LocalDate date = grid.DateOf(hourMs / 1000);
        return Granularity switch
        {
            "hour" => hourMs,
            "day" => FirstHourOf(date, grid) * 1000,
            "month" => FirstHourOf(new LocalDate(date.Year, date.Month, 1), grid) * 1000,
            _ => from,
        };
    }

    private long EndOf(long start, long to, Grid grid)
    {
        LocalDate date = grid.DateOf(start / 1000);
        return Granularity switch
        {
            "hour" => grid.NextHour(start / 1000) * 1000,
            "day" => FirstHourOf(date.PlusDays(1), grid) * 1000,
            "month" => FirstHourOf(new LocalDate(date.Year, date.Month, 1).PlusMonths(1), grid) * 1000,
            _ => to,
        };
    }

    /// <summary>Days and months are whole hours: those that start on them.</summary>
    private static long FirstHourOf(LocalDate day, Grid grid)
    {
        long start = grid.StartOf(day);
        return grid.HourOf(start) == start ? start : grid.NextHour(start);
    }

    private static long Bound(string text, Grid grid) => text.Length == 10
        ? grid.StartOf(NodaTime.Text.LocalDatePattern.Iso.Parse(text).Value) * 1000
        : MsOf(text);

    private static string Line(long start, long end, string?[] group, BigInteger quantity) =>
        $"{ReferenceEvent.Rfc3339(start)} to {ReferenceEvent.Rfc3339(end)} [{string.Join(", ", group.Select(value => value ?? "null"))}] {quantity}";

    /// <summary>By the first value that differs; nothing comes before something.</summary>
    private sealed class GroupOrder : IComparer<string?[]>
    {
        public static GroupOrder Ordinal { get; } = new();

        public int Compare(string?[]? x, string?[]? y) =>
            x!.Zip(y!).Select(pair => string.CompareOrdinal(pair.First, pair.Second)).FirstOrDefault(order => order != 0);
    }
}
