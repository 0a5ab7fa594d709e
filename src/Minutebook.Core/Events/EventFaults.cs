namespace Minutebook.Core.Events;

/// <summary>One thing that is wrong with a request's events.</summary>
/// <param name="Index">The event's place in the request, from 0.</param>
/// <param name="Pointer">Where in the event, as a JSON pointer; empty for the event as a whole.</param>
/// <param name="Detail">What is wrong, and what is expected; never the value that was sent.</param>
public readonly record struct EventFault(int Index, string Pointer, string Detail);

/// <summary>What is wrong with a request's events. Any fault refuses the whole request. Reused after <see cref="Clear"/>.</summary>
public sealed class EventFaults
{
    /// <summary>How many faults are kept; an <see cref="EventReader"/> reads no further once it has found so many.</summary>
    public const int Most = 100;

    private readonly List<EventFault> kept = [];

    /// <summary>How many were found, those beyond <see cref="Most"/> included that the last event to be read still had.</summary>
    public int Count { get; private set; }

    /// <summary>Whether an event was larger than <see cref="EventReader.MaxEventBytes"/>: <c>payload-too-large</c>.</summary>
    public bool TooLarge { get; private set; }

    /// <summary>The first of them, at most <see cref="Most"/>.</summary>
    public IReadOnlyList<EventFault> Kept => kept;

    /// <summary>Whether no more are kept.</summary>
    public bool Full => Count >= Most;

    /// <summary>Adds a fault.</summary>
    public void Add(int index, string pointer, string detail)
    {
        if (Count++ < Most)
        {
            kept.Add(new EventFault(index, pointer, detail));
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        kept.Clear();
        Count = 0;
        TooLarge = false;
    }

    internal void AddTooLarge(int index)
    {
        TooLarge = true;
        Add(index, "", $"The event is larger than {EventReader.MaxEventBytes} bytes.");
    }
}
