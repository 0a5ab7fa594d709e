using System.Runtime.InteropServices;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// An account's usage in past periods, straight from the tables into settlements, day by day: a year of a million classes in one pass.
/// Usage by participant is not in the tables: where a rate is rounded up by it, pages are worked out again from their events.
/// </summary>
internal sealed class SettledUsage(AccountState account, Instant now)
{
    private readonly Calendar calendar = new(account.TimeZone);
    private readonly DayDimensions dimensions = new(account);
    private readonly ParticipantUsage users = new(account.TimeZone);
    private readonly List<(UsageSlice Slice, int Day, long Count, Int128 Sum)> open = [];
    private int lastByUser;
    private ClassKey? lastClass;
    private int lastPage;

    /// <summary>Settles every day in [from, to), and every month that lies in it as a whole after its last day, one after the other.</summary>
    /// <param name="read">The tables.</param>
    /// <param name="from">The first day.</param>
    /// <param name="to">The day after the last.</param>
    /// <param name="cardOf">The card that prices a period; null prices nothing.</param>
    /// <param name="packages">The packages, with what is left in each at first.</param>
    public IEnumerable<SettledPeriod> Settle(
        Store.Reader read, LocalDate from, LocalDate to, Func<BillPeriod, RateCard?> cardOf, IReadOnlyList<Package> packages)
    {
        var monthly = new List<UsageSlice>();
        var daily = new List<UsageSlice>();
        ILookup<int, UsageSlice>? totals = AreTotalsEnough(read, from, to, cardOf, packages) ? Totals(read, from, to) : null;
        using IEnumerator<DayUsageRow> rows = read.DayUsage(
            account.Id, JsonText.Of(from.PlusDays(-PeriodUsage.DaysBefore)), JsonText.Of(to), whole: JsonText.Of(from)).GetEnumerator();
        bool more = totals is null && rows.MoveNext();
        for (LocalDate day = from.PlusDays(-PeriodUsage.DaysBefore); day < to; day = day.PlusDays(1))
        {
            string text = JsonText.Of(day);
            daily.Clear();
            var period = new PeriodUsage(calendar, BillPeriod.OfDay(day));
            int number = Calendar.Number(day);
            bool byParticipant = IsByParticipant(cardOf(BillPeriod.OfDay(day))) || IsByParticipant(cardOf(BillPeriod.OfMonth(day)));
            AddOpen(daily, period);
            daily.AddRange(totals?[number] ?? []);
            for (lastByUser = 0; more && rows.Current.Day == text; more = rows.MoveNext())
            {
                if (byParticipant)
                {
                    AddByUser(read, daily, period, number, rows.Current);
                }
                else
                {
                    Add(daily, period, number, rows.Current);
                }
            }

            if (day < from)
            {
                continue;
            }

            // What lasts over midnight is in each day's slices, and so in the month's once for each.
            AddMonthly(monthly, daily, cardOf(BillPeriod.OfMonth(day)), starts: day.Day == 1 || day == from);
            foreach (BillPeriod one in Closing(day, from))
            {
                if (cardOf(one) is { } card && card.Rates.Any(rate => rate.Period == one.Kind))
                {
                    List<UsageSlice> its = one.Kind == PeriodKind.Day ? daily : monthly;
                    its.AddRange(OpenPeriods.OfSteps(read, account, calendar, one, card, now));
                    SettledPeriod settled = Settlement.Settle(one, card, CollectionsMarshal.AsSpan(its), packages, WithoutPayAsYouGo(one));
                    packages = settled.Packages;
                    yield return settled;
                }
            }
        }
    }

    /// <summary>
    /// Whether the days' totals settle like the classes that they are of: nothing is rounded up by class, no package is there to be competed
    /// for, and nobody is present still.
    /// </summary>
    public bool AreTotalsEnough(
        Store.Reader read, LocalDate from, LocalDate to, Func<BillPeriod, RateCard?> cardOf, IReadOnlyList<Package> packages)
    {
        bool always = account.Applications.TrueForAll(application => application.History.All(settings => settings.PayAsYouGo));
        bool IsByTotal(RateCard? card) => card is null
            || card.Rates.All(rate => rate.RoundUp == RoundUp.Period && (always || rate.Scope == Scope.Application));
        long end = calendar.FirstHourOf(Calendar.Number(to));
        return !packages.Any(package => !package.Refunded && package.FirstDay < to && from < package.EndDay)
            && read.Open(account.Id).TrueForAll(row => row.Count == 0 || row.Hour >= end)
            && Enumerable.Range(0, Period.DaysBetween(from, to)).Select(day => from.PlusDays(day))
                .All(day => IsByTotal(cardOf(BillPeriod.OfDay(day))) && IsByTotal(cardOf(BillPeriod.OfMonth(day))));
    }

    /// <summary>As it was set at the close (rule 5.5).</summary>
    private IReadOnlySet<string> WithoutPayAsYouGo(BillPeriod period) => account.WithoutPayAsYouGoAt(
        Instant.FromUnixTimeSeconds(calendar.StartOf(period.End)) + Duration.FromMinutes(account.SettleDelayMinutes));

    private ILookup<int, UsageSlice> Totals(Store.Reader read, LocalDate from, LocalDate to) => Meter.All
        .SelectMany(meter => read.UsageSpans(account.Id, (int)UsageSpan.Day, meter.Name, Calendar.Number(from), Calendar.Number(to))
            .Where(row => row.Quantity != 0)
            .Select(row => (Day: row.Start, Slice: new UsageSlice(
                null, row.Application, null, dimensions.AsOf(Dimensions.FromKey(meter, row.Dimensions), row.Start), row.Quantity))))
        .ToLookup(its => its.Day, its => its.Slice);

    private static IEnumerable<BillPeriod> Closing(LocalDate day, LocalDate from)
    {
        yield return BillPeriod.OfDay(day);
        if (day.PlusDays(1).Day == 1 && BillPeriod.OfMonth(day).Start >= from)
        {
            yield return BillPeriod.OfMonth(day);
        }
    }

    private static bool IsByParticipant(RateCard? card) => card?.Rates.Any(rate => rate.RoundUp == RoundUp.Participant) ?? false;

    private void Add(List<UsageSlice> to, PeriodUsage period, int day, in DayUsageRow row)
    {
        var slice = new UsageSlice(row.Class is null ? null : KeyOf(row), row.Application, null, dimensions.Of(row, day), row.Quantity);
        if (row.OpenCount == 0 && row.Quantity != 0)
        {
            to.Add(slice);
        }
        else if (row.OpenCount != 0)
        {
            AddOpen(to, period, slice, day, row.OpenCount, row.OpenSum);
        }
    }

    /// <summary>A page's rows of a day stand together: the first stands for all.</summary>
    private void AddByUser(Store.Reader read, List<UsageSlice> to, PeriodUsage period, int day, in DayUsageRow row)
    {
        if (row.Page == lastByUser)
        {
            return;
        }

        lastByUser = row.Page;
        ClassKey? key = row.Class is null ? null : KeyOf(row);
        IReadOnlyList<ApplicationSettings> history = account.Application(row.Application)!.History;
        foreach (UserUsage its in users.Of(history, read.Chunks(account.Id, row.Page), now.ToUnixTimeMilliseconds()))
        {
            var slice = new UsageSlice(key, row.Application, its.User, dimensions.AsOf(its.Dimensions, day), its.Quantity);
            if (its.Day == day && its.OpenCount != 0)
            {
                AddOpen(to, period, slice, day, its.OpenCount, its.OpenSum);
            }
            else if (its.Day == day && its.Quantity != 0)
            {
                to.Add(slice);
            }
        }
    }

    private void AddOpen(List<UsageSlice> to, PeriodUsage period, UsageSlice slice, int day, long count, Int128 sum)
    {
        open.Add((slice, day, count, sum));
        Int128 quantity = period.QuantityAt(now.ToUnixTimeSeconds(), day, slice.Dimensions.Meter, slice.Quantity, count, sum);
        if (quantity != 0)
        {
            to.Add(slice with { Quantity = quantity });
        }
    }

    /// <summary>Presence that opened on the days before.</summary>
    private void AddOpen(List<UsageSlice> to, PeriodUsage period)
    {
        open.RemoveAll(its => its.Day < period.First);
        foreach ((UsageSlice slice, int day, long count, Int128 sum) in open)
        {
            Int128 quantity = period.QuantityAt(now.ToUnixTimeSeconds(), day, slice.Dimensions.Meter, 0, count, sum);
            if (quantity != 0)
            {
                to.Add(slice with { Quantity = quantity });
            }
        }
    }

    /// <summary>Only what the month's card prices by the month is kept for its end.</summary>
    private static void AddMonthly(List<UsageSlice> monthly, List<UsageSlice> daily, RateCard? card, bool starts)
    {
        if (starts)
        {
            monthly.Clear();
        }

        if (card is null || card.Rates.All(rate => rate.Period == PeriodKind.Day))
        {
            return;
        }

        (Dimensions? last, bool isMonthly) = (null, false);
        foreach (ref readonly UsageSlice slice in CollectionsMarshal.AsSpan(daily))
        {
            if (!ReferenceEquals(slice.Dimensions, last))
            {
                last = slice.Dimensions;
                isMonthly = card.RateFor(last) is >= 0 and var rate && card.Rates[rate].Period == PeriodKind.Month;
            }

            if (isMonthly)
            {
                monthly.Add(slice);
            }
        }
    }

    /// <summary>A page's rows of a day stand together.</summary>
    private ClassKey KeyOf(in DayUsageRow row)
    {
        if (lastClass is null || lastPage != row.Page)
        {
            (lastPage, lastClass) = (row.Page, new ClassKey(row.Application, row.Class!, row.Start, row.End));
        }

        return lastClass;
    }
}
