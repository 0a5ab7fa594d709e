using System.Text.Unicode;

namespace Minutebook.Core.Events;

/// <summary>
/// Reads the bodies of requests into an <see cref="EventBatch"/>, each event checked, without an object for each. It remembers how the
/// events that it has read are written, so keep it and use it again; not for two threads at once.
/// <para>
/// Where the contract is silent: characters are Unicode code points; a quantity is written as a plain integer (not <c>5.0</c>, not
/// <c>1e3</c>); null is as if a member were left out, and so is an empty text where it is optional; <c>joinedAt</c> after <c>time</c>
/// is a stay of no length, not a fault; depth and size are those of each event, its own braces included.
/// </para>
/// </summary>
public sealed class EventReader
{
    /// <summary>How many bytes an event may have, from brace to brace; in binary mode, its data.</summary>
    public const int MaxEventBytes = 1 << 20;

    /// <summary>How many milliseconds ahead of now an event may be (rule 1.5).</summary>
    public const long MaxAheadMs = 5 * 60_000;

    private readonly EventFields fields = new();
    private readonly EventTokenizer tokenizer;
    private readonly EventChecks checks;
    private readonly EventShapes shapes;
    // Apart, because what is learned from lines contains no line break, so that nothing recognised by it reaches over one.
    private readonly EventShapes lineShapes;
    private EventBatch batch = new();
    private EventFaults faults = new();

    /// <summary>Makes a reader that has not read anything yet.</summary>
    public EventReader()
    {
        tokenizer = new EventTokenizer(fields);
        checks = new EventChecks(fields);
        shapes = new EventShapes(fields);
        lineShapes = new EventShapes(fields);
    }

    /// <summary>
    /// Whether events that are written like earlier ones are recognised as such, which is several times faster and otherwise the same
    /// (the default), or each is taken apart by the general JSON reader.
    /// </summary>
    public bool Speculates { get; init; } = true;

    /// <summary>
    /// Reads a body and adds its events to a batch, unless anything is wrong: then the faults say what, and the batch has the events
    /// that it had (its texts may be more).
    /// </summary>
    /// <param name="body">The body, unpacked; its caller bounds its length.</param>
    /// <param name="format">How the events stand in it.</param>
    /// <param name="into">Where they go.</param>
    /// <param name="now">Milliseconds since 1970: an event more than 5 minutes later is a fault (rule 1.5).</param>
    /// <param name="found">Takes what is wrong. It was cleared by the caller.</param>
    /// <returns>How many events were added.</returns>
    public int Read(ReadOnlySpan<byte> body, EventFormat format, EventBatch into, long now, EventFaults found)
    {
        Begin(body, into, now, found);
        int before = into.Count;
        switch (format)
        {
            case EventFormat.One:
                ReadOne(body);
                break;
            case EventFormat.Array:
                ReadArray(body);
                break;
            case EventFormat.Lines:
                ReadLines(body);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format));
        }

        return End(before);
    }

    /// <summary>
    /// Reads one event in binary mode: its attributes by name, without <c>ce-</c> and already percent-decoded, and its data, a JSON
    /// object. Otherwise as <see cref="Read"/>.
    /// </summary>
    public int ReadBinary(
        IReadOnlyList<KeyValuePair<string, string>> attributes, ReadOnlySpan<byte> data, EventBatch into, long now, EventFaults found)
    {
        Begin(data, into, now, found);
        int before = into.Count;
        fields.Reset();
        BinaryMode.Attributes(attributes, fields, found);
        if (data.Length > MaxEventBytes)
        {
            found.AddTooLarge(0);
        }
        else if (BinaryMode.IsBlank(data))
        {
            checks.Add(data, 0, 0, default, out _);
        }
        else
        {
            int end = tokenizer.ReadData(data, 0, found);
            if (end >= 0 && !IsEnd(data, end))
            {
                Malformed(0, end);
            }
            else if (end >= 0)
            {
                bool known = fields.Has(Field.Type) && Words.Kind(fields.Text(data, Field.Type)) != EventKind.Unknown;
                checks.Add(data, 0, 0, known ? default : BinaryMode.Structured(attributes, data[..end], found), out _);
            }
        }

        return End(before);
    }

    /// <summary>Reads an event back that was kept as JSON (<see cref="EventWriter"/>), of whatever time it is.</summary>
    /// <returns>A batch with it alone; null where that is no event.</returns>
    public EventBatch? ReadBack(ReadOnlySpan<byte> json)
    {
        var batch = new EventBatch();
        Read(json, EventFormat.One, batch, long.MaxValue / 2, new EventFaults());
        return batch.Count == 1 ? batch : null;
    }

    private void Begin(ReadOnlySpan<byte> body, EventBatch into, long now, EventFaults found)
    {
        (batch, faults) = (into, found);
        checks.Begin(into, found, now);
        shapes.Begin();
        lineShapes.Begin();
        tokenizer.IsUtf8 = Utf8.IsValid(body);
    }

    private int End(int before)
    {
        while (faults.Count > 0 && batch.Count > before)
        {
            batch.RemoveLast();
        }

        return batch.Count - before;
    }

    private void ReadOne(ReadOnlySpan<byte> body)
    {
        int end = Event(body, SkipSpace(body, 0), 0);
        if (end >= 0 && !IsEnd(body, end))
        {
            Malformed(0, SkipSpace(body, end));
        }
    }

    private void ReadArray(ReadOnlySpan<byte> body)
    {
        int at = SkipSpace(body, 0);
        if (at == body.Length || body[at] != '[')
        {
            faults.Add(0, "", "The body is expected to be a JSON array of events.");
            return;
        }

        at = SkipSpace(body, at + 1);
        bool empty = at < body.Length && body[at] == ']';
        int index = 0;
        for (; !empty && !faults.Full; index++)
        {
            int end = Event(body, at, index);
            if (end < 0)
            {
                return;
            }

            at = SkipSpace(body, end);
            if (at == body.Length || body[at] != ',')
            {
                break;
            }

            at = SkipSpace(body, at + 1);
        }

        if (!faults.Full && (at == body.Length || body[at] != ']' || !IsEnd(body, at + 1)))
        {
            Malformed(index, at);
        }
    }

    private void ReadLines(ReadOnlySpan<byte> body)
    {
        for (int at = 0, index = 0; !faults.Full; index++)
        {
            at = SkipSpace(body, at);
            if (at == body.Length)
            {
                return;
            }

            int end = Match(body, at, lineShapes, out EventShape shape);
            int next = end < 0 ? -1 : NextLine(body, end);
            if (next >= 0)
            {
                checks.AddShaped(body, index, shape);
                at = next;
            }
            else
            {
                at = ReadLine(body, at, index);
            }
        }
    }

    private int ReadLine(ReadOnlySpan<byte> body, int at, int index)
    {
        int length = body[at..].IndexOf((byte)'\n');
        ReadOnlySpan<byte> upToNext = length < 0 ? body : body[..(at + length)];
        int end = Tokenize(upToNext, at, index, lineShapes);
        if (end >= 0 && !IsEnd(upToNext, end))
        {
            Malformed(index, end);
        }

        return upToNext.Length;
    }

    // Where the next line begins if nothing more stands on this one, else -1.
    private static int NextLine(ReadOnlySpan<byte> body, int at)
    {
        while (at < body.Length && body[at] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            at++;
        }

        return at == body.Length ? at : body[at] == '\n' ? at + 1 : -1;
    }

    private int Event(ReadOnlySpan<byte> body, int at, int index)
    {
        int end = Match(body, at, shapes, out EventShape shape);
        if (end < 0)
        {
            return Tokenize(body, at, index, shapes);
        }

        checks.AddShaped(body, index, shape);
        return end;
    }

    private int Match(ReadOnlySpan<byte> body, int at, EventShapes known, out EventShape shape)
    {
        fields.Reset();
        shape = default;
        return Speculates && tokenizer.IsUtf8 ? known.Match(body, at, out shape) : -1;
    }

    private int Tokenize(ReadOnlySpan<byte> body, int at, int index, EventShapes known)
    {
        int faultsBefore = faults.Count;
        fields.Reset();
        int end = tokenizer.Read(body, at, index, faults);
        if (end < 0 || body[at] != '{')
        {
            return end;
        }

        checks.Add(body, index, faultsBefore, body[at..end], out EventShape shape);
        if (Speculates && faults.Count == faultsBefore)
        {
            known.Learn(body, at, end, shape);
        }

        return end;
    }

    private void Malformed(int index, int at) => faults.Add(index, "", $"Malformed JSON at byte {at} of the body.");

    private static bool IsEnd(ReadOnlySpan<byte> body, int at) => SkipSpace(body, at) == body.Length;

    private static int SkipSpace(ReadOnlySpan<byte> body, int at)
    {
        while (at < body.Length && body[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }

        return at;
    }
}
