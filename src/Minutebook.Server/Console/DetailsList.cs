using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The list of classes, as a reader asks for it: which, in which order, with which columns, from where on.</summary>
internal sealed class DetailsList
{
    public const int RowsAPage = 50;
    /// <summary>So many classes are ordered by what follows from settlements; of more, these.</summary>
    private const int MostOrdered = 50_000;

    private readonly Visit visit;
    private readonly Reader read;
    private readonly AccountState account;
    private readonly ShownPeriod period;
    private readonly SettledKept kept;
    private readonly Details details;

    public DetailsList(Visit visit, Reader read, ShownPeriod period, bool? viewings, Calendar calendar, SettledKept kept)
    {
        (this.visit, this.read, this.period, this.kept) = (visit, read, period, kept);
        account = visit.Account!;
        Columns = DetailsColumn.Shown(visit);
        Sort = DetailsColumn.All.FirstOrDefault(column => column.Key == visit.Query("sort")) ?? DetailsColumn.All.First(column => column.Key == "start");
        IsDescending = visit.Query("order") is { } order ? order == "desc" : visit.Query("sort") is null || Sort.IsNumber;
        Range range = period.In(calendar);
        var filter = new DetailsFilter(
            range.FromMs, range.ToMs, account.Application(visit.Query("application") ?? "")?.Id, Search: visit.Query("q"), Viewings: viewings)
        {
            Running = visit.Query("state") switch { "running" => true, "ended" => false, _ => null },
            LeastUsers = visit.Whole("users"),
            // A started minute counts in full.
            LeastSeconds = visit.Whole("minutes") is { } minutes and > 0 ? ((minutes - 1L) * 60) + 1 : null,
        };
        long now = visit.Now.ToUnixTimeSeconds();
        details = new Details(
            account, new DetailsQuery(filter, new DetailsOrder(Sort.Sort ?? DetailsSort.Start, IsDescending, now), null), DetailsRoutes.Rates(read, account), visit.Now)
        {
            Open = kept.Of(read, account),
        };
    }

    public IReadOnlyList<DetailsColumn> Columns { get; }
    public DetailsColumn Sort { get; }
    public bool IsDescending { get; }

    /// <summary>A package, none, or null for any.</summary>
    private string? Package => visit.Query("package");

    private string? Paid => visit.Query("paid");

    /// <summary>The tables know window, users and seconds of a class; what paid for it follows from settlements.</summary>
    public bool IsSettled => Sort.By is not null || Package is not null || Paid is not null;

    /// <summary>A page of it.</summary>
    public DetailsPage Page() => IsSettled ? SettledPage() : TablePage();

    /// <summary>All of it, step by step.</summary>
    public IEnumerable<IReadOnlyList<DetailsView>> All(Store.Store store, int step) => IsSettled ? Ordered().Chunk(step) : details.Pages(store, step);

    private DetailsPage TablePage()
    {
        DetailsQuery query = details.Query;
        long count = read.CountDetails(account.Id, query.Filter, query.Order);
        bool goesBack = visit.Query("before") is not null;
        DetailsQuery? from = visit.Query("after") is { } after ? query.From(after)
            : visit.Query("before") is { } before ? query.Turned.From(before)
            : visit.Query("at") is { } at ? query.From(at) : null;
        List<ClassRow> rows = (from ?? query).Rows(read, account.Id, RowsAPage + 1);
        bool goesOn = rows.Count > RowsAPage;
        rows = [.. rows.Take(RowsAPage)];
        goesBack &= from is not null;
        if (goesBack)
        {
            rows.Reverse();
        }

        bool isFirst = from is null || (goesBack && !goesOn);
        return new DetailsPage([.. rows.Select(row => (row, details.View(read, row)))], count)
        {
            Newer = rows.Count > 0 && !isFirst ? Address("before", query.CursorOf(rows[0])) : from is null ? null : Address(null, null),
            Older = rows.Count > 0 && (goesBack || goesOn) ? Address("after", query.CursorOf(rows[^1])) : null,
            Here = rows.Count > 0 ? Address("at", query.CursorOf(rows[0] with { Type = rows[0].Type + (IsDescending ? 1 : -1) })) : null,
        };
    }

    private DetailsPage SettledPage()
    {
        (Details known, List<(int Page, int Type)> all) = Settled();
        int skip = (int)Math.Min(visit.Whole("skip") ?? 0, all.Count);
        return new DetailsPage([.. Rows(all.Skip(skip).Take(RowsAPage)).Select(row => (row, known.View(read, row)))], all.Count)
        {
            Newer = skip > 0 ? Address("skip", skip > RowsAPage ? $"{skip - RowsAPage}" : null) : null,
            Older = all.Count > skip + RowsAPage ? Address("skip", $"{skip + RowsAPage}") : null,
        };
    }

    private string Address(string? name, string? value)
    {
        string Of(string its) => its == name ? value ?? "" : "";
        return visit.With(("after", Of("after")), ("before", Of("before")), ("at", Of("at")), ("skip", Of("skip")));
    }

    private IEnumerable<DetailsView> Ordered()
    {
        (Details known, List<(int Page, int Type)> all) = Settled();
        return Rows(all).Select(row => known.View(read, row));
    }

    private IEnumerable<ClassRow> Rows(IEnumerable<(int Page, int Type)> places) =>
        places.Select(place => read.ClassRow(account.Id, place.Page, place.Type)).OfType<ClassRow>();

    /// <summary>Where all rows are, in their order, and how they are shown: only those of a page are read.</summary>
    private (Details Known, List<(int Page, int Type)> Places) Settled()
    {
        Details known = details with { Settled = kept.Closed(read, account, (period.First, period.Last), details.Rates) };
        IEnumerable<((int Page, int Type) Place, Shares Shares)> rows = read.DetailsPlaces(account.Id, details.Query.Filter, details.Query.Order, MostOrdered)
            .Select(place => (Place: place, Shares: known.SharesOf(read, place.Page, place.Type))).Where(row => Paying(row.Shares));
        if (Sort.By is { } by)
        {
            rows = IsDescending ? rows.OrderByDescending(row => by(row.Shares)) : rows.OrderBy(row => by(row.Shares));
        }

        return (known, [.. rows.Select(row => row.Place)]);
    }

    private bool Paying(Shares row) =>
        (Package is not { } package || (package == "none" ? row.Packages.Count == 0 : row.Packages.Any(share => share.Package == package)))
        && Paid switch
        {
            "package" => row.Package != 0,
            "pay-as-you-go" => row.PayAsYouGo != 0,
            "free" => row.Free != 0,
            "uncovered" => row.Uncovered != 0,
            _ => true,
        };
}

/// <summary>A page of the list.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Count">How many there are on all pages.</param>
internal sealed record DetailsPage(IReadOnlyList<(ClassRow Row, DetailsView View)> Rows, long Count)
{
    public string? Newer { get; init; }
    public string? Older { get; init; }
    /// <summary>The address that begins with the same row whatever has come since; null where there is none.</summary>
    public string? Here { get; init; }
}
