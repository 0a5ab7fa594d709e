using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>Usage of a service in a period: figures, trend and the classes behind them (rule 8.1).</summary>
internal static class UsagePage
{
    private const int CsvStep = 500;

    public static void Map(ConsolePages pages, SettledKept settled)
    {
        pages.Get("/usage", (visit, read) => Show(visit, read, settled));
        pages.Get("/usage.csv", (visit, read) => Download(visit, read, settled));
    }

    private static IResult Show(Visit visit, Store.Reader read, SettledKept settled)
    {
        AccountState account = visit.Account!;
        var calendar = new Calendar(account.TimeZone);
        ServiceType service = ServiceType.Named(visit.Query("service"));
        ShownPeriod period = ShownPeriod.Of(visit, calendar.DateOf(visit.Now));
        string? application = account.Application(visit.Query("application") ?? "")?.Id;
        UsageQuery query = QueryOf(visit, service, period.In(calendar), period.Granularity, service.Dimension is { } by ? [by] : [], calendar);
        IReadOnlyList<UsageFigure> figures = Figures(visit, read, query, application);
        var model = new UsageModel(
            service.Key, application, period.Name, period.First, period.Last, period.Text(visit.Show), period.Moved(-1), period.Moved(1),
            new Trend(visit, service, period, calendar).Of(figures))
        {
            Figures = new UsageHeads(visit, read, service, period, application, calendar).Of(figures),
            Details = service.UsageType is null ? null : DetailsModel.Of(visit, List(visit, read, service, period, calendar, settled), Csv(visit)),
            Others = service.UsageType is null ? new ServiceDetails(visit, read, service, period, application, calendar).Page() : null,
            Csv = Csv(visit),
            Explained = visit.Query("how") is null ? null : UsageExplained.Of(visit, read, service, figures, settled.Of(read, account).Packages(read)),
            IsLive = period.In(calendar) is var range && visit.Now >= range.From && visit.Now < range.To,
        };
        return ConsolePages.Show<UsageSheet>(visit, model);
    }

    private static IResult Download(Visit visit, Store.Reader read, SettledKept settled)
    {
        var calendar = new Calendar(visit.Account!.TimeZone);
        ServiceType service = ServiceType.Named(visit.Query("service"));
        ShownPeriod period = ShownPeriod.Of(visit, calendar.DateOf(visit.Now));
        if (service.UsageType is null)
        {
            return new ServiceDetails(visit, read, service, period, visit.Account.Application(visit.Query("application") ?? "")?.Id, calendar).Csv();
        }

        DetailsList list = List(visit, read, service, period, calendar, settled);
        // What settlements order is read while this reader lives, the rest as the download goes.
        return new ShownCsv([.. list.Columns], list.IsSettled ? [.. list.All(visit.Call.Engine.Store, CsvStep)] : list.All(visit.Call.Engine.Store, CsvStep));
    }

    private static DetailsList List(
        Visit visit, Store.Reader read, ServiceType service, ShownPeriod period, Calendar calendar, SettledKept settled) =>
        new(visit, read, period, ViewingsOf(visit, service), calendar, settled);

    /// <summary>Beside the classes stands the viewing of their recordings (rule 8.1), unless one of the two is asked for.</summary>
    private static bool? ViewingsOf(Visit visit, ServiceType service) => service.UsageType == "playback" ? true : visit.Query("type") switch
    {
        "interactive" => false,
        "playback" => true,
        _ => null,
    };

    /// <summary>The same address as a file: what is shown, all pages.</summary>
    private static string Csv(Visit visit)
    {
        string all = visit.With(("after", null), ("before", null), ("at", null), ("skip", null));
        return visit.To("usage.csv") + (all.IndexOf('?') is var at and >= 0 ? all[at..] : "");
    }

    /// <summary>The picture alone; its bars lead to the page.</summary>
    public static Picture TrendOf(Visit visit, Store.Reader read, ServiceType service, ShownPeriod period, Calendar calendar) =>
        new Trend(visit, service, period, calendar).Of(Figures(
            visit, read, QueryOf(visit, service, period.In(calendar), period.Granularity, service.Dimension is { } by ? [by] : [], calendar), null));

    public static UsageQuery QueryOf(
        Visit visit, ServiceType service, Range range, Granularity granularity, IReadOnlyList<string> by, Calendar calendar) =>
        new(service.Meter, range, granularity, by, calendar)
        {
            CategorizedFrom = visit.Account!.CategorizedSince is { } since && service.Meter == Meter.Delivery
                ? calendar.StartOf(LocalDatePattern.Iso.Parse(since).Value)
                : null,
        };

    public static IReadOnlyList<UsageFigure> Figures(Visit visit, Store.Reader read, UsageQuery query, string? application) => query.Figures(
        HourRows.Of(read, visit.Account!, query, application, visit.Now.ToUnixTimeSeconds()),
        read.Open(visit.Account!.Id, query.Meter.Name, application), visit.Now.ToUnixTimeSeconds());
}

/// <summary>The figures at the head of the usage page.</summary>
internal sealed record UsageHeads(
    Visit Visit, Store.Reader Read, ServiceType Service, ShownPeriod Period, string? Application, Calendar Calendar)
{
    private readonly Show show = Visit.Show;
    private readonly Texts texts = Visit.Texts;

    public List<ShownFigure> Of(IReadOnlyList<UsageFigure> figures)
    {
        Range range = Period.In(Calendar);
        Int128 total = ServiceType.Sum(figures.Select(figure => figure.Quantity));
        bool isOpen = Visit.Now < range.To;
        List<ShownFigure> shown =
        [
            new(texts["service." + Service.Key], show.Quantity(total, Service.Meter.Unit), isOpen ? texts["so-far"] : "") { IsLive = isOpen },
            Compared(total),
        ];
        if (Service.UsageType == "interactive")
        {
            (long classes, long running, long users) = Read.ClassTotals(Visit.Account!.Id, range.FromMs, range.ToMs, Application);
            shown.Add(new ShownFigure(texts["usage.classes"], show.Number(classes), texts.Of("usage.running", show.Number(running))) { IsLive = running > 0 });
            bool isAsked = Visit.Query("people") is not null;
            shown.Add(new ShownFigure(texts["usage.attendances"], show.Number(users), texts["usage.attendances.note"])
            {
                More = isAsked ? null : (texts["usage.users.more"], Visit.With(("people", "1"))),
            });
            if (isAsked)
            {
                shown.Add(Users(range));
            }

            shown.Add(Peak(range));
        }

        return shown;
    }

    /// <summary>Counted once the page stands.</summary>
    private ShownFigure Users(Range range)
    {
        if (Visit.Query("worked") is null)
        {
            string later = Visit.With(("worked", "1"));
            return new ShownFigure(texts["usage.users"], "…", texts["usage.users.note"]) { Later = later, More = (texts["usage.show"], later) };
        }

        int? users = UsersOfPeriod.Of(Read, Visit.Account!, range, Application, Visit.Now.ToUnixTimeMilliseconds());
        return users is { } known
            ? new ShownFigure(texts["usage.users"], show.Number(known), texts["usage.users.note"]) { IsWorked = true }
            : new ShownFigure(texts["usage.users"], "–", texts["usage.users.too-many"]) { IsWorked = true };
    }

    private ShownFigure Peak(Range range)
    {
        var query = new UsageQuery(Meter.Peak, range, Granularity.Total, [], Calendar);
        Int128 peak = UsagePage.Figures(Visit, Read, query, Application).Select(figure => figure.Quantity).DefaultIfEmpty().Max();
        return new ShownFigure(texts["usage.peak"], show.Number(peak), texts["usage.peak.note"]);
    }

    // The period before, up to where this one is.
    private ShownFigure Compared(Int128 total)
    {
        ShownPeriod before = Period.Moved(-1);
        Range range = Period.In(Calendar);
        Range then = before.In(Calendar);
        Duration passed = Duration.Max(Duration.Zero, Duration.Min(Visit.Now - range.From, range.To - range.From));
        Instant until = Instant.Min(then.To, then.From + passed);
        var query = UsagePage.QueryOf(Visit, Service, then with { To = until }, Granularity.Total, [], Calendar);
        Int128 earlier = until <= then.From
            ? 0
            : ServiceType.Sum(UsagePage.Figures(Visit, Read, query, Application).Select(figure => figure.Quantity));
        return new ShownFigure(
            texts["usage.change"], show.Change(total, earlier) ?? "–",
            texts.Of("usage.change.note", show.Quantity(earlier, Service.Meter.Unit), before.Text(show)));
    }
}
