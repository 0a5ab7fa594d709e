using Minutebook.Core.Events;

namespace Minutebook.Connectors.Trtc;

/// <summary>Recorded files that a callback names: all of a task's MP4 files (310), or one put into video on demand (311).</summary>
/// <param name="Identity">What tells this report of the task from others.</param>
/// <param name="StartMs">When the first of the files began, which says the creation of the room that it belongs to.</param>
internal sealed record TrtcRecording(string Type, string Task, string Identity, long StartMs, IReadOnlyList<RecordedFile> Files)
{
    private const int MaxFiles = 10_000;

    /// <summary>Null when there is nothing that was recorded, or something is wrong with it.</summary>
    public static TrtcRecording? Read(long type, Fields told)
    {
        string task = told.Text("TaskId");
        Fields payload = told.Object("Payload");
        IReadOnlyList<Fields>? files = type == 310
            ? payload.OptionalList("FileMessage", MaxFiles)
            : payload.OptionalObject("TencentVod") is { } vod ? [vod] : null;
        if (files is null)
        {
            // A failure names no file. A success that names none cannot be metered, and the sender should hear of it.
            if (payload.Whole("Status", int.MaxValue) == 0)
            {
                payload.Say(type == 310 ? "FileMessage" : "TencentVod", "is missing");
            }
            return null;
        }
        RecordedFile[] read = [.. files.Select(File)];
        return read.Length == 0 ? null : new(EventId.Digits(type), task, IdentityOf(files), files.Min(StartOf), read);
    }

    private static RecordedFile File(Fields file)
    {
        long startMs = StartOf(file);
        long endMs = file.Whole("EndTimeStamp", TrtcConnector.MaxMs);
        if (endMs < startMs)
        {
            file.Say("EndTimeStamp", "lies before StartTimeStamp");
            return new(RecordingKind.Camera, 0);
        }

        // As for every duration, both instants are first cut to the second (rule 1.1).
        string? user = file.OptionalText("UserId");
        return new(KindOf(file, user), (endMs / 1000) - (startMs / 1000), user);
    }

    // A mixed recording names no user. A mix of nothing but audio is one audio stream.
    private static RecordingKind KindOf(Fields file, string? user) =>
        file.OptionalText("TrackType") == "audio" ? RecordingKind.Audio
        : user is null ? RecordingKind.Mixed
        : file.OptionalText("MediaId") == "aux" ? RecordingKind.Screen
        : RecordingKind.Camera;

    private static long StartOf(Fields file) => file.Whole("StartTimeStamp", TrtcConnector.MaxMs);

    private static string IdentityOf(IReadOnlyList<Fields> files) =>
        EventId.Of("files", [.. files.Select(file =>
            $"{file.OptionalText("FileId") ?? file.OptionalText("FileName", 4096)} {StartOf(file)}")]);
}
