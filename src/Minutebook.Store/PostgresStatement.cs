using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Minutebook.Store;

/// <summary>
/// A statement of PostgreSQL. One can be read while others run on its connection: what it still has to give is then taken into memory.
/// </summary>
internal sealed class PostgresStatement(PostgresConnection connection, string sql) : Statement
{
    private const uint Bool = 16, Bytea = 17, Int8 = 20, Int4 = 23, Numeric = 1700;

    private readonly List<object?> values = [];
    private readonly List<NpgsqlDbType> types = [];
    private NpgsqlDataReader? reader;
    private string[] names = [];
    private uint[] columns = [];
    private Queue<object?[]>? rest;
    private object?[]? row;
    private int column;

    /// <summary>What was added since it was reset.</summary>
    public IReadOnlyList<object?> Values => values;

    public override Statement Add(long value) => Add(value, NpgsqlDbType.Bigint);

    public override Statement Add(long? value) => Add(value, NpgsqlDbType.Bigint);

    public override Statement Add(string? text) => Add(text is null ? null : PostgresText.Written(text), NpgsqlDbType.Text);

    public override Statement AddText(ReadOnlySpan<byte> utf8) => Add(Encoding.UTF8.GetString(utf8));

    public override Statement AddBlob(ReadOnlySpan<byte> bytes) => Add(bytes.ToArray(), NpgsqlDbType.Bytea);

    public override Statement Add(Int128 value) => Add((BigInteger)value, NpgsqlDbType.Numeric);

    public override Statement Add(UInt128 value)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Add(bytes, NpgsqlDbType.Bytea);
    }

    /// <summary>Adds values of many rows, for unnest.</summary>
    public void AddArray(Array items, NpgsqlDbType type) => Add(items, NpgsqlDbType.Array | type);

    public override bool Next()
    {
        column = 0;
        if (rest is not null)
        {
            if (rest.TryDequeue(out row))
            {
                return true;
            }

            Reset();
            return false;
        }

        try
        {
            if (reader is null)
            {
                Execute();
            }

            if (reader!.Read())
            {
                return true;
            }

            reader.Close();
            connection.Ran(reader.RecordsAffected);
        }
        catch (Exception wrong) when (PostgresConnection.IsOfDatabase(wrong))
        {
            throw connection.Failure(wrong);
        }

        Reset();
        return false;
    }

    public override long Long()
    {
        int at = column++;
        return row is not null ? ToLong(row[at]!) : columns[at] == Int8 ? reader!.GetInt64(at) : ToLong(Value(at)!);
    }

    public override long? LongOrNull() => IsNull() ? null : Long();

    public override string Text() => Value(column++) switch
    {
        string text => PostgresText.Read(text),
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        object value => value.ToString()!,
        null => throw new FormatException("A text that has to be there is null."),
    };

    public override string TextLike(string? before)
    {
        string text = Text();
        return text == before ? before : text;
    }

    public override string? TextOrNull() => IsNull() ? null : Text();

    public override byte[] Bytes() => Value(column++) switch
    {
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(PostgresText.Read(text)),
        _ => throw new FormatException("Bytes that have to be there are null."),
    };

    public override ReadOnlyMemory<byte> Bytes(ref byte[] buffer) => Bytes();

    public override Int128 Quantity()
    {
        int at = column++;
        if (row is null && columns[at] == Numeric && !reader!.IsDBNull(at))
        {
            try
            {
                // Nearly all fit, and it takes a tenth of the time.
                return (Int128)reader.GetDecimal(at);
            }
            catch (OverflowException)
            {
                return (Int128)reader.GetFieldValue<BigInteger>(at);
            }
        }

        return Value(at) switch
        {
            BigInteger value => (Int128)value,
            object value => ToLong(value),
            null => throw new FormatException("A quantity that has to be there is null."),
        };
    }

    public override UInt128 Identity() => BinaryPrimitives.ReadUInt128BigEndian(Bytes());

    public override ValueKind Kind => Value(column) switch
    {
        null => ValueKind.Null,
        string => ValueKind.Text,
        byte[] => ValueKind.Blob,
        BigInteger value => value < long.MinValue || value > long.MaxValue ? ValueKind.Text : ValueKind.Number,
        _ => ValueKind.Number,
    };

    public override int Columns => columns.Length;

    public override string ColumnName => names[column];

    public override void Reset()
    {
        connection.Forget(this);
        reader?.Dispose();
        (reader, rest, row, column) = (null, null, null, 0);
        values.Clear();
        types.Clear();
    }

    public override void Dispose()
    {
        try
        {
            Reset();
        }
        catch (Exception wrong) when (PostgresConnection.IsOfDatabase(wrong))
        {
            _ = connection.Failure(wrong);
        }
    }

    /// <summary>Takes what is left into memory, so that another statement can run.</summary>
    public void Spill()
    {
        if (reader is null)
        {
            return;
        }

        // The row that is being read stays the present one.
        object?[] present = [.. Enumerable.Range(0, columns.Length).Select(Value)];
        Queue<object?[]> left = [];
        while (reader.Read())
        {
            left.Enqueue([.. Enumerable.Range(0, columns.Length).Select(Value)]);
        }

        reader.Dispose();
        (reader, rest, row) = (null, left, present);
    }

    private void Execute()
    {
        NpgsqlCommand command = connection.Begin(this, sql);
        for (int i = 0; i < values.Count; i++)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = types[i], Value = values[i] ?? DBNull.Value });
        }

        reader = command.ExecuteReader();
        columns = new uint[reader.FieldCount];
        names = new string[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            (columns[i], names[i]) = (reader.GetDataTypeOID(i), reader.GetName(i));
        }
    }

    private PostgresStatement Add(object? value, NpgsqlDbType type)
    {
        values.Add(value);
        types.Add(type);
        return this;
    }

    private object? Value(int at) => row is not null ? row[at]
        : reader!.IsDBNull(at) ? null
        : columns[at] switch
        {
            Int8 => reader.GetInt64(at),
            Int4 => (long)reader.GetInt32(at),
            Bool => reader.GetBoolean(at) ? 1L : 0L,
            Numeric => reader.GetFieldValue<BigInteger>(at),
            Bytea => reader.GetFieldValue<byte[]>(at),
            _ => reader.GetString(at),
        };

    private static long ToLong(object value) => value is BigInteger big ? (long)big : (long)value;

    private bool IsNull()
    {
        bool isNull = row is not null ? row[column] is null : reader!.IsDBNull(column);
        column += isNull ? 1 : 0;
        return isNull;
    }
}

/// <summary>
/// PostgreSQL's text cannot hold U+0000, which senders may put into an id. It is written as U+0001 U+0001, and U+0001 as U+0001 U+0002:
/// texts sort as before.
/// </summary>
internal static class PostgresText
{
    public static string Written(string text) => text.AsSpan().ContainsAny('\0', '\u0001')
        ? text.Replace("\u0001", "\u0001\u0002", StringComparison.Ordinal).Replace("\0", "\u0001\u0001", StringComparison.Ordinal)
        : text;

    public static string Read(string text)
    {
        if (!text.Contains('\u0001', StringComparison.Ordinal))
        {
            return text;
        }

        var read = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            read.Append(text[i] != '\u0001' ? text[i] : text[++i] == '\u0001' ? '\0' : '\u0001');
        }

        return read.ToString();
    }
}
