using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.Lcic;

/// <summary>
/// Callbacks of Tencent's low-code interactive classroom, where a room is one class and is started by its teacher, after the first have
/// come in. Their signature covers the key and an expiry, not the body, which is why the expiry is enforced.
/// </summary>
internal sealed class LcicConnector() : Connector("lcic", Answer.Json("""{"error_code":0}"""))
{
    private const long MaxSeconds = Rfc3339.Latest / 1000;
    private const int MaxUrlChars = 4096;

    private protected override Reading ReadBody(Delivery delivery, ConnectorMemory memory) =>
        Parsed(delivery.Body, callback => Signature.RefusalOfExpiring(delivery, callback) is { } refusal
            ? Unverified(refusal)
            : Accept(Read(delivery, callback)));

    private static UsageEvent[] Read(Delivery delivery, Fields callback)
    {
        string type = callback.Text("EventType");
        if (type is not ("RoomStart" or "RoomEnd" or "MemberJoin" or "MemberQuit" or "RecordFinish"))
        {
            // Documents, cameras and microphones say nothing about who was there or what was recorded.
            return [];
        }

        Fields told = callback.Object("EventData");
        string room = told.Text("RoomId", orNumber: true), source = $"lcic:{delivery.Application}";
        long second = callback.Whole("Timestamp", MaxSeconds);
        Instant at = Instant.FromUnixTimeSeconds(second);
        string IdOf(params ReadOnlySpan<string> parts) => EventId.Of(type, [room, EventId.Digits(second), .. parts]);
        switch (type)
        {
            case "RoomStart":
                return [new UsageEvent.ClassStarted(source, IdOf(), at, delivery.Application, room)];
            case "RoomEnd":
                return [new UsageEvent.ClassEnded(source, IdOf(), at, delivery.Application, room)];
            case "RecordFinish":
                return [RecordingOf(delivery, told, source, room, at)];
            default:
                string user = told.Text("UserId", orNumber: true);
                string? role = delivery.Settings.IsRecorder(user) ? "recorder" : null;
                return type == "MemberJoin"
                    ? [new UsageEvent.ParticipantJoined(source, IdOf(user), at, delivery.Application, room, user, role)]
                    : [new UsageEvent.ParticipantLeft(source, IdOf(user), at, delivery.Application, room, user, role)];
        }
    }

    // No field says what a file shows, and unless asked otherwise a classroom records the mix of all.
    private static UsageEvent.RecordingCompleted RecordingOf(Delivery delivery, Fields told, string source, string room, Instant at)
    {
        string recording = EventId.Of("RecordFinish", room, told.Text("RecordUrl", MaxUrlChars));
        RecordedFile file = new(
            RecordingKind.Mixed, told.Whole("Duration", MaxSeconds), Bytes: told.OptionalWhole("RecordSize", long.MaxValue >> 10));
        return new(source, recording, at, delivery.Application, room, recording, [file]);
    }
}
