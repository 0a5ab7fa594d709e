namespace Minutebook.Store;

/// <summary>What a closed period gave a class by one rate, with the class. Units are decimal strings.</summary>
public readonly record struct LineShare(
    string Application, string Class, string? Name, long? Start, string Units, string Free, string Package, string PayAsYouGo, string Uncovered);

public sealed partial class Reader
{
    private const string SelectShares =
        "SELECT p.application, p.key, c.name, c.started, s.units, s.free, s.package, s.pay_as_you_go, s.uncovered FROM settled s "
        + "JOIN pages p ON p.shard = s.shard AND p.account = s.account AND p.page = s.page "
        + "LEFT JOIN classes c ON c.shard = s.shard AND c.account = s.account AND c.page = s.page AND c.type = 0 ";

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
            + "ORDER BY CAST(s.units AS INTEGER) DESC, s.page LIMIT ?8 OFFSET ?7");
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
