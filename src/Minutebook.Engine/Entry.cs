using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;

namespace Minutebook.Engine;

/// <summary>What an entry of the journal is. The numbers are part of its format.</summary>
internal enum EntryKind : byte
{
    /// <summary>Time came this far (the group's), and nothing else.</summary>
    Tick = 0,
    /// <summary>Events of one account.</summary>
    Events = 1,
    /// <summary>A command, as JSON.</summary>
    Command = 2,
}

/// <summary>
/// How entries stand in a group of the journal, one after the other: a byte for the kind, four bytes (little-endian) for the length of
/// what follows; of events: account and origin, each as two bytes of length and UTF-8, then a piece by <see cref="EventEncoder"/>.
/// </summary>
internal static class Entry
{
    /// <summary>The codec version of groups written now.</summary>
    public const int Codec = 1;

    private const int Head = 5;

    [ThreadStatic]
    private static EventEncoder? encoder;

    public static void WriteEvents(ArrayBufferWriter<byte> to, string account, string origin, EventBatch batch, ReadOnlySpan<int> rows)
    {
        int start = Begin(to, EntryKind.Events);
        WriteText(to, account);
        WriteText(to, origin);
        (encoder ??= new EventEncoder()).Encode(batch, rows, to);
        End(to, start);
    }

    public static void WriteCommand(ArrayBufferWriter<byte> to, Command command)
    {
        int start = Begin(to, EntryKind.Command);
        to.Write(JsonSerializer.SerializeToUtf8Bytes(command, Command.Json));
        End(to, start);
    }

    /// <summary>Writes a command as it stood, or another in its place.</summary>
    public static void WriteCommand(ArrayBufferWriter<byte> to, ReadOnlyMemory<byte> stood, Command? other)
    {
        if (other is not null)
        {
            WriteCommand(to, other);
            return;
        }

        int start = Begin(to, EntryKind.Command);
        to.Write(stood.Span);
        End(to, start);
    }

    public static void WriteTick(ArrayBufferWriter<byte> to) => End(to, Begin(to, EntryKind.Tick));

    /// <summary>The entries of a group's bytes, in order.</summary>
    /// <exception cref="FormatException">They end too early.</exception>
    public static IEnumerable<(EntryKind Kind, ReadOnlyMemory<byte> Content)> Of(ReadOnlyMemory<byte> group)
    {
        while (group.Length > 0)
        {
            yield return Next(ref group);
        }
    }

    private static (EntryKind Kind, ReadOnlyMemory<byte> Content) Next(ref ReadOnlyMemory<byte> group)
    {
        if (group.Length < Head || BinaryPrimitives.ReadInt32LittleEndian(group.Span[1..]) is var length && (length < 0 || length > group.Length - Head))
        {
            throw new FormatException("A group of the journal ends in the middle of an entry.");
        }

        var entry = ((EntryKind)group.Span[0], group.Slice(Head, length));
        group = group[(Head + length)..];
        return entry;
    }

    public static (string Account, string Origin, ReadOnlyMemory<byte> Piece) ReadEvents(ReadOnlyMemory<byte> content)
    {
        string account = ReadText(ref content);
        string origin = ReadText(ref content);
        return (account, origin, content);
    }

    public static Command ReadCommand(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize<Command>(content.Span, Command.Json) ?? throw new FormatException("A command in the journal is null.");

    private static int Begin(ArrayBufferWriter<byte> to, EntryKind kind)
    {
        Span<byte> head = to.GetSpan(Head);
        head[0] = (byte)kind;
        to.Advance(Head);
        return to.WrittenCount;
    }

    private static void End(ArrayBufferWriter<byte> to, int start)
    {
        Span<byte> head = System.Runtime.InteropServices.MemoryMarshal.AsMemory(to.WrittenMemory).Span;
        BinaryPrimitives.WriteInt32LittleEndian(head[(start - 4)..], to.WrittenCount - start);
    }

    private static void WriteText(ArrayBufferWriter<byte> to, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Span<byte> span = to.GetSpan(2 + length);
        BinaryPrimitives.WriteUInt16LittleEndian(span, checked((ushort)length));
        Encoding.UTF8.GetBytes(text, span[2..]);
        to.Advance(2 + length);
    }

    private static string ReadText(ref ReadOnlyMemory<byte> content)
    {
        if (content.Length < 2 || BinaryPrimitives.ReadUInt16LittleEndian(content.Span) is var length && length > content.Length - 2)
        {
            throw new FormatException("A text in the journal ends too early.");
        }

        string text = Encoding.UTF8.GetString(content.Span.Slice(2, length));
        content = content[(2 + length)..];
        return text;
    }
}
