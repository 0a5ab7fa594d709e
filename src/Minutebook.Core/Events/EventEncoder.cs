using System.Buffers;

namespace Minutebook.Core.Events;

/// <summary>
/// Writes events of a batch as a piece of the journal, in the form that <c>docs/journal-format.md</c> describes byte by byte; an
/// <see cref="EventDecoder"/> reads it. Keep it and use it again; not for two threads at once.
/// </summary>
public sealed class EventEncoder
{
    /// <summary>The version of the form, the first byte of each piece.</summary>
    public const byte Version = 2;

    // More than a row can take besides its files and the texts that are written out: an id, ten packed texts, three numbers.
    private const int LargestRow = 512;

    private byte[] output = new byte[1 << 12];
    private int at;
    private int[] numbers = [];
    private int[] used = new int[64];
    private int usedCount;
    private readonly byte[] prefix = new byte[IdForms.MaxPrefix];
    private int prefixLength;
    private int width;
    private long number;
    /// <summary>The text that each column got last as a new one.</summary>
    private readonly int[] latest = new int[TextColumn.Count];

    /// <summary>Writes all events of a batch.</summary>
    /// <exception cref="ArgumentException">A row lacks what its kind needs, or has it out of range; nothing is written.</exception>
    public void Encode(EventBatch batch, IBufferWriter<byte> to)
    {
        Begin(batch, batch.Count);
        var before = new RowBefore();
        for (int i = 0; i < batch.Count; i++)
        {
            Row(batch, batch[i], ref before);
        }

        End(to);
    }

    /// <summary>Writes some events of a batch, by their indexes, in that order; only the texts that they use.</summary>
    /// <exception cref="ArgumentException">A row lacks what its kind needs, or has it out of range; nothing is written.</exception>
    public void Encode(EventBatch batch, ReadOnlySpan<int> rows, IBufferWriter<byte> to)
    {
        Begin(batch, rows.Length);
        var before = new RowBefore();
        foreach (int index in rows)
        {
            Row(batch, batch[index], ref before);
        }

        End(to);
    }

    private struct RowBefore()
    {
        public long Time;
        public int Source = EventRow.None;
        public int Application = EventRow.None;
        public int Subject = EventRow.None;
    }

    private void Begin(EventBatch batch, int count)
    {
        // A row that was refused halfway leaves numbers behind.
        foreach (int text in used.AsSpan(0, usedCount))
        {
            numbers[text] = 0;
        }

        if (numbers.Length < batch.TextCount)
        {
            Array.Resize(ref numbers, Math.Max(batch.TextCount, numbers.Length * 2));
        }

        (at, usedCount, prefixLength, width, number) = (0, 0, 0, 0, 0);
        latest.AsSpan().Fill(EventRow.None);
        output[at++] = Version;
        Number((ulong)count);
    }

    private void End(IBufferWriter<byte> to) => to.Write(output.AsSpan(0, at));

    private void Row(EventBatch batch, in EventRow row, ref RowBefore before)
    {
        if (!Sound.Is(row))
        {
            throw new ArgumentException("A row lacks what its kind needs, or has it out of range.", nameof(row));
        }

        Room(LargestRow);
        int head = at;
        at += 2;
        bool sameSource = row.Source == before.Source && row.Application == before.Application;
        bool sameSubject = row.Subject == before.Subject;
        Signed(unchecked(row.Time - before.Time));
        int form = Id(batch.Text(row.Id));
        if (!sameSource)
        {
            Text(batch, row.Source, TextColumn.Source);
            Text(batch, row.Application, TextColumn.Application);
        }

        if (!sameSubject)
        {
            Text(batch, row.Subject, TextColumn.Subject);
        }

        // First, because it may put another array in the place of the output.
        byte columns = Columns(batch, row);
        output[head + 1] = columns;
        output[head] = (byte)((int)row.Kind | form << 4 | (sameSource ? 0x40 : 0) | (sameSubject ? 0x80 : 0));
        (before.Time, before.Source, before.Application, before.Subject) = (row.Time, row.Source, row.Application, row.Subject);
    }

    private byte Columns(EventBatch batch, in EventRow row)
    {
        int columns = 0;
        columns |= Column(batch, row.User, RowColumns.User, TextColumn.User);
        columns |= Column(batch, row.Connection, RowColumns.Connection, TextColumn.Connection);
        columns |= Column(batch, row.Role, RowColumns.Role, TextColumn.Role);
        columns |= Column(batch, row.Name, RowColumns.Name, TextColumn.Name);
        if (row.Quantity != EventRow.NoQuantity)
        {
            columns |= RowColumns.Quantity;
            Signed(row.Kind == EventKind.ParticipantLeft ? row.Time - row.Quantity : row.Quantity);
        }

        if ((row.Mode | row.Stored) != 0)
        {
            columns |= RowColumns.Mode;
            output[at++] = (byte)(row.Mode | row.Stored << 4);
        }

        if ((row.A & row.B & row.C) != EventRow.None)
        {
            columns |= RowColumns.Further;
            Text(batch, row.A, TextColumn.A);
            Text(batch, row.B, TextColumn.B);
            Text(batch, row.C, TextColumn.C);
        }

        if (row.FileCount > 0)
        {
            columns |= RowColumns.Files;
            Files(batch, batch.Files(row));
        }

        return (byte)columns;
    }

    private int Column(EventBatch batch, int text, int bit, int column)
    {
        if (text == EventRow.None)
        {
            return 0;
        }

        Text(batch, text, column);
        return bit;
    }

    private void Files(EventBatch batch, ReadOnlySpan<FileRow> files)
    {
        Number((ulong)files.Length);
        foreach (FileRow file in files)
        {
            if (!Sound.IsQuantity(file.Seconds) || (file.Bytes != EventRow.NoQuantity && !Sound.IsQuantity(file.Bytes)) ||
                file.Kind > RecordingKind.Mixed)
            {
                throw new ArgumentException("A file's kind or figures are out of range.", nameof(files));
            }

            Room(LargestRow);
            output[at++] = (byte)((int)file.Kind | (file.Bytes == EventRow.NoQuantity ? 0 : 0x80));
            Number((ulong)file.Seconds);
            if (file.Bytes != EventRow.NoQuantity)
            {
                Number((ulong)file.Bytes);
            }

            Text(batch, file.User, TextColumn.User);
        }
    }

    private int Id(ReadOnlySpan<byte> id)
    {
        if (Uuid.TryPack(id, output.AsSpan(at)))
        {
            at += Uuid.Bytes;
            return IdForms.Uuid;
        }

        if (IdForms.TryNumbered(id, out int prefixed, out long value))
        {
            Numbered(id, prefixed, value);
            return IdForms.Numbered;
        }

        if (IdForms.MayBeDigits(id) && Uuid.TryPackDigits(id, output.AsSpan(at + 1)))
        {
            output[at] = (byte)(id.Length / 2);
            at += 1 + id.Length / 2;
            return IdForms.Digits;
        }

        Plain(id);
        return IdForms.Plain;
    }

    private void Numbered(ReadOnlySpan<byte> id, int prefixed, long value)
    {
        if (id[..prefixed].SequenceEqual(prefix.AsSpan(0, prefixLength)) && id.Length - prefixed == width)
        {
            output[at++] = 0;
        }
        else
        {
            id[..prefixed].CopyTo(prefix);
            (prefixLength, width) = (prefixed, id.Length - prefixed);
            output[at++] = (byte)width;
            output[at++] = (byte)prefixLength;
            id[..prefixed].CopyTo(output.AsSpan(at));
            at += prefixed;
        }

        Signed(value - number);
        number = value;
    }

    private void Text(EventBatch batch, int text, int column)
    {
        if (text == EventRow.None)
        {
            output[at++] = 0;
            return;
        }

        if (numbers[text] != 0)
        {
            Number((ulong)numbers[text]);
            return;
        }

        if (usedCount == used.Length)
        {
            Array.Resize(ref used, usedCount * 2);
        }

        used[usedCount++] = text;
        numbers[text] = usedCount;
        Number((ulong)usedCount);
        Define(batch.Text(text), batch.Text(latest[column]));
        latest[column] = text;
    }

    private void Define(ReadOnlySpan<byte> text, ReadOnlySpan<byte> before)
    {
        if (text.Length == Uuid.Length && Uuid.TryPack(text, output.AsSpan(at + 1)))
        {
            output[at] = 1;
            at += 1 + Uuid.Bytes;
            return;
        }

        int shared = Math.Min(text.CommonPrefixLength(before), SharedTexts.Most);
        if (shared < SharedTexts.Least)
        {
            Number((ulong)text.Length << 1);
            Copy(text);
            return;
        }

        Number(SharedTexts.First + ((ulong)(text.Length - shared) << 1));
        output[at++] = (byte)shared;
        Copy(text[shared..]);
    }

    private void Plain(ReadOnlySpan<byte> text)
    {
        Number((ulong)text.Length);
        Copy(text);
    }

    private void Copy(ReadOnlySpan<byte> text)
    {
        // Behind a text there is always room for the rest of a row.
        Room(text.Length + LargestRow);
        text.CopyTo(output.AsSpan(at));
        at += text.Length;
    }

    private void Room(int length)
    {
        if (output.Length - at < length)
        {
            Array.Resize(ref output, Math.Max(output.Length * 2, at + length));
        }
    }

    private void Signed(long value) => Number(Leb128.ZigZag(value));

    private void Number(ulong value) => at = Leb128.Write(output, at, value);
}

/// <summary>Where texts of a kind stand: one is often like the one before it.</summary>
internal static class TextColumn
{
    public const int Source = 0, Application = 1, Subject = 2, User = 3, Connection = 4, Role = 5, Name = 6, A = 7, B = 8, C = 9, Count = 10;
}

/// <summary>A new text that begins as the new text before it in its column.</summary>
internal static class SharedTexts
{
    /// <summary>The number for one that has no bytes of its own, and 2 more for each that it has: odd, as a length is not, and not 1, which is a UUID.</summary>
    public const ulong First = 3;
    /// <summary>Fewer bytes are not worth telling.</summary>
    public const int Least = 3;
    /// <summary>So that a damaged piece cannot ask for very much more memory than it has.</summary>
    public const int Most = 127;
}

/// <summary>The bits of a row's second byte: which columns it has.</summary>
internal static class RowColumns
{
    public const int User = 1, Connection = 2, Role = 4, Name = 8, Quantity = 16, Mode = 32, Further = 64, Files = 128;
}
