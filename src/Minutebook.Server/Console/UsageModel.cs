using NodaTime;

namespace Minutebook.Server;

/// <summary>A figure at the head of a page.</summary>
public sealed record ShownFigure(string Name, string Value, string Note)
{
    /// <summary>It can still change.</summary>
    public bool IsLive { get; init; }
}

/// <summary>What the usage page shows.</summary>
public sealed record UsageModel
{
    internal UsageModel(
        string service, string? application, string period, LocalDate first, LocalDate last, string text, ShownPeriod before, ShownPeriod after,
        Picture trend)
    {
        Service = service;
        Application = application;
        Period = period;
        First = JsonText.Of(first);
        Last = JsonText.Of(last);
        PeriodText = text;
        Before = (JsonText.Of(before.First), JsonText.Of(before.Last));
        After = (JsonText.Of(after.First), JsonText.Of(after.Last));
        Trend = trend;
    }

    public string Service { get; }
    public string? Application { get; }
    public string Period { get; }
    public string First { get; }
    public string Last { get; }
    public string PeriodText { get; }
    public (string First, string Last) Before { get; }
    public (string First, string Last) After { get; }
    public Picture Trend { get; }
    public IReadOnlyList<ShownFigure> Figures { get; init; } = [];
    public DetailsModel? Details { get; init; }
    public UsageExplained? Explained { get; init; }
}

/// <summary>A page of the details list.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Next">The address of the page after it; null for none.</param>
/// <param name="First">The address of the first page; null when this is it.</param>
/// <param name="Csv">All of it as CSV.</param>
public sealed record DetailsModel(IReadOnlyList<ShownDetails> Rows, string? Next, string? First, string Csv);

/// <summary>A row of the details list, as it is read.</summary>
public sealed record ShownDetails(
    string Application, string Name, string Id, string Link, Instant Start, Instant? End, string Users, string UsageType, string Packages,
    string Minutes, string PackageMinutes, string PayAsYouGoMinutes, string FreeMinutes);
