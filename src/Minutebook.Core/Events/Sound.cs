namespace Minutebook.Core.Events;

/// <summary>What every row that enters or leaves the journal has: what its kind needs, in range.</summary>
internal static class Sound
{
    public static bool Is(in EventRow row) =>
        (row.Source | row.Id | row.Application) >= 0 && IsTime(row.Time) && (int)row.Kind < Words.Kinds &&
        row.Mode < Words.Modes(row.Kind) && row.Stored <= (row.Kind == EventKind.SlicingCompleted ? 2 : 0) &&
        (row.FileCount == 0 || row.Kind == EventKind.RecordingCompleted) && HasTexts(row) && HasQuantity(row);

    public static bool IsTime(long time) => time is >= Rfc3339.Earliest and <= Rfc3339.Latest;

    public static bool IsQuantity(long quantity) => quantity is >= 0 and <= EventChecks.MaxQuantity;

    // No text is -1, so that one missing makes the disjunction negative.
    private static bool HasTexts(in EventRow row) => row.Kind switch
    {
        EventKind.ClassStarted or EventKind.ClassEnded => row.Subject,
        EventKind.ParticipantJoined or EventKind.ParticipantLeft or EventKind.ParticipantReceiving => row.Subject | row.User,
        EventKind.RecordingCompleted or EventKind.SlicingCompleted => row.Subject | row.Name,
        EventKind.PlaybackViewed => row.Subject | row.Name | row.User,
        EventKind.EventVoided => row.A | row.B,
        EventKind.Unknown => row.Name | row.A,
        _ => 0,
    } >= 0;

    private static bool HasQuantity(in EventRow row) => row.Kind switch
    {
        EventKind.ParticipantLeft => row.Quantity == EventRow.NoQuantity || IsTime(row.Quantity),
        EventKind.ParticipantReceiving or EventKind.PlaybackViewed or EventKind.SlicingCompleted or EventKind.ScreenshotCaptured or
            EventKind.StorageSampled or EventKind.ContentDelivered => IsQuantity(row.Quantity),
        _ => row.Quantity == EventRow.NoQuantity,
    };
}
