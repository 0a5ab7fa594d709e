using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.Tiw;

/// <summary>
/// Callbacks of Tencent's interactive whiteboard. Their signature covers the key and an expiry, not the body: whoever has seen one can
/// send another body with it until it expires, which is why that is enforced.
/// </summary>
internal sealed class TiwConnector() : Connector("tiw", Answer.Json("""{"error_code":0}"""))
{
    internal const long MaxSeconds = Rfc3339.Latest / 1000;
    private const int MaxVideos = 1000;

    private protected override Reading ReadBody(Delivery delivery, ConnectorMemory memory) =>
        Parsed(delivery.Body, callback => Signature.RefusalOfExpiring(delivery, callback) is { } refusal
            ? Unverified(refusal)
            : callback.Text("EventType") == "OnlineRecordFinished" ? Accept(ReadRecording(delivery, callback)) : Accept([]));

    private static List<UsageEvent> ReadRecording(Delivery delivery, Fields callback)
    {
        Fields finished = callback.Object("EventData");
        string room = finished.Text("RoomId", orNumber: true), task = finished.Text("TaskId");
        long? startedAt = finished.OptionalWhole("RecordStartTime", MaxSeconds);
        long? stoppedAt = finished.OptionalWhole("RecordStopTime", MaxSeconds);
        Instant end = Instant.FromUnixTimeSeconds(stoppedAt ?? callback.Whole("Timestamp", MaxSeconds));
        RecordedFile[] files = [.. RecordedLength.In(finished, startedAt, stoppedAt, MaxVideos)
            .Select(video => FileOf(video.Video, video.Seconds))];

        // The recording user's time on the whiteboard is told by its own joins (rule 3.2); counted here too, it would be billed twice.
        string id = EventId.Of("OnlineRecordFinished", room, task);
        return files.Length == 0
            ? []
            : [new UsageEvent.RecordingCompleted($"tiw:{delivery.Application}", id, end, delivery.Application, room, task, files)];
    }

    private static RecordedFile FileOf(Fields video, long seconds)
    {
        long type = video.Whole("VideoType", int.MaxValue);
        if (type > 4)
        {
            video.Say("VideoType", "must be 0 (camera), 1 (screen), 2 (whiteboard), 3 (mixed) or 4 (audio)");
        }
        RecordingKind kind = type switch
        {
            1 => RecordingKind.Screen,
            2 => RecordingKind.Whiteboard,
            3 => RecordingKind.Mixed,
            4 => RecordingKind.Audio,
            _ => RecordingKind.Camera,
        };
        return new(kind, seconds, UserOf(video.OptionalText("UserId")), video.OptionalWhole("VideoSize", long.MaxValue >> 10));
    }

    // The names under which the recorder keeps mixes and screen shares are not users'.
    private static string? UserOf(string? user) =>
        user is null || user.StartsWith("tic_mixstream_", StringComparison.Ordinal) ? null
        : user.StartsWith("tic_substream_", StringComparison.Ordinal) && user.Length > 14 ? user[14..]
        : user;
}
