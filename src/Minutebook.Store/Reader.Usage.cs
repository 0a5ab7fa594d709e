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
            + "AND (started, class, page, type) > (?6, ?7, ?8, ?9) AND (?10 IS NULL OR (type > 0) = ?10) "
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

    /// <summary>The row of a class's page, type 0.</summary>
    public ClassRow? ClassRow(string account, int page) => One(
        Schema.Classes, Of(account, Schema.Classes, "WHERE shard = ?1 AND account = ?2 AND page = ?3 AND type = 0").Add(page));

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

    /// <summary>What an account's pages used from a local day on.</summary>
    public List<ClassUsageRow> ClassUsageFrom(string account, string dayFrom) => All(
        Schema.ClassUsage,
        Of(account, Schema.ClassUsage, "WHERE shard = ?1 AND account = ?2 AND day >= ?3 ORDER BY day, page, meter, dimensions")
            .Add(dayFrom));

    /// <summary>Usage of a meter in the hours that start in [from, to), in seconds since 1970.</summary>
    public List<UsageRow> Usage(
        string account, string meter, long fromHourSeconds, long toHourSeconds, string? application = null) => All(
        Schema.Usage,
        Of(
            account, Schema.Usage,
            "WHERE shard = ?1 AND account = ?2 AND meter = ?3 AND hour >= ?4 AND hour < ?5 AND (?6 IS NULL OR application = ?6) "
            + "ORDER BY hour, application, dimensions")
            .Add(meter).Add(fromHourSeconds).Add(toHourSeconds).Add(application));

    /// <summary>All usage of an account, by meter and hour.</summary>
    public List<UsageRow> UsageOf(string account) => All(
        Schema.Usage,
        Of(account, Schema.Usage, "WHERE shard = ?1 AND account = ?2 ORDER BY meter, hour, application, dimensions"));

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

    /// <summary>All hours of an account with a change of storage or peak, by meter, application and hour.</summary>
    public List<StepRow> StepsOf(string account) => All(
        Schema.Steps,
        Of(account, Schema.Steps, "WHERE shard = ?1 AND account = ?2 ORDER BY meter, application, hour"));

    /// <summary>What an account's peaks are worked out of, by application and hour.</summary>
    public List<PeakRow> PeaksOf(string account) => All(
        Schema.Peaks, Of(account, Schema.Peaks, "WHERE shard = ?1 AND account = ?2 ORDER BY application, hour"));

    /// <summary>Open presence, of all meters or applications where none is named.</summary>
    public List<OpenRow> Open(string account, string? meter = null, string? application = null) => All(
        Schema.Open,
        Of(
            account, Schema.Open,
            "WHERE shard = ?1 AND account = ?2 AND (?3 IS NULL OR meter = ?3) AND (?4 IS NULL OR application = ?4) "
            + "ORDER BY meter, application, dimensions, hour")
            .Add(meter).Add(application));
}
