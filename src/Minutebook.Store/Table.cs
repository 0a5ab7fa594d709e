namespace Minutebook.Store;

internal delegate void Bind<T>(Statement statement, in T row);

/// <summary>A table: its columns in the order in which statements bind and read them, the key first.</summary>
internal abstract class Table
{
    /// <summary><c>name TYPE</c>, comma-separated; the shard comes before them.</summary>
    public required string Key { get; init; }

    /// <summary>The other columns; <c>?</c> marks one that may be null, <c>!</c> one that never changes once its row is there.</summary>
    public string Values { get; init; } = "";

    public string[] Indexes { get; init; } = [];

    public required string Name { get; init; }

    public string KeyNames => "shard, " + string.Join(", ", Names(Key));

    /// <summary>ANY keeps a number beyond 64 bits as the text that it is, where INTEGER would make it a rounded float.</summary>
    public IEnumerable<string> Create() =>
    [
        $"CREATE TABLE {Name} (shard INTEGER, {Key}{string.Concat(Split(Values).Select(Declared))}, PRIMARY KEY ({KeyNames})) STRICT, WITHOUT ROWID",
        .. Indexes,
    ];

    /// <summary>All columns but the shard, ready for a WHERE.</summary>
    public string Select => $"SELECT {string.Join(", ", Names(Key).Concat(Names(Values)))} FROM {Name} ";

    public string Put
    {
        get
        {
            string[] names = ["shard", .. Names(Key), .. Names(Values)];
            string[] changing = [.. Split(Values).Where(column => !column.EndsWith('!')).Select(NameOf)];
            string update = changing.Length == 0
                ? "NOTHING"
                : "UPDATE SET " + string.Join(", ", changing.Select(name => $"{name} = excluded.{name}"));
            return $"INSERT INTO {Name} ({string.Join(", ", names)}) VALUES ({string.Join(", ", names.Select((_, at) => $"?{at + 1}"))}) "
                + $"ON CONFLICT ({KeyNames}) DO {update}";
        }
    }

    public string Delete =>
        $"DELETE FROM {Name} WHERE shard = ?1" + string.Concat(Names(Key).Select((name, at) => $" AND {name} = ?{at + 2}"));

    private static string[] Split(string columns) => columns.Split(", ", StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Names(string columns) => Split(columns).Select(NameOf);

    private static string NameOf(string column) => column[..column.IndexOf(' ')];

    private static string Declared(string column) => ", " + column.TrimEnd('?', '!') + (column.EndsWith('?') ? "" : " NOT NULL");
}

/// <summary>A table of rows of one type, and how they go in and come out.</summary>
internal sealed class Table<T> : Table
    where T : struct
{
    private string? put, delete, select;

    public required Bind<T> BindKey { get; init; }

    public required Bind<T> BindValues { get; init; }

    public required Func<Statement, T> Read { get; init; }

    /// <summary>Whether a row says that there is none any more.</summary>
    public Func<T, bool>? Gone { get; init; }

    public string PutSql => put ??= Put;

    public string DeleteSql => delete ??= Delete;

    public string SelectSql => select ??= Select;
}
