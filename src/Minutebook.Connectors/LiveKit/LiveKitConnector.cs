using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.LiveKit;

/// <summary>
/// Webhooks of LiveKit. It gives each life of a room and each connection an id of its own, and each event too; but it may lose events,
/// so whatever tells of the room or of a join heals one that was lost.
/// </summary>
internal sealed class LiveKitConnector() : Connector("livekit", Answer.Empty)
{
    private const long MaxSeconds = Rfc3339.Latest / 1000;

    private static readonly Duration Remembered = Duration.FromHours(48);

    private protected override bool NeedsApiKey => true;

    public override bool RemembersClasses => true;

    private protected override Reading ReadBody(Delivery delivery, ConnectorMemory memory) =>
        LiveKitToken.Refusal(delivery) is { } refusal
            ? Unverified(refusal)
            : Parsed(delivery.Body, webhook => ReadWebhook(delivery, webhook, memory));

    private Reading ReadWebhook(Delivery delivery, Fields webhook, ConnectorMemory memory) => webhook.Text("event") switch
    {
        "room_started" or "room_finished" or "participant_joined" or "participant_left" or "participant_connection_aborted" =>
            ReadRoom(delivery, webhook, memory),
        "egress_ended" => Accept(LiveKitEgress.Read(delivery, webhook) is { } recorded ? [recorded] : []),
        // Published tracks say nothing about what is received; ingress and jobs of agents show as their participants.
        _ => Accept([]),
    };

    private Reading ReadRoom(Delivery delivery, Fields webhook, ConnectorMemory memory)
    {
        LiveKitRoom room = LiveKitRoom.Read(webhook);
        string source = SourceOf(delivery), kind = webhook.Text("event");
        Instant at = Later(CreatedAt(webhook), room.Created);
        if (kind == "room_finished")
        {
            return Accept([new UsageEvent.ClassEnded(source, webhook.Text("id"), at, delivery.Application, room.Sid)]);
        }

        // A start is reported once a room, by whatever is heard first of it.
        bool isNew = memory.Recall(room.Sid, delivery.Arrival) is null;
        List<UsageEvent> events = isNew || kind == "room_started" ? [StartOf(delivery, webhook, room, at)] : [];
        if (kind != "room_started")
        {
            events.Add(ReadParticipant(delivery, webhook, room, at));
        }
        Note? note = isNew ? new(room.Sid, "", (delivery.Arrival + Remembered).ToUnixTimeMilliseconds()) : null;
        return Accept(events, note);
    }

    // The same identity from whichever event it is read, as long as the room says when it was created.
    private static UsageEvent.ClassStarted StartOf(Delivery delivery, Fields webhook, LiveKitRoom room, Instant at)
    {
        string id = room.Created is { } created
            ? EventId.Of("room-created", room.Sid, EventId.Digits(created.ToUnixTimeMilliseconds()))
            : EventId.Of("room-seen", room.Sid, webhook.Text("id"));
        Instant start = room.Created ?? JoinedAt(webhook.OptionalObject("participant")) ?? at;
        return new(SourceOf(delivery), id, start, delivery.Application, room.Sid, room.Name);
    }

    private static UsageEvent ReadParticipant(Delivery delivery, Fields webhook, LiveKitRoom room, Instant at)
    {
        Fields participant = webhook.Object("participant");
        string source = SourceOf(delivery), id = webhook.Text("id");
        string user = participant.Text("identity"), connection = participant.Text("sid");
        string? role = RoleOf(participant.OptionalText("kind", orNumber: true));
        Instant? joined = JoinedAt(participant);
        return webhook.Text("event") switch
        {
            "participant_joined" => new UsageEvent.ParticipantJoined(
                source, id, joined ?? at, delivery.Application, room.Sid, user, role, connection),
            "participant_left" => new UsageEvent.ParticipantLeft(
                source, id, Later(at, joined), delivery.Application, room.Sid, user, role, connection, Medium.Av, joined),
            // The connection never came about, so there is no stay to heal; one that is open all the same ends.
            _ => new UsageEvent.ParticipantLeft(
                source, id, Later(at, joined), delivery.Application, room.Sid, user, role, connection),
        };
    }

    internal static string SourceOf(Delivery delivery) => $"livekit:{delivery.Settings.ApiKey}";

    internal static Instant CreatedAt(Fields webhook) => Instant.FromUnixTimeSeconds(webhook.Whole("createdAt", MaxSeconds));

    /// <summary>Milliseconds where the server is new enough to tell them, else seconds; protojson leaves zeros out.</summary>
    internal static Instant? TimeOf(Fields? fields, string seconds, string milliseconds) =>
        fields?.OptionalWhole(milliseconds, MaxSeconds * 1000) is { } ms and > 0 ? Instant.FromUnixTimeMilliseconds(ms)
        : fields?.OptionalWhole(seconds, MaxSeconds) is { } s and > 0 ? Instant.FromUnixTimeSeconds(s)
        : null;

    private static Instant? JoinedAt(Fields? participant) => TimeOf(participant, "joinedAt", "joinedAtMs");

    // An event's own time has whole seconds only: what happened in the second of the join did not happen before it.
    private static Instant Later(Instant at, Instant? known) => known > at ? known.Value : at;

    private static string? RoleOf(string? kind) => kind switch
    {
        null or "STANDARD" or "0" => null,
        "EGRESS" or "2" => "recorder",
        _ => kind.ToLowerInvariant(),
    };
}

/// <summary>The room of a webhook.</summary>
internal sealed record LiveKitRoom(string Sid, string? Name, Instant? Created)
{
    public static LiveKitRoom Read(Fields webhook)
    {
        Fields room = webhook.Object("room");
        return new(room.Text("sid"), room.OptionalText("name"), LiveKitConnector.TimeOf(room, "creationTime", "creationTimeMs"));
    }
}
