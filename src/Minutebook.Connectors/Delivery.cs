using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors;

/// <summary>One request to <c>/hooks/{application}/{connector}</c>, as it came.</summary>
public sealed record Delivery
{
    public required string Application { get; init; }

    public required ConnectorSettings Settings { get; init; }

    /// <summary>The bytes that were received: signatures cover these, never JSON written again.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>When it came by the real clock, not a sandbox's: signatures expire by it.</summary>
    public required Instant Arrival { get; init; }

    /// <summary>A header's value by its name in any case, or null.</summary>
    public Func<string, string?> Header { get; init; } = _ => null;

    /// <summary>The query string, without the question mark.</summary>
    public string Query { get; init; } = "";

    /// <summary>The path's segments after the connector.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];
}

/// <summary>What a connector makes of a delivery.</summary>
public abstract record Reading
{
    private Reading() { }

    /// <summary>
    /// Genuine and understood. It may hold no event, where what is told is of no use here. <paramref name="Note"/> is to be kept in the
    /// same transaction as the events.
    /// </summary>
    public sealed record Accepted(IReadOnlyList<UsageEvent> Events, Answer Answer, Note? Note) : Reading;

    /// <summary>Nothing is kept. 401: not genuine or expired; 400: cannot be read; 404: no such address; 413: too large.</summary>
    public sealed record Refused(int Status, string Detail) : Reading;
}

/// <summary>The body that a sender expects with status 200.</summary>
public sealed record Answer(string? ContentType, string Body)
{
    internal static readonly Answer Empty = new(null, "");

    internal static Answer Json(string body) => new("application/json", body);
}
