using System.Globalization;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>The list behind the figures: a row for each class (rule 8.1).</summary>
internal static class DetailsRoutes
{
    private const int Step = 500;

    public static void Map(Routes routes)
    {
        var settled = new SettledKept(routes.Engine);
        routes.Get(
            "/v1/accounts/{account}/usage/details",
            new Doc("getUsageDetails", "The classes that started in the range, with what each used and how that was settled.")
            {
                Gives = typeof(ListView<DetailsView>),
                AlsoAs = ["text/csv"],
                Query = DetailsQuery.Parameters,
            },
            call => Get(call, settled));
    }

    private static IResult Get(Call call, SettledKept settled)
    {
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        bool csv = Accept.Choose(call.Http.Request, Accept.Json, Accept.Csv) == Accept.Csv;
        int limit = call.Limit();
        bool all = csv && call.Query("limit") is null && call.Query("cursor") is null;
        DetailsQuery query = DetailsQuery.Of(call, Range.Of(call, new Calendar(account.TimeZone)));
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        var list = new Details(account, query, Rates(read, account), call.Engine.Now) { Open = settled.Of(read, account) };
        if (all)
        {
            return new DetailsCsv(list.Pages(call.Engine.Store, Step));
        }

        List<ClassRow> rows = query.Rows(read, account.Id, limit + 1);
        return csv
            ? new DetailsCsv([[.. rows.Take(limit).Select(row => list.View(read, row))]])
            : Answer.List(rows, limit, row => list.View(read, row), query.CursorOf);
    }

    /// <summary>By every card that priced the account at some time.</summary>
    public static RowRates Rates(Store.Reader read, AccountState account) =>
        new(account, account.RateCards.Select(chosen => chosen.Card).Distinct().ToDictionary(card => card, read.Card, StringComparer.Ordinal));
}

/// <summary>What is asked of the details, and how its rows look.</summary>
internal sealed record Details(AccountState Account, DetailsQuery Query, RowRates Rates, Instant Now)
{
    private RowShares? settled;

    /// <summary>What open periods give each class.</summary>
    public OpenPeriods Open { get; init; } = new(Account, Now);

    /// <summary>What closed periods gave each page, where much of it is wanted; else it is looked up row by row.</summary>
    public ClosedShares? Settled { get; init; }

    /// <summary>All rows, each step on a snapshot of its own: a slow reader must not hold one for minutes.</summary>
    public IEnumerable<IReadOnlyList<DetailsView>> Pages(Store.Store store, int step)
    {
        DetailsQuery next = Query;
        int found = step;
        while (found == step)
        {
            using Store.Reader read = store.Read();
            List<ClassRow> rows = next.Rows(read, Account.Id, step);
            found = rows.Count;
            next = found > 0 ? next.From(rows[^1]) : next;
            yield return [.. rows.Select(row => View(read, row))];
        }
    }

    /// <summary>How a row's minutes were settled.</summary>
    public Shares SharesOf(Store.Reader read, int page, int type) => (settled ??= new RowShares(Account, Rates, Open, Settled)).Of(read, page, type);

    public DetailsView View(Store.Reader read, ClassRow row)
    {
        Shares shares = SharesOf(read, row.Page, row.Type);
        Int128 seconds = row.Seconds + (Int128)row.OpenCount * Now.ToUnixTimeSeconds() - row.OpenSum;
        return new DetailsView(
            row.Application, Account.Application(row.Application)?.Settings.Name ?? row.Application, row.Name, row.Class,
            Instant.FromUnixTimeMilliseconds(row.Start), row.End is { } end ? Instant.FromUnixTimeMilliseconds(end) : null,
            row.EndedBy switch { 1 => "event", 2 => "cap", _ => null }, row.Users, row.Type == 0 ? "Interactive class" : "Playback",
            seconds, Rounding.CeilDiv(Int128.Max(seconds, 0), 60).ToString(CultureInfo.InvariantCulture),
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
