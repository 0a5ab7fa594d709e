using Minutebook.Core;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>How finely usage is shown.</summary>
internal enum Granularity
{
    Hour,
    Day,
    Month,
    Total,
}

/// <summary>A figure: what was used in a stretch of time by a group. Start and end in seconds since 1970; group has the asked keys' values.</summary>
internal readonly record struct UsageFigure(Instant Start, Instant End, Group Group, Int128 Quantity);

/// <summary>The values of the grouped keys, in the order asked.</summary>
internal sealed record Group(params string?[] Values) : IComparable<Group>
{
    public int CompareTo(Group? other)
    {
        int order = 0;
        for (int i = 0; order == 0 && i < Values.Length; i++)
        {
            order = string.CompareOrdinal(Values[i], other!.Values[i]);
        }

        return order;
    }

    public bool Equals(Group? other) => other is not null && Values.AsSpan().SequenceEqual(other.Values);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (string? value in Values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }
}

/// <summary>Adds hours of usage up to what was asked (rules 3.4 to 3.6). Pure: rows in, figures out.</summary>
internal sealed record UsageQuery(Meter Meter, Range Range, Granularity Granularity, IReadOnlyList<string> GroupBy, Calendar Calendar)
{
    public const string Application = "application";

    /// <summary>The second from which delivery is categorized (rule 3.4); null for always.</summary>
    public long? CategorizedFrom { get; init; }

    /// <summary>The figures that are not zero, by start, then group.</summary>
    /// <param name="rows">Hours of the meter; those that start outside the range do not count.</param>
    /// <param name="open">Presence that is still open.</param>
    /// <param name="now">Until when open presence counts, in seconds.</param>
    public IReadOnlyList<UsageFigure> Figures(IEnumerable<UsageRow> rows, IEnumerable<OpenRow> open, long now)
    {
        Dictionary<(long Start, Group Group), Int128> sums = [];
        Dictionary<(string, string, bool), Group> groups = [];
        foreach (UsageRow row in rows.Concat(open.SelectMany(row => Live(row, now))))
        {
            if (row.Hour < Range.FromSecond || row.Hour >= Range.ToSecond)
            {
                continue;
            }

            bool uncategorized = row.Hour < CategorizedFrom;
            (string, string, bool) kind = (row.Application, row.Dimensions, uncategorized);
            if (!groups.TryGetValue(kind, out Group? group))
            {
                groups[kind] = group = GroupOf(row, uncategorized);
            }

            (long, Group) key = (StartOf(row.Hour), group);
            Int128 before = sums.GetValueOrDefault(key);
            sums[key] = Meter == Meter.Peak ? Int128.Max(before, row.Quantity) : before + row.Quantity;
        }

        return
        [
            .. sums.Where(sum => sum.Value != 0).OrderBy(sum => sum.Key.Start).ThenBy(sum => sum.Key.Group)
                .Select(sum => new UsageFigure(From(sum.Key.Start), To(sum.Key.Start), sum.Key.Group, sum.Value)),
        ];
    }

    /// <summary>
    /// What open presence has used in each hour so far: all its seconds since it opened, as whole hours and a part. On the whiteboard it
    /// has used its clock minutes, each from its beginning on (rule 3.2).
    /// </summary>
    private IEnumerable<UsageRow> Live(OpenRow open, long now)
    {
        long grain = Meter == Meter.Whiteboard ? 60 : 1;
        long until = Up(now, grain);
        for (long hour = open.Hour; hour < until && hour < Range.ToSecond; hour = Calendar.NextHour(hour))
        {
            long end = Math.Min(until, Up(Calendar.NextHour(hour), grain));
            Int128 quantity = (Int128)open.Count * end - (hour == open.Hour ? open.Sum : (Int128)open.Count * Up(hour, grain));
            yield return new UsageRow(open.Account, open.Meter, hour, open.Application, open.Dimensions, quantity);
        }
    }

    private static long Up(long second, long grain) => second + (((-second % grain) + grain) % grain);

    private Group GroupOf(UsageRow row, bool uncategorized)
    {
        if (GroupBy.Count == 0)
        {
            return new Group();
        }

        Dimensions dimensions = Dimensions.FromKey(Meter, row.Dimensions);
        dimensions = uncategorized ? Delivery.BeforeCategories(dimensions) : dimensions;
        return new Group([.. GroupBy.Select(key => key == Application ? row.Application : dimensions[key])]);
    }

    private long StartOf(long hour) => Granularity switch
    {
        Granularity.Hour => hour,
        Granularity.Day => Calendar.FirstHourOf(Calendar.DayOf(hour)),
        Granularity.Month => Calendar.FirstHourOf(Calendar.Number(MonthOf(hour))),
        Granularity.Total => 0,
    };

    private Instant From(long start) => Granularity == Granularity.Total ? Range.From : Instant.FromUnixTimeSeconds(start);

    private Instant To(long start) => Granularity switch
    {
        Granularity.Hour => Instant.FromUnixTimeSeconds(Calendar.NextHour(start)),
        Granularity.Day => Instant.FromUnixTimeSeconds(Calendar.FirstHourOf(Calendar.DayOf(start) + 1)),
        Granularity.Month => Instant.FromUnixTimeSeconds(Calendar.FirstHourOf(Calendar.Number(MonthOf(start).PlusMonths(1)))),
        Granularity.Total => Range.To,
    };

    private LocalDate MonthOf(long second)
    {
        LocalDate day = Calendar.Date(Calendar.DayOf(second));
        return new LocalDate(day.Year, day.Month, 1);
    }
}
