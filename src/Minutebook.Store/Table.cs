using System.Runtime.InteropServices;

namespace Minutebook.Store;

internal delegate void Bind<T>(Statement statement, in T row);

/// <summary>A table: its columns in the order in which statements bind and read them, the key first.</summary>
internal abstract class Table
{
    /// <summary><c>name TYPE</c>, comma-separated; the shard comes before them.</summary>
    public required string Key { get; init; }

    /// <summary>The other columns; <c>?</c> marks one that may be null, <c>!</c> one that never changes once its row is there,
    /// <c>^</c> one that hardly ever changes and is in an index: rewriting that is the dearest part of an update.</summary>
    public string Values { get; init; } = "";

    public string[] Indexes { get; init; } = [];

    public required string Name { get; init; }

    /// <summary>Its rows are kilobytes: SQLite keeps them by rowid, because of a row in a key's tree it puts what is over a quarter of
    /// a page on a page of its own.</summary>
    public bool IsLarge { get; init; }

    /// <summary>Its rows are bytes that take as little room as they can, mostly less than a page of PostgreSQL each.</summary>
    public bool IsPacked { get; init; }

    public string KeyNames => "shard, " + string.Join(", ", Names(Key));

    /// <summary>ANY keeps a number beyond 64 bits as the text that it is, where INTEGER would make it a rounded float.</summary>
    public IEnumerable<string> Create() =>
    [
        $"CREATE TABLE {Name} (shard INTEGER, {Key}{string.Concat(Split(Values).Select(Declared))}, PRIMARY KEY ({KeyNames})) STRICT{(IsLarge ? "" : ", WITHOUT ROWID")}",
        .. Indexes,
    ];

    /// <summary>The key's columns, without the shard, with their types; a bound row has them in this order.</summary>
    public IEnumerable<(string Name, string Type)> KeyColumns => Split(Key).Select(Typed);

    public IEnumerable<(string Name, string Type)> ValueColumns => Split(Values).Select(Typed);

    public IEnumerable<string> CreateInPostgres()
    {
        string columns = string.Join(", ", Split(Key + ", " + Values).Select(column => $"{NameOf(column)} {PostgresType(Typed(column).Type)}{(column.EndsWith('?') ? "" : " NOT NULL")}"));
        // Its bytes cannot be compressed: they stay where they are, and nobody tries.
        string kept = IsPacked ? " WITH (toast_tuple_target = 8160)" : "";
        return [$"CREATE TABLE {Name} (shard bigint NOT NULL, {columns}){kept}", $"CREATE UNIQUE INDEX {Name}_key ON {Name} ({PostgresKey})", .. Indexes];
    }

    /// <summary>What makes a row one of its kind in PostgreSQL, whose indexes take no texts as long as dimensions can be.</summary>
    public string PostgresKey => "shard, " + string.Join(", ", Names(Key).Select(static name => name == Long ? $"md5({name})" : name));

    /// <summary>Inserts or updates rows: the shard, then an array for each column of key and values.</summary>
    public string PutMany
    {
        get
        {
            (string Name, string Type)[] columns = [.. KeyColumns, .. ValueColumns];
            string[] changing = [.. Split(Values).Where(static column => !column.EndsWith('!')).Select(NameOf)];
            return $"INSERT INTO {Name} (shard, {string.Join(", ", columns.Select(static column => column.Name))}) SELECT ?1, its.* FROM {Unnest(columns)} "
                + $"ON CONFLICT ({PostgresKey}) DO " + (changing.Length == 0
                    ? "NOTHING"
                    : "UPDATE SET " + string.Join(", ", changing.Select(static name => $"{name} = excluded.{name}")));
        }
    }

    /// <summary>Deletes rows: the shard, then an array for each column of the key.</summary>
    public string DeleteMany =>
        $"DELETE FROM {Name} USING {Unnest([.. KeyColumns])} WHERE {Name}.shard = ?1"
        + string.Concat(Names(Key).Select(name => $" AND {Name}.{name} = its.{name}" + (name == Long ? $" AND md5({Name}.{name}) = md5(its.{name})" : "")));

    /// <summary>All columns but the shard, of the table by another name.</summary>
    public string ColumnsOf(string alias) => string.Join(", ", Names(Key).Concat(Names(Values)).Select(name => $"{alias}.{name}"));

    /// <summary>All columns but the shard, ready for a WHERE.</summary>
    public string Select => $"SELECT {string.Join(", ", Names(Key).Concat(Names(Values)))} FROM {Name} ";

    /// <summary>Inserts or updates; changes nothing if the row is there with another value in a column marked <c>^</c>.</summary>
    public string Put
    {
        get
        {
            string[] still = [.. Split(Values).Where(column => column.EndsWith('^')).Select(NameOf)];
            return Upsert("!^") + (still.Length == 0 ? "" : " WHERE " + string.Join(" AND ", still.Select(name => $"{name} = excluded.{name}")));
        }
    }

    /// <summary>For that row; null if there is no such column.</summary>
    public string? PutMoved => Values.Contains('^') ? Upsert("!") : null;

    public string Delete =>
        $"DELETE FROM {Name} WHERE shard = ?1" + string.Concat(Names(Key).Select((name, at) => $" AND {name} = ?{at + 2}"));

    private string Upsert(string fixedMarks)
    {
        string[] names = ["shard", .. Names(Key), .. Names(Values)];
        string[] changing = [.. Split(Values).Where(column => !fixedMarks.Contains(column[^1])).Select(NameOf)];
        string update = changing.Length == 0
            ? "NOTHING"
            : "UPDATE SET " + string.Join(", ", changing.Select(name => $"{name} = excluded.{name}"));
        return $"INSERT INTO {Name} ({string.Join(", ", names)}) VALUES ({string.Join(", ", names.Select((_, at) => $"?{at + 1}"))}) "
            + $"ON CONFLICT ({KeyNames}) DO {update}";
    }

    private const string Long = "dimensions";

    private static string Unnest((string Name, string Type)[] columns) =>
        $"unnest({string.Join(", ", columns.Select(static (column, at) => $"?{at + 2}"))}) AS its ({string.Join(", ", columns.Select(static column => column.Name))})";

    private static string PostgresType(string type) => type switch
    {
        "INTEGER" => "bigint",
        "TEXT" => "text COLLATE \"C\"",
        "BLOB" => "bytea",
        _ => "numeric",
    };

    private static (string Name, string Type) Typed(string column) => (NameOf(column), column[(column.IndexOf(' ') + 1)..].TrimEnd('?', '!', '^'));

    private static string[] Split(string columns) => columns.Split(", ", StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Names(string columns) => Split(columns).Select(NameOf);

    private static string NameOf(string column) => column[..column.IndexOf(' ')];

    private static string Declared(string column) => ", " + column.TrimEnd('?', '!', '^') + (column.EndsWith('?') ? "" : " NOT NULL");
}

/// <summary>A table of rows of one type, and how they go in and come out.</summary>
internal sealed class Table<T> : Table
    where T : struct
{
    private string? putSql, putMovedSql, deleteSql, selectSql;

    public string SelectSql => selectSql ??= Select;

    public required Bind<T> BindKey { get; init; }

    public required Bind<T> BindValues { get; init; }

    public required Func<Statement, T> Read { get; init; }

    /// <summary>Whether a row says that there is none any more.</summary>
    public Func<T, bool>? Gone { get; init; }

    public void Write(Connection connection, int shard, List<T> rows)
    {
        if (rows.Count > 0)
        {
            connection.Write(this, shard, rows);
        }
    }

    /// <summary>Inserts, updates or deletes rows of a shard by a statement each.</summary>
    public void WriteEach(Connection connection, int shard, List<T> rows)
    {
        using Statement put = connection.Take(putSql ??= Put);
        putMovedSql ??= PutMoved;
        using Statement? moved = putMovedSql is null ? null : connection.Take(putMovedSql);
        using Statement delete = connection.Take(deleteSql ??= Delete);
        foreach (ref readonly T row in CollectionsMarshal.AsSpan(rows))
        {
            if (Gone is not null && Gone(row))
            {
                BindKey(delete.Add(shard), row);
                delete.Run();
                continue;
            }

            Run(put, shard, row);
            if (moved is not null && connection.ChangedRows == 0)
            {
                Run(moved, shard, row);
            }
        }
    }

    private void Run(Statement put, int shard, in T row)
    {
        BindKey(put.Add(shard), row);
        BindValues(put, row);
        put.Run();
    }
}
