using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.Jitsi;

/// <summary>
/// What the event_sync module of a Jitsi server posts, to an address for each kind of event. It names the room and not its life, so that
/// the class is told from the times; a leave tells its join too, and the end of a room tells everybody's.
/// </summary>
internal sealed class JitsiConnector() : Connector("jitsi", Answer.Empty)
{
    private const long MaxSeconds = Rfc3339.Latest / 1000;
    private const int MaxOccupants = 10_000;
    private const int MaxRoomChars = 200;              // leaves room for the time in the class id

    private static readonly Duration Remembered = Duration.FromHours(48);

    public override bool RemembersClasses => true;

    private protected override bool Takes(IReadOnlyList<string> path) =>
        string.Join('/', path) is "events/room/created" or "events/room/destroyed" or "events/occupant/joined" or "events/occupant/left";

    private protected override string Address => "/jitsi/events/room/created, …/room/destroyed, …/occupant/joined or …/occupant/left";

    private protected override Reading ReadBody(Delivery delivery, ConnectorMemory memory) => Signature.IsBearer(delivery)
        ? Parsed(delivery.Body, told => Read(delivery, told, memory))
        : Unverified("The header Authorization is not 'Bearer' and the secret of this connector.");

    private Reading Read(Delivery delivery, Fields told, ConnectorMemory memory)
    {
        // A breakout room has the names of the main room, and lives a life of its own.
        string jid = told.Text("room_jid", MaxRoomChars);
        string? breakout = told.IsTrue("is_breakout") ? told.Text("breakout_room_id", MaxRoomChars) : null;
        string room = breakout is null ? jid : $"{jid}/{breakout}";
        if (room.Length > MaxRoomChars)
        {
            told.Say("breakout_room_id", $"and room_jid together must be at most {MaxRoomChars} characters");
        }
        if (told.IsFaulty)
        {
            return Accept([]);
        }

        Note? kept = memory.Recall(room, delivery.Arrival);
        RoomCreations creations = new(room, kept?.Text);
        JitsiEvents events = new(delivery, room, told.OptionalText("room_name"), creations);
        switch (delivery.Path[^1])
        {
            case "created":
                events.Created(Ms(told, "created_at"));
                break;
            case "destroyed":
                long createdMs = Ms(told, "created_at"), destroyedMs = Ms(told, "destroyed_at");
                events.Created(createdMs);
                events.Destroyed(createdMs, destroyedMs);
                foreach (Fields occupant in told.OptionalList("all_occupants", MaxOccupants) ?? [])
                {
                    events.WasThere(Occupant.Of(occupant), createdMs, Ms(occupant, "joined_at"), OptionalMs(occupant, "left_at") ?? destroyedMs);
                }
                break;
            case "joined":
                Fields joined = told.Object("occupant");
                events.Joined(Occupant.Of(joined), Ms(joined, "joined_at"));
                break;
            default:
                Fields left = told.Object("occupant");
                events.Left(Occupant.Of(left), Ms(left, "joined_at"), Ms(left, "left_at"));
                break;
        }
        return told.IsFaulty ? Accept([]) : Accept(events.All, creations.NoteFor(kept, delivery.Arrival + Remembered));
    }

    private static long Ms(Fields told, string name) => told.Whole(name, MaxSeconds) * 1000;

    private static long? OptionalMs(Fields told, string name) => told.OptionalWhole(name, MaxSeconds) * 1000;
}

/// <summary>Someone in a room: who it is where the server has people sign in, and the connection.</summary>
internal sealed record Occupant(string User, string Connection)
{
    public static Occupant Of(Fields told)
    {
        string connection = told.Text("occupant_jid");
        return new(told.OptionalText("id", orNumber: true) ?? connection, connection);
    }
}
