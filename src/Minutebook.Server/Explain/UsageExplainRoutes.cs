using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;

namespace Minutebook.Server;

/// <summary>From a figure of usage, and from a class, to the events that it came from.</summary>
internal static class UsageExplainRoutes
{
    // Beyond that, counting costs more than it tells.
    private const int MostCounted = 10_000;

    // One dimension is a boolean, and is written like one.
    private static readonly string[] Dimensions = [.. Meter.All.SelectMany(meter => meter.Dimensions).Distinct()];

    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts/{account}/usage/explain",
            new Doc("explainUsage", "The events that a figure of usage came from, with what brought each, repetitions and voids.")
            {
                Gives = typeof(ExplainedView),
                Query =
                [
                    ("meter", string.Join(", ", Meter.All.Select(meter => meter.Name)) + "."), ("from", "An instant or a local date."),
                    ("to", "An instant or a local date; not in the range itself."), ("application", "Only this application's."),
                    ("class", "Only this class's."), ("user", "Only this participant's, beside the start and end of classes."),
                    .. Dimensions.Select(name => (name, "Only with this value of the dimension.")), .. Doc.Paging,
                ],
            },
            Usage);
        routes.Get(
            "/v1/accounts/{account}/classes/{application}/{class}/events",
            new Doc("listClassEvents", "A class's events in the order in which they came, with what brought each, repetitions and voids.")
            {
                Gives = typeof(ListView<ArrivedView>),
                Query = [("user", "Only this participant's."), .. Doc.Paging],
            },
            Class);
    }

    /// <param name="Quantity">The figure that the events explain; null for one of a class or a user, which the class's view has.</param>
    /// <param name="Total">How many events these are; null for more than are counted.</param>
    private sealed record ExplainedView(
        string Meter, string Unit, Int128? Quantity, int? Total, IReadOnlyList<ArrivedView> Items, string? Next);

    private static IResult Usage(Call call)
    {
        int limit = call.Limit();
        (int page, int index) = After(call);
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        Meter? meter = Meter.Named(call.Query("meter", [.. Meter.All.Select(known => known.Name)]) ?? "");
        if (meter is null && call.Refusal is null)
        {
            call.Fault("meter", $"This must be one of {string.Join(", ", Meter.All.Select(known => known.Name))}.");
        }

        ExplainedFigure figure = Asked(call, account, meter ?? Meter.Av);
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        (int Page, PageEventRef Event)[] events = [.. figure.Events(read, page, index).Take(limit + 1)];
        (IReadOnlyList<ArrivedView> items, string? next) = Shown(call, read, account, limit, events);
        int count = figure.Events(read, 0, -1).Take(MostCounted + 1).Count();
        return Answer.Json(new ExplainedView(
            figure.Meter.Name, figure.Meter.Unit, figure.Quantity(read, call.Engine.Now), count > MostCounted ? null : count, items, next));
    }

    private static ExplainedFigure Asked(Call call, AccountState account, Meter meter)
    {
        Dictionary<string, string?> where = [];
        foreach (string name in Dimensions)
        {
            if (call.Query(name) is not { } value)
            {
                continue;
            }

            if (!meter.Dimensions.Contains(name))
            {
                call.Fault(name, $"This is not a dimension of {meter.Name}; its dimensions are {string.Join(", ", meter.Dimensions)}.");
            }

            where[name] = value;
        }

        return new ExplainedFigure(account, meter, Range.Of(call, new Calendar(account.TimeZone)))
        {
            Application = call.Query("application"),
            Class = call.Query("class"),
            User = call.Query("user"),
            Where = where,
        };
    }

    private static IResult Class(Call call)
    {
        int limit = call.Limit();
        (int _, int index) = After(call);
        (string application, string id, string? user) = (call.Path("application"), call.EventsPath("class"), call.Query("user"));
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        if (account.Application(application) is null || read.Page(account.Id, application, PageKind.Class, id) is not { } row)
        {
            return Problem.NotFound($"class {id} of application {application} in account {account.Id}");
        }

        PageHistory page = PageHistory.Of(read.Chunks(account.Id, row.Page));
        (int, PageEventRef)[] events =
        [
            .. Enumerable.Range(0, page.Count).Skip(index + 1).Where(at => user is null || page.IsOf(at, user)).Take(limit + 1)
                .Select(at => (row.Page, new PageEventRef(page, at, id))),
        ];
        return List(call, read, account, limit, events);
    }

    private static IResult List(Call call, Store.Reader read, AccountState account, int limit, (int Page, PageEventRef Event)[] events)
    {
        (IReadOnlyList<ArrivedView> items, string? next) = Shown(call, read, account, limit, events);
        return Answer.Json(new ListView<ArrivedView>(items, next));
    }

    private static (IReadOnlyList<ArrivedView> Items, string? Next) Shown(
        Call call, Store.Reader read, AccountState account, int limit, (int Page, PageEventRef Event)[] events)
    {
        var shown = new PageEvents(call.Engine, read, account.Id);
        string? next = events.Length > limit ? Cursor.Of(events[limit - 1].Page.ToString(), events[limit - 1].Event.Index.ToString()) : null;
        return (shown.Views([.. events.Take(limit).Select(one => one.Event)]), next);
    }

    private static (int Page, int Index) After(Call call)
    {
        if (call.After(2) is not { } key)
        {
            return (0, -1);
        }

        if (Cursor.Place(key[0]) is { } page && Cursor.Place(key[1]) is { } index)
        {
            return (page, index);
        }

        call.RefuseCursor();
        return (0, -1);
    }
}
