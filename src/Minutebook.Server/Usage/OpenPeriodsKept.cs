using System.Collections.Concurrent;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// Settlements of open periods that still hold: those of the same position in the journal, and of the same second where somebody is
/// present. A page of the details list would else settle a month for a hundred rows.
/// </summary>
internal sealed class OpenPeriodsKept(Engine.Engine engine)
{
    private const int Most = 8;

    private readonly ConcurrentDictionary<string, Kept> accounts = new(StringComparer.Ordinal);

    private sealed record Kept(long Position, Instant Now, OpenPeriods Periods);

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

    // Nobody is present, no package is drawn on by what is stored, and the day has not changed: then time changes nothing.
    private static bool IsStill(Store.Reader read, AccountState account, Instant then, Instant now)
    {
        DateTimeZone zone = DateTimeZoneProviders.Tzdb[account.TimeZone];
        return then <= now && account.Packages.Count == 0 && then.InZone(zone).Date == now.InZone(zone).Date && read.Open(account.Id).Count == 0;
    }
}
