using System.Globalization;
using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>What a row of the details list is ordered by; then by class, page and type, in the same direction.</summary>
public enum DetailsSort
{
    Start,
    /// <summary>Running classes come after the ended.</summary>
    End,
    Class,
    Name,
    Application,
    Users,
    /// <summary>Of running classes, as of the list's instant.</summary>
    Seconds,
    /// <summary>Classes before viewings of recordings.</summary>
    Type,
}

/// <summary>Which rows of the details list are asked for. Times in ms; nulls ask for all.</summary>
/// <param name="FromMs">They start at this time or later.</param>
/// <param name="ToMs">They start before this time.</param>
/// <param name="Application">Of this application.</param>
/// <param name="Class">Of the class with this id.</param>
/// <param name="Search">With this text somewhere in the class's id or name, whatever the case of Latin letters.</param>
/// <param name="Viewings">Viewings of recordings, or classes.</param>
public sealed record DetailsFilter(long FromMs, long ToMs, string? Application = null, string? Class = null, string? Search = null, bool? Viewings = null)
{
    /// <summary>Those that run, or those that have ended.</summary>
    public bool? Running { get; init; }
    /// <summary>With at least so many users.</summary>
    public long? LeastUsers { get; init; }
    /// <summary>With at least so many seconds, as of the list's instant.</summary>
    public long? LeastSeconds { get; init; }
}

/// <summary>The order of a details list, and as of when what grows is compared, in seconds.</summary>
public sealed record DetailsOrder(DetailsSort Sort, bool Descending, long Now);

/// <summary>A row's place in a details list.</summary>
/// <param name="Value">What it is ordered by: digits where that is a number.</param>
public sealed record DetailsKey(string Value, string Class, int Page, int Type);

public sealed partial class Reader
{
    private const string SecondsNow = "CAST(seconds AS NUMERIC) + open_count * ?9 - CAST(open_sum AS NUMERIC)";

    /// <summary>
    /// An account's rows of the details list, after one of them. Ordered by start it goes along an index; by anything else the whole
    /// range is looked through.
    /// </summary>
    public List<ClassRow> Details(string account, DetailsFilter filter, DetailsOrder order, DetailsKey? after, int limit)
    {
        (long from, long to) = (filter.FromMs, filter.ToMs);
        if (order.Sort == DetailsSort.Start && after is not null)
        {
            long reached = long.Parse(after.Value, CultureInfo.InvariantCulture);
            (from, to) = order.Descending ? (from, reached < to ? reached + 1 : to) : (Math.Max(from, reached), to);
        }

        string index = filter.Class is null ? "classes_by_start" : "classes_by_class";
        ObjectDisposedException.ThrowIf(disposed, this);
        Statement select = connection.Take(
            Schema.Classes.SelectSql.TrimEnd() + $" INDEXED BY {index} ", WhereDetails(filter) + InOrder(order, after is not null));
        Bind(select, account, filter with { FromMs = from, ToMs = to }, order.Now).Add(limit);
        if (after is not null)
        {
            _ = IsNumber(order.Sort) ? select.Add(long.Parse(after.Value, CultureInfo.InvariantCulture)) : select.Add(after.Value);
            select.Add(after.Class).Add(after.Page).Add(after.Type);
        }

        return All(Schema.Classes, select);
    }

    /// <summary>Page and type of each row of the details list, in its order; for who orders them by what no table has.</summary>
    public List<(int Page, int Type)> DetailsPlaces(string account, DetailsFilter filter, DetailsOrder order, int limit)
    {
        using Statement select = connection.Take(
            "SELECT page, type FROM classes INDEXED BY classes_by_start ", WhereDetails(filter) + InOrder(order, goesOn: false));
        Bind(select, account, filter, order.Now).Add(limit);
        List<(int, int)> places = [];
        while (select.Next())
        {
            places.Add((select.Int(), select.Int()));
        }

        return places;
    }

    /// <summary>Where a row stands in a list of that order.</summary>
    public static DetailsKey KeyOf(in ClassRow row, DetailsOrder order)
    {
        Int128 value = order.Sort switch
        {
            DetailsSort.Start => row.Start,
            DetailsSort.End => row.End ?? long.MaxValue,
            DetailsSort.Users => row.Users,
            DetailsSort.Seconds => row.Seconds + ((Int128)row.OpenCount * order.Now) - row.OpenSum,
            DetailsSort.Type => row.Type == 0 ? 0 : 1,
            _ => 0,
        };
        string text = order.Sort switch
        {
            DetailsSort.Class => row.Class,
            DetailsSort.Name => row.Name ?? "",
            DetailsSort.Application => row.Application,
            _ => value.ToString(CultureInfo.InvariantCulture),
        };
        return new DetailsKey(text, row.Class, row.Page, row.Type);
    }

    /// <summary>Whether the value that a list is ordered by is a number; else it is a text.</summary>
    public static bool IsNumber(DetailsSort sort) => sort is not (DetailsSort.Class or DetailsSort.Name or DetailsSort.Application);

    /// <summary>How many rows there are on all pages.</summary>
    public long CountDetails(string account, DetailsFilter filter, DetailsOrder order)
    {
        using Statement select = connection.Take("SELECT count(*) FROM classes ", WhereDetails(filter));
        return Bind(select, account, filter, order.Now).Next() ? select.Long() : 0;
    }

    private Statement Bind(Statement select, string account, DetailsFilter filter, long now) => select
        .Add(Store.ShardOf(account, shards)).Add(account).Add(filter.FromMs).Add(filter.ToMs).Add(filter.Application).Add(filter.Class)
        .Add(filter.Search).Add(Number(filter.Viewings)).Add(now).Add(Number(filter.Running)).Add(filter.LeastUsers)
        .Add(filter.LeastSeconds);

    private static long? Number(bool? flag) => flag is { } known ? known ? 1 : 0 : null;

    private static string WhereDetails(DetailsFilter filter) =>
        (filter.Class is null ? "WHERE " : "WHERE class = ?6 AND ")
        + "shard = ?1 AND account = ?2 AND started >= ?3 AND started < ?4 AND (?5 IS NULL OR application = ?5) "
        + "AND (?7 IS NULL OR instr(lower(class), lower(?7)) > 0 OR instr(lower(coalesce(name, '')), lower(?7)) > 0) "
        + "AND (?8 IS NULL OR (type <> 0) = (?8 <> 0)) AND (?10 IS NULL OR (ended IS NULL) = (?10 <> 0)) AND (?11 IS NULL OR users >= ?11) "
        + $"AND (?12 IS NULL OR {SecondsNow} >= ?12) ";

    private static string InOrder(DetailsOrder order, bool goesOn)
    {
        string value = order.Sort switch
        {
            DetailsSort.Start => "started",
            DetailsSort.End => $"coalesce(ended, {long.MaxValue})",
            DetailsSort.Class => "class",
            DetailsSort.Name => "coalesce(name, '')",
            DetailsSort.Application => "application",
            DetailsSort.Users => "users",
            DetailsSort.Seconds => SecondsNow,
            DetailsSort.Type => "CASE WHEN type = 0 THEN 0 ELSE 1 END",
            _ => throw new ArgumentOutOfRangeException(nameof(order)),
        };
        (string direction, string beyond) = order.Descending ? ("DESC", "<") : ("ASC", ">");
        string after = goesOn ? $"AND ({value}, class, page, type) {beyond} (?14, ?15, ?16, ?17) " : "";
        return $"{after}ORDER BY {value} {direction}, class {direction}, page {direction}, type {direction} LIMIT ?13";
    }
}
