using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.Trtc;

/// <summary>
/// Room and recording callbacks of Tencent RTC. The signature covers the body and nothing else, and carries no time: a captured delivery
/// can be sent again for ever, so all that identifies an event comes from the body, and a repetition is a duplicate.
/// </summary>
internal sealed class TrtcConnector() : Connector("trtc", Answer.Json("""{"code":0}"""))
{
    internal const long MaxMs = Rfc3339.Latest;
    private const int MaxRoomChars = 200;              // leaves room for the time in the class id

    private static readonly Duration Remembered = Duration.FromHours(48);

    public override bool RemembersClasses => true;

    private protected override Reading ReadBody(Delivery delivery, ConnectorMemory memory) =>
        Signature.IsHmacSha256(delivery.Header("Sign"), delivery.Settings.Secret, delivery.Body.Span)
            ? Parsed(delivery.Body, fields => ReadCallback(delivery, fields, memory))
            : Unverified("The header Sign is not the base64 HMAC-SHA256 of the body with the secret of this connector.");

    private Reading ReadCallback(Delivery delivery, Fields callback, ConnectorMemory memory) =>
        callback.Whole("EventType", int.MaxValue) switch
        {
            >= 101 and <= 104 and var type => ReadRoom(type, delivery, callback, memory),
            310 or 311 => ReadRecording(delivery, callback, memory),
            // Role changes, published streams and the steps of a recording say nothing about what is received or recorded.
            _ => Accept([]),
        };

    private Reading ReadRoom(long type, Delivery delivery, Fields callback, ConnectorMemory memory)
    {
        Fields told = callback.Object("EventInfo");
        string room = told.Text("RoomId", MaxRoomChars, orNumber: true);
        long atMs = TimeMs(told);
        string user = type is 103 or 104 ? told.Text("UserId") : told.OptionalText("UserId") ?? "";
        string role = told.OptionalText("Role", orNumber: true) ?? "";
        if (callback.IsFaulty)
        {
            return Accept([]);
        }

        Note? kept = memory.Recall(room, delivery.Arrival);
        RoomCreations creations = new(room, kept?.Text);
        TrtcEvents events = new(delivery.Application, room, atMs);
        switch (type)
        {
            case 101:
                events.Started(creations.Created(atMs));
                break;
            case 102:
                events.Ended(creations.Ended(atMs));
                break;
            case 103:
                events.Joined(creations.Joined(atMs, out bool starts), starts, user, RoleOf(user, role, delivery.Settings));
                break;
            default:
                events.Left(creations.Left(atMs), user, RoleOf(user, role, delivery.Settings));
                break;
        }
        events.ImpliedEnds(creations.ImpliedEnds);
        return Accept(events.All, creations.NoteFor(kept, delivery.Arrival + Remembered));
    }

    private Reading ReadRecording(Delivery delivery, Fields callback, ConnectorMemory memory)
    {
        Fields told = callback.Object("EventInfo");
        string room = told.Text("RoomId", MaxRoomChars, orNumber: true);
        long atMs = TimeMs(told);
        TrtcRecording? recording = TrtcRecording.Read(callback.Whole("EventType", int.MaxValue), told);
        if (recording is null || callback.IsFaulty)
        {
            return Accept([]);
        }
        string @class = new RoomCreations(room, memory.Recall(room, delivery.Arrival)?.Text).ClassOf(recording.StartMs) ?? room;
        TrtcEvents events = new(delivery.Application, room, atMs);
        events.Recorded(@class, recording);
        return Accept(events.All);
    }

    private static long TimeMs(Fields told) =>
        told.OptionalWhole("EventMsTs", MaxMs) ?? told.Whole("EventTs", MaxMs / 1000) * 1000;

    // 20 may speak, which is everyone in a call: it does not tell a teacher from a student. 21 watches.
    private static string? RoleOf(string user, string role, ConnectorSettings settings) =>
        settings.IsRecorder(user) ? "recorder"
        : role == "21" ? "spectator"
        : null;
}
