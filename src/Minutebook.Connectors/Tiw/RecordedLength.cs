namespace Minutebook.Connectors.Tiw;

/// <summary>
/// The lengths of the videos of a recording. <c>VideoDuration</c> is the length and <c>VideoPlayTime</c> an offset. The reference says
/// milliseconds, the billing page's example says seconds (<c>TotalTime: 2400</c> for 40 minutes), and no field says which; so the whole
/// recording decides, whose start and stop are in seconds: no video is longer than that, and none begins after it.
/// </summary>
internal static class RecordedLength
{
    // A recording stops by itself after 24 hours; what a video may be longer by, for rounding and clocks.
    private const long MaxRecordingSeconds = 86_400;
    private const long ToleranceSeconds = 5;

    private const long MaxMilliseconds = 2 * MaxRecordingSeconds * 1000;

    public static IReadOnlyList<(Fields Video, long Seconds)> In(Fields finished, long? startedAt, long? stoppedAt, int maxVideos)
    {
        IReadOnlyList<Fields> videos = finished.OptionalList("VideoInfos", maxVideos) ?? [];
        long[] lengths = [.. videos.Select(video => video.Whole("VideoDuration", MaxMilliseconds))];
        // An offset tells the unit too: without it the few seconds of somebody's camera would pass for as many minutes.
        long farthest = lengths.Concat(videos.Select(video => video.OptionalWhole("VideoPlayTime", MaxMilliseconds) ?? 0)).DefaultIfEmpty().Max();
        long perSecond = AreSeconds(farthest, WholeSeconds(finished, startedAt, stoppedAt)) ? 1 : 1000;
        return [.. videos.Select((video, index) => (video, lengths[index] / perSecond))];
    }

    private static bool AreSeconds(long farthest, long? recordingSeconds) =>
        recordingSeconds is { } whole && farthest <= whole + (whole / 20) + ToleranceSeconds;

    private static long? WholeSeconds(Fields finished, long? startedAt, long? stoppedAt)
    {
        if (stoppedAt > startedAt)
        {
            return stoppedAt - startedAt;
        }

        // Without the two, TotalTime as the billing page's example has it; as milliseconds it would be far above a day.
        long? total = finished.OptionalWhole("TotalTime", MaxMilliseconds);
        return total is > 0 and <= MaxRecordingSeconds ? total : null;
    }
}
