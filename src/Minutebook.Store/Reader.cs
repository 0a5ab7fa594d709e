using System.Buffers;
using Minutebook.Core;
using Minutebook.Core.Metering;

namespace Minutebook.Store;

/// <summary>The tables as they were at one moment. Dispose of it soon: while it lives, the log behind the tables cannot be reused.</summary>
public sealed partial class Reader : IDisposable
{
    // A shard that has no position has no rows.
    private const string AnyShard = "shard IN (SELECT shard FROM positions)";

    private const int FirstBuffer = 1 << 14;

    private readonly Tables tables;
    private readonly int shards;
    private readonly Connection connection;
    private bool disposed;

    internal Reader(Tables tables, int shards)
    {
        this.tables = tables;
        this.shards = shards;
        connection = tables.TakeReader();
        // A database that was restarted leaves connections behind that nobody used meanwhile: once more, then.
        if (!TryBegin(again: true))
        {
            connection = tables.TakeReader();
            TryBegin(again: false);
        }
    }

    private bool TryBegin(bool again)
    {
        try
        {
            connection.BeginReading();
            // Only the first read takes the snapshot.
            PositionOf(0);
            return true;
        }
        catch (StoreException)
        {
            bool wasBroken = connection.Broken;
            tables.ReturnReader(connection);
            if (again && wasBroken)
            {
                return false;
            }

            throw;
        }
    }

    /// <summary>How far a shard's tables are in this view.</summary>
    public (long Position, long Time) PositionOf(int shard)
    {
        using Statement select = connection.Take("SELECT position, time FROM positions WHERE shard = ?1");
        return select.Add(shard).Next() ? (select.Long(), select.Long()) : default;
    }

    /// <summary>All accounts of a shard.</summary>
    public IEnumerable<AccountRow> Accounts(int shard) => Stream(Schema.Accounts, "WHERE shard = ?1 ORDER BY account", shard);

    /// <summary>How many accounts a shard has.</summary>
    public long AccountCount(int shard)
    {
        using Statement count = connection.Take("SELECT count(*) FROM accounts WHERE shard = ?1");
        return count.Add(shard).Next() ? count.Long() : 0;
    }

    public AccountRow? Account(string account) =>
        One(Schema.Accounts, Of(account, Schema.Accounts, "WHERE shard = ?1 AND account = ?2"));

    /// <summary>Accounts of all shards by id, after one ("" for the first).</summary>
    public List<AccountRow> AccountsAfter(string after, int limit) => All(
        Schema.Accounts, Take(Schema.Accounts, "WHERE account > ?1 ORDER BY account LIMIT ?2").Add(after).Add(limit));

    /// <summary>All applications.</summary>
    public List<DirectoryRow> Directory() => All(Schema.Directory, Take(Schema.Directory, "WHERE shard = 0 ORDER BY application"));

    public string? AccountOf(string application) => One(
        Schema.Directory, Take(Schema.Directory, "WHERE shard = 0 AND application = ?1").Add(application))?.Account;

    private const int ApplicationsAtOnce = 256;

    private static readonly string[] DirectoryOf =
        [.. new[] { 1, ApplicationsAtOnce }.Select(static count => $"WHERE shard = 0 AND application IN ({string.Join(", ", Enumerable.Range(1, count).Select(static at => $"?{at}"))})")];

    /// <summary>Those of some applications that an account has.</summary>
    public IEnumerable<DirectoryRow> Directory(IEnumerable<string> applications)
    {
        foreach (string[] some in applications.Chunk(ApplicationsAtOnce))
        {
            // Of two sizes, so that the database has them prepared; what is asked for again is given once.
            Statement select = Take(Schema.Directory, DirectoryOf[some.Length == 1 ? 0 : 1]);
            foreach (string application in some.Length == 1 ? some : some.Concat(Enumerable.Repeat(some[^1], ApplicationsAtOnce - some.Length)))
            {
                select.Add(application);
            }

            foreach (DirectoryRow row in All(Schema.Directory, select))
            {
                yield return row;
            }
        }
    }

    /// <summary>All versions of all cards that a shard knows, by card and date. Shards come to know a card one after the other.</summary>
    public List<CardRow> Cards(int shard = 0) => All(Schema.Cards, Take(Schema.Cards, "WHERE shard = ?1 ORDER BY card, effective_from").Add(shard));

    public List<CardRow> CardsOf(string card) => All(
        Schema.Cards, Take(Schema.Cards, "WHERE shard = 0 AND card = ?1 ORDER BY effective_from").Add(card));

    public SectionRow? Section(string account, string section) => One(
        Schema.Sections, Of(account, Schema.Sections, "WHERE shard = ?1 AND account = ?2 AND section = ?3").Add(section));

    public PageRow? Page(string account, string application, PageKind kind, string key) => One(
        Schema.Pages,
        Of(account, Schema.Pages, "WHERE shard = ?1 AND account = ?2 AND application = ?3 AND kind = ?4 AND key = ?5")
            .Add(application).Add((int)kind).Add(key));

    private const int PagesAtOnce = 16;

    private static readonly string[] PagesByKey = [.. Enumerable.Range(0, PagesAtOnce + 1).Select(static count => string.Join(" UNION ALL ", Enumerable.Range(0, count).Select(
        static at => $"{Schema.Pages.SelectSql}WHERE shard = ?1 AND account = ?2 AND application = ?{(3 * at) + 3} AND kind = ?{(3 * at) + 4} AND key = ?{(3 * at) + 5}")))];

    /// <summary>Those of some pages that are there. A few at once: a batch names many that are new, and each question is a way to the database and back.</summary>
    public List<PageRow> Pages(string account, IEnumerable<(string Application, int Kind, string Key)> keys)
    {
        List<PageRow> pages = [];
        foreach ((string Application, int Kind, string Key)[] some in keys.Chunk(PagesAtOnce))
        {
            // Of two sizes, so that the database has them prepared; what is asked for again is given again.
            using Statement select = connection.Take(PagesByKey[some.Length == 1 ? 1 : PagesAtOnce]);
            select.Add(Store.ShardOf(account, shards)).Add(account);
            foreach ((string application, int kind, string key) in some.Length == 1 ? some : some.Concat(Enumerable.Repeat(some[^1], PagesAtOnce - some.Length)))
            {
                select.Add(application).Add(kind).Add(key);
            }

            while (select.Next())
            {
                pages.Add(Schema.Pages.Read(select));
            }
        }

        return pages;
    }

    public PageRow? PageByNumber(string account, int page) => One(
        Schema.Pages, Of(account, Schema.Pages, "WHERE shard = ?1 AND account = ?2 AND page = ?3").Add(page));

    public List<PageRow> PagesOf(string account) => All(
        Schema.Pages, Of(account, Schema.Pages, "WHERE shard = ?1 AND account = ?2 ORDER BY page"));

    /// <summary>An account's pages of one kind, by number.</summary>
    public List<PageRow> PagesOf(string account, PageKind kind) => All(
        Schema.Pages, Of(account, Schema.Pages, "WHERE shard = ?1 AND account = ?2 AND kind = ?3 ORDER BY page").Add((int)kind));

    /// <summary>A page's stream, in chunks.</summary>
    public List<byte[]> Chunks(string account, int page)
    {
        using Statement select = ChunksOf(account, page);
        List<byte[]> chunks = [];
        while (select.Next())
        {
            chunks.Add(select.Bytes());
        }

        return chunks;
    }

    private Statement ChunksOf(string account, int page) =>
        connection.Take("SELECT data FROM chunks WHERE shard = ?1 AND account = ?2 AND page = ?3 ORDER BY first")
            .Add(Store.ShardOf(account, shards)).Add(account).Add(page);

    /// <summary>How many bytes a page's stream has.</summary>
    public int StreamLength(string account, int page)
    {
        using Statement last = connection.Take(
            "SELECT first + length(data) FROM chunks WHERE shard = ?1 AND account = ?2 AND page = ?3 ORDER BY first DESC LIMIT 1");
        return last.Add(Store.ShardOf(account, shards)).Add(account).Add(page).Next() ? last.Int() : 0;
    }

    /// <summary>The same chunk after chunk; each is good until the next: the stream of a large class is tens of megabytes.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Stream(string account, int page)
    {
        using Statement select = ChunksOf(account, page);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            while (select.Next())
            {
                yield return select.Bytes(ref buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>All chunks of a shard by account, page and place in its stream.</summary>
    public IEnumerable<ChunkRow> AllChunks(int shard) =>
        Stream(Schema.Chunks, "WHERE shard = ?1 ORDER BY account, page, first", shard);

    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            tables.ReturnReader(connection);
        }
    }

    private Statement Take<T>(Table<T> table, string where)
        where T : struct
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return connection.Take(table.SelectSql, where);
    }

    private Statement Of<T>(string account, Table<T> table, string where)
        where T : struct => Take(table, where).Add(Store.ShardOf(account, shards)).Add(account);

    private static List<T> All<T>(Table<T> table, Statement bound)
        where T : struct
    {
        using (bound)
        {
            List<T> rows = [];
            while (bound.Next())
            {
                rows.Add(table.Read(bound));
            }

            return rows;
        }
    }

    private static T? One<T>(Table<T> table, Statement bound)
        where T : struct
    {
        using (bound)
        {
            return bound.Next() ? table.Read(bound) : null;
        }
    }

    private IEnumerable<T> Stream<T>(Table<T> table, string where, int shard)
        where T : struct
    {
        using Statement select = Take(table, where).Add(shard);
        while (select.Next())
        {
            yield return table.Read(select);
        }
    }
}
