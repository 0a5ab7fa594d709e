using System.Numerics;
using System.Text.Json;

namespace Minutebook.Reference;

/// <summary>A quantity at its finest. Class and user are given where the usage has them; an hour is its start, in ms since 1970.</summary>
/// <param name="Dimensions">The values as a JSON array, in the order of the rules: <c>["hd"]</c>, <c>["vod-department","Science",null,"true"]</c>, <c>[]</c>.</param>
public sealed record UsageItem(
    string Meter, string Application, string? Class, string? User, long HourMs, string Dimensions, BigInteger Quantity)
{
    public static string DimensionsOf(params string?[] values) => JsonSerializer.Serialize(values);
}

/// <summary>What usage is summed by.</summary>
public sealed record UsageKey(string Meter, string Application, long HourMs, string Dimensions);

/// <summary>A details row (8.1): of a class, or of the viewing of its recordings on one day.</summary>
/// <param name="UsageType"><c>interactive</c> or <c>playback</c>.</param>
/// <param name="EndMs">Null while the class runs (8.2).</param>
public sealed record DetailsRow(
    string UsageType, string Application, string Class, string? ClassName, long StartMs, long? EndMs, string? EndedBy,
    int UserCount, BigInteger Seconds);

/// <param name="ToMs">Null while it is open.</param>
public sealed record ViewedStay(long FromMs, long? ToMs, string Connection, string Medium);

/// <summary>Presence at one tier, in seconds, up to now.</summary>
public sealed record ViewedSpan(long From, long To, string Tier);

/// <param name="Spans">Its presence, cut only where the tier changes, by (from, tier); those of one connection are apart where connections count.</param>
public sealed record ViewedParticipant(string User, string? Role, long Seconds, IReadOnlyList<ViewedStay> Stays, IReadOnlyList<ViewedSpan> Spans);

/// <summary>One class with its participants, ordered by user (api.md, Usage).</summary>
/// <param name="Peak">The most distinct users with presence in one second.</param>
public sealed record ClassView(
    string Application, string Class, string? Name, long StartMs, long? EndMs, string? EndedBy, int UserCount, int Peak,
    IReadOnlyList<ViewedParticipant> Participants)
{
    public bool IsRunning => EndMs is null;
}

/// <param name="Hours">Usage hours, rounded half up to six decimals (9.3).</param>
public sealed record CloudUsage(string Month, string DataType, BigInteger Bytes, BigInteger DownloadBytes, decimal Hours);
