using System.Buffers;
using Minutebook.Core;

namespace Minutebook.Store;

/// <summary>
/// What books are opened from: the rows of all accounts of a shard, table by table, or all that one account has of a kind. Each question costs
/// a way to the database and back, and an account may have a hundred thousand classes and a shard as many accounts. Where no order is named
/// there is none: PostgreSQL would take longer to sort than to read.
/// </summary>
public sealed partial class Reader
{
    public IEnumerable<SectionRow> Sections(int shard) => Stream(Schema.Sections, "WHERE shard = ?1", shard);

    public IEnumerable<UsageRow> Usage(int shard) => Stream(Schema.Usage, "WHERE shard = ?1", shard);

    public IEnumerable<OpenRow> Open(int shard) => Stream(Schema.Open, "WHERE shard = ?1", shard);

    /// <summary>Hours with a change of storage or peak, in order.</summary>
    public IEnumerable<StepRow> Steps(int shard) => Stream(Schema.Steps, "WHERE shard = ?1 ORDER BY account, meter, application, hour", shard);

    /// <summary>What peaks are worked out of, in the order of hours.</summary>
    public IEnumerable<PeakRow> Peaks(int shard) => Stream(Schema.Peaks, "WHERE shard = ?1 ORDER BY account, application, hour", shard);

    public IEnumerable<LedgerRow> Ledger(int shard) => Stream(Schema.Ledger, "WHERE shard = ?1 ORDER BY account, number", shard);

    public IEnumerable<AcknowledgementRow> Acknowledgements(int shard) => Stream(Schema.Acknowledgements, "WHERE shard = ?1 ORDER BY account, number", shard);

    /// <summary>Accounts whose entries could not be folded.</summary>
    public List<HaltedRow> Halted(int shard) => [.. Stream(Schema.Halted, "WHERE shard = ?1 ORDER BY account", shard)];

    /// <summary>Identities that were voided before their event came.</summary>
    public IEnumerable<AwaitedRow> Awaited(int shard) => Stream(IdentityTables.Awaited, "WHERE shard = ?1", shard);

    /// <summary>A shard's pages that time alone changes, each with its stream's chunks.</summary>
    public IEnumerable<(PageRow Page, List<byte[]> Chunks)> DuePages(int shard) => WithChunks(connection.Take(
        $"SELECT {Schema.Pages.ColumnsOf("p")}, c.data FROM pages p INDEXED BY pages_due LEFT JOIN chunks c ON c.shard = p.shard AND c.account = p.account AND c.page = p.page ",
        "WHERE p.shard = ?1 AND p.due IS NOT NULL ORDER BY p.account, p.page, c.first").Add(shard));

    /// <summary>An account's pages whose last event is in a run, or in a later one, each with its stream's chunks.</summary>
    public IEnumerable<(PageRow Page, List<byte[]> Chunks)> PagesSince(string account, int run) => WithChunks(connection.Take(
        $"SELECT {Schema.Pages.ColumnsOf("p")}, c.data FROM pages p INDEXED BY pages_by_run LEFT JOIN chunks c ON c.shard = p.shard AND c.account = p.account AND c.page = p.page ",
        "WHERE p.shard = ?1 AND p.account = ?2 AND p.run >= ?3 ORDER BY p.page, c.first").Add(Store.ShardOf(account, shards)).Add(account).Add(run));

    /// <summary>What an account's pages used from a local day on, each with the window of its class, where it has one.</summary>
    public IEnumerable<(ClassUsageRow Row, long? Start, long? End)> ClassUsageFrom(string account, string dayFrom)
    {
        using Statement select = connection.Take(
            $"SELECT {Schema.ClassUsage.ColumnsOf("u")}, c.started, c.ended FROM class_usage u "
            + "LEFT JOIN classes c ON c.shard = u.shard AND c.account = u.account AND c.page = u.page AND c.type = 0 ",
            "WHERE u.shard = ?1 AND u.account = ?2 AND u.day >= ?3");
        select.Add(Store.ShardOf(account, shards)).Add(account).Add(dayFrom);
        while (select.Next())
        {
            ClassUsageRow row = Schema.ClassUsage.Read(select);
            yield return row.Class is null ? (row, null, null) : (row, select.LongOrNull(), select.LongOrNull());
        }
    }

    /// <summary>A run's entries block by block, in order; each block is good until the next.</summary>
    /// <exception cref="FormatException">One is missing.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Blocks(RunRow head)
    {
        using Statement select = connection.Take(
            "SELECT block, data FROM identity_runs WHERE shard = ?1 AND account = ?2 AND level = ?3 AND number = ?4 AND block >= 0 ORDER BY block");
        select.Add(Store.ShardOf(head.Account, shards)).Add(head.Account).Add(head.Level).Add(head.Number);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            int blocks = BlocksOf(head);
            for (int next = 0; next < blocks; next++)
            {
                yield return select.Next() && select.Int() == next ? select.Bytes(ref buffer) : throw NoBlock(head.Account, head.Level, head.Number, next);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static IEnumerable<(PageRow Page, List<byte[]> Chunks)> WithChunks(Statement bound)
    {
        using (bound)
        {
            PageRow? page = null;
            List<byte[]> chunks = [];
            while (bound.Next())
            {
                PageRow its = Schema.Pages.Read(bound);
                if (page is { } before && (before.Page != its.Page || before.Account != its.Account))
                {
                    yield return (before, chunks);
                    chunks = [];
                }

                page = its;
                if (bound.Kind != ValueKind.Null)
                {
                    chunks.Add(bound.Bytes());
                }
            }

            if (page is { } last)
            {
                yield return (last, chunks);
            }
        }
    }
}
