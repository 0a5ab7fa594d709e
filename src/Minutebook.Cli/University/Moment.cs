namespace Minutebook.Cli.University;

/// <summary>What an event tells; each has its own text in <see cref="EventText"/>.</summary>
internal enum Kind : byte
{
    Started,
    Ended,
    Joined,
    JoinedWhiteboard,
    Left,
    LeftWhiteboard,
    Receiving,
    Recorded,
    Delivered,
    Voided,
    HandRaised,
    Screenshot,
}

internal enum Role : byte
{
    Student,
    Teacher,
    Assistant,
    Recorder,
}

/// <summary>One event before it is text. A term holds millions, so it is a value without references.</summary>
internal readonly record struct Moment
{
    /// <summary>When the platform's webhook arrives, milliseconds since 1970.</summary>
    public long Arrival { get; init; }

    /// <summary>When it happened, milliseconds since 1970.</summary>
    public long Time { get; init; }

    /// <summary>Pixels, seconds, bytes or the voided number, as the kind needs.</summary>
    public long Quantity { get; init; }

    /// <summary>Makes the event's id; a retry repeats it.</summary>
    public int Number { get; init; }

    /// <summary>Index of the class or content in the term's places.</summary>
    public int Place { get; init; }

    public int User { get; init; }

    public Kind Kind { get; init; }

    public Role Role { get; init; }

    /// <summary>Number of the user's connection; for a recording its files, for a delivery its kind.</summary>
    public byte Variant { get; init; }
}

/// <summary>A class or a piece of content: the text that all its events share.</summary>
/// <param name="Application">Index in <see cref="Campus.Applications"/>.</param>
/// <param name="Shared">From the subject to the application, as UTF-8.</param>
/// <param name="Detail">The class's name, or where content belongs, as UTF-8.</param>
internal sealed record Place(int Application, byte[] Shared, byte[] Detail);
