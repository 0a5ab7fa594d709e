namespace Minutebook.Server;

/// <summary>What the dashboard shows.</summary>
public sealed record DashboardModel(IReadOnlyList<DashboardCard> Cards, Picture Trend);

/// <summary>A card: a figure that leads to its page.</summary>
public sealed record DashboardCard(string Name, string Value, string Note, string Link)
{
    /// <summary>What comes next, and when; null for nothing.</summary>
    public string? Next { get; init; }
    /// <summary>As of now.</summary>
    public bool IsLive { get; init; }
    /// <summary>good, warning or danger; null for none.</summary>
    public string? Tone { get; init; }
    /// <summary>It can still change.</summary>
    public bool IsSoFar { get; init; }
}
