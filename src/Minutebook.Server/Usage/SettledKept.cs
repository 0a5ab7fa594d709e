using System.Collections.Concurrent;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// Settlements that still hold: of open periods those of the same position in the journal, and of the same second where somebody is
/// present; of closed ones until the next close. A page of the details list would else settle a month for a hundred rows.
/// </summary>
internal sealed class SettledKept(Engine.Engine engine)
{
    private const int Most = 8;

    private const int MostClosed = 4;

    /// <summary>Whoever looks at these days changes between them: what closed periods gave is read for all of them at once.</summary>
    private const int RecentDays = 31;

    private readonly ConcurrentDictionary<string, Kept> accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ClosedKey, ClosedShares> closed = [];

    private sealed record Kept(long Position, Instant Now, OpenPeriods Periods);

    /// <summary>What closed periods gave changes with the next close alone.</summary>
    private sealed record ClosedKey(string Account, string NextClose, LocalDate First, LocalDate Last);

    /// <summary>The account's, as of the tables and now.</summary>
    public OpenPeriods Of(Store.Reader read, AccountState account)
    {
        Instant now = engine.Now;
        long position = read.PositionOf(engine.Store.ShardOf(account.Id)).Position;
        if (accounts.TryGetValue(account.Id, out Kept? kept) && kept.Position == position && (kept.Now == now || IsStill(read, account, kept.Now, now)))
        {
            return kept.Periods;
        }

        if (accounts.Count >= Most)
        {
            accounts.Clear();
        }

        var periods = new OpenPeriods(account, now);
        accounts[account.Id] = new Kept(position, now, periods);
        return periods;
    }

    /// <summary>What closed periods gave each page, as it is wanted for classes that start in some days: they may go on into the days after.</summary>
    public ClosedShares Closed(Store.Reader read, AccountState account, (LocalDate First, LocalDate Last) days, RowRates rates)
    {
        LocalDate today = engine.Now.InZone(DateTimeZoneProviders.Tzdb[account.TimeZone]).Date;
        days = days.First >= today.PlusDays(-RecentDays) ? (today.PlusDays(-RecentDays), today) : days;
        var key = new ClosedKey(account.Id, account.NextClose, days.First, days.Last);
        if (closed.TryGetValue(key, out ClosedShares? known))
        {
            return known;
        }

        if (closed.Count >= MostClosed)
        {
            closed.Clear();
        }

        var month = new LocalDate(days.First.Year, days.First.Month, 1);
        return closed[key] = new ClosedShares(
            read.SettledBetween(
                account.Id, (JsonText.Of(days.First.PlusDays(-1)), JsonText.Of(month)), JsonText.Of(days.Last.PlusDays(3)), rates.Ids),
            rates);
    }

    // Nobody is present, no package is drawn on by what is stored, and the day has not changed: then time changes nothing.
    private static bool IsStill(Store.Reader read, AccountState account, Instant then, Instant now)
    {
        DateTimeZone zone = DateTimeZoneProviders.Tzdb[account.TimeZone];
        return then <= now && account.Packages.Count == 0 && then.InZone(zone).Date == now.InZone(zone).Date && read.Open(account.Id).Count == 0;
    }
}
