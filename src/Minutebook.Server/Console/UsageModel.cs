using Minutebook.Core;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A figure at the head of a page.</summary>
public sealed record ShownFigure(string Name, string Value, string Note)
{
    /// <summary>It can still change.</summary>
    public bool IsLive { get; init; }
    /// <summary>Where it leads; null for nowhere.</summary>
    public string? Link { get; init; }
    /// <summary>What else there is to it, by an address; null for nothing.</summary>
    public (string Text, string Link)? More { get; init; }
    /// <summary>Where the figure is, which takes its time; null where it is here.</summary>
    public string? Later { get; init; }
    /// <summary>It is what somebody went for who asked later.</summary>
    public bool IsWorked { get; init; }
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
    /// <summary>Classes or viewings, where the service has them.</summary>
    public DetailsModel? Details { get; init; }
    /// <summary>What is behind the figures of another service.</summary>
    public ServiceDetailsModel? Others { get; init; }
    public string Csv { get; init; } = "";
    public UsageExplained? Explained { get; init; }
    /// <summary>Whether it is about now, so that figures change.</summary>
    public bool IsLive { get; init; }
}

/// <summary>A page of the list of classes.</summary>
public sealed record DetailsModel
{
    /// <summary>The columns that are shown, each with its key and head.</summary>
    public required IReadOnlyList<(string Key, SortHead Head)> Columns { get; init; }
    public required IReadOnlyList<ShownDetails> Rows { get; init; }
    /// <summary>How many there are on all pages.</summary>
    public required long Count { get; init; }
    public string? Newer { get; init; }
    public string? Older { get; init; }
    /// <summary>The address that begins with the same row whatever comes.</summary>
    public string? Here { get; init; }
    /// <summary>All of it as CSV.</summary>
    public required string Csv { get; init; }
    /// <summary>Whether new classes would stand at the head of this page.</summary>
    public bool IsNewest { get; init; }
    /// <summary>Whether only some classes are asked for.</summary>
    public bool IsFiltered { get; init; }

    internal static DetailsModel Of(Visit visit, DetailsList list, string csv)
    {
        DetailsPage page = list.Page();
        return new DetailsModel
        {
            Columns = [.. list.Columns.Select(column => (column.Key, Head(visit, list, column)))],
            Rows = [.. page.Rows.Select(row => ShownDetails.Of(visit, row.Row, row.View))],
            Count = page.Count,
            Newer = page.Newer,
            Older = page.Older,
            Here = page.Here,
            Csv = csv,
            IsNewest = list is { IsDescending: true, Sort.Key: "start" } && page.Newer is null,
            IsFiltered = DetailsFilters.Names.Any(name => visit.Query(name) is not null),
        };
    }

    private static SortHead Head(Visit visit, DetailsList list, DetailsColumn column)
    {
        bool isSorted = column == list.Sort;
        string next = isSorted ? list.IsDescending ? "asc" : "desc" : column.IsNumber || column.Key is "start" or "end" ? "desc" : "asc";
        return new SortHead(
            visit.Texts["details." + column.Key],
            visit.With(("sort", column.Key), ("order", next), ("after", null), ("before", null), ("at", null), ("skip", null)),
            isSorted ? list.IsDescending ? "descending" : "ascending" : null, column.IsNumber);
    }
}

/// <summary>A row of the list of classes, as it is read.</summary>
public sealed record ShownDetails(
    string Key, string Application, string Name, string Id, string Link, Instant Start, Instant? End, string Users, string UsageType, string Packages)
{
    /// <summary>Figures by the column's key.</summary>
    public required IReadOnlyDictionary<string, string> Figures { get; init; }

    internal static ShownDetails Of(Visit visit, ClassRow row, DetailsView view) => new(
        $"{row.Page}-{row.Type}", view.ApplicationName, view.ClassName ?? view.ClassId, view.ClassId, visit.ToClass(view.Application, view.ClassId), view.Start,
        view.End, visit.Show.Number(view.UserCount), visit.Texts["usage-type." + (view.UsageType == "Playback" ? "playback" : "interactive")],
        string.Join(", ", view.Packages.Select(package => package.Package)))
    {
        Figures = new Dictionary<string, string>
        {
            ["minutes"] = visit.Show.Decimal(view.Minutes),
            ["deducted"] = visit.Show.Decimal(view.PackageMinutes),
            ["pay-as-you-go"] = visit.Show.Decimal(view.PayAsYouGoMinutes),
            ["free"] = visit.Show.Decimal(view.FreeMinutes),
            ["uncovered"] = visit.Show.Decimal(view.UncoveredMinutes),
            ["seconds"] = visit.Show.Number(view.Seconds),
        },
    };
}
