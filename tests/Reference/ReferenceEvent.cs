using System.Globalization;
using System.Text.Json.Nodes;

namespace Minutebook.Reference;

/// <summary>A file of a recording, as in <c>recording.completed</c>.</summary>
public sealed record ReferenceFile(string Kind, long Seconds, string? User = null, long? Bytes = null);

/// <summary>An event as plain strings and numbers; which fields mean something depends on <see cref="Type"/> (api.md, Events).</summary>
public sealed record ReferenceEvent
{
    public required string Source { get; init; }
    public required string Id { get; init; }
    public required string Type { get; init; }
    public required long TimeMs { get; init; }
    public required string Application { get; init; }
    /// <summary>The class, or the content of a delivery.</summary>
    public string? Subject { get; init; }
    public string? Name { get; init; }
    public string? User { get; init; }
    public string? Role { get; init; }
    public string? Connection { get; init; }
    public string? Medium { get; init; }
    public long? JoinedAtMs { get; init; }
    public long? Pixels { get; init; }
    public string? Recording { get; init; }
    public IReadOnlyList<ReferenceFile>? Files { get; init; }
    public string? Task { get; init; }
    public string? Mode { get; init; }
    public bool? Stored { get; init; }
    public long? Seconds { get; init; }
    public long? Count { get; init; }
    public long? Bytes { get; init; }
    public string? Kind { get; init; }
    public string? Section { get; init; }
    public string? Organization { get; init; }
    public string? Department { get; init; }
    public string? TargetSource { get; init; }
    public string? TargetId { get; init; }
    public string? TargetSubject { get; init; }

    /// <summary>How the time is written in JSON (an offset, more digits); it says the same as <see cref="TimeMs"/>. Not content.</summary>
    public string? TimeText { get; init; }

    public (string Source, string Id) Identity => (Source, Id);

    /// <summary>
    /// Whether a second event of the same identity says the same (1.3). A connection that is not given is the empty one, a medium
    /// that is not given is <c>av</c> (2.2), and however a time is written, it is its millisecond (1.1).
    /// </summary>
    public bool SaysTheSameAs(ReferenceEvent other) =>
        Plain(this) == Plain(other) && (Files ?? []).SequenceEqual(other.Files ?? []);

    public string ToJson() => ToJsonObject().ToJsonString();

    public JsonObject ToJsonObject()
    {
        var data = new JsonObject { ["application"] = Application };
        Put(data, "name", Name);
        Put(data, "user", User);
        Put(data, "role", Role);
        Put(data, "connection", Connection);
        Put(data, "medium", Medium);
        Put(data, "joinedAt", JoinedAtMs is long joined ? Rfc3339(joined) : null);
        Put(data, "pixels", Pixels);
        Put(data, "recording", Recording);
        Put(data, "files", Files is null ? null : new JsonArray([.. Files.Select(FileJson)]));
        Put(data, "task", Task);
        Put(data, "mode", Mode);
        Put(data, "stored", Stored);
        Put(data, "seconds", Seconds);
        Put(data, "count", Count);
        Put(data, "bytes", Bytes);
        Put(data, "kind", Kind);
        Put(data, "section", Section);
        Put(data, "organization", Organization);
        Put(data, "department", Department);
        Put(data, "source", TargetSource);
        Put(data, "id", TargetId);
        Put(data, "subject", TargetSubject);

        var json = new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = Id,
            ["source"] = Source,
            ["type"] = Type,
            ["time"] = TimeText ?? Rfc3339(TimeMs),
        };
        Put(json, "subject", Subject);
        json["data"] = data;
        return json;
    }

    /// <summary>2027-04-05T01:00:00.000Z</summary>
    public static string Rfc3339(long ms) =>
        DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static ReferenceEvent Plain(ReferenceEvent e) =>
        e with { Files = null, TimeText = null, Connection = e.Connection ?? "", Medium = e.Medium ?? "av" };

    private static JsonObject FileJson(ReferenceFile file)
    {
        var json = new JsonObject { ["kind"] = file.Kind, ["seconds"] = file.Seconds };
        Put(json, "user", file.User);
        Put(json, "bytes", file.Bytes);
        return json;
    }

    private static void Put(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }
}
