using Minutebook.Core;

namespace Minutebook.Store;

public sealed partial class Reader
{
    /// <summary>All keys by id.</summary>
    public List<KeyRow> Keys() => All(InstallationTables.Keys, Take(InstallationTables.Keys, "WHERE shard = 0 ORDER BY key"));

    public KeyRow? Key(string key) => One(InstallationTables.Keys, Take(InstallationTables.Keys, "WHERE shard = 0 AND key = ?1").Add(key));

    /// <summary>Keys by id, after one ("" for the first).</summary>
    public List<KeyRow> KeysAfter(string after, int limit) => All(
        InstallationTables.Keys, Take(InstallationTables.Keys, "WHERE shard = 0 AND key > ?1 ORDER BY key LIMIT ?2").Add(after).Add(limit));

    /// <summary>All webhooks by id.</summary>
    public List<WebhookRow> Webhooks() => All(
        InstallationTables.Webhooks, Take(InstallationTables.Webhooks, "WHERE shard = 0 ORDER BY webhook"));

    public WebhookRow? Webhook(string webhook) => One(
        InstallationTables.Webhooks, Take(InstallationTables.Webhooks, "WHERE shard = 0 AND webhook = ?1").Add(webhook));

    /// <summary>A shard's audit, in order.</summary>
    public IEnumerable<AuditRow> Audit(int shard) => Stream(InstallationTables.Audit, "WHERE shard = ?1 ORDER BY number", shard);

    public AuditRow? LastAudit(int shard) => One(
        InstallationTables.Audit, Take(InstallationTables.Audit, "WHERE shard = ?1 ORDER BY number DESC LIMIT 1").Add(shard));

    /// <summary>The audit of all shards, newest first.</summary>
    /// <param name="account">This account's alone; null for all.</param>
    /// <param name="before">Where to go on: the last that was shown; null for the newest.</param>
    /// <param name="limit">How many at most.</param>
    public List<(int Shard, AuditRow Row)> AuditBefore(string? account, (long At, int Shard, long Number)? before, int limit)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        using Statement select = connection.Take(
            "SELECT shard, number, at, account, record, hash FROM audit "
            + $"WHERE {(account is null ? "?1 IS NULL" : "account = ?1")} AND (at, shard, number) < (?2, ?3, ?4) "
            + "ORDER BY at DESC, shard DESC, number DESC LIMIT ?5");
        (long at, int shard, long number) = before ?? (long.MaxValue, int.MaxValue, long.MaxValue);
        select.Add(account).Add(at).Add(shard).Add(number).Add(limit);
        List<(int, AuditRow)> rows = [];
        while (select.Next())
        {
            rows.Add((select.Int(), InstallationTables.Audit.Read(select)));
        }

        return rows;
    }
}
