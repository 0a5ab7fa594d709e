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
    private readonly Dictionary<ClassKey, int> pages = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, CardVersions> cards = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private IReadOnlyList<SettledPeriod>? settled;
    private ILookup<int, SettledRow>? rows;

    /// <summary>The packages, in the order of their purchase, with what is left in each.</summary>
    public IReadOnlyList<Package> Packages(Store.Reader read)
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

    /// <summary>What open periods give a page; closed ones have their rows in the tables.</summary>
    public IEnumerable<SettledRow> Of(Store.Reader read, int page)
    {
        return read.ClassUsageOf(account.Id, page).Exists(IsOpen) ? ByPage(read)[page] : [];
    }

    /// <summary>The same of all pages.</summary>
    public ILookup<int, SettledRow> ByPage(Store.Reader read)
    {
        // Several requests may share it.
        lock (gate)
        {
            return rows ??= Settled(read)
                .SelectMany(period => period.Shares.Where(share => share.Class is not null)
                    .Select(share => SettledRow.Of(account.Id, period, share, pages[share.Class!])))
                .ToLookup(row => row.Page);
        }
    }

    private List<Package> Closed(Store.Reader read) =>
        [.. account.Packages.Select(package => package.Of(card => Versions(read, card), calendar.Zone))];

    /// <summary>The open periods, settled, in the order of their closes.</summary>
    public IReadOnlyList<SettledPeriod> Settled(Store.Reader read) => settled ??= LiveSettlement.Of(
        Periods, period => CardOf(read, period),
        (period, card) => Usage(read, period, card), Closed(read), account.WithoutPayAsYouGo());

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
        PeriodTotals totals, Meter meter, string application, string dimensions, long hour, Int128 over, long openCount, Int128 openSum)
    {
        int day = calendar.DayOf(hour);
        totals.Add(application, DimensionsOf(dimensions, meter, Calendar.Date(day)), day, over, openCount, openSum);
    }

    /// <summary>The oldest open period is the month of the first open day.</summary>
    private bool IsOpen(ClassUsageRow row) => row.OpenCount != 0 || DayOf(row) >= BillPeriod.OfMonth(firstOpen).Start;

    private CardVersions Versions(Store.Reader read, string card) =>
        cards.TryGetValue(card, out CardVersions? known) ? known : cards[card] = read.Card(card);

    private UsageSlice[] Usage(Store.Reader read, BillPeriod period, RateCard card)
    {
        bool byParticipant = card.Rates.Any(rate => rate.RoundUp == RoundUp.Participant);
        var its = new PeriodUsage(calendar, period);
        Dictionary<int, ClassRow> windows = Windows(read, period);
        var keys = new Dictionary<int, ClassKey>();
        var withoutClass = new Dictionary<int, string>();
        var slices = new List<UsageSlice>();
        for (int day = its.First; day < its.End; day++)
        {
            LocalDate date = Calendar.Date(day);
            foreach (ClassUsageRow row in read.ClassUsage(account.Id, JsonText.Of(date)))
            {
                Meter meter = Meter.Named(row.Meter)!;
                Int128 quantity = its.Concerns(day, row.OpenCount)
                    ? its.QuantityAt(now.ToUnixTimeSeconds(), day, meter, row.Quantity, row.OpenCount, row.OpenSum)
                    : 0;
                if (byParticipant && row.Class is null)
                {
                    withoutClass[row.Page] = row.Application;
                }
                else if (byParticipant)
                {
                    KeyOf(read, row, windows, keys);
                }
                else if (quantity != 0)
                {
                    slices.Add(new UsageSlice(
                        row.Class is null ? null : KeyOf(read, row, windows, keys), row.Application, null, DimensionsOf(row.Dimensions, meter, date), quantity));
                }
            }
        }

        slices.AddRange(keys.SelectMany(page => byParticipant ? ByParticipant(read, its, page.Key, page.Value, page.Value.Application) : []));
        slices.AddRange(withoutClass.SelectMany(page => ByParticipant(read, its, page.Key, null, page.Value)));
        slices.AddRange(OfSteps(read, account, calendar, period, card, now));
        return [.. slices];
    }

    /// <summary>A page user by user, as rates that are rounded up by participant need it (rule 4.1): from its events.</summary>
    private IEnumerable<UsageSlice> ByParticipant(Store.Reader read, PeriodUsage its, int page, ClassKey? key, string application)
    {
        IEnumerable<byte[]> chunks = read.Chunks(account.Id, page).Select(chunk => chunk.Data);
        foreach (UserUsage usage in users.Of(account.Application(application)!.History, chunks, now.ToUnixTimeMilliseconds()))
        {
            Int128 quantity = its.Concerns(usage.Day, usage.OpenCount)
                ? its.QuantityAt(now.ToUnixTimeSeconds(), usage.Day, usage.Dimensions.Meter, usage.Quantity, usage.OpenCount, usage.OpenSum)
                : 0;
            if (quantity != 0)
            {
                yield return new UsageSlice(key, application, usage.User, AsOf(usage.Dimensions, Calendar.Date(usage.Day)), quantity);
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

    private Dictionary<int, ClassRow> Windows(Store.Reader read, BillPeriod period)
    {
        long from = calendar.StartOf(period.Start.PlusDays(-2)) * 1000;
        return read.Classes(account.Id, from, calendar.StartOf(period.End) * 1000, application: null, after: null, int.MaxValue)
            .Where(row => row.Type == 0).ToDictionary(row => row.Page);
    }

    private ClassKey KeyOf(Store.Reader read, ClassUsageRow row, Dictionary<int, ClassRow> windows, Dictionary<int, ClassKey> keys)
    {
        if (!keys.TryGetValue(row.Page, out ClassKey? key))
        {
            // Events of a class may come days after its end: a recording, a viewing.
            ClassRow? window = windows.TryGetValue(row.Page, out ClassRow near) ? near : read.ClassRow(account.Id, row.Page);
            keys[row.Page] = key = new ClassKey(row.Application, row.Class!, window?.Start, window?.End);
            pages[key] = row.Page;
        }

        return key;
    }

    private Dimensions DimensionsOf(string key, Meter meter, LocalDate day) => AsOf(Dimensions.FromKey(meter, key), day);

    private Dimensions AsOf(Dimensions dimensions, LocalDate day) =>
        account.CategorizedSince is { } since && dimensions.Meter == Meter.Delivery && day < LocalDatePattern.Iso.Parse(since).Value
            ? Delivery.BeforeCategories(dimensions)
            : dimensions;

    private static LocalDate DayOf(ClassUsageRow row) => LocalDatePattern.Iso.Parse(row.Day).Value;
}
