using NodaTime;

namespace Minutebook.Core.Events;

/// <summary>
/// A fact that a source reports, identified by (source, id) within an account (rule 1.3). This is the plain form, for connectors,
/// views and tests; what is read from requests in bulk lives in an <see cref="EventBatch"/>, and both say the same.
/// </summary>
/// <param name="Source">CloudEvents <c>source</c>, at most 256 characters.</param>
/// <param name="Id">CloudEvents <c>id</c>, at most 256 characters.</param>
/// <param name="Time">When it happened. Digits beyond the millisecond are cut off (rule 1.1).</param>
/// <param name="Application">The application that it belongs to.</param>
public abstract record UsageEvent(string Source, string Id, Instant Time, string Application)
{
    /// <summary><c>class.started</c>: the class window opens (rule 2.1).</summary>
    public sealed record ClassStarted(string Source, string Id, Instant Time, string Application, string Class, string? Name = null)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>class.ended</c>: the class window closes (rules 2.1 and 2.3).</summary>
    public sealed record ClassEnded(string Source, string Id, Instant Time, string Application, string Class)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>participant.joined</c>: opens a stay when none is open (rule 2.2).</summary>
    public sealed record ParticipantJoined(
        string Source, string Id, Instant Time, string Application, string Class,
        string User, string? Role = null, string Connection = "", Medium Medium = Medium.Av)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>participant.left</c>: closes the open stay; with <paramref name="JoinedAt"/> and none open, adds [JoinedAt, Time) (rule 2.2).</summary>
    public sealed record ParticipantLeft(
        string Source, string Id, Instant Time, string Application, string Class,
        string User, string? Role = null, string Connection = "", Medium Medium = Medium.Av, Instant? JoinedAt = null)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>participant.receiving</c>: the pixels that a connection receives in total from then on (rule 3.1).</summary>
    public sealed record ParticipantReceiving(
        string Source, string Id, Instant Time, string Application, string Class, string User, string Connection, long Pixels)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>recording.completed</c>: files of a recording, each with its length in seconds (rule 3.3).</summary>
    public sealed record RecordingCompleted(
        string Source, string Id, Instant Time, string Application, string Class, string Recording, IReadOnlyList<RecordedFile> Files)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>playback.viewed</c>: a user watched so many seconds of a recording.</summary>
    public sealed record PlaybackViewed(
        string Source, string Id, Instant Time, string Application, string Class, string Recording, string User, long Seconds)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>slicing.completed</c>: so many seconds were sliced, also when the file could not be stored.</summary>
    public sealed record SlicingCompleted(
        string Source, string Id, Instant Time, string Application, string Class, string Task, SlicingMode Mode, long Seconds, bool? Stored = null)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>screenshot.captured</c>: so many sheets; the class is optional.</summary>
    public sealed record ScreenshotCaptured(
        string Source, string Id, Instant Time, string Application, string? Class, long Count, string? User = null)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>storage.sampled</c>: what the application stores from then on, in bytes.</summary>
    public sealed record StorageSampled(string Source, string Id, Instant Time, string Application, long Bytes)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>content.delivered</c>: bytes sent to a user (rule 3.4).</summary>
    public sealed record ContentDelivered(
        string Source, string Id, Instant Time, string Application, string? Content, long Bytes, DeliveryKind Kind,
        string? Section = null, string? Organization = null, string? Department = null, string? User = null)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary><c>event.voided</c>: takes the event (TargetSource, TargetId) out of the set, whichever arrives first (rule 1.6).</summary>
    public sealed record EventVoided(
        string Source, string Id, Instant Time, string Application, string TargetSource, string TargetId, string? TargetSubject = null)
        : UsageEvent(Source, Id, Time, Application);

    /// <summary>An event of a type that Minutebook does not know: kept as it came, not applied (rule 1.5).</summary>
    public sealed record Unknown(string Source, string Id, Instant Time, string Application, string Type, string Json)
        : UsageEvent(Source, Id, Time, Application);
}

/// <summary>One file of a recording.</summary>
/// <param name="Kind">What was recorded; each kind is metered apart (rule 3.3).</param>
/// <param name="Seconds">Its length.</param>
/// <param name="User">Whose picture or sound it is, where the source says.</param>
/// <param name="Bytes">Its size, where the source says; not metered.</param>
public sealed record RecordedFile(RecordingKind Kind, long Seconds, string? User = null, long? Bytes = null);
