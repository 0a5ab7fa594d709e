using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using SQLitePCL;

namespace Minutebook.Store;

/// <summary>
/// A prepared statement. Values are added and columns are read from left to right. A text that is the same as in the run before stays
/// bound: rows that are written together share most of theirs.
/// </summary>
internal sealed class Statement(Connection connection, sqlite3_stmt handle, bool kept) : IDisposable
{
    private readonly string?[] bound = new string?[raw.sqlite3_bind_parameter_count(handle) + 1];
    private byte[] scratch = new byte[256];
    private int added;
    private int column;

    public bool InUse { get; set; }

    public Statement Add(long value)
    {
        connection.Check(raw.sqlite3_bind_int64(handle, ++added, value));
        return this;
    }

    public Statement Add(long? value) => value is long number ? Add(number) : AddNull();

    public Statement Add(string? text)
    {
        if (text is null)
        {
            bound[added + 1] = null;
            return AddNull();
        }

        if (string.Equals(bound[++added], text, StringComparison.Ordinal))
        {
            return this;
        }

        if (scratch.Length < text.Length * 3)
        {
            scratch = new byte[text.Length * 3];
        }

        int length = Encoding.UTF8.GetBytes(text, scratch);
        connection.Check(raw.sqlite3_bind_text(handle, added, scratch.AsSpan(0, length)));
        bound[added] = text;
        return this;
    }

    public Statement AddText(ReadOnlySpan<byte> utf8)
    {
        connection.Check(raw.sqlite3_bind_text(handle, ++added, utf8));
        return this;
    }

    public Statement AddBlob(ReadOnlySpan<byte> bytes)
    {
        connection.Check(raw.sqlite3_bind_blob(handle, ++added, bytes));
        return this;
    }

    /// <summary>An integer when it fits 64 bits, else its decimal text.</summary>
    public Statement Add(Int128 value)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
        {
            return Add((long)value);
        }

        _ = value.TryFormat(scratch, out int length, default, CultureInfo.InvariantCulture);
        return AddText(scratch.AsSpan(0, length));
    }

    /// <summary>Sixteen bytes, most significant first: they sort as the numbers do.</summary>
    public Statement Add(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(scratch, value);
        return AddBlob(scratch.AsSpan(0, 16));
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        while (Next())
        {
        }
    }

    /// <summary>Goes to the next row; false at the end, where the statement is ready to be run again.</summary>
    public bool Next()
    {
        int code = raw.sqlite3_step(handle);
        column = 0;
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        StoreException? failure = code == raw.SQLITE_DONE ? null : connection.Failure(code);
        Reset();
        return failure is null ? false : throw failure;
    }

    public long Long() => raw.sqlite3_column_int64(handle, column++);

    public int Int() => checked((int)Long());

    public long? LongOrNull() => IsNull() ? null : Long();

    public string Text() => Encoding.UTF8.GetString(raw.sqlite3_column_blob(handle, column++));

    /// <summary>The same object when the text is the same as one that was read before.</summary>
    public string TextLike(string? before)
    {
        ReadOnlySpan<byte> utf8 = raw.sqlite3_column_blob(handle, column++);
        return before is not null && Ascii.Equals(utf8, before) ? before : Encoding.UTF8.GetString(utf8);
    }

    public string? TextOrNull() => IsNull() ? null : Text();

    public byte[] Bytes() => raw.sqlite3_column_blob(handle, column++).ToArray();

    public Int128 Quantity() => raw.sqlite3_column_type(handle, column) == raw.SQLITE_INTEGER
        ? Long()
        : Int128.Parse(raw.sqlite3_column_blob(handle, column++), CultureInfo.InvariantCulture);

    public UInt128 Identity() => BinaryPrimitives.ReadUInt128BigEndian(raw.sqlite3_column_blob(handle, column++));

    /// <summary>The type of the column that is read next, and how many columns the row has.</summary>
    public int ColumnType => raw.sqlite3_column_type(handle, column);

    public int Columns => raw.sqlite3_column_count(handle);

    public string ColumnName => raw.sqlite3_column_name(handle, column).utf8_to_string();

    public void Reset()
    {
        added = column = 0;
        _ = raw.sqlite3_reset(handle);
    }

    /// <summary>Gives it back to its connection.</summary>
    public void Dispose()
    {
        Reset();
        InUse = false;
        if (!kept)
        {
            handle.Dispose();
        }
    }

    public void Close() => handle.Dispose();

    private Statement AddNull()
    {
        connection.Check(raw.sqlite3_bind_null(handle, ++added));
        return this;
    }

    private bool IsNull()
    {
        bool isNull = raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;
        column += isNull ? 1 : 0;
        return isNull;
    }
}
