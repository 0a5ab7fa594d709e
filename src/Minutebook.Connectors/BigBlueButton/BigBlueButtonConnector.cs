using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.BigBlueButton;

/// <summary>
/// Webhooks of BigBlueButton (bbb-webhooks): a form that holds a list of events. It gives each meeting and each connection an id of its
/// own, but numbers no event.
/// </summary>
internal sealed class BigBlueButtonConnector() : Connector("bigbluebutton", Answer.Empty)
{
    private const int MaxEvents = 10_000;
    private const long MaxMs = Rfc3339.Latest;

    // What the recording pipeline sends has its time in seconds: no millisecond since 1973 is that small.
    private const long SmallestMs = 100_000_000_000;

    private static readonly Duration Remembered = Duration.FromHours(48);

    private protected override Reading ReadBody(Delivery delivery, ConnectorMemory memory)
    {
        if (BigBlueButtonChecksum.Refusal(delivery) is { } refusal)
        {
            return Unverified(refusal);
        }

        FirstFault fault = new();
        BigBlueButtonMeetings meetings = new(delivery, memory);
        List<UsageEvent> events = [];
        bool any = false;
        foreach (ReadOnlyMemory<byte> list in Form.Values(delivery.Body.Span, "event"))
        {
            any = true;
            Fields.ReadList(list, MaxEvents, fault, one => events.AddRange(Read(delivery, one.Object("data"), meetings)));
        }

        if (!any)
        {
            // Acknowledged, what another encoding of the body tells would be lost without a word.
            return Malformed("The body is not a form with a field event.");
        }

        return fault.Sentence is { } sentence ? Malformed(sentence) : Accept(events, meetings.Note(delivery.Arrival + Remembered));
    }

    private static IEnumerable<UsageEvent> Read(Delivery delivery, Fields told, BigBlueButtonMeetings meetings)
    {
        string type = told.Text("id");
        if (type is not ("meeting-created" or "meeting-ended" or "user-joined" or "user-left" or "rap-publish-ended"))
        {
            // Microphones, cameras, chat and polls say nothing about what is received or recorded.
            return [];
        }

        Fields attributes = told.Object("attributes");
        Fields meeting = attributes.Object("meeting");
        string id = meeting.Text("internal-meeting-id");
        long ts = told.Object("event").Whole("ts", MaxMs);
        long atMs = ts < SmallestMs ? ts * 1000 : ts;
        return told.IsFaulty ? [] : type switch
        {
            "meeting-created" => [meetings.Created(id, atMs, meeting.OptionalText("name"))],
            "meeting-ended" => [Ended(delivery, id, atMs)],
            "user-joined" => Joined(delivery, id, atMs, attributes.Object("user"), meetings),
            "user-left" => [Left(delivery, id, atMs, attributes.Object("user"))],
            _ => Recorded(delivery, id, atMs, attributes),
        };
    }

    private static UsageEvent.ClassEnded Ended(Delivery delivery, string meeting, long atMs) => new(
        SourceOf(delivery), EventId.Of("meeting-ended", meeting, EventId.Digits(atMs)), At(atMs), delivery.Application, meeting);

    private static IEnumerable<UsageEvent> Joined(
        Delivery delivery, string meeting, long atMs, Fields told, BigBlueButtonMeetings meetings)
    {
        (string user, string connection, string? role) = UserOf(delivery, told);
        string id = EventId.Of("user-joined", meeting, connection, EventId.Digits(atMs));
        UsageEvent joined = new UsageEvent.ParticipantJoined(
            SourceOf(delivery), id, At(atMs), delivery.Application, meeting, user, role, connection);
        return meetings.Seen(meeting, atMs) is { } started ? [started, joined] : [joined];
    }

    private static UsageEvent.ParticipantLeft Left(Delivery delivery, string meeting, long atMs, Fields told)
    {
        (string user, string connection, string? role) = UserOf(delivery, told);
        string id = EventId.Of("user-left", meeting, connection, EventId.Digits(atMs));
        return new(SourceOf(delivery), id, At(atMs), delivery.Application, meeting, user, role, connection);
    }

    // A format is published apart: a recording has several, each a file. Notes and statistics are published like recordings.
    private static IEnumerable<UsageEvent> Recorded(Delivery delivery, string meeting, long atMs, Fields attributes)
    {
        Fields? recording = attributes.OptionalObject("recording");
        if (attributes.IsFalse("success") || recording is null)
        {
            return [];
        }

        Fields? playback = recording.OptionalObject("playback");
        string id = attributes.OptionalText("record-id") ?? meeting;
        string format = playback?.OptionalText("format") ?? attributes.OptionalText("workflow") ?? "presentation";
        if (format is "notes" or "statistics")
        {
            return [];
        }

        long start = recording.OptionalWhole("start-time", MaxMs) ?? 0, end = recording.OptionalWhole("end-time", MaxMs) ?? start;
        long lengthMs = playback?.OptionalWhole("duration", MaxMs) ?? Math.Max(0, end - start);
        RecordedFile file = new(KindOf(format), lengthMs / 1000, Bytes: recording.OptionalWhole("size", long.MaxValue >> 10));
        return [new UsageEvent.RecordingCompleted(
            SourceOf(delivery), EventId.Of("rap-publish-ended", meeting, id, format), At(atMs), delivery.Application, meeting, id, [file])];
    }

    private static RecordingKind KindOf(string format) => format switch
    {
        "podcast" => RecordingKind.Audio,
        "screenshare" => RecordingKind.Screen,
        _ => RecordingKind.Mixed,
    };

    // The id that the portal gave the person; the server's own is new with each connection.
    private static (string User, string Connection, string? Role) UserOf(Delivery delivery, Fields told)
    {
        string connection = told.Text("internal-user-id");
        string user = told.OptionalText("external-user-id", orNumber: true) ?? connection;
        return (user, connection, delivery.Settings.IsRecorder(user) ? "recorder" : told.OptionalText("role")?.ToLowerInvariant());
    }

    internal static string SourceOf(Delivery delivery) => $"bigbluebutton:{delivery.Application}";

    internal static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
}
