using System.Numerics;
using System.Runtime.InteropServices;
using NpgsqlTypes;

namespace Minutebook.Store;

/// <summary>Writes rows of a table by a few statements, the rows' columns as arrays.</summary>
internal static class PostgresRows
{
    private const int MostRows = 5_000;

    public static void Write<T>(PostgresConnection connection, Table<T> table, int shard, List<T> rows)
        where T : struct
    {
        var bound = (PostgresStatement)connection.Take("");
        Columns put = new(table.KeyColumns.Concat(table.ValueColumns)), delete = new(table.KeyColumns);
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (ref readonly T row in CollectionsMarshal.AsSpan(rows))
        {
            bound.Reset();
            table.BindKey(bound, row);
            // No row may be touched twice in a statement: what comes again waits for the next.
            if (!keys.Add(KeyOf(bound.Values)) || put.Count + delete.Count >= MostRows)
            {
                Flush();
                keys.Clear();
                keys.Add(KeyOf(bound.Values));
            }

            if (table.Gone is not null && table.Gone(row))
            {
                delete.Add(bound.Values);
                continue;
            }

            table.BindValues(bound, row);
            put.Add(bound.Values);
        }

        Flush();

        void Flush()
        {
            delete.Run(connection, table.DeleteMany, shard);
            put.Run(connection, table.PutMany, shard);
        }
    }

    private static string KeyOf(IReadOnlyList<object?> values) =>
        string.Join('\0', values.Select(static value => value is byte[] bytes ? Convert.ToHexString(bytes) : value));

    /// <summary>Rows by their columns.</summary>
    private sealed class Columns(IEnumerable<(string Name, string Type)> columns)
    {
        private readonly (string Type, List<object?> Values)[] its = [.. columns.Select(column => (column.Type, new List<object?>()))];

        public int Count => its[0].Values.Count;

        public void Add(IReadOnlyList<object?> row)
        {
            for (int i = 0; i < its.Length; i++)
            {
                its[i].Values.Add(row[i]);
            }
        }

        public void Run(PostgresConnection connection, string sql, int shard)
        {
            if (Count == 0)
            {
                return;
            }

            using var statement = (PostgresStatement)connection.Take(sql);
            statement.Add(shard);
            foreach ((string type, List<object?> values) in its)
            {
                (Array array, NpgsqlDbType of) = ArrayOf(type, values);
                statement.AddArray(array, of);
                values.Clear();
            }

            statement.Run();
        }

        private static (Array, NpgsqlDbType) ArrayOf(string type, List<object?> values) => type switch
        {
            "INTEGER" => (values.Select(static value => (long?)value).ToArray(), NpgsqlDbType.Bigint),
            "TEXT" => (values.Select(static value => (string?)value).ToArray(), NpgsqlDbType.Text),
            "BLOB" => (values.Select(static value => (byte[]?)value).ToArray(), NpgsqlDbType.Bytea),
            _ => (values.Select(static value => value is long number ? number : (BigInteger?)value).ToArray(), NpgsqlDbType.Numeric),
        };
    }
}
