using Minutebook.Core;

namespace Minutebook.Store;

public sealed partial class Reader
{
    /// <summary>What closed periods gave a page.</summary>
    public List<SettledRow> Settled(string account, int page) => All(
        Schema.Settled,
        Of(account, Schema.Settled, "WHERE shard = ?1 AND account = ?2 AND page = ?3 ORDER BY kind, period, rate").Add(page));

    /// <summary>
    /// What closed days from one on, and months from one on, gave each page by some rates; days and months before an end (ISO). Row by row,
    /// and texts that neighbouring rows share are the same object: it is there for a month of a large account.
    /// </summary>
    public IEnumerable<SettledRow> SettledBetween(string account, (string Day, string Month) from, string end, IReadOnlyCollection<string> rates)
    {
        using Statement select = connection.Take(
            "SELECT kind, period, page, rate, units, free, package, pay_as_you_go, uncovered, packages FROM settled ",
            "WHERE shard = ?1 AND account = ?2 AND ((kind = 0 AND period >= ?3 AND period < ?5) OR (kind = 1 AND period >= ?4 AND period < ?5)) "
            + $"AND rate IN ({string.Join(", ", rates.Select((_, at) => $"?{at + 6}").DefaultIfEmpty("NULL"))})");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(from.Day).Add(from.Month).Add(end);
        foreach (string rate in rates)
        {
            select.Add(rate);
        }

        SettledRow last = default;
        while (select.Next())
        {
            last = new SettledRow(
                account, select.Int(), select.TextLike(last.Period), select.Int(), select.TextLike(last.Rate), select.TextLike(last.Units),
                select.TextLike(last.Free), select.TextLike(last.Package), select.TextLike(last.PayAsYouGo), select.TextLike(last.Uncovered),
                select.TextLike(last.Packages));
            yield return last;
        }
    }

    /// <summary>What one closed period gave each page.</summary>
    public List<SettledRow> SettledIn(string account, int kind, string period) => All(
        Schema.Settled,
        Of(account, Schema.Settled, "WHERE shard = ?1 AND account = ?2 AND kind = ?3 AND period = ?4 ORDER BY page, rate")
            .Add(kind).Add(period));

    /// <summary>Bills whose period starts in [from, to), by that start and kind, after one of them.</summary>
    public List<BillRow> Bills(
        string account, int? kind, string? fromIso, string? toIso, (string PeriodStart, int Kind)? after, int limit)
    {
        (string start, int afterKind) = after ?? ("", -1);
        Statement select = Of(
            account, Schema.Bills,
            "WHERE shard = ?1 AND account = ?2 AND (?3 IS NULL OR kind = ?3) AND period_start >= ?4 AND (?5 IS NULL OR period_start < ?5) "
            + "AND (period_start, kind) > (?6, ?7) ORDER BY period_start, kind, number LIMIT ?8");
        return All(Schema.Bills, select.Add(kind).Add(fromIso ?? "").Add(toIso).Add(start).Add(afterKind).Add(limit));
    }

    public BillRow? Bill(string number) =>
        One(Schema.Bills, Take(Schema.Bills, $"WHERE {AnyShard} AND number = ?1").Add(number));

    /// <summary>Entries of the wallet after an index, oldest first.</summary>
    public List<LedgerRow> Ledger(string account, long afterIndex, int limit) => All(
        Schema.Ledger,
        Of(account, Schema.Ledger, "WHERE shard = ?1 AND account = ?2 AND number > ?3 ORDER BY number LIMIT ?4")
            .Add(afterIndex).Add(limit));

    /// <summary>Events that were kept and not applied, by account, arrival and identity, after one of them; of all accounts for
    /// null, of none ("") for those that belong to no account; for one reason, where it is named.</summary>
    public List<KeptRow> Kept(
        string? account, (string Account, long ReceivedAt, UInt128 Identity)? after, int limit, string? reason = null)
    {
        const string Rest = "AND (?5 IS NULL OR reason = ?5) ORDER BY account, received_at, identity LIMIT ?4";
        Statement select = account is null
            ? Take(Schema.Kept, "WHERE (account, received_at, identity) > (?1, ?2, ?3) " + Rest)
            : Take(Schema.Kept, "WHERE shard = ?6 AND account = ?1 AND (received_at, identity) > (?2, ?3) " + Rest);
        select.Add(account ?? after?.Account ?? "").Add(after?.ReceivedAt ?? long.MinValue);
        select = after is { } last ? select.Add(last.Identity) : select.AddBlob([]);
        select.Add(limit).Add(reason);
        return All(Schema.Kept, account is null ? select : select.Add(Store.ShardOf(account, shards)));
    }

    public KeptRow? KeptEvent(string account, UInt128 identity) => One(
        Schema.Kept, Of(account, Schema.Kept, "WHERE shard = ?1 AND account = ?2 AND identity = ?3").Add(identity));

    /// <summary>How many events of an account ("" for none; null for all and none) are kept, by account and reason.</summary>
    public List<(string Account, string Reason, long Count)> KeptCounts(string? account)
    {
        using Statement select = connection.Take(
            "SELECT account, reason, count(*) FROM kept INDEXED BY kept_by_arrival WHERE account >= ?1 AND (?2 IS NULL OR account = ?2) "
            + "GROUP BY account, reason ORDER BY account, reason");
        select.Add(account ?? "").Add(account);
        List<(string, string, long)> counts = [];
        while (select.Next())
        {
            counts.Add((select.Text(), select.Text(), select.Long()));
        }

        return counts;
    }

    public List<NoteRow> Notes(string account, string application, string connector) => All(
        Schema.Notes,
        Of(account, Schema.Notes, "WHERE shard = ?1 AND account = ?2 AND application = ?3 AND connector = ?4 ORDER BY key").Add(application).Add(connector));

    /// <summary>The note that a connector has under a key, or null.</summary>
    public NoteRow? Note(string account, string application, string connector, string key)
    {
        List<NoteRow> notes = All(
            Schema.Notes,
            Of(account, Schema.Notes, "WHERE shard = ?1 AND account = ?2 AND application = ?3 AND connector = ?4 AND key = ?5").Add(application).Add(connector).Add(key));
        return notes.Count == 0 ? null : notes[0];
    }
}
