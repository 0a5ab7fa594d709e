using NodaTime;

namespace Minutebook.Connectors;

/// <summary>Something that a connector wants to find again under <paramref name="Key"/>; a later one with the same key replaces it.</summary>
/// <param name="Key">What it is about, such as a room; at most 256 characters.</param>
/// <param name="Text">The connector's own business; at most about 6 KiB.</param>
/// <param name="KeepUntilMs">May be forgotten after this time, in milliseconds since 1970.</param>
public sealed record Note(string Key, string Text, long KeepUntilMs);

/// <summary>
/// What one connector remembers for one application. It is no more than its notes: whoever keeps those durably can build it again.
/// Not for use from several threads at once.
/// </summary>
public sealed class ConnectorMemory
{
    /// <summary>More than any installation has rooms in two days; beyond it the oldest notes go.</summary>
    public const int MaxNotes = 100_000;

    private readonly Dictionary<string, Note> notes = new(StringComparer.Ordinal);
    private readonly ICollection<string>? asked;

    /// <param name="notes">Its notes.</param>
    /// <param name="asked">Gets the keys that are looked for, there or not; null where nobody wants to know.</param>
    public ConnectorMemory(IEnumerable<Note>? notes = null, ICollection<string>? asked = null)
    {
        this.asked = asked;
        foreach (Note note in notes ?? [])
        {
            this.notes[note.Key] = note;
        }
    }

    public IReadOnlyCollection<Note> Notes => notes.Values;

    /// <summary>Keeps a note, and gives the one that it replaces. <paramref name="now"/> is the delivery's arrival.</summary>
    public Note? Keep(Note note, Instant now)
    {
        Note? before = notes.GetValueOrDefault(note.Key);
        notes[note.Key] = note;
        if (notes.Count > MaxNotes)
        {
            Shrink(now);
        }

        return before;
    }

    /// <summary>Takes back a note that could not be made durable, unless another has replaced it since.</summary>
    public void TakeBack(Note note, Note? before)
    {
        if (!ReferenceEquals(notes.GetValueOrDefault(note.Key), note))
        {
            return;
        }

        notes.Remove(note.Key);
        if (before is not null)
        {
            notes[note.Key] = before;
        }
    }

    internal Note? Recall(string key, Instant now)
    {
        asked?.Add(key);
        return notes.TryGetValue(key, out Note? note) && note.KeepUntilMs >= now.ToUnixTimeMilliseconds() ? note : null;
    }

    // A tenth more than necessary goes, so that the work is done once in ten thousand notes.
    private void Shrink(Instant now)
    {
        long nowMs = now.ToUnixTimeMilliseconds();
        int surplus = notes.Count - (MaxNotes * 9 / 10);
        string[] oldest = [.. notes.Values.OrderBy(note => note.KeepUntilMs).ThenBy(note => note.Key, StringComparer.Ordinal)
            .TakeWhile((note, index) => note.KeepUntilMs < nowMs || index < surplus).Select(note => note.Key)];
        foreach (string key in oldest)
        {
            notes.Remove(key);
        }
    }
}
