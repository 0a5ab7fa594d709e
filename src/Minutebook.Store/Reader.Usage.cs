using Minutebook.Core;

namespace Minutebook.Store;

public sealed partial class Reader
{
    /// <summary>An account's rows of the details list that start in [from, to), by start, class, page and type, after one of them.</summary>
    /// <param name="viewings">Only rows of viewings, or only classes; null for both.</param>
    public List<ClassRow> Classes(
        string account, long fromMs, long toMs, string? application, (long Start, string Class, int Page, int Type)? after, int limit,
        bool? viewings = null)
    {
        (long start, string name, int page, int type) = after ?? (fromMs, "", -1, 0);
        Statement select = Of(
            account, Schema.Classes,
            "WHERE shard = ?1 AND account = ?2 AND started >= ?3 AND started < ?4 AND (?5 IS NULL OR application = ?5) "
            + "AND (started, class, page, type) > (?6, ?7, ?8, ?9) AND (?10 IS NULL OR (type > 0) = (?10 <> 0)) "
            + "ORDER BY started, class, page, type LIMIT ?11");
        return All(
            Schema.Classes,
            select.Add(Math.Max(fromMs, start)).Add(toMs).Add(application).Add(start).Add(name).Add(page).Add(type)
                .Add(viewings is { } only ? only ? 1L : 0L : null).Add(limit));
    }

    /// <summary>Classes whose id or name has a text in it, newest first.</summary>
    public List<ClassRow> FindClasses(string account, string text, int limit) => All(
        Schema.Classes,
        Of(
            account, Schema.Classes,
            "WHERE shard = ?1 AND account = ?2 AND type = 0 AND (instr(lower(class), lower(?3)) > 0 OR instr(lower(name), lower(?3)) > 0) "
            + "ORDER BY started DESC LIMIT ?4").Add(text).Add(limit));

    /// <summary>How many classes started in [from, to), how many of them run, and how many users they had together.</summary>
    public (long Classes, long Running, long Users) ClassTotals(string account, long fromMs, long toMs, string? application)
    {
        using Statement select = connection.Take(
            "SELECT count(*), count(*) - count(ended), coalesce(sum(users), 0) FROM classes WHERE shard = ?1 AND account = ?2 "
            + "AND started >= ?3 AND started < ?4 AND (?5 IS NULL OR application = ?5) AND type = 0");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(fromMs).Add(toMs).Add(application).Next();
        return (select.Long(), select.Long(), select.Long());
    }

    /// <summary>The row of a page: of type 0 its class's own, of another a day's viewings.</summary>
    public ClassRow? ClassRow(string account, int page, int type = 0) => One(
        Schema.Classes, Of(account, Schema.Classes, "WHERE shard = ?1 AND account = ?2 AND page = ?3 AND type = ?4").Add(page).Add(type));

    /// <summary>Whether a page has a row of one of the types [from, to).</summary>
    public bool HasClassRow(string account, int page, int fromType, int toType) => One(
        Schema.Classes,
        Of(account, Schema.Classes, "WHERE shard = ?1 AND account = ?2 AND page = ?3 AND type >= ?4 AND type < ?5 LIMIT 1")
            .Add(page).Add(fromType).Add(toType)) is not null;

    /// <summary>What an account's pages used on a local day.</summary>
    public List<ClassUsageRow> ClassUsage(string account, string day) => All(
        Schema.ClassUsage,
        Of(account, Schema.ClassUsage, "WHERE shard = ?1 AND account = ?2 AND day = ?3 ORDER BY page, meter, dimensions").Add(day));

    /// <summary>What a page used, by day.</summary>
    public List<ClassUsageRow> ClassUsageOf(string account, int page) => All(
        Schema.ClassUsage,
        Of(account, Schema.ClassUsage, "WHERE shard = ?1 AND account = ?2 AND page = ?3 ORDER BY day, meter, dimensions").Add(page));

    /// <summary>
    /// The pages, from a number on, that used something of a meter on the local days [from, to], of one application and in one class where
    /// they are named; of each what it has of the meter's dimensions. In the order of pages.
    /// </summary>
    public IEnumerable<(int Page, string Dimensions)> PagesUsing(
        string account, string meter, (string From, string To) days, string? application, string? @class, int fromPage)
    {
        // Rows of a day lie together; for more days it is quicker to go along the pages.
        bool one = days.From == days.To;
        using Statement select = connection.Take(
            $"SELECT DISTINCT page, dimensions FROM class_usage {(one ? "" : "INDEXED BY class_usage_by_page ")}"
            + $"WHERE shard = ?1 AND account = ?2 AND {(one ? "day = ?3" : "day >= ?3 AND day <= ?4")} AND page >= ?5 "
            + "AND meter = ?6 AND (?7 IS NULL OR application = ?7) AND (?8 IS NULL OR class = ?8) ORDER BY page, dimensions");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(days.From).Add(days.To).Add(fromPage).Add(meter).Add(application).Add(@class);
        while (select.Next())
        {
            yield return (select.Int(), select.Text());
        }
    }

    /// <summary>Usage of a meter in the hours that start in [from, to), in seconds since 1970.</summary>
    public List<UsageRow> Usage(
        string account, string meter, long fromHourSeconds, long toHourSeconds, string? application = null) => All(
        Schema.Usage,
        Of(
            account, Schema.Usage,
            "WHERE shard = ?1 AND account = ?2 AND meter = ?3 AND hour >= ?4 AND hour < ?5 AND (?6 IS NULL OR application = ?6) "
            + "ORDER BY hour, application, dimensions")
            .Add(meter).Add(fromHourSeconds).Add(toHourSeconds).Add(application));

    /// <summary>
    /// What a meter's hours add up to by local day (span 0) or month (1), of those that start in [from, to), in days since 1970-01-01.
    /// </summary>
    public List<UsageSpanRow> UsageSpans(string account, int span, string meter, int from, int to, string? application = null) => All(
        Schema.UsageSpans,
        Of(
            account, Schema.UsageSpans,
            "WHERE shard = ?1 AND account = ?2 AND span = ?3 AND meter = ?4 AND start >= ?5 AND start < ?6 "
            + "AND (?7 IS NULL OR application = ?7) ORDER BY start, application, dimensions")
            .Add(span).Add(meter).Add(from).Add(to).Add(application));

    /// <summary>
    /// An application's hours with a change of storage or peak that start in [from, to), in seconds since 1970, after the last one before.
    /// </summary>
    public List<StepRow> Steps(string account, string meter, string application, long fromHourSeconds, long toHourSeconds) => All(
        Schema.Steps,
        Of(
            account, Schema.Steps,
            "WHERE shard = ?1 AND account = ?2 AND meter = ?3 AND application = ?4 AND hour < ?6 AND hour >= coalesce("
            + "(SELECT max(hour) FROM steps WHERE shard = ?1 AND account = ?2 AND meter = ?3 AND application = ?4 AND hour < ?5), ?5) "
            + "ORDER BY hour")
            .Add(meter).Add(application).Add(fromHourSeconds).Add(toHourSeconds));

    /// <summary>Open presence, of all meters or applications where none is named.</summary>
    public List<OpenRow> Open(string account, string? meter = null, string? application = null) => All(
        Schema.Open,
        Of(
            account, Schema.Open,
            "WHERE shard = ?1 AND account = ?2 AND (?3 IS NULL OR meter = ?3) AND (?4 IS NULL OR application = ?4) "
            + "ORDER BY meter, application, dimensions, hour")
            .Add(meter).Add(application));
}
