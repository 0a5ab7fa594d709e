using System.Text.Unicode;

namespace Minutebook.Core.Events;

/// <summary>
/// Reads what an <see cref="EventEncoder"/> wrote. Whatever the bytes are, it answers or refuses: it throws nothing, and takes no
/// more memory than a multiple of their length. Keep it and use it again; not for two threads at once.
/// </summary>
public sealed class EventDecoder
{
    // It is the same, but that no new text is told by the one before it.
    private const byte FirstVersion = 1;

    // A row has no fewer bytes: head, columns, time, id.
    private const int SmallestRow = 5;

    // The most that the texts of a batch may come to; far above what any body makes, far below where an array ends.
    private const int MostTextBytes = 1 << 30;

    private int[] texts = new int[64];
    private int textCount;
    private readonly byte[] prefix = new byte[IdForms.MaxPrefix];
    private int prefixLength;
    private int width;
    private long number;
    private int hashedSource;
    private readonly int[] latest = new int[TextColumn.Count];
    private byte[] shared = new byte[256];
    private ulong sourceHash;

    /// <summary>
    /// Appends the events of a piece to a batch, with their identities. False where the bytes are not such a piece: then the batch has the
    /// events that it had (its texts may be more).
    /// </summary>
    public bool TryDecode(ReadOnlySpan<byte> piece, EventBatch into)
    {
        int before = into.Count;
        var bytes = new PieceReader(piece);
        bool whole = bytes.Byte() is FirstVersion or EventEncoder.Version && Rows(ref bytes, into) && bytes.IsAtEnd;
        while (!whole && into.Count > before)
        {
            into.RemoveLast();
        }

        return whole;
    }

    private bool Rows(ref PieceReader bytes, EventBatch into)
    {
        (textCount, prefixLength, width, number, hashedSource) = (0, 0, 0, 0, EventRow.None);
        latest.AsSpan().Fill(EventRow.None);
        ulong count = bytes.Number();
        if (count > (ulong)(bytes.Left / SmallestRow))
        {
            return false;
        }

        (long time, int source, int application, int subject) = (0, EventRow.None, EventRow.None, EventRow.None);
        for (ulong i = 0; i < count; i++)
        {
            ref EventRow row = ref into.Add();
            int head = bytes.Byte(), columns = bytes.Byte();
            row.Kind = (EventKind)(head & 0xF);
            time = row.Time = unchecked(time + bytes.Signed());
            row.Id = Id(ref bytes, into, head >> 4 & 3);
            if ((head & 0x40) == 0)
            {
                source = Text(ref bytes, into, TextColumn.Source);
                application = Text(ref bytes, into, TextColumn.Application);
            }

            if ((head & 0x80) == 0)
            {
                subject = Text(ref bytes, into, TextColumn.Subject);
            }

            (row.Source, row.Application, row.Subject) = (source, application, subject);
            Columns(ref bytes, into, ref row, columns);
            if (bytes.Failed || !Sound.Is(row) || into.TextBytes > MostTextBytes)
            {
                return false;
            }

            Identify(into, ref row);
        }

        return true;
    }

    private void Identify(EventBatch into, ref EventRow row)
    {
        if (row.Source != hashedSource)
        {
            hashedSource = row.Source;
            sourceHash = TextHash.Of(into.Text(row.Source));
        }

        row.Identity = TextHash.Identity(sourceHash, into.Text(row.Id));
    }

    private void Columns(ref PieceReader bytes, EventBatch into, ref EventRow row, int columns)
    {
        row.User = (columns & RowColumns.User) != 0 ? Text(ref bytes, into, TextColumn.User) : EventRow.None;
        row.Connection = (columns & RowColumns.Connection) != 0 ? Text(ref bytes, into, TextColumn.Connection) : EventRow.None;
        row.Role = (columns & RowColumns.Role) != 0 ? Text(ref bytes, into, TextColumn.Role) : EventRow.None;
        row.Name = (columns & RowColumns.Name) != 0 ? Text(ref bytes, into, TextColumn.Name) : EventRow.None;
        if ((columns & RowColumns.Quantity) != 0)
        {
            long quantity = bytes.Signed();
            row.Quantity = row.Kind == EventKind.ParticipantLeft ? unchecked(row.Time - quantity) : quantity;
        }

        if ((columns & RowColumns.Mode) != 0)
        {
            int mode = bytes.Byte();
            (row.Mode, row.Stored) = ((byte)(mode & 0xF), (byte)(mode >> 4));
        }

        if ((columns & RowColumns.Further) != 0)
        {
            row.A = Text(ref bytes, into, TextColumn.A);
            row.B = Text(ref bytes, into, TextColumn.B);
            row.C = Text(ref bytes, into, TextColumn.C);
        }

        if ((columns & RowColumns.Files) != 0)
        {
            Files(ref bytes, into);
        }
    }

    private void Files(ref PieceReader bytes, EventBatch into)
    {
        ulong count = bytes.Number();
        for (ulong i = 0; i < count && !bytes.Failed; i++)
        {
            int head = bytes.Byte();
            long seconds = bytes.Quantity();
            long size = (head & 0x80) != 0 ? bytes.Quantity() : EventRow.NoQuantity;
            int user = Text(ref bytes, into, TextColumn.User);
            if ((head & 0x7F) > (int)RecordingKind.Mixed)
            {
                bytes.Fail();
            }

            into.AddFile(new FileRow((RecordingKind)(head & 0x7F), seconds, user, size));
        }
    }

    private int Id(ref PieceReader bytes, EventBatch into, int form)
    {
        switch (form)
        {
            case IdForms.Uuid:
                ReadOnlySpan<byte> packed = bytes.Bytes(Uuid.Bytes);
                if (packed.IsEmpty)
                {
                    return EventRow.None;
                }

                int uuid = into.Keep(Uuid.Length, out Span<byte> letters);
                Uuid.Unpack(packed, letters);
                return uuid;
            case IdForms.Numbered:
                return Numbered(ref bytes, into);
            case IdForms.Digits:
                ReadOnlySpan<byte> half = bytes.Bytes(Math.Min(bytes.Byte(), IdForms.MaxDigitBytes));
                if (half.IsEmpty)
                {
                    bytes.Fail();
                }

                int id = into.Keep(half.Length * 2, out Span<byte> digits);
                Convert.TryToHexStringLower(half, digits, out _);
                return id;
            default:
                ReadOnlySpan<byte> plain = bytes.Bytes(bytes.Length());
                if (!Utf8.IsValid(plain))
                {
                    bytes.Fail();
                }

                return into.Keep(plain);
        }
    }

    private int Numbered(ref PieceReader bytes, EventBatch into)
    {
        int given = bytes.Byte();
        if (given != 0)
        {
            int length = bytes.Byte();
            ReadOnlySpan<byte> text = bytes.Bytes(length);
            if (given > IdForms.MaxWidth || length > IdForms.MaxPrefix || !Utf8.IsValid(text))
            {
                bytes.Fail();
                return EventRow.None;
            }

            text.CopyTo(prefix);
            (prefixLength, width) = (text.Length, given);
        }

        number = unchecked(number + bytes.Signed());
        int id = into.Keep(prefixLength + width, out Span<byte> to);
        prefix.AsSpan(0, prefixLength).CopyTo(to);
        long left = number;
        for (int at = to.Length - 1; at >= prefixLength; at--)
        {
            to[at] = (byte)('0' + left % 10);
            left /= 10;
        }

        if (left != 0 || number < 0 || to.IsEmpty)
        {
            bytes.Fail();
        }

        return id;
    }

    private int Text(ref PieceReader bytes, EventBatch into, int column)
    {
        ulong text = bytes.Number();
        if (text <= (ulong)textCount)
        {
            return text == 0 ? EventRow.None : texts[(int)text - 1];
        }

        if (text != (ulong)textCount + 1)
        {
            bytes.Fail();
            return EventRow.None;
        }

        if (textCount == texts.Length)
        {
            Array.Resize(ref texts, textCount * 2);
        }

        return texts[textCount++] = latest[column] = Define(ref bytes, into, latest[column]);
    }

    private int Define(ref PieceReader bytes, EventBatch into, int before)
    {
        ulong length = bytes.Number();
        if (length == 1)
        {
            Span<byte> letters = stackalloc byte[Uuid.Length];
            ReadOnlySpan<byte> packed = bytes.Bytes(Uuid.Bytes);
            if (packed.IsEmpty)
            {
                return EventRow.None;
            }

            Uuid.Unpack(packed, letters);
            return into.Intern(letters);
        }

        if (length >= SharedTexts.First && (length & 1) != 0)
        {
            return Shared(ref bytes, into, (length - SharedTexts.First) >> 1, before);
        }

        ReadOnlySpan<byte> text = bytes.Bytes((length & 1) == 0 && length >> 1 <= (ulong)bytes.Left ? (int)(length >> 1) : -1);
        if (!Utf8.IsValid(text))
        {
            bytes.Fail();
        }

        return into.Intern(text);
    }

    private int Shared(ref PieceReader bytes, EventBatch into, ulong length, int before)
    {
        int count = bytes.Byte();
        ReadOnlySpan<byte> rest = bytes.Bytes(length <= (ulong)bytes.Left ? (int)length : -1);
        ReadOnlySpan<byte> first = into.Text(before);
        if (count is < SharedTexts.Least or > SharedTexts.Most || count > first.Length)
        {
            bytes.Fail();
            return EventRow.None;
        }

        if (shared.Length < count + rest.Length)
        {
            shared = new byte[(count + rest.Length) * 2];
        }

        first[..count].CopyTo(shared);
        rest.CopyTo(shared.AsSpan(count));
        ReadOnlySpan<byte> text = shared.AsSpan(0, count + rest.Length);
        if (!Utf8.IsValid(text))
        {
            bytes.Fail();
        }

        return into.Intern(text);
    }
}
