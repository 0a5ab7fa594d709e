using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using SQLitePCL;

namespace Minutebook.Store;

/// <summary>
/// A prepared statement of SQLite. A text that is the same as in the run before stays bound: rows that are written together share most of
/// theirs.
/// </summary>
internal sealed class SqliteStatement(SqliteConnection connection, sqlite3_stmt handle, bool kept) : Statement
{
    private readonly string?[] bound = new string?[raw.sqlite3_bind_parameter_count(handle) + 1];
    private byte[] scratch = new byte[256];
    private int added;
    private int column;

    public bool InUse { get; set; }

    public override Statement Add(long value)
    {
        connection.Check(raw.sqlite3_bind_int64(handle, ++added, value));
        return this;
    }

    public override Statement Add(long? value) => value is long number ? Add(number) : AddNull();

    public override Statement Add(string? text)
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

    public override Statement AddText(ReadOnlySpan<byte> utf8)
    {
        connection.Check(raw.sqlite3_bind_text(handle, ++added, utf8));
        return this;
    }

    public override Statement AddBlob(ReadOnlySpan<byte> bytes)
    {
        connection.Check(raw.sqlite3_bind_blob(handle, ++added, bytes));
        return this;
    }

    /// <summary>An integer when it fits 64 bits, else its decimal text.</summary>
    public override Statement Add(Int128 value)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
        {
            return Add((long)value);
        }

        _ = value.TryFormat(scratch, out int length, default, CultureInfo.InvariantCulture);
        return AddText(scratch.AsSpan(0, length));
    }

    public override Statement Add(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(scratch, value);
        return AddBlob(scratch.AsSpan(0, 16));
    }

    public override bool Next()
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

    public override long Long() => raw.sqlite3_column_int64(handle, column++);

    public override long? LongOrNull() => IsNull() ? null : Long();

    public override string Text() => Encoding.UTF8.GetString(raw.sqlite3_column_blob(handle, column++));

    public override string TextLike(string? before)
    {
        ReadOnlySpan<byte> utf8 = raw.sqlite3_column_blob(handle, column++);
        return before is not null && Ascii.Equals(utf8, before) ? before : Encoding.UTF8.GetString(utf8);
    }

    public override string? TextOrNull() => IsNull() ? null : Text();

    public override byte[] Bytes() => raw.sqlite3_column_blob(handle, column++).ToArray();

    public override ReadOnlyMemory<byte> Bytes(ref byte[] buffer)
    {
        ReadOnlySpan<byte> blob = raw.sqlite3_column_blob(handle, column++);
        if (buffer.Length < blob.Length)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = ArrayPool<byte>.Shared.Rent(blob.Length);
        }

        blob.CopyTo(buffer);
        return buffer.AsMemory(0, blob.Length);
    }

    public override Int128 Quantity() => raw.sqlite3_column_type(handle, column) == raw.SQLITE_INTEGER
        ? Long()
        : Int128.Parse(raw.sqlite3_column_blob(handle, column++), CultureInfo.InvariantCulture);

    public override UInt128 Identity() => BinaryPrimitives.ReadUInt128BigEndian(raw.sqlite3_column_blob(handle, column++));

    public override ValueKind Kind => raw.sqlite3_column_type(handle, column) switch
    {
        raw.SQLITE_INTEGER => ValueKind.Number,
        raw.SQLITE_TEXT => ValueKind.Text,
        raw.SQLITE_BLOB => ValueKind.Blob,
        _ => ValueKind.Null,
    };

    public override int Columns => raw.sqlite3_column_count(handle);

    public override string ColumnName => raw.sqlite3_column_name(handle, column).utf8_to_string();

    public override void Reset()
    {
        added = column = 0;
        _ = raw.sqlite3_reset(handle);
    }

    public override void Dispose()
    {
        Reset();
        InUse = false;
        if (!kept)
        {
            handle.Dispose();
        }
    }

    public void Close() => handle.Dispose();

    private SqliteStatement AddNull()
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
