using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>An account's open days and months as they would be settled if they closed now (rule 5.4), from the tables. Settled once, from the tables as they are when first asked for.</summary>
internal sealed class OpenPeriods(AccountState account, Instant now)
{
    private readonly Calendar calendar = new(account.TimeZone);
    private readonly ParticipantUsage users = new(account.TimeZone);
    private readonly LocalDate firstOpen = LocalDatePattern.Iso.Parse(account.NextClose).Value;
    private readonly DayDimensions dimensions = new(account);
    private readonly Dictionary<ClassKey, int> pages = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, CardVersions> cards = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private IReadOnlyList<SettledPeriod>? settled;
    private ILookup<int, (SettledPeriod Period, ClassShare Share)>? shares;

    /// <summary>The packages, in the order of their purchase, with what is left in each.</summary>
    public IReadOnlyList<Package> Packages(Store.Reader read)
    {
        // Several requests may share it.
        lock (gate)
        {
            List<Package> closed = Closed(read);
            if (closed.Count == 0)
            {
                return closed;
            }

            IEnumerable<PeriodTotals> totals = Periods.Select(period => Totals(read, period, closed)).OfType<PeriodTotals>();
            return new Remainder(totals, closed).At(now.ToUnixTimeSeconds()) is { } left
                ? [.. closed.Zip(left, (package, remaining) => package with { Remaining = remaining })]
                : Settled(read)[^1].Packages;
        }
    }

    /// <summary>What open periods give a page; closed ones have their rows in the tables.</summary>
    public IEnumerable<SettledRow> Of(Store.Reader read, int page) =>
        read.ClassUsageOf(account.Id, page).Exists(IsOpen) ? OfMany(read, page) : [];

    /// <summary>The same, where it is asked of many pages.</summary>
    public IEnumerable<SettledRow> OfMany(Store.Reader read, int page)
    {
        lock (gate)
        {
            shares ??= Settled(read)
                .SelectMany(period => period.Shares.Where(share => share.Class is not null).Select(share => (period, share)))
                .ToLookup(its => pages[its.share.Class!]);
        }

        return shares[page].Select(its => SettledRow.Of(account.Id, its.Period, its.Share, page));
    }

    private List<Package> Closed(Store.Reader read) =>
        [.. account.Packages.Select(package => package.Of(card => Versions(read, card), calendar.Zone))];

    /// <summary>The open periods, settled, in the order of their closes.</summary>
    public IReadOnlyList<SettledPeriod> Settled(Store.Reader read)
    {
        lock (gate)
        {
            return settled ??= LiveSettlement.Of(
                Periods, period => CardOf(read, period),
                (period, card) => Usage(read, period, card), Closed(read), account.WithoutPayAsYouGo());
        }
    }

    private IEnumerable<BillPeriod> Periods => LiveSettlement.Open(firstOpen, calendar.DateOf(now));

    private RateCard? CardOf(Store.Reader read, BillPeriod period) => account.CardOf(period, card => Versions(read, card));

    private PeriodTotals? Totals(Store.Reader read, BillPeriod period, IReadOnlyList<Package> packages)
    {
        if (CardOf(read, period) is not { } card || new PeriodTotals(calendar, period, card, packages) is not { Matters: true } totals)
        {
            return null;
        }

        (long from, long to) = (calendar.FirstHourOf(totals.Usage.First), calendar.FirstHourOf(totals.Usage.End));
        foreach (Meter meter in totals.IsEnough ? totals.Meters : [])
        {
            foreach (UsageRow row in read.Usage(account.Id, meter.Name, from, to))
            {
                Add(totals, meter, row.Application, row.Dimensions, row.Hour, row.Quantity, 0, 0);
            }

            foreach (OpenRow row in read.Open(account.Id, meter.Name))
            {
                Add(totals, meter, row.Application, row.Dimensions, row.Hour, 0, row.Count, row.Sum);
            }
        }

        return totals;
    }

    private void Add(
        PeriodTotals totals, Meter meter, string application, string key, long hour, Int128 over, long openCount, Int128 openSum)
    {
        int day = calendar.DayOf(hour);
        totals.Add(application, dimensions.Of(meter, key, day), day, over, openCount, openSum);
    }

    /// <summary>The oldest open period is the month of the first open day.</summary>
    private bool IsOpen(ClassUsageRow row) => row.OpenCount != 0 || DayOf(row) >= BillPeriod.OfMonth(firstOpen).Start;

    private CardVersions Versions(Store.Reader read, string card) =>
        cards.TryGetValue(card, out CardVersions? known) ? known : cards[card] = read.Card(card);

    private UsageSlice[] Usage(Store.Reader read, BillPeriod period, RateCard card)
    {
        List<Rate> rates = [.. card.Rates.Where(rate => rate.Period == period.Kind)];
        var slices = new List<UsageSlice>();
        if (rates.Exists(rate => !Steps.Has(rate.Meter)))
        {
            AddDays(slices, read, new PeriodUsage(calendar, period), rates, byParticipant: rates.Exists(rate => rate.RoundUp == RoundUp.Participant));
        }

        slices.AddRange(OfSteps(read, account, calendar, period, card, now));
        return [.. slices];
    }

    /// <summary>What the pages used of what the period's rates price. Their classes are known by page: one may have rows of several days.</summary>
    private void AddDays(List<UsageSlice> slices, Store.Reader read, PeriodUsage usage, List<Rate> rates, bool byParticipant)
    {
        var keys = new Dictionary<int, ClassKey>();
        (string? day, int number) = (null, 0);
        var byUser = new SortedDictionary<int, (string Application, ClassKey? Key)>();
        foreach (Store.DayUsageRow row in read.DayUsage(
            account.Id, JsonText.Of(Calendar.Date(usage.First)), JsonText.Of(Calendar.Date(usage.End)), JsonText.Of(Calendar.Date(usage.Start)),
            [.. rates.Select(rate => rate.Meter.Name).Distinct()]))
        {
            ClassKey? key = row.Class is null ? null : KeyOf(row, keys);
            if (byParticipant)
            {
                byUser[row.Page] = (row.Application, key);
                continue;
            }

            if (!ReferenceEquals(row.Day, day))
            {
                (day, number) = (row.Day, Calendar.Number(LocalDatePattern.Iso.Parse(row.Day).Value));
            }

            Dimensions its = dimensions.Of(row, number);
            Int128 quantity = usage.QuantityAt(now.ToUnixTimeSeconds(), number, its.Meter, row.Quantity, row.OpenCount, row.OpenSum);
            if (quantity != 0)
            {
                slices.Add(new UsageSlice(key, row.Application, null, its, quantity));
            }
        }

        slices.AddRange(byUser.SelectMany(page => ByParticipant(read, usage, page.Key, page.Value.Key, page.Value.Application)));
    }

    /// <summary>A page user by user, as rates that are rounded up by participant need it (rule 4.1): from its events.</summary>
    private IEnumerable<UsageSlice> ByParticipant(Store.Reader read, PeriodUsage its, int page, ClassKey? key, string application)
    {
        foreach (UserUsage usage in users.Of(account.Application(application)!.History, read.Chunks(account.Id, page), now.ToUnixTimeMilliseconds()))
        {
            Int128 quantity = its.Concerns(usage.Day, usage.OpenCount)
                ? its.QuantityAt(now.ToUnixTimeSeconds(), usage.Day, usage.Dimensions.Meter, usage.Quantity, usage.OpenCount, usage.OpenSum)
                : 0;
            if (quantity != 0)
            {
                yield return new UsageSlice(key, application, usage.User, dimensions.AsOf(usage.Dimensions, usage.Day), quantity);
            }
        }
    }

    /// <summary>Storage and peak, which have no class.</summary>
    public static IEnumerable<UsageSlice> OfSteps(
        Store.Reader read, AccountState account, Calendar calendar, BillPeriod period, RateCard card, Instant now)
    {
        (long, long) range = (calendar.FirstHourOf(Calendar.Number(period.Start)), calendar.FirstHourOf(Calendar.Number(period.End)));
        foreach (Meter meter in card.Rates.Where(rate => rate.Period == period.Kind).Select(rate => rate.Meter).Where(Steps.Has).Distinct())
        {
            foreach (ApplicationState application in account.Applications)
            {
                foreach (UsageRow row in HourRows.OfSteps(read, account, meter, range, application.Id, now.ToUnixTimeSeconds()))
                {
                    yield return new UsageSlice(null, application.Id, null, meter.None, row.Quantity);
                }
            }
        }
    }

    private ClassKey KeyOf(in Store.DayUsageRow row, Dictionary<int, ClassKey> keys)
    {
        if (!keys.TryGetValue(row.Page, out ClassKey? key))
        {
            keys[row.Page] = key = new ClassKey(row.Application, row.Class!, row.Start, row.End);
            pages[key] = row.Page;
        }

        return key;
    }

    private static LocalDate DayOf(ClassUsageRow row) => LocalDatePattern.Iso.Parse(row.Day).Value;
}
