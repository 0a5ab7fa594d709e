using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>Usage of a service in a period: figures, trend and the classes behind them (rule 8.1).</summary>
internal static class UsagePage
{
    private const int RowsAPage = 50;

    public static void Map(ConsolePages pages)
    {
        pages.Get("/usage", Show);
        pages.Get("/usage.csv", Download);
    }

    private static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        var calendar = new Calendar(account.TimeZone);
        ServiceType service = ServiceType.Named(visit.Query("service"));
        ShownPeriod period = ShownPeriod.Of(visit, calendar.DateOf(visit.Now));
        string? application = account.Application(visit.Query("application") ?? "")?.Id;
        IReadOnlyList<UsageFigure> figures = Figures(visit, read, service, period.In(calendar), period.Granularity, application, calendar);
        var model = new UsageModel(
            service.Key, application, period.Name, period.First, period.Last, period.Text(visit.Show), period.Moved(-1), period.Moved(1),
            new Trend(visit, service, period, calendar).Of(figures))
        {
            Figures = FiguresOf(visit, read, service, period, application, calendar, figures),
            Details = service.UsageType is null ? null : DetailsOf(visit, read, service, period, application, calendar),
            Explained = visit.Query("how") is null ? null : UsageExplained.Of(visit, read, service, figures),
        };
        return ConsolePages.Show<UsageSheet>(visit, model);
    }

    private static IResult Download(Visit visit, Store.Reader read)
    {
        var calendar = new Calendar(visit.Account!.TimeZone);
        ShownPeriod period = ShownPeriod.Of(visit, calendar.DateOf(visit.Now));
        Details details = Asked(visit, read, ServiceType.Named(visit.Query("service")), period, visit.Query("application"), calendar);
        return new DetailsCsv(details.Pages(visit.Call.Engine.Store, 500));
    }

    /// <summary>The picture alone; its bars lead to the page.</summary>
    public static Picture TrendOf(Visit visit, Store.Reader read, ServiceType service, ShownPeriod period, Calendar calendar) =>
        new Trend(visit, service, period, calendar).Of(
            Figures(visit, read, service, period.In(calendar), period.Granularity, application: null, calendar));

    private static IReadOnlyList<UsageFigure> Figures(
        Visit visit, Store.Reader read, ServiceType service, Range range, Granularity granularity, string? application, Calendar calendar)
    {
        string account = visit.Account!.Id;
        var query = new UsageQuery(service.Meter, range, granularity, service.Dimension is { } by ? [by] : [], calendar)
        {
            CategorizedFrom = visit.Account.CategorizedSince is { } since && service.Meter == Meter.Delivery
                ? calendar.StartOf(LocalDatePattern.Iso.Parse(since).Value)
                : null,
        };
        return query.Figures(
            read.Usage(account, service.Meter.Name, range.FromSecond, range.ToSecond, application),
            read.Open(account, service.Meter.Name, application),
            visit.Now.ToUnixTimeSeconds());
    }

    private static List<ShownFigure> FiguresOf(
        Visit visit, Store.Reader read, ServiceType service, ShownPeriod period, string? application, Calendar calendar,
        IReadOnlyList<UsageFigure> figures)
    {
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        Range range = period.In(calendar);
        Int128 total = ServiceType.Sum(figures.Select(figure => figure.Quantity));
        bool open = visit.Now < range.To;
        List<ShownFigure> shown =
        [
            new(texts["service." + service.Key], show.Quantity(total, service.Meter.Unit), open ? texts["so-far"] : "") { IsLive = open },
            Compared(visit, read, service, period, application, calendar, total),
        ];
        if (service.UsageType == "interactive")
        {
            (long classes, long running, long users) = read.ClassTotals(visit.Account!.Id, range.FromMs, range.ToMs, application);
            shown.Add(new ShownFigure(texts["usage.classes"], show.Number(classes), texts.Of("usage.running", show.Number(running))));
            shown.Add(new ShownFigure(texts["usage.attendances"], show.Number(users), texts["usage.attendances.note"]));
        }

        return shown;
    }

    // The days before, as many as have passed of these.
    private static ShownFigure Compared(
        Visit visit, Store.Reader read, ServiceType service, ShownPeriod period, string? application, Calendar calendar, Int128 total)
    {
        ShownPeriod before = period.Moved(-1);
        Range range = period.In(calendar);
        Range then = before.In(calendar);
        Duration passed = Duration.Max(Duration.Zero, Duration.Min(visit.Now - range.From, range.To - range.From));
        Instant until = Instant.Min(then.To, then.From + passed);
        Int128 earlier = until <= then.From
            ? 0
            : ServiceType.Sum(Figures(visit, read, service, then with { To = until }, Granularity.Total, application, calendar).Select(figure => figure.Quantity));
        string text = visit.Show.Change(total, earlier) ?? "–";
        return new ShownFigure(
            visit.Texts["usage.change"], text,
            visit.Texts.Of("usage.change.note", visit.Show.Quantity(earlier, service.Meter.Unit), before.Text(visit.Show)));
    }

    private static Details Asked(
        Visit visit, Store.Reader read, ServiceType service, ShownPeriod period, string? application, Calendar calendar) => new(
        visit.Account!, DetailsQuery.By(period.In(calendar), application, service.UsageType == "playback", visit.Now), DetailsRoutes.Cards(read, visit.Account!), visit.Now);

    private static DetailsModel DetailsOf(
        Visit visit, Store.Reader read, ServiceType service, ShownPeriod period, string? application, Calendar calendar)
    {
        Details details = Asked(visit, read, service, period, application, calendar);
        DetailsQuery? after = visit.Query("after") is { } cursor ? details.Query.From(cursor) : null;
        List<ClassRow> rows = (after ?? details.Query).Rows(read, visit.Account!.Id, RowsAPage + 1);
        string? next = rows.Count > RowsAPage ? details.Query.CursorOf(rows[RowsAPage - 1]) : null;
        return new DetailsModel(
            [.. rows.Take(RowsAPage).Select(row => Row(visit, details.View(read, row)))], next is null ? null : visit.With(("after", next)),
            after is null ? null : visit.With(("after", null)), visit.To("usage.csv") + visit.With().Replace(visit.Here.Split('?')[0], ""));
    }

    private static ShownDetails Row(Visit visit, DetailsView row) => new(
        row.ApplicationName, row.ClassName ?? row.ClassId, row.ClassId, visit.ToClass(row.Application, row.ClassId), row.Start, row.End,
        visit.Show.Number(row.UserCount), visit.Texts["usage-type." + (row.UsageType == "Playback" ? "playback" : "interactive")],
        string.Join(", ", row.Packages.Select(package => package.Package)), visit.Show.Decimal(row.Minutes), visit.Show.Decimal(row.PackageMinutes),
        visit.Show.Decimal(row.PayAsYouGoMinutes), visit.Show.Decimal(row.FreeMinutes));
}
