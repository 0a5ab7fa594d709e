using System.Numerics;
using System.Text;
using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>A figure of a class on a local day; without a class for events that have none.</summary>
internal sealed record ClassFigure(string Application, string? Class, string Day, string Meter, string Dimensions);

/// <summary>What the tables say at an instant, in the reference's words: what is open counts from where it opened up to now.</summary>
internal sealed class Figures(Tables tables, ReferenceAccount account, long nowMs)
{
    private readonly Grid grid = new(account.TimeZone);
    private readonly long now = Floored(nowMs, 1000) / 1000;

    public Counters Counters { get; init; } = new();

    public long Total(string meter, string dimensions = "") => Sum(its => its.Meter == meter && its.Dimensions.Contains(dimensions, StringComparison.Ordinal));

    public long InHour(string meter, string hour) => Sum(its => its.Meter == meter && its.HourMs == Story.Ms(hour));

    public DetailsRow Row() => Assert.Single(Rows());

    public Dictionary<UsageKey, BigInteger> Usage()
    {
        Dictionary<UsageKey, BigInteger> sums = [];
        foreach (UsageRow row in tables.Usage.Values)
        {
            Add(row.Hour, row.Quantity, row.Meter, row.Application, row.Dimensions);
        }

        foreach (OpenRow row in tables.Open.Values)
        {
            foreach ((long hour, BigInteger quantity) in Live(row.Meter, row.Hour, row.Count, (BigInteger)row.Sum, grid.NextHour))
            {
                Add(hour, quantity, row.Meter, row.Application, row.Dimensions);
            }
        }

        foreach (IGrouping<(string Meter, string Application), StepRow> its in tables.Steps.Values.GroupBy(row => (row.Meter, row.Application)))
        {
            foreach ((long hour, BigInteger quantity) in Held(its.Key.Meter, its.ToDictionary(row => row.Hour)))
            {
                Add(hour, quantity, its.Key.Meter, its.Key.Application, "[]");
            }
        }

        return sums.Where(sum => !sum.Value.IsZero).ToDictionary();

        void Add(long hour, BigInteger quantity, string meter, string application, string dimensions)
        {
            var key = new UsageKey(meter, application, hour * 1000, AsOf(meter, dimensions, grid.DateOf(hour)));
            sums[key] = sums.GetValueOrDefault(key) + quantity;
        }
    }

    public Dictionary<ClassFigure, BigInteger> ClassUsage()
    {
        Dictionary<ClassFigure, BigInteger> sums = [];
        foreach (ClassUsageRow row in tables.ClassUsage.Values)
        {
            LocalDate day = LocalDatePattern.Iso.Parse(row.Day).Value;
            Add(row, day, row.Quantity);
            foreach ((long start, BigInteger quantity) in Live(
                row.Meter, FirstHourOf(day), row.OpenCount, (BigInteger)row.OpenSum, from => FirstHourOf(grid.DateOf(from).PlusDays(1))))
            {
                Add(row, grid.DateOf(start), quantity);
            }
        }

        return sums.Where(sum => !sum.Value.IsZero).ToDictionary();

        void Add(ClassUsageRow row, LocalDate day, BigInteger quantity)
        {
            var key = new ClassFigure(
                row.Application, row.Class, LocalDatePattern.Iso.Format(day), row.Meter, AsOf(row.Meter, row.Dimensions, day));
            sums[key] = sums.GetValueOrDefault(key) + quantity;
        }
    }

    public IEnumerable<DetailsRow> Viewings() => tables.Classes.Values.Where(row => row.Type != 0).Select(row => new DetailsRow(
        "playback", row.Application, row.Class, row.Name, row.Start, row.End, null, row.Users, (BigInteger)row.Seconds));

    public IEnumerable<DetailsRow> Rows() => tables.Classes.Values.Where(row => row.Type == 0).Select(row => new DetailsRow(
        "interactive", row.Application, row.Class, row.Name, row.Start, row.End, row.EndedBy switch { 1 => "event", 2 => "cap", _ => null },
        row.Users, (BigInteger)(row.Seconds + ((Int128)row.OpenCount * now) - row.OpenSum)));

    public IEnumerable<string> Kept() => tables.Kept.Values.Select(row =>
    {
        using JsonDocument json = JsonDocument.Parse(Encoding.UTF8.GetString(row.Event));
        return $"{json.RootElement.GetProperty("source").GetString()} {json.RootElement.GetProperty("id").GetString()} {row.Reason}";
    });

    /// <summary>A day is the hours that start on it (1.2, 3.6).</summary>
    private long FirstHourOf(LocalDate day)
    {
        long start = grid.StartOf(day);
        return grid.HourOf(start) == start ? start : grid.NextHour(grid.HourOf(start));
    }

    private long Sum(Func<UsageKey, bool> wanted) => (long)Usage().Where(its => wanted(its.Key)).Sum(its => (decimal)its.Value);

    /// <summary>Before the account's cut-over day all of VOD is the institution's (3.4).</summary>
    private string AsOf(string meter, string dimensions, LocalDate day)
    {
        bool isBefore = meter == "delivery" && account.CategorizedSince is string since && day < LocalDatePattern.Iso.Parse(since).Value;
        string?[] values = isBefore ? JsonSerializer.Deserialize<string?[]>(dimensions)! : [null];
        return values[0] == "vod-department" ? UsageItem.DimensionsOf("vod-institution", null, null, values[3]) : dimensions;
    }

    /// <summary>Open presence by its hours or days, the first of which is where it opened. Whiteboard minutes count when they begin.</summary>
    private IEnumerable<(long Start, BigInteger Quantity)> Live(string meter, long opened, long count, BigInteger sum, Func<long, long> next)
    {
        bool inMinutes = meter == "whiteboard";
        long until = inMinutes ? MinuteUp(now) : now;
        if (count == 0 || until <= opened)
        {
            yield break;
        }

        for (long start = opened; start < until; start = next(start))
        {
            long end = Math.Min(until, inMinutes ? MinuteUp(next(start)) : next(start));
            yield return (start, start == opened ? (count * end) - sum : count * (end - (inMinutes ? MinuteUp(start) : start)));
        }
    }

    /// <summary>What holds between changes, hour by hour: bytes stored for so many seconds, or the most users.</summary>
    private IEnumerable<(long Hour, BigInteger Quantity)> Held(string meter, Dictionary<long, StepRow> changes)
    {
        long level = 0;
        for (long hour = changes.Keys.Min(); hour < now; hour = grid.NextHour(hour))
        {
            long end = Math.Min(now, grid.NextHour(hour));
            bool isChanged = changes.TryGetValue(hour, out StepRow its);
            StepRow row = isChanged ? its : new StepRow("", meter, "", hour, end, 0, end, level, false);
            BigInteger most = BigInteger.Max(BigInteger.Max(row.First > hour ? level : 0, (BigInteger)row.Between), end > row.Last ? row.Level : 0);
            BigInteger bytes = ((level * (BigInteger)(row.First - hour)) + (BigInteger)row.Between + (row.Level * (BigInteger)(end - row.Last))) / 3600;
            yield return (hour, meter == "peak" ? most : bytes);
            level = row.Level;
        }
    }

    private static long MinuteUp(long second) => Floored(second + 59, 60);

    private static long Floored(long value, long by) => value - (((value % by) + by) % by);
}
