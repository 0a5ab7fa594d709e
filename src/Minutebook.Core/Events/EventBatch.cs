using System.Runtime.CompilerServices;
using System.Text;

namespace Minutebook.Core.Events;

/// <summary>
/// Events as they come in bulk: rows of fixed fields over one table of texts, each distinct text once. Filled by the readers, appended
/// to the journal, and folded, without an object for each event. Reused after <see cref="Clear"/>; not for two threads at once.
/// </summary>
public sealed class EventBatch
{
    private byte[] bytes = new byte[1 << 12];
    private int byteCount;
    private TextSpan[] texts = new TextSpan[64];
    private int textCount;
    private int[] slots = new int[128];
    private int interned;
    private EventRow[] rows = new EventRow[16];
    private FileRow[] files = [];
    private int fileCount;

    private static readonly EventRow Nothing = new()
    {
        Quantity = EventRow.NoQuantity,
        Source = EventRow.None,
        Id = EventRow.None,
        Application = EventRow.None,
        Subject = EventRow.None,
        User = EventRow.None,
        Connection = EventRow.None,
        Role = EventRow.None,
        Name = EventRow.None,
        A = EventRow.None,
        B = EventRow.None,
        C = EventRow.None,
    };

    private readonly record struct TextSpan(int Start, int Length, ulong Hash);

    /// <summary>How many events it holds.</summary>
    public int Count { get; private set; }

    /// <summary>How many texts it holds; texts are numbered from 0.</summary>
    public int TextCount => textCount;

    /// <summary>How many bytes its texts take.</summary>
    public int TextBytes => byteCount;

    /// <summary>How many bytes of memory it holds, also of what it had before it was cleared.</summary>
    public long Memory => bytes.Length + ((long)texts.Length * Unsafe.SizeOf<TextSpan>()) + ((long)slots.Length * sizeof(int))
        + ((long)rows.Length * Unsafe.SizeOf<EventRow>()) + ((long)files.Length * Unsafe.SizeOf<FileRow>());

    /// <summary>The event at an index.</summary>
    public ref EventRow this[int index] => ref rows[index];

    /// <summary>The events, in the order in which they came.</summary>
    public ReadOnlySpan<EventRow> Rows => rows.AsSpan(0, Count);

    /// <summary>The files of a recording.</summary>
    public ReadOnlySpan<FileRow> Files(in EventRow row) => files.AsSpan(row.FirstFile, row.FileCount);

    /// <summary>The UTF-8 of a text; empty for <see cref="EventRow.None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Text(int text) =>
        text < 0 ? [] : bytes.AsSpan(texts[text].Start, texts[text].Length);

    /// <summary>The hash of a text that was interned, never 0; 0 for one that was only kept.</summary>
    public ulong Hash(int text) => texts[text].Hash;

    /// <summary>A text as a string; null for <see cref="EventRow.None"/>.</summary>
    public string? String(int text) => text < 0 ? null : Encoding.UTF8.GetString(Text(text));

    /// <summary>The number of a text that may come again; the same bytes give the same number.</summary>
    public int Intern(ReadOnlySpan<byte> utf8)
    {
        ulong hash = Math.Max(1, TextHash.Of(utf8));
        int mask = slots.Length - 1;
        int slot = (int)(hash & (ulong)mask);
        while (slots[slot] != 0)
        {
            int text = slots[slot] - 1;
            if (texts[text].Hash == hash && Text(text).SequenceEqual(utf8))
            {
                return text;
            }

            slot = (slot + 1) & mask;
        }

        int added = Append(utf8, hash);
        slots[slot] = added + 1;
        if (++interned * 2 > slots.Length)
        {
            GrowSlots();
        }

        return added;
    }

    /// <summary>The number of a text that hardly comes twice, such as an event's id: kept without looking for its like.</summary>
    public int Keep(ReadOnlySpan<byte> utf8) => Append(utf8, 0);

    /// <summary>Keeps a text that the caller writes into the given space, before it adds any other.</summary>
    internal int Keep(int length, out Span<byte> space)
    {
        Room(length);
        texts[textCount] = new TextSpan(byteCount, length, 0);
        space = bytes.AsSpan(byteCount, length);
        byteCount += length;
        return textCount++;
    }

    /// <summary>Interns a string; null is <see cref="EventRow.None"/>.</summary>
    public int Intern(string? text) => text is null ? EventRow.None : Intern(Encoding.UTF8.GetBytes(text));

    /// <summary>Adds an event without fields. Set them, then call <see cref="Identify"/>.</summary>
    public ref EventRow Add()
    {
        if (Count == rows.Length)
        {
            Array.Resize(ref rows, rows.Length * 2);
        }

        ref EventRow row = ref rows[Count++];
        row = Nothing;
        row.FirstFile = fileCount;
        return ref row;
    }

    /// <summary>Adds a file to the event that was added last.</summary>
    public void AddFile(FileRow file)
    {
        if (fileCount == files.Length)
        {
            Array.Resize(ref files, Math.Max(16, files.Length * 2));
        }

        files[fileCount++] = file;
        rows[Count - 1].FileCount++;
    }

    /// <summary>Puts another name in the place of a user's in an event, wherever it says whom it is about: user, connection, files.</summary>
    /// <param name="index">The event.</param>
    /// <param name="user">The user's id.</param>
    /// <param name="by">The text that takes its place.</param>
    /// <returns>Whether it was there. An event of unknown type is left as it is.</returns>
    public bool Replace(int index, ReadOnlySpan<byte> user, int by)
    {
        ref EventRow row = ref rows[index];
        bool found = false;
        found |= Replace(ref row.User, user, by);
        found |= Replace(ref row.Connection, user, by);
        foreach (ref FileRow file in files.AsSpan(row.FirstFile, row.FileCount))
        {
            int its = file.User;
            found |= Replace(ref its, user, by);
            file = file with { User = its };
        }

        return found;
    }

    private bool Replace(ref int text, ReadOnlySpan<byte> user, int by)
    {
        bool found = text >= 0 && Text(text).SequenceEqual(user);
        text = found ? by : text;
        return found;
    }

    /// <summary>Works out the identity of an event from its source and id (rule 1.3).</summary>
    public void Identify(ref EventRow row) => row.Identity = IdentityOf(row.Source, row.Id);

    /// <summary>The identity that a source and an id make; of a void's target, for one.</summary>
    public UInt128 IdentityOf(int source, int id) => TextHash.Identity(TextHash.Of(Text(source)), Text(id));

    /// <summary>Takes back the event that was added last, its files too; its texts stay.</summary>
    public void RemoveLast()
    {
        Count--;
        fileCount = rows[Count].FirstFile;
    }

    /// <summary>Empties it for reuse; its memory stays.</summary>
    public void Clear()
    {
        // A batch that grew large is not cleared as a whole for the few events of a small request.
        if (interned * 8 < slots.Length)
        {
            ClearUsedSlots();
        }
        else
        {
            Array.Clear(slots);
        }

        Count = textCount = byteCount = fileCount = interned = 0;
    }

    private void ClearUsedSlots()
    {
        int mask = slots.Length - 1;
        for (int text = 0; text < textCount; text++)
        {
            if (texts[text].Hash == 0)
            {
                continue;
            }

            int slot = (int)(texts[text].Hash & (ulong)mask);
            while (slots[slot] != text + 1)
            {
                slot = (slot + 1) & mask;
            }

            slots[slot] = 0;
        }
    }

    private int Append(ReadOnlySpan<byte> utf8, ulong hash)
    {
        Room(utf8.Length);
        utf8.CopyTo(bytes.AsSpan(byteCount));
        texts[textCount] = new TextSpan(byteCount, utf8.Length, hash);
        byteCount += utf8.Length;
        return textCount++;
    }

    private void Room(int length)
    {
        if (bytes.Length - byteCount < length)
        {
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, byteCount + length));
        }

        if (textCount == texts.Length)
        {
            Array.Resize(ref texts, texts.Length * 2);
        }
    }

    private void GrowSlots()
    {
        slots = new int[slots.Length * 2];
        int mask = slots.Length - 1;
        for (int text = 0; text < textCount; text++)
        {
            if (texts[text].Hash == 0)
            {
                continue;
            }

            int slot = (int)(texts[text].Hash & (ulong)mask);
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            slots[slot] = text + 1;
        }
    }
}
