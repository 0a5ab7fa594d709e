namespace Minutebook.Core.Events;

/// <summary>The types of events that Minutebook knows. The numbers are part of the journal's format and never change.</summary>
public enum EventKind : byte
{
    /// <summary>A type that Minutebook does not know; kept, not applied.</summary>
    Unknown = 0,
    /// <summary><c>class.started</c></summary>
    ClassStarted = 1,
    /// <summary><c>class.ended</c></summary>
    ClassEnded = 2,
    /// <summary><c>participant.joined</c></summary>
    ParticipantJoined = 3,
    /// <summary><c>participant.left</c></summary>
    ParticipantLeft = 4,
    /// <summary><c>participant.receiving</c></summary>
    ParticipantReceiving = 5,
    /// <summary><c>recording.completed</c></summary>
    RecordingCompleted = 6,
    /// <summary><c>playback.viewed</c></summary>
    PlaybackViewed = 7,
    /// <summary><c>slicing.completed</c></summary>
    SlicingCompleted = 8,
    /// <summary><c>screenshot.captured</c></summary>
    ScreenshotCaptured = 9,
    /// <summary><c>storage.sampled</c></summary>
    StorageSampled = 10,
    /// <summary><c>content.delivered</c></summary>
    ContentDelivered = 11,
    /// <summary><c>event.voided</c></summary>
    EventVoided = 12,
}

/// <summary>What a participant joins (rule 2.2): the audio/video room or the whiteboard.</summary>
public enum Medium : byte
{
    /// <summary><c>av</c>, when nothing is said.</summary>
    Av = 0,
    /// <summary><c>whiteboard</c></summary>
    Whiteboard = 1,
}

/// <summary>What a file of a recording shows (rule 3.3).</summary>
public enum RecordingKind : byte
{
    /// <summary><c>camera</c></summary>
    Camera = 0,
    /// <summary><c>screen</c></summary>
    Screen = 1,
    /// <summary><c>whiteboard</c></summary>
    Whiteboard = 2,
    /// <summary><c>audio</c></summary>
    Audio = 3,
    /// <summary><c>mixed</c></summary>
    Mixed = 4,
}

/// <summary>What was sliced (meter <c>slicing</c>).</summary>
public enum SlicingMode : byte
{
    /// <summary><c>audio</c></summary>
    Audio = 0,
    /// <summary><c>video</c></summary>
    Video = 1,
}

/// <summary>What a source says that it delivered (rule 3.4).</summary>
public enum DeliveryKind : byte
{
    /// <summary><c>vod</c></summary>
    Vod = 0,
    /// <summary><c>download</c></summary>
    Download = 1,
    /// <summary><c>live</c></summary>
    Live = 2,
    /// <summary><c>other</c></summary>
    Other = 3,
}
