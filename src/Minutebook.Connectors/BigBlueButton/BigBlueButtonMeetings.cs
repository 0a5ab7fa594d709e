using System.Globalization;
using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.BigBlueButton;

/// <summary>
/// When each meeting is known to have begun. Of several starts the earliest holds (rule 2.1), so whatever is forgotten or overtaken costs
/// at most a start that is told twice.
/// </summary>
internal sealed class BigBlueButtonMeetings(Delivery delivery, ConnectorMemory memory)
{
    private readonly Dictionary<string, long> earlier = new(StringComparer.Ordinal);
    private string? noted;

    /// <summary>The source says that the meeting was created.</summary>
    public UsageEvent.ClassStarted Created(string meeting, long atMs, string? name)
    {
        Began(meeting, atMs);
        return Start("meeting-created", meeting, atMs, name);
    }

    /// <summary>Somebody joined. Where no creation is known by then, the first join is it.</summary>
    public UsageEvent.ClassStarted? Seen(string meeting, long atMs) =>
        Began(meeting, atMs) ? Start("first-join", meeting, atMs, name: null) : null;

    /// <summary>What to remember of the delivery; of several meetings one will do, for memory only spares starts.</summary>
    public Note? Note(Instant keepUntil) => noted is null
        ? null
        : new(noted, EventId.Digits(earlier[noted]), keepUntil.ToUnixTimeMilliseconds());

    /// <summary>Whether this is the earliest that is known of the meeting.</summary>
    private bool Began(string meeting, long atMs)
    {
        if (!earlier.TryGetValue(meeting, out long before))
        {
            before = memory.Recall(meeting, delivery.Arrival) is { } note ? long.Parse(note.Text, CultureInfo.InvariantCulture) : long.MaxValue;
            earlier[meeting] = before;
        }

        if (atMs >= before)
        {
            return false;
        }

        earlier[meeting] = atMs;
        noted ??= meeting;
        return true;
    }

    private UsageEvent.ClassStarted Start(string kind, string meeting, long atMs, string? name) => new(
        BigBlueButtonConnector.SourceOf(delivery), EventId.Of(kind, meeting, EventId.Digits(atMs)), BigBlueButtonConnector.At(atMs),
        delivery.Application, meeting, name);
}
