using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Connectors;

/// <summary>One life of a room, from its creation to its end: a class.</summary>
/// <param name="Class">The class id, given when the creation was first heard of, and never changed.</param>
/// <param name="StartMs">The earliest moment it is known to have existed.</param>
/// <param name="ToldMs">When it was created, once the source has said so.</param>
/// <param name="EndMs">When it ended, where that is known.</param>
/// <param name="Started">Whether a start was reported: by the source, or for a join.</param>
/// <param name="Again">Whether the one before seemed to be there still when this one was first heard of.</param>
internal sealed record Creation(string Class, long StartMs, long? ToldMs = null, long? EndMs = null, bool Started = false, bool Again = false);

/// <summary>A creation that must have ended at a moment because the room was created again.</summary>
internal sealed record ImpliedEnd(string Class, long AtMs);

[JsonSerializable(typeof(List<Creation>))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
internal sealed partial class CreationsJson : JsonSerializerContext;

/// <summary>
/// The recent lives of one room, for sources that name the room and not the life. Each message is put to a creation by its time, not by
/// its arrival, so that deliveries that overtake each other come to the same classes.
/// </summary>
internal sealed class RoomCreations
{
    public const int MaxCreations = 16;

    /// <summary>How far a join may seem to lie before the creation it belongs to, or a leave after its end.</summary>
    public const long SlackMs = 5_000;

    /// <summary>No class is longer (rule 2.1), so nothing further away can be the same creation.</summary>
    private const long MaxClassMs = 24 * 3_600_000;

    private static readonly InstantPattern Compact = InstantPattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss.fff'Z'");

    private readonly string room;
    private readonly List<Creation> creations;
    private readonly List<ImpliedEnd> impliedEnds = [];

    public RoomCreations(string room, string? note)
    {
        this.room = room;
        creations = note is null ? [] : JsonSerializer.Deserialize(note, CreationsJson.Default.ListCreation)!;
    }

    /// <summary>What the last message showed to have ended.</summary>
    public IReadOnlyList<ImpliedEnd> ImpliedEnds => impliedEnds;

    /// <summary>
    /// What to remember, or null. Most messages change nothing that is remembered; they renew the note once a day, so that a room in
    /// use is not forgotten.
    /// </summary>
    public Note? NoteFor(Note? kept, Instant keepUntil)
    {
        string text = JsonSerializer.Serialize(creations, CreationsJson.Default.ListCreation);
        long keepUntilMs = keepUntil.ToUnixTimeMilliseconds();
        return text == kept?.Text && keepUntilMs - kept.KeepUntilMs < 24 * 3_600_000 ? null : new(room, text, keepUntilMs);
    }

    /// <summary>The source says that the room was created.</summary>
    public string Created(long atMs)
    {
        if (creations.Find(creation => creation.ToldMs == atMs) is { } same)
        {
            return same.Class;
        }
        int next = creations.FindIndex(creation => creation.StartMs >= atMs - SlackMs);
        if (next >= 0 && IsUntoldWithin(creations[next], atMs) && !(creations[next].EndMs < atMs))
        {
            Creation found = creations[next];
            creations[next] = found with { ToldMs = atMs, StartMs = Math.Min(found.StartMs, atMs), Started = true };
            return found.Class;
        }
        return Insert(new(ClassAt(atMs), atMs, ToldMs: atMs, Started: true));
    }

    /// <summary>The source says that the room ended.</summary>
    public string Ended(long atMs)
    {
        if (creations.Find(creation => creation.EndMs == atMs) is { } same)
        {
            return same.Class;
        }
        int at = IndexAt(atMs);
        if (at >= 0)
        {
            creations[at] = creations[at] with { EndMs = atMs };
            return creations[at].Class;
        }
        return JustEnded(atMs)?.Class ?? Insert(new(ClassAt(atMs), atMs, EndMs: atMs));
    }

    /// <summary>The source says that the room ended, and also when that life of it was created, as it has said before.</summary>
    public string Ended(long atMs, long toldMs)
    {
        int at = creations.FindIndex(creation => creation.ToldMs == toldMs);
        if (at < 0)
        {
            return Ended(atMs);
        }
        creations[at] = creations[at] with { EndMs = atMs };
        return creations[at].Class;
    }

    /// <summary>Whether the room seemed to be there still when it was created, as the source says, at this moment.</summary>
    public bool IsCreatedAgain(long toldMs)
    {
        int at = creations.FindIndex(creation => creation.ToldMs == toldMs);
        // Also when the end of the one before was told since, and lay earlier.
        return at > 0 && (creations[at].Again || creations[at - 1].EndMs == creations[at].StartMs);
    }

    /// <summary>Someone joined. <paramref name="starts"/>: as far as is known the creation began no later than with this.</summary>
    public string Joined(long atMs, out bool starts)
    {
        int at = IndexAt(atMs);
        if (at >= 0 && !creations[at].Started)
        {
            creations[at] = creations[at] with { StartMs = atMs, Started = true };
        }
        else if (at < 0 && (at = IndexSoonAfter(atMs)) >= 0)
        {
            creations[at] = creations[at] with { StartMs = atMs, Started = true };
        }
        starts = at < 0 || (creations[at].StartMs == atMs && creations[at].ToldMs != atMs);
        return at < 0 ? Insert(new(ClassAt(atMs), atMs, Started: true)) : creations[at].Class;
    }

    /// <summary>Someone left. Before anything else is known of the room, this too tells of a creation, but not of its start.</summary>
    public string Left(long atMs)
    {
        int at = IndexAt(atMs);
        if (at >= 0)
        {
            return creations[at].Class;
        }
        if (JustEnded(atMs) is { } ended)
        {
            return ended.Class;
        }
        int soon = IndexSoonAfter(atMs);
        if (soon < 0)
        {
            return Insert(new(ClassAt(atMs), atMs));
        }
        if (!creations[soon].Started)
        {
            creations[soon] = creations[soon] with { StartMs = atMs };
        }
        return creations[soon].Class;
    }

    /// <summary>The class that something of this time belongs to, if the room was there; changes nothing.</summary>
    public string? ClassOf(long atMs) => creations.FindLast(creation => creation.StartMs <= atMs + SlackMs)?.Class;

    // Later creations win where two overlap.
    private int IndexAt(long atMs) =>
        creations.FindLastIndex(creation => creation.StartMs <= atMs && (creation.EndMs is null || atMs <= creation.EndMs));

    private Creation? JustEnded(long atMs) =>
        creations.FindLast(creation => creation.StartMs <= atMs) is { } last && atMs <= last.EndMs + SlackMs ? last : null;

    // Before the next creation, and plausibly part of it: hardly before, or as long as it is not known when that one began.
    private int IndexSoonAfter(long atMs)
    {
        int next = creations.FindIndex(creation => creation.StartMs > atMs);
        return next >= 0 && (creations[next].StartMs - atMs <= SlackMs || IsUntoldWithin(creations[next], atMs)) ? next : -1;
    }

    private static bool IsUntoldWithin(Creation creation, long atMs) =>
        creation.ToldMs is null && creation.StartMs - atMs <= MaxClassMs;

    // A room is not created while it exists: the one before ended by then, and the new one before the next. A dismissal that was only
    // delayed still counts when it comes, for of several ends the earliest holds (rule 2.1).
    private string Insert(Creation added)
    {
        int before = IndexAt(added.StartMs);
        if (before >= 0)
        {
            creations[before] = creations[before] with { EndMs = added.StartMs };
            impliedEnds.Add(new(creations[before].Class, added.StartMs));
            added = added with { Again = true };
        }
        int after = creations.FindIndex(creation => creation.StartMs > added.StartMs);
        if (after >= 0 && added.EndMs is null)
        {
            added = added with { EndMs = creations[after].StartMs };
            impliedEnds.Add(new(added.Class, added.EndMs!.Value));
        }
        creations.Insert(after < 0 ? creations.Count : after, added);
        if (creations.Count > MaxCreations)
        {
            creations.RemoveAt(0);
        }
        return added.Class;
    }

    private string ClassAt(long ms) => $"{room}@{Compact.Format(Instant.FromUnixTimeMilliseconds(ms))}";
}
