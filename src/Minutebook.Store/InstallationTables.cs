using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Store;

/// <summary>Tables of keys, webhooks and the audit.</summary>
internal static class InstallationTables
{
    public static readonly Table<KeyRow> Keys = new()
    {
        Name = "keys",
        Key = "key TEXT",
        Values = "name TEXT, role INTEGER, hash BLOB, account TEXT?, organization TEXT?, department TEXT?, created_at INTEGER, expires_at INTEGER?",
        BindKey = (Statement to, in KeyRow row) => to.Add(row.Key),
        BindValues = (Statement to, in KeyRow row) => to.Add(row.Name).Add((long)row.Role).AddBlob(row.Hash).Add(row.Account)
            .Add(row.Organization).Add(row.Department).Add(row.CreatedAt).Add(row.ExpiresAt),
        Read = from => new KeyRow(
            from.Text(), from.Text(), (KeyRole)from.Int(), from.Bytes(), from.TextOrNull(), from.TextOrNull(), from.TextOrNull(), from.Long(),
            from.LongOrNull()),
        Gone = row => row.Hash.Length == 0,
    };

    public static readonly Table<WebhookRow> Webhooks = new()
    {
        Name = "webhooks",
        Key = "webhook TEXT",
        Values = "state TEXT",
        BindKey = (Statement to, in WebhookRow row) => to.Add(row.Webhook),
        BindValues = (Statement to, in WebhookRow row) => to.AddText(row.State),
        Read = from => new WebhookRow(from.Text(), from.Bytes()),
        Gone = row => row.State.Length == 0,
    };

    public static readonly Table<AuditRow> Audit = new()
    {
        Name = "audit",
        Key = "number INTEGER",
        Values = "at INTEGER!, account TEXT?, record TEXT!, hash BLOB!",
        Indexes =
        [
            "CREATE INDEX audit_by_time ON audit (at, shard, number)",
            "CREATE INDEX audit_by_account ON audit (account, at, shard, number)",
        ],
        BindKey = (Statement to, in AuditRow row) => to.Add(row.Number),
        BindValues = (Statement to, in AuditRow row) => to.Add(row.At).Add(row.Account).AddText(row.Record).AddBlob(row.Hash),
        Read = from => new AuditRow(from.Long(), from.Long(), from.TextOrNull(), from.Bytes(), from.Bytes()),
    };
}
