using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Minutebook.Core;

namespace Minutebook.Store;

public sealed partial class Reader
{
    private const int ShownBytes = 64;

    /// <summary>
    /// Every row of every table of a shard in the order of its keys, a line each: two shards with the same lines hold the same. The
    /// chunks of a page are one line, joined by <paramref name="join"/>, because where one ends depends on when it was flushed. Bytes
    /// beyond 64 are shown as their number and SHA-256. The positions are not among the lines.
    /// </summary>
    public IEnumerable<string> DumpRows(int shard, Func<IEnumerable<byte[]>, byte[]> join)
    {
        foreach (Table table in Schema.Tables)
        {
            IEnumerable<string> lines = table == Schema.Chunks ? JoinedChunks(shard, join) : Lines(shard, table);
            foreach (string line in lines)
            {
                yield return line;
            }
        }
    }

    private IEnumerable<string> Lines(int shard, Table table)
    {
        using Statement select = connection.Take(table.Select, $"WHERE shard = ?1 ORDER BY {table.KeyNames}");
        select.Add(shard);
        while (select.Next())
        {
            IEnumerable<string> values = Enumerable.Range(0, select.Columns).Select(_ => Shown(select)).ToList();
            yield return $"{table.Name}\t{string.Join('\t', values)}";
        }
    }

    private IEnumerable<string> JoinedChunks(int shard, Func<IEnumerable<byte[]>, byte[]> join)
    {
        string? account = null;
        int page = 0;
        List<byte[]> pieces = [];
        foreach (ChunkRow chunk in AllChunks(shard))
        {
            if (account is not null && (chunk.Page != page || chunk.Account != account))
            {
                yield return Line();
                pieces.Clear();
            }

            (account, page) = (chunk.Account, chunk.Page);
            pieces.Add(chunk.Data.ToArray());
        }

        if (account is not null)
        {
            yield return Line();
        }

        string Line() => $"chunks\taccount={Quoted(account)}\tpage={page}\tdata={Shown(join(pieces))}";
    }

    private static string Shown(Statement row)
    {
        string name = row.ColumnName;
        return $"{name}=" + row.Kind switch
        {
            ValueKind.Number => row.Long().ToString(),
            ValueKind.Blob => Shown(row.Bytes()),
            ValueKind.Text => Quoted(row.Text()),
            _ => row.TextOrNull() ?? "null",
        };
    }

    private static string Quoted(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    private static string Shown(byte[] bytes) => bytes.Length <= ShownBytes
        ? Convert.ToHexString(bytes)
        : $"{bytes.Length} bytes, SHA-256 {Convert.ToHexString(SHA256.HashData(bytes))}";
}
