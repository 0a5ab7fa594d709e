using System.Text.Json.Nodes;

namespace Minutebook.Reference;

/// <param name="CategorizedSince">A local date such as 2027-03-10, or null (3.4).</param>
public sealed record ReferenceAccount(
    string TimeZone, int LateDays = 35, long UsageHourBytes = 310_000_000, string? CategorizedSince = null)
{
    /// <summary>The body of <c>PUT /v1/accounts/{account}</c>.</summary>
    public JsonObject ToJsonObject() => new()
    {
        ["name"] = "Reference",
        ["currency"] = "USD",
        ["timeZone"] = TimeZone,
        ["lateDays"] = LateDays,
        ["usageHourBytes"] = UsageHourBytes,
        ["categorizedSince"] = CategorizedSince,
    };
}

/// <summary>Settings of an application that usage depends on (1.7).</summary>
public sealed record ReferenceSettings
{
    public string Metering { get; init; } = "class";
    public string CountBy { get; init; } = "user";
    public IReadOnlyList<string> ExcludeRoles { get; init; } = [];
    public string DefaultTier { get; init; } = "audio";
    public string? Edition { get; init; }

    /// <summary>The body of <c>PUT /v1/accounts/{account}/applications/{application}</c>.</summary>
    public JsonObject ToJsonObject() => new()
    {
        ["name"] = "Reference",
        ["metering"] = Metering,
        ["countBy"] = CountBy,
        ["excludeRoles"] = new JsonArray([.. ExcludeRoles.Select(r => JsonValue.Create(r))]),
        ["defaultTier"] = DefaultTier,
        ["edition"] = Edition,
    };
}

public sealed record SettingsAt(long AtMs, ReferenceSettings Settings);

/// <summary>An application; it is unknown until its first settings are made.</summary>
public sealed record ReferenceApplication(string Id, IReadOnlyList<SettingsAt> Settings)
{
    /// <summary>The settings in force at an instant, of those made until <paramref name="nowMs"/>; the first ones for all time before (1.7).</summary>
    public ReferenceSettings InForce(long ms, long nowMs)
    {
        List<SettingsAt> made = [.. Settings.Where(s => s.AtMs <= nowMs).OrderBy(s => s.AtMs)];
        return (made.LastOrDefault(s => s.AtMs <= ms) ?? made[0]).Settings;
    }

    public bool IsKnownAt(long ms) => Settings.Any(s => s.AtMs <= ms);
}

/// <summary>Where a section belongs, from an instant on.</summary>
public sealed record SectionAt(long AtMs, string Section, string? Organization, string? Department)
{
    /// <summary>The body of <c>PUT /v1/accounts/{account}/sections/{section}</c>; what is left out there would stay as it was.</summary>
    public JsonObject ToJsonObject() => new()
    {
        ["course"] = "Reference",
        ["organization"] = Organization,
        ["department"] = Department,
    };
}

/// <summary>An event that arrives, or, without one, the command to try again what was kept and not applied (1.5).</summary>
public sealed record Arrival(long AtMs, ReferenceEvent? Event);

/// <summary>How many days old an event may be that arrives from an instant on (1.5).</summary>
public sealed record LateDaysFrom(long AtMs, int Days);

/// <summary>From which local day delivery is categorized, said at an instant, for all time (3.4); null for always.</summary>
public sealed record CategorizedFrom(long AtMs, string? Since);

/// <summary>All that usage depends on, besides now. Arrivals of one instant are in their order.</summary>
public sealed record ReferenceHistory(
    ReferenceAccount Account,
    IReadOnlyList<ReferenceApplication> Applications,
    IReadOnlyList<SectionAt> Sections,
    IReadOnlyList<Arrival> Arrivals)
{
    /// <summary>What became of the account's <c>lateDays</c>, in order of time.</summary>
    public IReadOnlyList<LateDaysFrom> LateDays { get; init; } = [];

    public int LateDaysAt(long ms) => LateDays.LastOrDefault(made => made.AtMs <= ms)?.Days ?? Account.LateDays;

    /// <summary>What became of the account's <c>categorizedSince</c>, in order of time.</summary>
    public IReadOnlyList<CategorizedFrom> Categories { get; init; } = [];

    public string? CategorizedSinceAt(long ms) => Categories.LastOrDefault(made => made.AtMs <= ms) is { } its ? its.Since : Account.CategorizedSince;

    public ReferenceApplication? Application(string id) => Applications.FirstOrDefault(a => a.Id == id);

    /// <summary>Where a section belonged at an instant; nowhere when it is not known.</summary>
    public SectionAt? SectionAt(string section, long ms) =>
        Sections.Where(s => s.Section == section && s.AtMs <= ms).OrderBy(s => s.AtMs).LastOrDefault();
}
