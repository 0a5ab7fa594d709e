using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>Tables of identities.</summary>
internal static class IdentityTables
{
    public static readonly Table<AwaitedRow> Awaited = new()
    {
        Name = "awaited",
        Key = "account TEXT, identity BLOB",
        BindKey = (Statement to, in AwaitedRow row) => to.Add(row.Account).Add(row.Identity),
        BindValues = (Statement _, in AwaitedRow _) => { },
        Read = from => new AwaitedRow(from.Text(), from.Identity(), false),
        Gone = row => row.IsOver,
    };

    /// <summary>Not among what a replay has to make again: an index over the chunks, of which runs are merged when there is time.</summary>
    public static readonly Table<RunRow> Runs = new()
    {
        Name = "identity_runs",
        IsLarge = true,
        IsPacked = true,
        Key = "account TEXT, level INTEGER, number INTEGER, block INTEGER",
        Values = "data BLOB",
        BindKey = (Statement to, in RunRow row) => to.Add(row.Account).Add(row.Level).Add(row.Number).Add(row.Block),
        BindValues = (Statement to, in RunRow row) => to.AddBlob(row.Data),
        Read = from => new RunRow(from.Text(), from.Int(), from.Int(), from.Int(), from.Bytes()),
        Gone = row => row.Data.Length == 0,
    };
}
