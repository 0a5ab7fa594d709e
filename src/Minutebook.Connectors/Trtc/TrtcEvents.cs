using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.Trtc;

/// <summary>The events of one callback. TRTC numbers none of them, so their ids are made of what they say.</summary>
internal sealed class TrtcEvents(string application, string room, long atMs)
{
    private readonly string source = $"trtc:{application}";
    private readonly List<UsageEvent> all = [];

    public IReadOnlyList<UsageEvent> All => all;

    private Instant At => Instant.FromUnixTimeMilliseconds(atMs);

    public void Started(string @class) =>
        all.Add(new UsageEvent.ClassStarted(source, IdOf("101"), At, application, @class, room));

    public void Ended(string @class) =>
        all.Add(new UsageEvent.ClassEnded(source, IdOf("102"), At, application, @class));

    public void Joined(string @class, bool starts, string user, string? role)
    {
        if (starts)
        {
            // Where no creation is told, the first join is it.
            all.Add(new UsageEvent.ClassStarted(source, IdOf("first-join", @class), At, application, @class, room));
        }
        all.Add(new UsageEvent.ParticipantJoined(source, IdOf("103", user), At, application, @class, user, role));
    }

    public void Left(string @class, string user, string? role) =>
        all.Add(new UsageEvent.ParticipantLeft(source, IdOf("104", user), At, application, @class, user, role));

    public void ImpliedEnds(IEnumerable<ImpliedEnd> ends)
    {
        foreach (ImpliedEnd end in ends)
        {
            string id = EventId.Of("created-again", end.Class, EventId.Digits(end.AtMs));
            all.Add(new UsageEvent.ClassEnded(source, id, Instant.FromUnixTimeMilliseconds(end.AtMs), application, end.Class));
        }
    }

    public void Recorded(string @class, TrtcRecording recording) =>
        all.Add(new UsageEvent.RecordingCompleted(
            source, IdOf(recording.Type, recording.Task, recording.Identity), At, application, @class,
            recording.Task, recording.Files));

    private string IdOf(string type, params ReadOnlySpan<string> parts) =>
        EventId.Of(type, [room, EventId.Digits(atMs), .. parts]);
}
