using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>
/// How an account's open days and months would be settled if they closed now (rule 5.4): the exact settlement on what is known so far.
/// Each period is settled once, when the first class asks for it.
/// </summary>
internal sealed class LiveSettlement(AccountState account, CardVersions card, long now)
{
    // Presence lasts for a day at most, which two local days more than cover.
    private const int DaysBefore = 2;

    private readonly Calendar calendar = new(account.TimeZone);
    private readonly LocalDate firstOpen = LocalDatePattern.Iso.Parse(account.NextClose).Value;
    private readonly Dictionary<BillPeriod, ILookup<int, SettledRow>> settled = [];

    /// <summary>What open periods give a page; closed ones have their rows in the tables.</summary>
    public IEnumerable<SettledRow> Of(Store.Reader read, int page)
    {
        var periods = new HashSet<BillPeriod>();
        foreach (ClassUsageRow row in read.ClassUsageOf(account.Id, page))
        {
            LocalDate day = DayOf(row);
            LocalDate last = row.OpenCount == 0 ? day : calendar.DateOf(Instant.FromUnixTimeSeconds(now));
            for (; day <= last; day = day.PlusDays(1))
            {
                periods.Add(BillPeriod.OfDay(day));
                periods.Add(BillPeriod.OfMonth(day));
            }
        }

        return periods.Where(period => period.End > firstOpen).SelectMany(period => RowsOf(read, period)[page]).ToList();
    }

    private ILookup<int, SettledRow> RowsOf(Store.Reader read, BillPeriod period)
    {
        if (!settled.TryGetValue(period, out ILookup<int, SettledRow>? rows))
        {
            settled[period] = rows = Settle(read, period).ToLookup(row => row.Page);
        }

        return rows;
    }

    private IEnumerable<SettledRow> Settle(Store.Reader read, BillPeriod period)
    {
        if (card.InForce(period.Start) is not { } version || version.Rates.All(rate => rate.Period != period.Kind))
        {
            return [];
        }

        var pages = new Dictionary<ClassKey, int>(ReferenceEqualityComparer.Instance);
        UsageSlice[] slices = [.. Slices(read, period, pages)];
        HashSet<string> without =
            [.. account.Applications.Where(application => !application.Settings.PayAsYouGo).Select(application => application.Id)];
        SettledPeriod live = Settlement.Settle(period, version, slices, [], without);
        return live.Shares
            .Where(share => share.Class is not null)
            .Select(share => SettledRow.Of(account.Id, live, share, pages[share.Class!]));
    }

    private IEnumerable<UsageSlice> Slices(Store.Reader read, BillPeriod period, Dictionary<ClassKey, int> pages)
    {
        Dictionary<int, ClassRow> windows = Windows(read, period);
        var keys = new Dictionary<int, ClassKey>();
        for (LocalDate day = period.Start.PlusDays(-DaysBefore); day < period.End; day = day.PlusDays(1))
        {
            foreach (ClassUsageRow row in read.ClassUsage(account.Id, JsonText.Of(day)))
            {
                Int128 quantity = Quantity(row, day, period);
                if (quantity <= 0)
                {
                    continue;
                }

                ClassKey? key = row.Class is null ? null : KeyOf(row, windows, keys);
                if (key is not null)
                {
                    pages[key] = row.Page;
                }

                yield return new UsageSlice(key, row.Application, null, DimensionsOf(row, day), quantity);
            }
        }
    }

    /// <summary>What a row has of the period: all that is over, and what is open from its opening or the period's start up to now.</summary>
    private Int128 Quantity(ClassUsageRow row, LocalDate day, BillPeriod period)
    {
        bool before = day < period.Start;
        Int128 over = before ? 0 : row.Quantity;
        if (row.OpenCount == 0 || row.Meter != Meter.Av.Name)
        {
            return over;
        }

        long end = Math.Min(now, calendar.StartOf(period.End));
        long start = calendar.StartOf(period.Start);
        Int128 opened = before ? (Int128)row.OpenCount * start : row.OpenSum;
        return end <= start ? over : over + (Int128)row.OpenCount * end - opened;
    }

    private Dictionary<int, ClassRow> Windows(Store.Reader read, BillPeriod period)
    {
        long from = calendar.StartOf(period.Start.PlusDays(-DaysBefore)) * 1000;
        return read.Classes(account.Id, from, calendar.StartOf(period.End) * 1000, application: null, after: null, int.MaxValue)
            .Where(row => row.Type == 0).ToDictionary(row => row.Page);
    }

    private static ClassKey KeyOf(ClassUsageRow row, Dictionary<int, ClassRow> windows, Dictionary<int, ClassKey> keys)
    {
        if (!keys.TryGetValue(row.Page, out ClassKey? key))
        {
            bool started = windows.TryGetValue(row.Page, out ClassRow window);
            keys[row.Page] = key = new ClassKey(row.Application, row.Class!, started ? window.Start : null, started ? window.End : null);
        }

        return key;
    }

    private Dimensions DimensionsOf(ClassUsageRow row, LocalDate day)
    {
        var dimensions = Dimensions.FromKey(Meter.Named(row.Meter)!, row.Dimensions);
        return account.CategorizedSince is { } since && day < LocalDatePattern.Iso.Parse(since).Value
            ? Delivery.BeforeCategories(dimensions)
            : dimensions;
    }

    private static LocalDate DayOf(ClassUsageRow row) => LocalDatePattern.Iso.Parse(row.Day).Value;
}
