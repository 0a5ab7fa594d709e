using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.Jitsi;

/// <summary>The events of one message. Jitsi numbers none of them, so their ids are made of what they say, whichever message says it.</summary>
internal sealed class JitsiEvents(Delivery delivery, string room, string? name, RoomCreations creations)
{
    private readonly string source = $"jitsi:{delivery.Application}";
    private readonly List<UsageEvent> all = [];

    public IReadOnlyList<UsageEvent> All =>
    [
        .. all,
        .. creations.ImpliedEnds.Select(end => new UsageEvent.ClassEnded(
            source, EventId.Of("created-again", end.Class, EventId.Digits(end.AtMs)), At(end.AtMs), delivery.Application, end.Class)),
    ];

    public void Created(long atMs) => all.Add(
        new UsageEvent.ClassStarted(source, IdOf("created", atMs), At(atMs), delivery.Application, creations.Created(atMs), name));

    public void Destroyed(long createdMs, long atMs) => all.Add(
        new UsageEvent.ClassEnded(source, IdOf("destroyed", atMs), At(atMs), delivery.Application, creations.Ended(atMs, createdMs)));

    public void Joined(Occupant occupant, long atMs) => all.Add(new UsageEvent.ParticipantJoined(
        source, IdOf("joined", atMs, occupant.Connection), At(atMs), delivery.Application, ClassOf(atMs), occupant.User,
        RoleOf(occupant), occupant.Connection));

    public void Left(Occupant occupant, long joinedMs, long leftMs) => all.Add(new UsageEvent.ParticipantLeft(
        source, IdOf("left", leftMs, occupant.Connection, EventId.Digits(joinedMs)), At(leftMs), delivery.Application, ClassOf(joinedMs),
        occupant.User, RoleOf(occupant), occupant.Connection, Medium.Av, At(joinedMs)));

    /// <summary>
    /// A whole stay, as the end of the room tells it. As long as neither the end before nor this creation was known, it was taken for one of the
    /// class before, under ids that cannot be said again of another class: they are voided, and the stay is told anew.
    /// </summary>
    public void WasThere(Occupant occupant, long createdMs, long joinedMs, long leftMs)
    {
        if (joinedMs < createdMs || !creations.IsCreatedAgain(createdMs))
        {
            Left(occupant, joinedMs, leftMs);
            return;
        }

        Retract(IdOf("joined", joinedMs, occupant.Connection), joinedMs);
        Retract(IdOf("left", leftMs, occupant.Connection, EventId.Digits(joinedMs)), leftMs);
        string @class = ClassOf(joinedMs);
        all.Add(new UsageEvent.ParticipantJoined(
            source, IdOf("joined-after-all", joinedMs, occupant.Connection), At(joinedMs), delivery.Application, @class, occupant.User,
            RoleOf(occupant), occupant.Connection));
        all.Add(new UsageEvent.ParticipantLeft(
            source, IdOf("left-after-all", leftMs, occupant.Connection, EventId.Digits(joinedMs)), At(leftMs), delivery.Application, @class,
            occupant.User, RoleOf(occupant), occupant.Connection, Medium.Av, At(joinedMs)));
    }

    private void Retract(string id, long atMs) => all.Add(
        new UsageEvent.EventVoided(source, EventId.Of("retracted", id), At(atMs), delivery.Application, source, id));

    // A stay is of the class that it was joined in, also when its end falls into the second in which the room was created again.
    private string ClassOf(long joinedMs)
    {
        string @class = creations.Joined(joinedMs, out bool starts);
        if (starts)
        {
            // Where no creation is told, the first join is it.
            all.Add(new UsageEvent.ClassStarted(
                source, EventId.Of("first-join", room, EventId.Digits(joinedMs), @class), At(joinedMs), delivery.Application, @class, name));
        }
        return @class;
    }

    // The recorder signs in as one of these, unless a server is set up with names of its own.
    private string? RoleOf(Occupant occupant) =>
        delivery.Settings.IsRecorder(occupant.User)
        || occupant.Connection.StartsWith("recorder@", StringComparison.Ordinal)
        || occupant.Connection.StartsWith("jibri@", StringComparison.Ordinal) ? "recorder" : null;

    private string IdOf(string type, long atMs, params ReadOnlySpan<string> parts) =>
        EventId.Of(type, [room, EventId.Digits(atMs), .. parts]);

    private static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
}
