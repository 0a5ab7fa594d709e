using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>How the installation is: all accounts, what comes in and what is behind, what was set aside, what is being closed.</summary>
internal static class OperationsPage
{
    private const int AccountsAPage = 50;
    private const int MostClosing = 50;

    public static void Map(ConsolePages pages, Pace pace)
    {
        pages.Get("/operations", visit => Show(visit, pace));
        pages.Get("/operations/set-aside", SetAsidePage.Show);
        pages.Form("/operations/set-aside", SetAsidePage.ReapplyAsync);
        pages.Get("/operations/rate-cards", CardsPage.Show);
    }

    private static IResult Show(Visit visit, Pace pace)
    {
        using Store.Reader read = visit.Call.Engine.Store.Read();
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        AccountState[] accounts = [.. read.States()];
        int skip = visit.Whole("skip") ?? 0;
        (ShownClosing Shown, Instant At)[] closing = [.. accounts.Select(account => ClosingOf(visit, account)).OfType<(ShownClosing, Instant At)>().OrderBy(its => its.At)];
        TimeSpan behind = visit.Call.Engine.Behind;
        return ConsolePages.Show<OperationsSheet>(visit, new OperationsModel(
            [
                new ShownFigure(texts["operations.accepted"], show.Number(pace.Total), texts["operations.since-start"]),
                new ShownFigure(texts["operations.pace"], show.Number(pace.Busiest()), texts["operations.pace.note"]) { IsLive = true },
                new ShownFigure(texts["operations.lag"], texts.Of("operations.lag.ms", show.Number((long)behind.TotalMilliseconds)), texts["operations.lag.note"]) { IsLive = true },
                new ShownFigure(texts["operations.bad"], show.Number(accounts.Count(account => account.Standing.Kind != Standing.Good)), texts.Of("operations.bad.note", show.Number(accounts.Length))),
                new ShownFigure(texts["operations.aside"], show.Number(read.KeptCounts(null).Sum(kept => kept.Count)), texts["operations.aside.note"]) { Link = "/operations/set-aside" },
            ],
            [.. Ordered(accounts, visit.Query("sort")).Skip(skip).Take(AccountsAPage).Select(account => ShownOf(visit, account))])
        {
            Before = skip > 0 ? visit.With(("skip", skip > AccountsAPage ? $"{skip - AccountsAPage}" : null)) : null,
            Next = accounts.Length - AccountsAPage > skip ? visit.With(("skip", $"{skip + AccountsAPage}")) : null,
            Closing = [.. closing.Take(MostClosing).Select(its => its.Shown)],
            MoreClosing = closing.Length > MostClosing ? show.Number(closing.Length - MostClosing) : null,
            Shards = [.. Shards(visit, read)],
            Halted = [.. Enumerable.Range(1, visit.Call.Engine.Store.Shards).SelectMany(read.Halted)
                .Select(row => new ShownHalted(row.Account, show.FullMoment(Instant.FromUnixTimeMilliseconds(row.At)), row.Why))],
            Sort = visit.Query("sort") == "spend" ? "spend" : "standing",
        });
    }

    private static IEnumerable<AccountState> Ordered(AccountState[] accounts, string? by) => by == "spend"
        ? accounts.OrderByDescending(account => Spent(account)?.Micros ?? 0).ThenBy(account => account.Id, StringComparer.Ordinal)
        : accounts.OrderByDescending(account => account.Standing.Kind).ThenBy(account => account.Id, StringComparer.Ordinal);

    /// <summary>What was billed for the latest month of which anything was.</summary>
    private static Money? Spent(AccountState account) => account.Billed.Count > 0 ? Money.Parse(account.Billed.Last().Value) : null;

    private static ShownAccount ShownOf(Visit visit, AccountState account) => new(
        account.Id, account.Name, visit.Texts[StandingPage.Key(account.Standing.Kind)], StandingPage.Tone(account.Standing.Kind),
        visit.Show.Money(account.Balance, account.Currency),
        Spent(account) is { } spent ? visit.Show.Money(spent.ToString(), account.Currency) : "–",
        account.Billed.Count > 0 && Moments.TryMonth(account.Billed.Last().Key, out LocalDate month) ? visit.Show.Month(month) : "",
        visit.Show.Number(account.Counters.Events), visit.Show.Number(account.Counters.Duplicates), visit.Show.Number(account.Counters.SetAside.Values.Sum()));

    /// <summary>A day that is over and not closed yet (rule 6.1): until the settle delay has passed it waits for what is late.</summary>
    private static (ShownClosing, Instant)? ClosingOf(Visit visit, AccountState account)
    {
        var calendar = new Calendar(account.TimeZone);
        LocalDate next = LocalDatePattern.Iso.Parse(account.NextClose).Value;
        if (next >= calendar.DateOf(visit.Now))
        {
            return null;
        }

        Instant at = Instant.FromUnixTimeSeconds(calendar.StartOf(next.PlusDays(1))) + Duration.FromMinutes(account.SettleDelayMinutes);
        return (new ShownClosing(account.Id, account.Name, visit.Show.FullDay(next), visit.Show.FullMoment(at), at <= visit.Now), at);
    }

    private static IEnumerable<ShownShard> Shards(Visit visit, Store.Reader read)
    {
        Dictionary<int, (int Shard, string Node, bool IsHeld)>? owners = visit.Call.Engine.Store.Nodes?.Owners().ToDictionary(owner => owner.Shard);
        return Enumerable.Range(0, visit.Call.Engine.Store.Shards + 1)
            .Select(shard => (Shard: shard, At: read.PositionOf(shard), Accounts: read.AccountCount(shard)))
            .Where(its => its.Shard == 0 || its.Accounts > 0)
            .Select(its => new ShownShard(
                visit.Show.Number(its.Shard), visit.Show.Number(its.At.Position),
                its.At.Position > 0 ? visit.Show.FullMoment(Instant.FromUnixTimeMilliseconds(its.At.Time)) : "–",
                visit.Show.Number(its.Accounts))
            {
                Node = owners is null ? null : owners.TryGetValue(its.Shard, out (int, string Node, bool IsHeld) owner) && owner.IsHeld ? owner.Node : "",
            });
    }
}

/// <summary>What the page of operations shows.</summary>
public sealed record OperationsModel(IReadOnlyList<ShownFigure> Figures, IReadOnlyList<ShownAccount> Accounts)
{
    /// <summary>The pages of accounts beside this one; null where there is none.</summary>
    public string? Before { get; init; }
    public string? Next { get; init; }
    /// <summary>Days that are over and not closed, the longest due first.</summary>
    public IReadOnlyList<ShownClosing> Closing { get; init; } = [];
    /// <summary>How many of them are not shown; null for none.</summary>
    public string? MoreClosing { get; init; }
    public IReadOnlyList<ShownShard> Shards { get; init; } = [];
    public IReadOnlyList<ShownHalted> Halted { get; init; } = [];
    /// <summary>standing or spend.</summary>
    public string Sort { get; init; } = "standing";
}

/// <summary>An account in the list.</summary>
public sealed record ShownAccount(
    string Id, string Name, string Standing, string Tone, string Balance, string Spent, string Month, string Events, string Duplicates, string SetAside);

/// <summary>An account that stands still.</summary>
public sealed record ShownHalted(string Id, string At, string Why);

/// <summary>A day that waits for its close, or is late for it.</summary>
public sealed record ShownClosing(string Id, string Name, string Day, string At, bool IsDue);

/// <summary>How far a shard's tables are.</summary>
public sealed record ShownShard(string Number, string Position, string At, string Accounts)
{
    /// <summary>The process that holds it, of several on one database; empty for none, null where there is but one.</summary>
    public string? Node { get; init; }
}
