using Minutebook.Core;

namespace Minutebook.Store;

public sealed partial class Reader
{
    /// <summary>Identities that were voided before their event came.</summary>
    public List<AwaitedRow> Awaited(string account) => All(
        IdentityTables.Awaited, Of(account, IdentityTables.Awaited, "WHERE shard = ?1 AND account = ?2 ORDER BY identity"));

    /// <summary>The heads of an account's identity runs: those that are complete.</summary>
    public List<RunRow> RunHeads(string account) => All(
        IdentityTables.Runs,
        Of(account, IdentityTables.Runs, "WHERE shard = ?1 AND account = ?2 AND block = ?3 ORDER BY level, number").Add(RunRow.HeadBlock));

    /// <summary>A block of a run.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public byte[] RunBlock(string account, int level, int number, int block) => One(
        IdentityTables.Runs,
        Of(account, IdentityTables.Runs, "WHERE shard = ?1 AND account = ?2 AND level = ?3 AND number = ?4 AND block = ?5")
            .Add(level).Add(number).Add(block))?.Data
        ?? throw new FormatException($"Identity run {level}/{number} of account '{account}' has no block {block}.");

    /// <summary>The blocks that an account has of a run, complete or not; the head is not among them.</summary>
    public List<int> RunBlocks(string account, int level, int number)
    {
        using Statement select = connection.Take(
            "SELECT block FROM identity_runs WHERE shard = ?1 AND account = ?2 AND level = ?3 AND number = ?4 AND block >= 0 ORDER BY block");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(level).Add(number);
        List<int> blocks = [];
        while (select.Next())
        {
            blocks.Add(select.Int());
        }

        return blocks;
    }

    /// <summary>The runs of an account that have any block, complete or not.</summary>
    public List<(int Level, int Number)> RunsBegun(string account)
    {
        using Statement select = connection.Take(
            "SELECT DISTINCT level, number FROM identity_runs WHERE shard = ?1 AND account = ?2 ORDER BY level, number");
        select.Add(Store.ShardOf(account, shards)).Add(account);
        List<(int, int)> runs = [];
        while (select.Next())
        {
            runs.Add((select.Int(), select.Int()));
        }

        return runs;
    }

    /// <summary>The pages whose last event is in a run, or in a later one.</summary>
    public List<PageRow> PagesSince(string account, int run) => All(
        Schema.Pages, Of(account, Schema.Pages, "WHERE shard = ?1 AND account = ?2 AND run >= ?3 ORDER BY page").Add(run));
}
