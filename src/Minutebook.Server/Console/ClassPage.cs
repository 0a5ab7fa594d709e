using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A class: who was there when, and what it used and what paid for it.</summary>
internal static class ClassPage
{
    private const int MostRows = 200;

    public static void Map(ConsolePages pages) => pages.Get("/classes/{application}/{class}", Show);

    private static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        (string application, string id) = (visit.Call.Path("application"), visit.Call.Path("class"));
        if (visit.Call.Refusal is not null || ClassRoutes.Find(visit.Call, read, account, application, id, Wanted.All) is not (var page, var view))
        {
            return ConsolePages.NotFound(visit);
        }

        var timeline = new Timeline(visit, view);
        string? role = visit.Query("role");
        string? user = visit.Query("user");
        ParticipantView[] found =
        [
            .. view.Participants.Where(one => (role is null || (one.Role ?? "") == role)
                && (user is null || one.User.Contains(user, StringComparison.OrdinalIgnoreCase))),
        ];
        return ConsolePages.Show<ClassSheet>(visit, new ClassModel(
            view.Name ?? id, id, account.Application(application)!.Settings.Name, timeline.Axis, timeline.Curve, timeline.Peak,
            [.. found.OrderBy(one => timeline.RankOf(one.Role)).ThenBy(one => one.Stays.Count > 0 ? one.Stays[0].From : long.MaxValue)
                .Take(MostRows).Select(timeline.Row)],
            found.Length, [.. timeline.Roles])
        {
            Figures = Figures(visit, read, account, page, view, timeline),
            Paid = PaidBy(visit, read, account, page),
        });
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
            new(texts["class.when"], show.Moment(start), end is { } at ? texts.Of("class.until", show.Moment(at)) + ended : texts["live"]) { IsLive = end is null },
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

    private static List<(string, string)> PaidBy(Visit visit, Store.Reader read, AccountState account, PageRow page)
    {
        if (read.ClassRow(account.Id, page.Page) is not { } row)
        {
            return [];
        }

        var always = new Range(Instant.FromUnixTimeMilliseconds(row.Start), Instant.FromUnixTimeMilliseconds(row.Start + 1));
        DetailsView details = new Details(account, DetailsQuery.By(always, null, null, visit.Now), DetailsRoutes.Cards(read, account), visit.Now).View(read, row);
        string Minutes(string minutes) => $"{visit.Show.Decimal(minutes)} {visit.Texts["unit.min"]}";
        return
        [
            (visit.Texts["ladder.used"], Minutes(details.Minutes)),
            (visit.Texts["ladder.free"], Minutes(details.FreeMinutes)),
            .. details.Packages.Select(package => (visit.Texts.Of("ladder.package", package.Package), Minutes(package.Minutes))),
            (visit.Texts["ladder.pay-as-you-go"], Minutes(details.PayAsYouGoMinutes)),
            (visit.Texts["ladder.uncovered"], Minutes(details.UncoveredMinutes)),
        ];
    }
}
