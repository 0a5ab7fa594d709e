using Minutebook.Core;
using Minutebook.Core.Metering;

namespace Minutebook.Store;

public sealed partial class Reader
{
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
        ?? throw NoBlock(account, level, number, block);

    private static FormatException NoBlock(string account, int level, int number, int block) =>
        new($"Identity run {level}/{number} of account '{account}' has no block {block}.");

    private static int BlocksOf(RunRow head) => (head.Entries + IdentityRun.BlockEntries - 1) / IdentityRun.BlockEntries;

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

    /// <summary>The runs of an account that have any block, complete or not. Each is looked for behind the last: they have thousands of blocks.</summary>
    public List<(int Level, int Number)> RunsBegun(string account)
    {
        List<(int Level, int Number)> runs = [];
        (int level, int number) = (-1, 0);
        while (true)
        {
            using Statement select = connection.Take(
                "SELECT level, number FROM identity_runs WHERE shard = ?1 AND account = ?2 AND (level, number) > (?3, ?4) ORDER BY level, number LIMIT 1");
            if (!select.Add(Store.ShardOf(account, shards)).Add(account).Add(level).Add(number).Next())
            {
                return runs;
            }

            (level, number) = (select.Int(), select.Int());
            runs.Add((level, number));
        }
    }

    /// <summary>The pages that may have the event of one of some identities: what sealed runs name for it, and newer pages in which it stands.</summary>
    /// <param name="account">The account.</param>
    /// <param name="identities">Who they are, and each as chunks have it; at least one.</param>
    public IEnumerable<int> PagesOf(string account, IReadOnlyList<(UInt128 Identity, byte[] Bytes)> identities)
    {
        List<int> pages = [];
        int sealedRuns = 0;
        foreach (RunRow head in RunHeads(account))
        {
            int runs = Enumerable.Repeat(IdentityRun.Fan, head.Level).Aggregate(1, (product, fan) => product * fan);
            sealedRuns = Math.Max(sealedRuns, (head.Number + 1) * runs);
            foreach ((UInt128 identity, _) in identities)
            {
                FindPages(account, head, IdentityRun.KeyOf(identity), pages);
            }
        }

        // Pages first: SQLite would rather walk through all chunks.
        using Statement select = connection.Take(
            "SELECT DISTINCT c.page FROM pages p INDEXED BY pages_by_run CROSS JOIN chunks c WHERE p.shard = ?1 AND p.account = ?2 AND p.run >= ?3 "
            + "AND c.shard = p.shard AND c.account = p.account AND c.page = p.page "
            + $"AND ({string.Join(" OR ", identities.Select((_, at) => $"holds(c.data, ?{at + 4})"))})");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(sealedRuns);
        foreach ((_, byte[] bytes) in identities)
        {
            select.AddBlob(bytes);
        }

        return [.. pages.Concat(Pages(select)).Distinct()];
    }

    /// <summary>Identities are spread evenly and a run has them in order: its block is guessed, and then near.</summary>
    private void FindPages(string account, RunRow head, ulong key, List<int> pages)
    {
        int blocks = BlocksOf(head);
        int guess = IdentityRun.BlockOf(key, blocks);
        (bool before, bool after) = Look(guess);
        for (int block = guess; before && block > 0;)
        {
            (before, _) = Look(--block);
        }

        for (int block = guess; after && block < blocks - 1;)
        {
            (_, after) = Look(++block);
        }

        (bool Before, bool After) Look(int block) => IdentityBlock.FindPages(RunBlock(account, head.Level, head.Number, block), key, pages);
    }

    private static List<int> Pages(Statement bound)
    {
        List<int> pages = [];
        while (bound.Next())
        {
            pages.Add(bound.Int());
        }

        return pages;
    }
}
