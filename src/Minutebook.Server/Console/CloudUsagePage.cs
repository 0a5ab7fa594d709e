using System.Globalization;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using NodaTime;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>The cloud-usage chart (rules 9.1 to 9.3).</summary>
internal static class CloudUsagePage
{
    private static readonly string[] DataTypes = [Delivery.VodInstitution, Delivery.VodDepartment, "live", "other"];

    public static void Map(ConsolePages pages) => pages.Get("/cloud-usage", Show);

    private static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        CloudUsage chart = CloudUsageRoutes.Asked(visit.Call, account);
        if (visit.Call.Refusal is not null)
        {
            return ConsolePages.NotFound(visit);
        }

        (long from, long to) = chart.Seconds;
        UsageRow[] rows =
        [
            .. new SpannedUsage(read, account.Id, Meter.Delivery, chart.Calendar) { CategorizedFrom = chart.CategorizedFrom }.Rows(from, to, Granularity.Month),
        ];
        Dimensions[] places = [.. rows.Select(row => row.Dimensions).Distinct().Select(key => Dimensions.FromKey(Meter.Delivery, key))];
        IReadOnlyList<MonthView> months = chart.Months(rows);
        Int128 bytes = Sum(months, type => type.Bytes);
        Int128 downloads = Sum(months, type => type.DownloadBytes);
        Show show = visit.Show;
        return ConsolePages.Show<CloudUsageSheet>(visit, new CloudUsageModel(
            show.Month(chart.First), show.Month(chart.Last), Months(visit, chart, -12), Months(visit, chart, 12), PictureOf(visit, chart, months))
        {
            Bundles = visit.ReadsAll ? Bundles(visit, read) : [],
            // A department's reader has its share, and learns of no other.
            Organizations = visit.ReadsAll ? Values(places, "organization", chart.Organization) : [],
            Departments = visit.ReadsAll ? Values(places, "department", chart.Department) : [],
            Organization = chart.Organization,
            Department = chart.Department,
            HourBytes = show.Quantity(account.UsageHourBytes, "byte"),
            Figures =
            [
                new ShownFigure(visit.Texts["cloud.hours"], Hours(visit, CloudUsage.Hours(bytes, account.UsageHourBytes)), visit.Texts.Of("cloud.hours.note", show.Quantity(account.UsageHourBytes, "byte"))),
                new ShownFigure(visit.Texts["cloud.delivered"], show.Quantity(bytes, "byte"), ""),
                new ShownFigure(visit.Texts["cloud.downloads"], show.Quantity(downloads, "byte"), visit.Texts["cloud.downloads.note"]),
            ],
        });
    }

    /// <summary>Packages on delivery, each with what is left and where that meets nothing (rule 9.4).</summary>
    private static List<HeldPackage> Bundles(Visit visit, Store.Reader read)
    {
        IReadOnlyList<Package> held = new OpenPeriods(visit.Account!, visit.Now).Packages(read);
        HashSet<string> bundles = [.. BundleView.Of(read, visit.Account!, visit.Now, held).Select(bundle => bundle.Package)];
        return [.. held.Where(package => bundles.Contains(package.Id)).Select(package => PackagesPage.Held(visit, package))];
    }

    private static Int128 Sum(IEnumerable<MonthView> months, Func<DataTypeView, Int128> of) =>
        months.SelectMany(month => month.DataTypes).Aggregate(Int128.Zero, (sum, type) => sum + of(type));

    private static string Months(Visit visit, CloudUsage chart, int by) => visit.With(
        ("from", chart.First.PlusMonths(by).ToString("uuuu-MM", CultureInfo.InvariantCulture)),
        ("to", chart.Last.PlusMonths(by).ToString("uuuu-MM", CultureInfo.InvariantCulture)));

    private static string[] Values(Dimensions[] places, string dimension, string? chosen) =>
        [.. places.Select(place => place[dimension]).Append(chosen).OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    private static Picture PictureOf(Visit visit, CloudUsage chart, IReadOnlyList<MonthView> months)
    {
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        bool filtered = chart.Organization is not null || chart.Department is not null;
        string[] types = filtered ? [Delivery.VodDepartment] : DataTypes;
        string? only = visit.Query("type") is { } type && types.Contains(type) ? type : null;
        LocalDate today = chart.Calendar.DateOf(visit.Now);
        LocalDate? cut = chart.CategorizedFrom is { } second ? chart.Calendar.DateOf(Instant.FromUnixTimeSeconds(second)) : null;
        return new Picture(
            "cloud-usage", texts["cloud.chart"], "hour",
            [.. types.Select(key => new PictureSeries(key, texts["dataType." + key], $"series-{Array.IndexOf(DataTypes, key) + 1}"))],
            [.. months.Select((month, index) => Bar(visit, chart.First.PlusMonths(index), month, types, today, cut, visit.ReadsAll && !filtered))],
            [
                .. types.Select(key => Hours(visit, CloudUsage.Hours(Sum(months, view => view.DataType == key ? view.Bytes : 0), chart.UsageHourBytes))),
                Hours(visit, CloudUsage.Hours(Sum(months, view => view.Bytes), chart.UsageHourBytes)),
            ])
        {
            Only = only,
            LegendParameter = "type",
        };
    }

    private static PictureBar Bar(Visit visit, LocalDate first, MonthView month, string[] types, LocalDate today, LocalDate? cut, bool isWhole)
    {
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        bool now = first.Year == today.Year && first.Month == today.Month;
        bool cutOver = cut is { } day && first.Year == day.Year && first.Month == day.Month;
        Int128 bytes = month.DataTypes.Aggregate(Int128.Zero, (sum, type) => sum + type.Bytes);
        string last = JsonText.Of(first.PlusMonths(1).PlusDays(-1));
        // The usage page knows no departments: what is a share of the month has no page of its days.
        string days = $"{visit.To("usage")}?service=delivery&period=custom&from={JsonText.Of(first)}&to={last}";
        return new PictureBar(
            show.Month(first), JsonText.Of(first), last, isWhole && bytes > 0 ? days : null, cutOver ? "cut-over" : now ? "now" : "",
            [.. types.Select(key => Cell(visit, month.DataTypes.FirstOrDefault(type => type.DataType == key)))],
            new PictureCell(Hours(visit, month.Hours), month.Hours, bytes == 0 ? null : show.Quantity(bytes, "byte")))
        {
            Note = cutOver ? texts.Of("cloud.cut-over", show.FullDay(cut!.Value)) : now ? texts["so-far"] : null,
        };
    }

    private static PictureCell Cell(Visit visit, DataTypeView? type)
    {
        if (type is null)
        {
            return new PictureCell(Hours(visit, "0"), "0");
        }

        string note = visit.Show.Quantity(type.Bytes, "byte");
        return new PictureCell(
            Hours(visit, type.Hours), type.Hours,
            type.DownloadBytes == 0 ? note : visit.Texts.Of("cloud.of-which-downloads", note, visit.Show.Quantity(type.DownloadBytes, "byte")));
    }

    // Hours are exact to six decimals in the API; a person reads one.
    private static string Hours(Visit visit, string hours)
    {
        decimal rounded = Math.Round(decimal.Parse(hours, CultureInfo.InvariantCulture), 1, MidpointRounding.AwayFromZero);
        return $"{visit.Show.Decimal(rounded.ToString(CultureInfo.InvariantCulture), 1)} {visit.Texts["unit.h"]}";
    }
}

/// <summary>What the cloud-usage page shows.</summary>
/// <param name="First">The first month.</param>
/// <param name="Last">The last month.</param>
/// <param name="Earlier">The address of the months before.</param>
/// <param name="Later">The address of the months after.</param>
/// <param name="Chart">The bars.</param>
public sealed record CloudUsageModel(string First, string Last, string Earlier, string Later, Picture Chart)
{
    public IReadOnlyList<string> Organizations { get; init; } = [];
    public IReadOnlyList<string> Departments { get; init; } = [];
    public string? Organization { get; init; }
    public string? Department { get; init; }
    public string HourBytes { get; init; } = "";
    public IReadOnlyList<ShownFigure> Figures { get; init; } = [];
    public IReadOnlyList<HeldPackage> Bundles { get; init; } = [];
}
