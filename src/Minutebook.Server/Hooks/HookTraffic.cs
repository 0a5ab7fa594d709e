using System.Collections.Concurrent;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What a connector heard last. By the real clock, like its signatures.</summary>
/// <param name="Events">Events taken since the server's start.</param>
/// <param name="LastAt">When the last delivery was taken; null for none since the start.</param>
/// <param name="RefusedAt">When the last one was refused.</param>
/// <param name="Refusal">Why.</param>
public sealed record HookSeen(long Events, Instant? LastAt, Instant? RefusedAt, string? Refusal);

/// <summary>What connectors heard since the server's start, for who sets them up. Bounded by the connectors that are set up.</summary>
internal sealed class HookTraffic
{
    private static readonly HookSeen Nothing = new(0, null, null, null);

    private readonly ConcurrentDictionary<(string Application, string Connector), HookSeen> seen = new();

    public HookSeen Of(string application, string connector) => seen.GetValueOrDefault((application, connector)) ?? Nothing;

    public void Took(string application, string connector, int events, Instant at) => seen.AddOrUpdate(
        (application, connector), _ => new HookSeen(events, at, null, null), (_, its) => its with { Events = its.Events + events, LastAt = at });

    public void Refused(string application, string connector, string why, Instant at) => seen.AddOrUpdate(
        (application, connector), _ => new HookSeen(0, null, at, why), (_, its) => its with { RefusedAt = at, Refusal = why });
}
