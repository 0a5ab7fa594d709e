using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Minutebook.Core.Events;

/// <summary>
/// How the events read so far are written: the bytes between their values, as a tree that branches where events differ. An event that is
/// written like one before is recognised by comparing bytes, and its values are found without looking for keys. Whatever is not
/// exactly so (other order, other spacing, an escape, a long text) is not recognised and goes to the <see cref="EventTokenizer"/>.
/// <para>
/// Why it finds what the tokenizer would: a shape comes from an event that the tokenizer found well-formed; between the same bytes there
/// stand texts without quotes, escapes and control characters, or plain integers; so it is the same tokens with other values.
/// </para>
/// </summary>
internal sealed class EventShapes(EventFields fields)
{
    // Bounds for what odd senders can make it remember, and look through.
    private const int MostNodes = 512, MostSiblings = 16, LongestEvent = 4096;

    private const int Wide = 64;
    private const int LongestText = EventChecks.MaxCharacters;

    private Node? first;
    private int nodes;
    private bool relearned;

    // A step: these bytes, and then a value, or the end of the event.
    private sealed class Node(byte[] bytes, Field field, Token token, EventShape shape)
    {
        public readonly byte[] Bytes = bytes;
        // For those of at most 64 bytes: filled up to 64, and a bit for each that counts.
        public readonly byte[] Padded = bytes.Length <= Wide ? [.. bytes, .. new byte[Wide - bytes.Length]] : [];
        public readonly ulong Counts = ulong.MaxValue >> Math.Max(0, Wide - bytes.Length);
        public readonly Field Field = field;
        public readonly Token Token = token;
        public readonly EventShape Shape = shape;
        public Node? First;
        public Node? Next;
    }

    /// <summary>Begins a body. Only once a body it may forget what it knows to learn anew.</summary>
    public void Begin() => relearned = false;

    /// <summary>Finds the members of the event at a place if it is written like one before; answers its end, or -1.</summary>
    public int Match(ReadOnlySpan<byte> body, int at, out EventShape shape)
    {
        Slot[] slots = fields.Slots;
        uint found = 0;
        Node? from = first;
        while (Step(body, at, from) is Node node)
        {
            at = unchecked(at + node.Bytes.Length);
            if (node.Token == Token.Object)
            {
                fields.Present = found;
                shape = node.Shape;
                return at;
            }

            int length = node.Token == Token.Text ? TextLength(body, at) : DigitsLength(body, at);
            if (length < 0)
            {
                break;
            }

            ref Slot slot = ref slots[(int)node.Field];
            (slot.Start, slot.Length, slot.Token) = (at, length, node.Token);
            found |= 1u << (int)node.Field;
            at = unchecked(at + length);
            from = node.First;
        }

        shape = default;
        return -1;
    }

    /// <summary>Remembers how an event is written whose members the tokenizer found and in which nothing was wrong.</summary>
    public void Learn(ReadOnlySpan<byte> body, int start, int end, EventShape shape)
    {
        // A text with an escape is no value of a shape, and must not become part of one either: then it would not be found.
        if (end - start > LongestEvent || shape.Kind is EventKind.Unknown or EventKind.RecordingCompleted || fields.HasEscaped())
        {
            return;
        }

        if (nodes >= MostNodes)
        {
            if (relearned)
            {
                return;
            }

            (first, nodes, relearned) = (null, 0, true);
        }

        Span<Slot> values = stackalloc Slot[(int)Field.None + fields.Skipped.Length];
        Span<Field> names = stackalloc Field[values.Length];
        int count = Values(body, values, names);
        values[..count].Sort(names[..count], static (a, b) => a.Start.CompareTo(b.Start));
        ref Node? place = ref first;
        int at = start;
        for (int i = 0; i < count; i++)
        {
            Node? node = Place(ref place, body[at..values[i].Start], names[i], values[i].Token, default);
            if (node is null)
            {
                return;
            }

            at = values[i].Start + values[i].Length;
            place = ref node.First;
        }

        Place(ref place, body[at..end], Field.None, Token.Object, shape);
    }

    // What may differ between events of one shape; all else, the words of the vocabulary too, is the shape.
    private int Values(ReadOnlySpan<byte> body, Span<Slot> values, Span<Field> names)
    {
        int count = 0;
        for (Field field = 0; field < Field.None; field++)
        {
            ref readonly Slot slot = ref fields.Slots[(int)field];
            bool word = field is Field.SpecVersion or Field.Type or Field.Medium or Field.Mode or Field.Kind;
            if (fields.Has(field) && !word && (slot.Token == Token.Text || (slot.Token == Token.Number &&
                EventChecks.TryQuantity(body.Slice(slot.Start, slot.Length), out _))))
            {
                (values[count], names[count++]) = (slot, field);
            }
        }

        for (int i = 0; i < fields.SkippedCount; i++)
        {
            (values[count], names[count++]) = (fields.Skipped[i], Field.None);
        }

        return count;
    }

    private Node? Place(ref Node? siblings, ReadOnlySpan<byte> bytes, Field field, Token token, EventShape shape)
    {
        int count = 0;
        ref Node? place = ref siblings;
        while (place is not null)
        {
            if (place.Field == field && place.Token == token && bytes.SequenceEqual(place.Bytes))
            {
                return place;
            }

            place = ref place.Next;
            count++;
        }

        if (count == MostSiblings)
        {
            return null;
        }

        nodes++;
        return place = new Node(bytes.ToArray(), field, token, shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Node? Step(ReadOnlySpan<byte> body, int at, Node? node)
    {
        if (at > body.Length - Wide)
        {
            return StepNearTheEnd(body[at..], node);
        }

        ref byte here = ref Unsafe.Add(ref MemoryMarshal.GetReference(body), at);
        var low = Vector256.LoadUnsafe(ref here);
        var high = Vector256.LoadUnsafe(ref here, (nuint)Vector256<byte>.Count);
        while (node is not null && !Stands(body, at, node, low, high))
        {
            node = node.Next;
        }

        return node;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Stands(ReadOnlySpan<byte> body, int at, Node node, Vector256<byte> low, Vector256<byte> high)
    {
        if (node.Padded.Length != Wide)
        {
            return body[at..].StartsWith(node.Bytes);
        }

        ref byte expected = ref MemoryMarshal.GetArrayDataReference(node.Padded);
        ulong same = Vector256.Equals(low, Vector256.LoadUnsafe(ref expected)).ExtractMostSignificantBits() |
            (ulong)Vector256.Equals(high, Vector256.LoadUnsafe(ref expected, (nuint)Vector256<byte>.Count)).ExtractMostSignificantBits() << 32;
        return (~same & node.Counts) == 0;
    }

    private static Node? StepNearTheEnd(ReadOnlySpan<byte> rest, Node? node)
    {
        while (node is not null && !rest.StartsWith(node.Bytes))
        {
            node = node.Next;
        }

        return node;
    }

    // Up to the closing quote; -1 where something stands before it that the tokenizer has to look at.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TextLength(ReadOnlySpan<byte> body, int at)
    {
        unchecked
        {
            for (int from = at; from <= body.Length - Vector256<byte>.Count && from - at <= LongestText; from += Vector256<byte>.Count)
            {
                var some = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(body), (nuint)from);
                uint ends = (Vector256.Equals(some, Vector256.Create((byte)'"')) | Vector256.Equals(some, Vector256.Create((byte)'\\')) |
                    Vector256.LessThan(some, Vector256.Create((byte)' '))).ExtractMostSignificantBits();
                if (ends != 0)
                {
                    int end = from + System.Numerics.BitOperations.TrailingZeroCount(ends);
                    return body[end] == '"' && end - at <= LongestText ? end - at : -1;
                }
            }

            return NearTheEnd(body, at);
        }
    }

    private static int NearTheEnd(ReadOnlySpan<byte> body, int at)
    {
        for (int end = at; end < body.Length && end - at <= LongestText; end++)
        {
            if (body[end] is (byte)'"' or (byte)'\\' or < (byte)' ')
            {
                return body[end] == '"' ? end - at : -1;
            }
        }

        return -1;
    }

    // A plain integer without leading zeros; what stands behind it is compared next.
    private static int DigitsLength(ReadOnlySpan<byte> body, int at)
    {
        unchecked
        {
            int end = at;
            while (end < body.Length && (uint)(body[end] - '0') <= 9)
            {
                end++;
            }

            int length = end - at;
            return length is 0 or > 16 || (length > 1 && body[at] == '0') ? -1 : length;
        }
    }
}
