using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Store;

/// <summary>Tables of what is no account's: keys.</summary>
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
}
