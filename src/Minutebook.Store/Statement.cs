namespace Minutebook.Store;

/// <summary>What a column holds in a row.</summary>
internal enum ValueKind
{
    Null,
    Number,
    Text,
    Blob,
}

/// <summary>A statement of one of the databases. Values are added and columns are read from left to right.</summary>
internal abstract class Statement : IDisposable
{
    public abstract Statement Add(long value);

    public abstract Statement Add(long? value);

    public abstract Statement Add(string? text);

    public abstract Statement AddText(ReadOnlySpan<byte> utf8);

    public abstract Statement AddBlob(ReadOnlySpan<byte> bytes);

    /// <summary>For a column of type ANY: read by <see cref="Quantity"/>.</summary>
    public abstract Statement Add(Int128 value);

    /// <summary>Sixteen bytes, most significant first: they sort as the numbers do.</summary>
    public abstract Statement Add(UInt128 value);

    /// <summary>Goes to the next row; false at the end, where the statement is ready to be run again.</summary>
    public abstract bool Next();

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        while (Next())
        {
        }
    }

    public abstract long Long();

    public int Int() => checked((int)Long());

    public abstract long? LongOrNull();

    public abstract string Text();

    /// <summary>The same object when the text is the same as one that was read before.</summary>
    public abstract string TextLike(string? before);

    public abstract string? TextOrNull();

    public abstract byte[] Bytes();

    /// <summary>The same in a buffer, which is changed for a larger one where it is too small; good until that is used again.</summary>
    public abstract ReadOnlyMemory<byte> Bytes(ref byte[] buffer);

    public abstract Int128 Quantity();

    public abstract UInt128 Identity();

    /// <summary>What the column that is read next holds; a quantity beyond 64 bits is text.</summary>
    public abstract ValueKind Kind { get; }

    /// <summary>How many columns the row has.</summary>
    public abstract int Columns { get; }

    /// <summary>The name of the column that is read next.</summary>
    public abstract string ColumnName { get; }

    /// <summary>Makes it ready to be run again.</summary>
    public abstract void Reset();

    /// <summary>Gives it back to its connection.</summary>
    public abstract void Dispose();
}
