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
}
