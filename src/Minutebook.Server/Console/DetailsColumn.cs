using Minutebook.Store;

namespace Minutebook.Server;

/// <summary>A column of the list of classes.</summary>
/// <param name="Key">In the address and, behind <c>details.</c>, in the texts.</param>
/// <param name="CsvName">In the file.</param>
/// <param name="Csv">What stands in the file.</param>
internal sealed record DetailsColumn(string Key, string CsvName, Func<DetailsView, object?> Csv)
{
    /// <summary>What the tables order it by; null where it follows from settlements.</summary>
    public DetailsSort? Sort { get; init; }
    /// <summary>What it is ordered by where the tables cannot.</summary>
    public Func<Shares, IComparable>? By { get; init; }
    public bool IsNumber { get; init; }
    /// <summary>Shown unless the reader chose otherwise.</summary>
    public bool IsUsual { get; init; } = true;

    /// <summary>The eleven of the usage page, and three beyond them.</summary>
    public static IReadOnlyList<DetailsColumn> All { get; } =
    [
        new("class", "className", row => row.ClassName) { Sort = DetailsSort.Name },
        new("id", "classId", row => row.ClassId) { Sort = DetailsSort.Class },
        new("application", "applicationName", row => row.ApplicationName) { Sort = DetailsSort.Application },
        new("start", "start", row => JsonText.Of(row.Start)) { Sort = DetailsSort.Start },
        new("end", "end", row => row.End is { } end ? JsonText.Of(end) : null) { Sort = DetailsSort.End },
        new("users", "userCount", row => row.UserCount) { Sort = DetailsSort.Users, IsNumber = true },
        new("type", "usageType", row => row.UsageType) { Sort = DetailsSort.Type },
        new("minutes", "minutes", row => Number(row.Minutes)) { Sort = DetailsSort.Seconds, IsNumber = true },
        new("package", "packages", row => Packages(row)) { By = row => string.Join("; ", row.Packages.Select(package => package.Package)) },
        new("deducted", "packageMinutes", row => Number(row.PackageMinutes)) { By = row => row.Package, IsNumber = true },
        new("pay-as-you-go", "payAsYouGoMinutes", row => Number(row.PayAsYouGoMinutes)) { By = row => row.PayAsYouGo, IsNumber = true },
        new("free", "freeMinutes", row => Number(row.FreeMinutes)) { By = row => row.Free, IsNumber = true, IsUsual = false },
        new("uncovered", "uncoveredMinutes", row => Number(row.UncoveredMinutes)) { By = row => row.Uncovered, IsNumber = true, IsUsual = false },
        new("seconds", "seconds", row => row.Seconds) { Sort = DetailsSort.Seconds, IsNumber = true, IsUsual = false },
    ];

    /// <summary>Those that the address asks for; the usual ones where it asks for none. The first is always there: it is what a row is called.</summary>
    public static IReadOnlyList<DetailsColumn> Shown(Visit visit) => visit.Values("columns") is { Count: > 0 } asked
        ? [All[0], .. All.Skip(1).Where(column => asked.Contains(column.Key))]
        : [.. All.Where(column => column.IsUsual)];

    private static string Packages(DetailsView row) => string.Join("; ", row.Packages.Select(package => $"{package.Package}: {package.Minutes}"));

    private static decimal Number(string minutes) => decimal.Parse(minutes, System.Globalization.CultureInfo.InvariantCulture);
}
