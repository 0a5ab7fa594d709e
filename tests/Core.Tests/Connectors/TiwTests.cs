using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>Callbacks of the interactive whiteboard (tencentcloud.com/document/product/1176/55568); the recording is the example of the billing page (1176/55513), metered by rule 3.3.</summary>
public sealed class TiwTests
{
    private const string Key = "NjFGoDEy";
    private static readonly Instant Before = Instant.FromUnixTimeSeconds(1614151508);

    [Theory]
    [InlineData("Xz4ZgayTr7rMgWQrH", 1588040109, "a2dabb362a9b811c0e26953a6276a41c")]
    [InlineData("NjFGoDEy", 1614151508, "b9454ab5a85f9b7ad36071f5688ed34d")]
    public void The_published_signatures_are_accepted(string key, long expires, string sign)
    {
        string body = $$"""{"EventType":"OnlineRecordStarted","ExpireTime":{{expires}},"Sign":"{{sign}}","Timestamp":1,"SdkAppId":1,"EventData":{} }""";
        Reading reading = Posted.Read("tiw", Posted.Tiw(body, key, Instant.FromUnixTimeSeconds(expires)));

        Reading.Accepted accepted = Assert.IsType<Reading.Accepted>(reading);
        Assert.Empty(accepted.Events);
        Assert.Equal("""{"error_code":0}""", accepted.Answer.Body);
    }

    [Fact]
    public void An_expired_or_foreign_signature_is_refused_with_401()
    {
        string body = Recording();
        Assert.Equal("ExpireTime has passed.", Posted.Refusal("tiw", Posted.Tiw(body, Key, Before + Duration.FromSeconds(1)), 401));
        Posted.Refusal("tiw", Posted.Tiw(body, "another", Before), 401);
        Posted.Refusal("tiw", Posted.Tiw(body.Replace("1614151508", "1999999999", StringComparison.Ordinal), Key, Before), 401);
        Posted.Refusal("tiw", Posted.Tiw("""{"EventType":"OnlineRecordFinished"}""", Key, Before), 401);
    }

    [Fact]
    public void The_sources_example_is_110_minutes_with_the_mix_apart()
    {
        UsageEvent.RecordingCompleted recorded = Read(Recording());

        Assert.Equal(("1234", "t1", Instant.FromUnixTimeSeconds(1614151000)), (recorded.Class, recorded.Recording, recorded.Time));
        Assert.Equal(110 * 60, recorded.Files.Where(file => file.Kind != RecordingKind.Mixed).Sum(file => file.Seconds));
        Assert.Equal(40 * 60, recorded.Files.Where(file => file.Kind == RecordingKind.Mixed).Sum(file => file.Seconds));
        Assert.Equal(
            [(RecordingKind.Camera, "ios_test1"), (RecordingKind.Camera, "pc_test1"), (RecordingKind.Whiteboard, null), (RecordingKind.Mixed, null)],
            recorded.Files.Select(file => (file.Kind, file.User)));
    }

    [Fact]
    public void Lengths_in_seconds_are_told_from_milliseconds_by_the_length_of_the_recording()
    {
        string seconds = Recording().Replace("00000,", "00,", StringComparison.Ordinal);
        Assert.Contains("\"VideoDuration\":1800,", seconds, StringComparison.Ordinal);
        Assert.Equal(Read(Recording()).Files, Read(seconds).Files);

        string withoutTimes = seconds.Replace("RecordStartTime", "A", StringComparison.Ordinal).Replace("RecordStopTime", "B", StringComparison.Ordinal);
        Assert.Equal(Read(Recording()).Files, Read(withoutTimes).Files);

        string total = Recording().Replace("\"TotalTime\":2400", "\"TotalTime\":2400000", StringComparison.Ordinal);
        Assert.Equal(Read(Recording()).Files, Read(total).Files);
    }

    [Fact]
    public void A_videos_offset_is_not_its_length()
    {
        string later = Recording().Replace("\"VideoPlayTime\":0", "\"VideoPlayTime\":600000", StringComparison.Ordinal);

        Assert.Equal(Read(Recording()).Files, Read(later).Files);
    }

    [Fact]
    public void Two_seconds_of_a_camera_in_a_long_recording_are_two_seconds()
    {
        string brief = Recording()
            .Replace("\"VideoPlayTime\":0", "\"VideoPlayTime\":600000", StringComparison.Ordinal)
            .Replace("\"VideoDuration\":1800000", "\"VideoDuration\":2000", StringComparison.Ordinal)
            .Replace("\"VideoDuration\":2400000", "\"VideoDuration\":2000", StringComparison.Ordinal);

        Assert.All(Read(brief).Files, file => Assert.Equal(2, file.Seconds));
    }

    [Fact]
    public void A_finished_recording_says_nothing_of_its_users_presence_on_the_whiteboard() =>
        Assert.IsType<UsageEvent.RecordingCompleted>(Assert.Single(Posted.Events("tiw", Posted.Tiw(Recording(), Key, Before))));

    [Fact]
    public void A_callback_sent_again_with_a_new_signature_gives_the_same_events()
    {
        string again = Recording(1614151600);
        Assert.Equal(
            Posted.Events("tiw", Posted.Tiw(Recording(), Key, Before)).Select(happened => happened.Id),
            Posted.Events("tiw", Posted.Tiw(again, Key, Before)).Select(happened => happened.Id));
    }

    [Fact]
    public void An_unknown_kind_of_video_is_refused_rather_than_guessed() =>
        Assert.StartsWith(
            "EventData/VideoInfos/2/VideoType must be 0 (camera)",
            Posted.Refusal("tiw", Posted.Tiw(Recording().Replace("\"VideoType\":2", "\"VideoType\":9", StringComparison.Ordinal), Key, Before), 400),
            StringComparison.Ordinal);

    private static UsageEvent.RecordingCompleted Read(string body) =>
        Posted.Events("tiw", Posted.Tiw(body, Key, Before)).OfType<UsageEvent.RecordingCompleted>().Single();

    private static string Recording(long expires = 1614151508) => $$"""
        {"Timestamp":1614151000,"SdkAppId":1400000001,"ExpireTime":{{expires}},"Sign":"{{Posted.Md5(Key + expires)}}","EventType":"OnlineRecordFinished","EventData":{
         "TaskId":"t1","RoomId":1234,"GroupId":"","RecordUserId":"tic_record_user_1234_7","FinishReason":"USER_CALL",
         "RecordStartTime":1614148600,"RecordStopTime":1614151000,"TotalTime":2400,"ExceptionCnt":0,"OmittedDurations":[],
         "VideoInfos":[
          {"VideoType":0,"UserId":"ios_test1","VideoPlayTime":0,"VideoDuration":1800000,"VideoFormat":"mp4","VideoSize":1,"VideoUrl":"…","VideoId":"a"},
          {"VideoType":0,"UserId":"pc_test1","VideoPlayTime":0,"VideoDuration":2400000,"VideoFormat":"mp4","VideoSize":1,"VideoUrl":"…","VideoId":"b"},
          {"VideoType":2,"UserId":null,"VideoPlayTime":0,"VideoDuration":2400000,"VideoFormat":"mp4","VideoSize":1,"VideoUrl":"…","VideoId":"c"},
          {"VideoType":3,"UserId":"tic_mixstream_1234_1","VideoPlayTime":0,"VideoDuration":2400000,"VideoFormat":"mp4","VideoSize":1,"VideoUrl":"…","VideoId":"d"}]} }
        """;
}
