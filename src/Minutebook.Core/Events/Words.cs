namespace Minutebook.Core.Events;

/// <summary>The words by which events name what <c>Vocabulary.cs</c> numbers.</summary>
public static class Words
{
    /// <summary>How many kinds there are, the unknown one included.</summary>
    internal const int Kinds = 13;

    /// <summary>The <c>type</c> of a kind; empty for <see cref="EventKind.Unknown"/>.</summary>
    public static ReadOnlySpan<byte> Of(EventKind kind) => kind switch
    {
        EventKind.Unknown => ""u8,
        EventKind.ClassStarted => "class.started"u8,
        EventKind.ClassEnded => "class.ended"u8,
        EventKind.ParticipantJoined => "participant.joined"u8,
        EventKind.ParticipantLeft => "participant.left"u8,
        EventKind.ParticipantReceiving => "participant.receiving"u8,
        EventKind.RecordingCompleted => "recording.completed"u8,
        EventKind.PlaybackViewed => "playback.viewed"u8,
        EventKind.SlicingCompleted => "slicing.completed"u8,
        EventKind.ScreenshotCaptured => "screenshot.captured"u8,
        EventKind.StorageSampled => "storage.sampled"u8,
        EventKind.ContentDelivered => "content.delivered"u8,
        EventKind.EventVoided => "event.voided"u8,
    };

    /// <summary>The word of a medium.</summary>
    public static ReadOnlySpan<byte> Of(Medium medium) => medium switch
    {
        Medium.Av => "av"u8,
        Medium.Whiteboard => "whiteboard"u8,
    };

    /// <summary>The word of a recording's kind.</summary>
    public static ReadOnlySpan<byte> Of(RecordingKind kind) => kind switch
    {
        RecordingKind.Camera => "camera"u8,
        RecordingKind.Screen => "screen"u8,
        RecordingKind.Whiteboard => "whiteboard"u8,
        RecordingKind.Audio => "audio"u8,
        RecordingKind.Mixed => "mixed"u8,
    };

    /// <summary>The word of a slicing mode.</summary>
    public static ReadOnlySpan<byte> Of(SlicingMode mode) => mode switch
    {
        SlicingMode.Audio => "audio"u8,
        SlicingMode.Video => "video"u8,
    };

    /// <summary>The word of a kind of delivery.</summary>
    public static ReadOnlySpan<byte> Of(DeliveryKind kind) => kind switch
    {
        DeliveryKind.Vod => "vod"u8,
        DeliveryKind.Download => "download"u8,
        DeliveryKind.Live => "live"u8,
        DeliveryKind.Other => "other"u8,
    };

    /// <summary>The kind that a <c>type</c> names; <see cref="EventKind.Unknown"/> where it names none.</summary>
    public static EventKind Kind(ReadOnlySpan<byte> type)
    {
        for (int kind = 1; kind < Kinds; kind++)
        {
            if (type.SequenceEqual(Of((EventKind)kind)))
            {
                return (EventKind)kind;
            }
        }

        return EventKind.Unknown;
    }

    internal static int ModeOfMedium(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("av"u8) ? 0 : word.SequenceEqual("whiteboard"u8) ? 1 : -1;

    internal static int ModeOfSlicing(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("audio"u8) ? 0 : word.SequenceEqual("video"u8) ? 1 : -1;

    internal static int ModeOfDelivery(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("vod"u8) ? 0 : word.SequenceEqual("download"u8) ? 1 :
        word.SequenceEqual("live"u8) ? 2 : word.SequenceEqual("other"u8) ? 3 : -1;

    internal static int KindOfRecording(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("camera"u8) ? 0 : word.SequenceEqual("screen"u8) ? 1 : word.SequenceEqual("whiteboard"u8) ? 2 :
        word.SequenceEqual("audio"u8) ? 3 : word.SequenceEqual("mixed"u8) ? 4 : -1;

    /// <summary>How many values <see cref="EventRow.Mode"/> can have for a kind.</summary>
    internal static int Modes(EventKind kind) => kind switch
    {
        EventKind.ParticipantJoined or EventKind.ParticipantLeft or EventKind.SlicingCompleted => 2,
        EventKind.ContentDelivered => 4,
        _ => 1,
    };
}
