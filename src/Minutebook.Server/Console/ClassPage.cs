using System.Globalization;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>A class: who was there when, what it used and what paid for it, down to its events.</summary>
internal static class ClassPage
{
    /// <summary>Beyond so many participants the picture is drawn from data of its own, and the table comes page by page.</summary>
    private const int MostDrawn = 200;
    private const int RowsOfMany = 50;

    public static void Map(ConsolePages pages)
    {
        pages.Get("/classes/{application}/{class}", Show);
        pages.Get("/classes/{application}/{class}/stays", Stays);
        ClassEventsPage.Map(pages);
    }

    private static (PageRow Page, ClassView View)? Found(Visit visit, Store.Reader read)
    {
        (string application, string id) = (visit.Call.Path("application"), visit.Call.EventsPath("class"));
        return visit.Call.Refusal is null ? ClassRoutes.Find(visit.Call, read, visit.Account!, application, id, Wanted.All) : null;
    }

    private static IResult Show(Visit visit, Store.Reader read)
    {
        if (Found(visit, read) is not (var page, var view))
        {
            return ConsolePages.NotFound(visit);
        }

        AccountState account = visit.Account!;
        (string application, string id) = (visit.Call.Path("application"), visit.Call.EventsPath("class"));
        var timeline = new Timeline(visit, view);
        ParticipantView[] found = Asked(visit, view, timeline);
        int skip = Math.Min(visit.Whole("skip") ?? 0, found.Length);
        int step = view.Participants.Count > MostDrawn ? RowsOfMany : MostDrawn;
        string here = visit.ToClass(application, id);
        return ConsolePages.Show<ClassSheet>(visit, new ClassModel(
            view.Name ?? id, id, account.Application(application)!.Settings.Name, timeline.Axis, timeline.Curve, timeline.Peak,
            [.. found.Skip(skip).Take(step).Select(one => timeline.Row(one, $"{here}/events?user={Uri.EscapeDataString(one.User)}"))],
            found.Length, [.. timeline.Roles])
        {
            Figures = Figures(visit, read, account, page, view, timeline),
            Paid = new ClassCost(visit, read, page).Steps(),
            Bills = [.. ClassCost.BillsOf(visit, read, page)],
            Tiers = timeline.Tiers,
            Recordings = Recordings(visit, read, page),
            Events = here + "/events",
            Stays = view.Participants.Count > MostDrawn ? here + "/stays" : null,
            IsRunning = view.EndedBy == EndedBy.Nothing,
            Earlier = skip > 0 ? visit.With(("skip", skip > step ? $"{skip - step}" : null)) : null,
            Later = found.Length > skip + step ? visit.With(("skip", $"{skip + step}")) : null,
        });
    }

    /// <summary>All stays, for the picture that the script draws.</summary>
    private static IResult Stays(Visit visit, Store.Reader read) => Found(visit, read) is (_, var view)
        ? Answer.Json(new Timeline(visit, view).Drawn())
        : ConsolePages.NotFound(visit);

    private static ParticipantView[] Asked(Visit visit, ClassView view, Timeline timeline)
    {
        (string? role, string? user) = (visit.Query("role"), visit.Query("user"));
        return
        [
            .. view.Participants.Where(one => (role is null || (one.Role ?? "") == role)
                && (user is null || one.User.Contains(user, StringComparison.OrdinalIgnoreCase)))
                .OrderBy(one => timeline.RankOf(one.Role)).ThenBy(one => one.Stays.Count > 0 ? one.Stays[0].From : long.MaxValue),
        ];
    }

    private static ShownFigure[] Figures(
        Visit visit, Store.Reader read, AccountState account, PageRow page, ClassView view, Timeline timeline)
    {
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        var start = Instant.FromUnixTimeMilliseconds(view.Start);
        Instant? end = view.End is { } ms ? Instant.FromUnixTimeMilliseconds(ms) : null;
        long length = (long)((end ?? visit.Now) - start).TotalSeconds;
        string ended = view.EndedBy == EndedBy.Cap ? texts["class.capped"] : "";
        return
        [
            new(texts["class.when"], show.Moment(start), end is { } at ? texts.Of("class.until", show.FullMoment(at)) + ended : texts["live"]) { IsLive = end is null },
            new(texts["class.length"], show.Length(length), end is null ? texts["so-far"] : ""),
            new(texts["class.users"], show.Number(view.UserCount), texts.Of("class.peak", show.Number(timeline.Peak))),
            new(texts["class.presence"], show.Quantity(view.Seconds, "second"), texts["class.presence.note"]),
            .. Others(visit, read, account, page),
        ];
    }

    /// <summary>What the class used of the other meters.</summary>
    private static IEnumerable<ShownFigure> Others(Visit visit, Store.Reader read, AccountState account, PageRow page) =>
        read.ClassUsageOf(account.Id, page.Page).Where(row => row.Meter != Meter.Av.Name).GroupBy(row => row.Meter).Select(meter => new ShownFigure(
            visit.Texts["service." + meter.Key],
            visit.Show.Quantity(ServiceType.Sum(meter.Select(row => row.Quantity)), Meter.Named(meter.Key)!.Unit), ""));

    /// <summary>The files of its recordings, as their events tell of them.</summary>
    private static List<ShownRecording> Recordings(Visit visit, Store.Reader read, PageRow page)
    {
        PageHistory history = PageHistory.Of(read.Chunks(visit.Account!.Id, page.Page));
        PageEventRef[] told =
        [
            .. Enumerable.Range(0, history.Count).Where(at => history[at] is { Kind: EventKind.RecordingCompleted, Voided: false })
                .Select(at => new PageEventRef(history, at, page.Key)),
        ];
        return told.Length == 0
            ? []
            : [.. new PageEvents(visit.Call.Engine, read, visit.Account.Id).Views(told).SelectMany(its => ShownRecording.Of(visit, its))];
    }
}

/// <summary>What paid for a class's presence, and the bills that it stands on.</summary>
internal sealed record ClassCost(Visit Visit, Store.Reader Read, PageRow Page)
{
    public List<LadderStep> Steps()
    {
        AccountState account = Visit.Account!;
        if (Read.ClassRow(account.Id, Page.Page) is not { } row)
        {
            return [];
        }

        var always = new Range(Instant.FromUnixTimeMilliseconds(row.Start), Instant.FromUnixTimeMilliseconds(row.Start + 1));
        DetailsView details = new Details(account, DetailsQuery.By(always, Visit.Now), DetailsRoutes.Rates(Read, account), Visit.Now).View(Read, row);
        string Minutes(string minutes) => $"{Visit.Show.Decimal(minutes)} {Visit.Texts["unit.min"]}";
        decimal Number(string minutes) => decimal.Parse(minutes, CultureInfo.InvariantCulture);
        decimal rest = Number(details.Minutes) - Number(details.FreeMinutes) - Number(details.PackageMinutes)
            - Number(details.UncoveredMinutes) - Number(details.PayAsYouGoMinutes);
        return
        [
            new(Visit.Texts["ladder.used"], Minutes(details.Minutes), null),
            new(Visit.Texts["ladder.free"], Minutes(details.FreeMinutes), Visit.To("packages") + "#prices"),
            .. details.Packages.Select(package => new LadderStep(
                Visit.Texts.Of("ladder.package", package.Package), Minutes(package.Minutes), Visit.To("packages"))),
            .. Number(details.UncoveredMinutes) == 0 ? [] : (IEnumerable<LadderStep>)[new(Visit.Texts["ladder.uncovered"], Minutes(details.UncoveredMinutes), Visit.To("applications"))],
            // A class that came after its day was billed was given nothing: what paid for it stands on an adjustment.
            .. rest == 0 ? [] : (IEnumerable<LadderStep>)[new(Visit.Texts["ladder.otherwise"], Minutes(rest.ToString(CultureInfo.InvariantCulture)), Visit.To("bills"))],
            new(Visit.Texts["ladder.pay-as-you-go"], Minutes(details.PayAsYouGoMinutes), null),
        ];
    }

    /// <summary>The bills of the closed days and months in which it used something.</summary>
    public static IEnumerable<(string Number, string Link)> BillsOf(Visit visit, Store.Reader read, PageRow page) =>
        read.Settled(visit.Account!.Id, page.Page).Select(row => (row.Kind, row.Period)).Distinct()
            .Select(its => BillPeriod.From((PeriodKind)its.Kind, LocalDatePattern.Iso.Parse(its.Period).Value).BillNumber(visit.Account.Id))
            .Where(number => read.Bill(number) is not null).Select(number => (number, visit.ToBill(number)));
}
