using Minutebook.Core;

namespace Minutebook.Store;

public sealed partial class Reader
{
    /// <summary>An account's alerts after an index, oldest first.</summary>
    public List<AlertRow> Alerts(string account, long afterIndex, int limit) => All(
        Schema.Alerts,
        Of(account, Schema.Alerts, "WHERE shard = ?1 AND account = ?2 AND number > ?3 ORDER BY number LIMIT ?4").Add(afterIndex).Add(limit));

    public AlertRow? Alert(string account, long index) => One(
        Schema.Alerts, Of(account, Schema.Alerts, "WHERE shard = ?1 AND account = ?2 AND number = ?3").Add(index));

    /// <summary>Which of an account's alerts somebody has seen, and when.</summary>
    public List<AcknowledgementRow> Acknowledgements(string account, long fromIndex = 0, long toIndex = long.MaxValue) => All(
        Schema.Acknowledgements,
        Of(account, Schema.Acknowledgements, "WHERE shard = ?1 AND account = ?2 AND number >= ?3 AND number <= ?4 ORDER BY number")
            .Add(fromIndex).Add(toIndex));

    /// <summary>
    /// A shard's alerts of all accounts, in the order in which they were written, after a sequence number (0 for all). An account's are
    /// in the order of their index. Tables that are made again from the journal number them anew: (account, index) is what an alert is
    /// known by for good, and <see cref="LastAlert"/> below a number that was seen says that it happened.
    /// </summary>
    public List<(long Sequence, AlertRow Alert)> AlertsAfter(int shard, long sequence, int limit)
    {
        using Statement select = connection.Take(
            "SELECT f.sequence, a.account, a.number, a.type, a.at, a.application, a.cause, a.data FROM alert_feed f "
            + "JOIN alerts a ON a.shard = f.shard AND a.account = f.account AND a.number = f.number "
            + "WHERE f.shard = ?1 AND f.sequence > ?2 ORDER BY f.sequence LIMIT ?3");
        select.Add(shard).Add(sequence).Add(limit);
        List<(long, AlertRow)> alerts = [];
        while (select.Next())
        {
            alerts.Add((select.Long(), Schema.Alerts.Read(select)));
        }

        return alerts;
    }

    /// <summary>The sequence number of the alert that a shard wrote last; 0 if there is none.</summary>
    public long LastAlert(int shard)
    {
        using Statement select = connection.Take("SELECT coalesce(max(sequence), 0) FROM alert_feed WHERE shard = ?1");
        return select.Add(shard).Next() ? select.Long() : 0;
    }
}
