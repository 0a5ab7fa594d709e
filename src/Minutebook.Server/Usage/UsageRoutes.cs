using System.Globalization;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;
using NodaTime.Text;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>Usage by meter, time and group.</summary>
internal static class UsageRoutes
{
    public static void Map(Routes routes) => routes.Get(
        "/v1/accounts/{account}/usage",
        new Doc("getUsage", "What an account used of a meter, in whole hours, days or months of its time zone, or in total.")
        {
            Gives = typeof(UsageView),
            Query =
            [
                ("meter", string.Join(", ", Meter.All.Select(meter => meter.Name)) + "."), ("from", "An instant or a local date."),
                ("to", "An instant or a local date; not in the range itself."), ("granularity", "hour, day, month or total; total when left out."),
                ("application", "Only this application's."), ("groupBy", "application and the meter's dimensions, by comma."), .. Doc.Paging,
            ],
        },
        Get);

    private sealed record UsageView(string Meter, string Unit, string TimeZone, IReadOnlyList<UsageItem> Items, string? Next);

    private sealed record UsageItem(Instant Start, Instant End, IReadOnlyDictionary<string, object?> Group, Int128 Quantity);

    private static IResult Get(Call call)
    {
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        int limit = call.Limit();
        UsageQuery query = Query(call, account);
        string? application = call.Query("application");
        Func<UsageFigure, bool> isAfter = After(call, query.GroupBy.Count);
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        string meter = query.Meter.Name;
        long now = call.Engine.Now.ToUnixTimeSeconds();
        IReadOnlyList<UsageFigure> figures = query.Figures(
            HourRows.Of(read, account, query, application, now),
            read.Open(account.Id, meter, application),
            now);
        UsageFigure[] shown = [.. figures.Where(isAfter).Take(limit + 1)];
        ListView<UsageItem> page = Answer.Page(shown, limit, figure => Item(query, figure), CursorOf);
        return Answer.Json(new UsageView(meter, query.Meter.Unit, account.TimeZone, page.Items, page.Next));
    }

    private static UsageQuery Query(Call call, AccountState account)
    {
        string? name = call.Query("meter");
        Meter? meter = name is null ? null : Meter.Named(name);
        if (meter is null)
        {
            call.Fault("meter", $"This must be one of {string.Join(", ", Meter.All.Select(known => known.Name))}.");
        }

        string granularity = call.Query("granularity", "hour", "day", "month", "total") ?? "total";
        var calendar = new Calendar(account.TimeZone);
        long? categorizedFrom = account.CategorizedSince is { } since ? calendar.StartOf(LocalDatePattern.Iso.Parse(since).Value) : null;
        return new UsageQuery(
            meter ?? Meter.Av, Range.Of(call, calendar), Enum.Parse<Granularity>(granularity, ignoreCase: true), GroupBy(call, meter), calendar)
        {
            CategorizedFrom = meter == Meter.Delivery ? categorizedFrom : null,
        };
    }

    private static string[] GroupBy(Call call, Meter? meter)
    {
        string[] keys = call.Query("groupBy")?.Split(',', StringSplitOptions.TrimEntries).Distinct().ToArray() ?? [];
        string[] known = [UsageQuery.Application, .. meter?.Dimensions ?? []];
        if (meter is not null && keys.Except(known).FirstOrDefault() is { } unknown)
        {
            call.Fault("groupBy", $"'{unknown}' is not a dimension of {meter.Name}; its dimensions are {string.Join(", ", known)}.");
        }

        return keys;
    }

    private static UsageItem Item(UsageQuery query, UsageFigure figure)
    {
        Dictionary<string, object?> group = [];
        for (int i = 0; i < query.GroupBy.Count; i++)
        {
            string? value = figure.Group.Values[i];
            group[query.GroupBy[i]] = query.GroupBy[i] == "download" && value is not null ? value == "true" : value;
        }

        return new UsageItem(figure.Start, figure.End, group, figure.Quantity);
    }

    private static string CursorOf(UsageFigure figure) =>
        Cursor.Of([figure.Start.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), .. figure.Group.Values]);

    private static Func<UsageFigure, bool> After(Call call, int keys)
    {
        if (call.After(keys + 1) is not { } last)
        {
            return _ => true;
        }

        if (Cursor.Number(last[0], long.MinValue) is not { } start)
        {
            call.RefuseCursor();
            return _ => true;
        }

        var group = new Group(last[1..]);
        return figure => (figure.Start.ToUnixTimeMilliseconds(), figure.Group).CompareTo((start, group)) > 0;
    }
}
