using System.Globalization;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>The list behind the figures: a row for each class (rule 8.1).</summary>
internal static class DetailsRoutes
{
    private const int Step = 500;

    public static void Map(Routes routes) => routes.Get(
        "/v1/accounts/{account}/usage/details",
        new Doc("getUsageDetails", "The classes that started in the range, with what each used and how that was settled.")
        {
            Gives = typeof(ListView<DetailsView>),
            AlsoAs = ["text/csv"],
            Query =
            [
                ("from", "An instant or a local date."), ("to", "An instant or a local date; not in the range itself."),
                ("application", "Only this application's."), ("usageType", "interactive or playback."), .. Doc.Paging,
            ],
        },
        Get);

    private static IResult Get(Call call)
    {
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        bool csv = Accept.Choose(call.Http.Request, Accept.Json, Accept.Csv) == Accept.Csv;
        int limit = call.Limit();
        bool all = csv && call.Query("limit") is null && call.Query("cursor") is null;
        var list = new Details(
            account, Range.Of(call, new Calendar(account.TimeZone)), call.Query("application"),
            call.Query("usageType", "interactive", "playback"), Cards(read, account), call.Engine.Now);
        (long, string, int, int)? after = After(call);
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        if (all)
        {
            return new DetailsCsv(list.Pages(call.Engine.Store, Step));
        }

        ClassRow[] rows = [.. list.Rows(read, after, limit + 1)];
        return csv
            ? new DetailsCsv([[.. rows.Take(limit).Select(row => list.View(read, row))]])
            : Answer.List(rows, limit, row => list.View(read, row), Details.CursorOf);
    }

    /// <summary>Every card that priced the account at some time.</summary>
    public static IReadOnlyList<CardVersions> Cards(Store.Reader read, AccountState account) =>
        [.. account.RateCards.Select(chosen => chosen.Card).Distinct().Select(read.Card)];

    private static (long Start, string Class, int Page, int Type)? After(Call call)
    {
        if (call.After(4) is not { } key)
        {
            return null;
        }

        (long, string, int, int)? place = Details.Place(key);
        if (place is null)
        {
            call.Fault("cursor", "This is not a cursor of this list.");
        }

        return place;
    }
}

/// <summary>What is asked of the details, and how its rows look.</summary>
internal sealed record Details(AccountState Account, Range Range, string? Application, string? UsageType, IReadOnlyList<CardVersions> Cards, Instant Now)
{
    private readonly RowShares settled = new(Account, Cards, Now);

    /// <summary>Where the list goes on after a row.</summary>
    public static string CursorOf(ClassRow row) => Cursor.Of(row.Start.ToString(), row.Class, row.Page.ToString(), row.Type.ToString());

    /// <summary>What a cursor says; null when it is none of this list.</summary>
    public static (long Start, string Class, int Page, int Type)? Place(IReadOnlyList<string?> key) =>
        long.TryParse(key[0], NumberStyles.AllowLeadingSign, null, out long start) && key[1] is { } id && int.TryParse(key[2], out int page)
        && int.TryParse(key[3], out int type) ? (start, id, page, type) : null;

    public List<ClassRow> Rows(Store.Reader read, (long Start, string Class, int Page, int Type)? after, int limit) =>
        read.Classes(Account.Id, Range.FromMs, Range.ToMs, Application, after, limit, UsageType is null ? null : UsageType == "playback");

    /// <summary>All rows, each step on a snapshot of its own: a slow reader must not hold one for minutes.</summary>
    public IEnumerable<IReadOnlyList<DetailsView>> Pages(Store.Store store, int step)
    {
        (long, string, int, int)? after = null;
        int found = step;
        while (found == step)
        {
            using Store.Reader read = store.Read();
            List<ClassRow> rows = Rows(read, after, step);
            found = rows.Count;
            after = found > 0 ? (rows[^1].Start, rows[^1].Class, rows[^1].Page, rows[^1].Type) : after;
            yield return [.. rows.Select(row => View(read, row))];
        }
    }

    public DetailsView View(Store.Reader read, ClassRow row)
    {
        Shares shares = settled.Of(read, row);
        Int128 seconds = row.Seconds + (Int128)row.OpenCount * Now.ToUnixTimeSeconds() - row.OpenSum;
        return new DetailsView(
            row.Application, Account.Application(row.Application)?.Settings.Name ?? row.Application, row.Name, row.Class,
            Instant.FromUnixTimeMilliseconds(row.Start), row.End is { } end ? Instant.FromUnixTimeMilliseconds(end) : null,
            row.EndedBy switch { 1 => "event", 2 => "cap", _ => null }, row.Users, row.Type == 0 ? "Interactive class" : "Playback",
            seconds, ((seconds + 59) / 60).ToString(CultureInfo.InvariantCulture),
            [.. shares.Packages.Select(share => new PackageMinutes(share.Package, Text(share.Minutes)))],
            Text(shares.Package), Text(shares.Free), Text(shares.PayAsYouGo), Text(shares.Uncovered));
    }

    private static string Text(decimal minutes) => minutes.ToString("0.############", CultureInfo.InvariantCulture);
}

/// <summary>A row of the details, in the order of its columns.</summary>
internal sealed record DetailsView(
    string Application, string ApplicationName, string? ClassName, string ClassId, Instant Start, Instant? End, string? EndedBy, int UserCount,
    string UsageType, Int128 Seconds, string Minutes, IReadOnlyList<PackageMinutes> Packages, string PackageMinutes, string FreeMinutes,
    string PayAsYouGoMinutes, string UncoveredMinutes);

/// <summary>What a package covered of a row.</summary>
internal sealed record PackageMinutes(string Package, string Minutes);
