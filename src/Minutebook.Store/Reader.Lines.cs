using Minutebook.Core;
using Minutebook.Core.Metering;

namespace Minutebook.Store;

/// <summary>What a closed period gave a class by one rate, with the class. Units are decimal strings.</summary>
public readonly record struct LineShare(
    string Application, string Class, string? Name, long? Start, string Units, string Free, string Package, string PayAsYouGo, string Uncovered);

/// <summary>What a page used of a meter on a local day, with its class.</summary>
public readonly record struct MeterRow(
    string Day, string Application, string? Class, string? Name, string Dimensions, Int128 Quantity, long OpenCount, Int128 OpenSum);

public sealed partial class Reader
{
    private const string SelectShares =
        "SELECT p.application, p.key, c.name, c.started, s.units, s.free, s.package, s.pay_as_you_go, s.uncovered FROM settled s "
        + "JOIN pages p ON p.shard = s.shard AND p.account = s.account AND p.page = s.page "
        + "LEFT JOIN classes c ON c.shard = s.shard AND c.account = s.account AND c.page = s.page AND c.type = 0 ";

    /// <summary>A client of PostgreSQL gets all that a query gives.</summary>
    private const long ChunksAtOnce = 1024;

    /// <summary>The newest pages in which these bytes stand somewhere, of those before a page.</summary>
    /// <param name="account">The account.</param>
    /// <param name="bytes">What is looked for.</param>
    /// <param name="before">Only pages of a lower number.</param>
    /// <param name="mostBytes">How much may be looked through; what is left of it afterwards.</param>
    /// <param name="limit">So many pages at most.</param>
    /// <returns>The pages, newest first, and the page before which it goes on; null where all was looked through.</returns>
    public (List<int> Pages, int? Next) PagesWith(string account, byte[] bytes, int before, ref long mostBytes, int limit)
    {
        List<int> pages = [];
        (int page, long first) = (before, 0);
        for (long read = ChunksAtOnce; read == ChunksAtOnce;)
        {
            read = 0;
            using Statement select = connection.Take(
                "SELECT page, first, length(data), CASE WHEN holds(data, ?3) THEN 1 ELSE 0 END FROM chunks WHERE shard = ?1 AND account = ?2 "
                + "AND (page, first) < (?4, ?5) ORDER BY page DESC, first DESC LIMIT ?6");
            select.Add(Store.ShardOf(account, shards)).Add(account).AddBlob(bytes).Add(page).Add(first).Add(ChunksAtOnce);
            for (; select.Next(); read++)
            {
                int next = select.Int();
                if (next != page && page != before && (mostBytes <= 0 || pages.Count == limit))
                {
                    return (pages, page);
                }

                (page, first) = (next, select.Long());
                mostBytes -= select.Long();
                if (select.Int() != 0 && (pages.Count == 0 || pages[^1] != page))
                {
                    pages.Add(page);
                }
            }
        }

        return (pages, null);
    }

    /// <summary>An application's newest page of each kind.</summary>
    public IEnumerable<PageRow> NewestPages(string account, string application, IEnumerable<PageKind> kinds) =>
        kinds.SelectMany(kind => All(
            Schema.Pages,
            Of(account, Schema.Pages, "WHERE shard = ?1 AND account = ?2 AND application = ?3 AND kind = ?4 ORDER BY page DESC LIMIT 1").Add(application).Add((int)kind)));

    /// <summary>What pages used of a meter on the local days [from, to] (ISO), by day and page.</summary>
    public List<MeterRow> UsageOfPages(string account, string meter, string from, string to, string? application)
    {
        using Statement select = connection.Take(
            "SELECT u.day, u.application, u.class, c.name, u.dimensions, u.quantity, u.open_count, u.open_sum FROM class_usage u "
            + "LEFT JOIN classes c ON c.shard = u.shard AND c.account = u.account AND c.page = u.page AND c.type = 0 ",
            "WHERE u.shard = ?1 AND u.account = ?2 AND u.day >= ?3 AND u.day <= ?4 AND u.meter = ?5 AND (?6 IS NULL OR u.application = ?6) "
            + "ORDER BY u.day, u.page, u.dimensions");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(from).Add(to).Add(meter).Add(application);
        List<MeterRow> rows = [];
        while (select.Next())
        {
            rows.Add(new MeterRow(
                select.Text(), select.Text(), select.TextOrNull(), select.TextOrNull(), select.Text(), select.Quantity(), select.Long(), select.Quantity()));
        }

        return rows;
    }

    /// <summary>The classes behind a line of a bill, those with most units first.</summary>
    /// <param name="account">The account.</param>
    /// <param name="period">A day (0) or month (1), and its first day (ISO).</param>
    /// <param name="rate">The rate.</param>
    /// <param name="application">Its application; null for all.</param>
    /// <param name="page">How many to leave out, and how many to give.</param>
    public List<LineShare> SharesOf(
        string account, (int Kind, string Start) period, string rate, string? application, (int Skip, int Limit) page)
    {
        using Statement select = connection.Take(
            SelectShares,
            "WHERE s.shard = ?1 AND s.account = ?2 AND s.kind = ?3 AND s.period = ?4 AND s.rate = ?5 AND (?6 IS NULL OR p.application = ?6) "
            + "ORDER BY CAST(s.units AS NUMERIC) DESC, s.page LIMIT ?8 OFFSET ?7");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(period.Kind).Add(period.Start).Add(rate).Add(application)
            .Add(page.Skip).Add(page.Limit);
        List<LineShare> shares = [];
        while (select.Next())
        {
            shares.Add(new LineShare(
                select.Text(), select.Text(), select.TextOrNull(), select.LongOrNull(), select.Text(), select.Text(), select.Text(), select.Text(),
                select.Text()));
        }

        return shares;
    }
}
