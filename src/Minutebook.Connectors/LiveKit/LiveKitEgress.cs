using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.LiveKit;

/// <summary>What an egress recorded: its files and segmented (HLS) outputs. Streams and images are no recordings.</summary>
internal static class LiveKitEgress
{
    private const int MaxFiles = 1000;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Null when the egress recorded nothing, or something is wrong with it.</summary>
    public static UsageEvent? Read(Delivery delivery, Fields webhook)
    {
        Fields egress = webhook.Object("egressInfo");
        string id = webhook.Text("id"), recording = egress.Text("egressId");
        if (egress.OptionalText("status", orNumber: true) is "EGRESS_FAILED" or "EGRESS_ABORTED" or "4" or "5")
        {
            return null;
        }

        // A page recorded off the web belongs to no room.
        string @class = egress.OptionalText("roomId") ?? egress.OptionalText("roomName") ?? recording;
        long endedNs = egress.OptionalWhole("endedAt", long.MaxValue) ?? 0;
        Instant at = endedNs > 0 ? Instant.FromUnixTimeTicks(endedNs / 100) : LiveKitConnector.CreatedAt(webhook);
        RecordedFile[] files = [.. Outputs(egress, "fileResults", "file"), .. Outputs(egress, "segmentResults", "segments")];
        return files.Length == 0
            ? null
            : new UsageEvent.RecordingCompleted(
                LiveKitConnector.SourceOf(delivery), id, at, delivery.Application, @class, recording, files);
    }

    // Old servers tell the one result there is under its own name, newer ones under both.
    private static IEnumerable<RecordedFile> Outputs(Fields egress, string list, string single)
    {
        IReadOnlyList<Fields>? results = egress.OptionalList(list, MaxFiles);
        if (results is null or { Count: 0 })
        {
            results = egress.OptionalObject(single) is { } only ? [only] : [];
        }
        return results.Select(result => new RecordedFile(
            KindOf(egress), LengthNs(result) / NanosecondsPerSecond, Bytes: result.OptionalWhole("size", long.MaxValue >> 10)));
    }

    private static long LengthNs(Fields result)
    {
        long startedNs = result.OptionalWhole("startedAt", long.MaxValue) ?? 0;
        long endedNs = result.OptionalWhole("endedAt", long.MaxValue) ?? 0;
        return result.OptionalWhole("duration", long.MaxValue) ?? Math.Max(0, endedNs - startedNs);
    }

    // A layout of the room or of a page is a mix; the rest takes one participant's tracks as they are. What a single track shows is not
    // said, so that a screen share counts as a camera.
    private static RecordingKind KindOf(Fields egress)
    {
        Fields? request = egress.OptionalObject("egress") ?? egress.OptionalObject("replay");
        Fields? layout = egress.OptionalObject("roomComposite") ?? egress.OptionalObject("web")
            ?? request?.OptionalObject("template") ?? request?.OptionalObject("web");
        Fields? tracks = egress.OptionalObject("trackComposite") ?? request?.OptionalObject("media");
        return layout is not null ? layout.IsTrue("audioOnly") ? RecordingKind.Audio : RecordingKind.Mixed
            : tracks is not null ? HasVideo(tracks) ? RecordingKind.Camera : RecordingKind.Audio
            : egress.OptionalObject("track") is not null ? OfSingleTrack(egress)
            : egress.OptionalObject("participant") is not null ? RecordingKind.Camera
            : RecordingKind.Mixed;
    }

    private static bool HasVideo(Fields tracks) =>
        tracks.OptionalText("videoTrackId") is not null || tracks.OptionalObject("participantVideo") is not null
        || tracks.OptionalObject("roomTracks") is not null;

    // A track is written as it came: audio as Ogg.
    private static RecordingKind OfSingleTrack(Fields egress)
    {
        Fields? file = egress.OptionalList("fileResults", MaxFiles) is { Count: > 0 } files
            ? files[0]
            : egress.OptionalObject("file");
        bool isOgg = file?.OptionalText("filename", 4096)?.EndsWith(".ogg", StringComparison.OrdinalIgnoreCase) ?? false;
        return isOgg ? RecordingKind.Audio : RecordingKind.Camera;
    }
}
