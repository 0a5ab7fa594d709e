using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>What one package covered of a class.</summary>
internal sealed record PackageMinutes(string Package, string Minutes);

/// <summary>How a class's presence was settled, in minutes (rule 5.3): of closed periods as it was, of open ones as it is so far.</summary>
internal sealed class Shares
{
    private readonly Dictionary<string, Int128> packages = [];
    private Int128 package, free, payAsYouGo, uncovered;

    public IReadOnlyList<PackageMinutes> Packages => [.. packages.Select(share => new PackageMinutes(share.Key, Text(share.Value)))];
    public string Package => Text(package);
    public string Free => Text(free);
    public string PayAsYouGo => Text(payAsYouGo);
    public string Uncovered => Text(uncovered);

    /// <summary>Adds the share of a rate whose unit has so many seconds.</summary>
    public void Add(SettledRow row, long unit)
    {
        package += Int128.Parse(row.Package) * unit;
        free += Int128.Parse(row.Free) * unit;
        payAsYouGo += Int128.Parse(row.PayAsYouGo) * unit;
        uncovered += Int128.Parse(row.Uncovered) * unit;
        foreach (string line in row.Packages.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] share = line.Split('\t');
            packages[share[0]] = packages.GetValueOrDefault(share[0]) + (Int128.Parse(share[1]) * unit);
        }
    }

    public void Add(ClassShare share, long unit)
    {
        free += share.FreeUnits * unit;
        payAsYouGo += share.PayAsYouGoUnits * unit;
        uncovered += share.UncoveredUnits * unit;
        foreach (PackageShare its in share.Packages)
        {
            package += its.Units * unit;
            packages[its.Package] = packages.GetValueOrDefault(its.Package) + (its.Units * unit);
        }
    }

    // Seconds of whole units: minutes with up to a digit or two beyond the point, or more where a unit is no whole part of a minute.
    private static string Text(Int128 seconds)
    {
        (Int128 whole, Int128 rest) = Int128.DivRem(seconds, 60);
        return rest == 0 ? whole.ToString() : $"{whole}.{rest * 1_000_000 / 60:000000}".TrimEnd('0');
    }
}

/// <summary>The shares of an account's classes. What is not closed is settled once, when the first row asks.</summary>
internal sealed class AccountShares(Store.Reader read, AccountState account, Instant now)
{
    private readonly IReadOnlyList<RateCard> versions = Versions(read, account.RateCard);
    private Dictionary<int, Shares>? live;

    public Shares Of(ClassRow row)
    {
        var shares = IsOpen(row) && (live ??= Live()).TryGetValue(row.Page, out Shares? open) ? open : new Shares();
        foreach (SettledRow settled in read.Settled(account.Id, row.Page))
        {
            if (UnitOf(settled) is { } unit)
            {
                shares.Add(settled, unit);
            }
        }

        live?.Remove(row.Page);
        return shares;
    }

    /// <summary>Whether some of its usage may lie in a period that is not closed.</summary>
    private bool IsOpen(ClassRow row)
    {
        LocalDate day = OpenFrom();
        return row.End is not { } end || Instant.FromUnixTimeMilliseconds(end).InZone(DateTimeZoneProviders.Tzdb[account.TimeZone]).Date >= day;
    }

    private LocalDate NextClose => LocalDatePattern.Iso.Parse(account.NextClose).Value;

    private LocalDate OpenFrom() => OpenPeriods().Min(period => period.Start);

    private List<BillPeriod> OpenPeriods()
    {
        LocalDate today = now.InZone(DateTimeZoneProviders.Tzdb[account.TimeZone]).Date;
        List<BillPeriod> periods = [BillPeriod.OfDay(NextClose)];
        for (LocalDate day = NextClose.PlusDays(1); day <= today; day = day.PlusDays(1))
        {
            periods.Add(BillPeriod.OfDay(day));
        }

        BillPeriod month = BillPeriod.OfMonth(NextClose);
        if (Card(month.Start)?.Rates.Any(rate => rate.Period == PeriodKind.Month && rate.Meter == Meter.Av) ?? false)
        {
            periods.Add(month);
        }

        return periods;
    }

    private Dictionary<int, Shares> Live()
    {
        var shares = new Dictionary<int, Shares>();
        foreach (BillPeriod period in OpenPeriods())
        {
            if (Card(period.Start) is { } card)
            {
                Add(shares, period, card);
            }
        }

        return shares;
    }

    private void Add(Dictionary<int, Shares> shares, BillPeriod period, RateCard card)
    {
        var usage = read.ClassUsageFrom(account.Id, JsonText.Of(period.Start.PlusDays(-LiveSettlement.DaysBefore)));
        (SettledPeriod settled, var pages) = LiveSettlement.Settle(
            account, period, card, usage,
            page => read.ClassRow(account.Id, page) is { } row ? (row.Start, row.End) : null, now.ToUnixTimeMilliseconds());
        foreach (ClassShare share in settled.Shares)
        {
            if (share.Class is { } its && card.Rates[share.Rate] is { } rate && rate.Meter == Meter.Av)
            {
                (shares.TryGetValue(pages[its], out Shares? sum) ? sum : shares[pages[its]] = new Shares()).Add(share, rate.Unit.Size);
            }
        }
    }

    /// <summary>The seconds of the unit in which a rate of presence settled; null for a rate of another meter.</summary>
    private long? UnitOf(in SettledRow settled)
    {
        string id = settled.Rate;
        Rate? rate = Card(LocalDatePattern.Iso.Parse(settled.Period).Value)?.Rates.FirstOrDefault(its => its.Id == id);
        return rate?.Meter == Meter.Av ? rate.Unit.Size : null;
    }

    private RateCard? Card(LocalDate day) => versions.LastOrDefault(version => version.Version.EffectiveFrom <= day);

    private static List<RateCard> Versions(Store.Reader read, string card)
    {
        List<RateCard> versions = [];
        foreach (CardRow row in read.Versions(card))
        {
            var version = new RateCardVersion(row.Card, LocalDatePattern.Iso.Parse(row.EffectiveFrom).Value);
            versions.Add(RateCardJson.Read(version, row.Json).Card ?? throw new InvalidDataException($"Rate card {row.Card} in the store is not valid."));
        }

        return versions;
    }
}
