using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core;

/// <remarks>
/// The book looks at what is left in packages at whole seconds: in the second after something happened, and, as presence grows by itself,
/// when it will have brought a package to one of its marks, which is computed ahead. So the instants of marks come from the journal alone,
/// however its entries were cut into flushes, and many events cost one look.
/// </remarks>
public sealed partial class Book
{
    private readonly Dictionary<int, (int Application, int Dimensions, Tally Tally)[]> usedOn = [];
    private long lookAt = ClassWindow.Never;
    private long? watchUntil;
    /// <summary>So many seconds ahead it is looked, once something has happened; and twice as many each time that nothing did.</summary>
    private const long FirstAhead = 16;
    private long ahead = FirstAhead;

    /// <summary>There is a package in validity.</summary>
    private bool IsWatching => State.Packages.Count > 0 && Now < (watchUntil ??= Packages()
        .Where(static package => !package.Refunded).Select(static package => package.ValidTo.ToUnixTimeMilliseconds()).DefaultIfEmpty(long.MinValue).Max());

    /// <summary>Something happened that packages may have to serve.</summary>
    private void Watch()
    {
        if (IsWatching)
        {
            lookAt = Math.Min(lookAt, -ClassMeter.FloorSecond(-Now) * 1000);
            ahead = FirstAhead;
        }
    }

    private void Look()
    {
        (lookAt, watchUntil) = (ClassWindow.Never, null);
        if (!IsWatching)
        {
            return;
        }

        Remainder remainder = RemainderNow();
        long second = ClassMeter.FloorSecond(Now);
        IReadOnlyList<(bool, bool)>? marks = remainder.MarksAt(second);
        IReadOnlyList<PackageUnits>? byClasses = marks is null ? LeftByClasses(second) : null;
        Mark(marks ?? Remainder.MarksOf(Packages(), byClasses!));
        if (NextLook(remainder, byClasses, second) is { } next)
        {
            lookAt = Math.Max(next, second + 1) * 1000;
        }
    }

    /// <summary>The second at which time alone may bring a package to a mark, or to look again; null for never. Midnight begins other periods.</summary>
    /// <param name="remainder">The running totals.</param>
    /// <param name="byClasses">What is left, where only the settlement class by class tells; else null.</param>
    /// <param name="second">Now.</param>
    private long? NextLook(Remainder remainder, IReadOnlyList<PackageUnits>? byClasses, long second)
    {
        int today = Calendar.Number(Today);
        long midnight = calendar.StartOf(today + 1);
        if (byClasses is null && remainder.OnlyShrinks)
        {
            return remainder.Grows ? remainder.FirstChange(second, midnight) ?? midnight : null;
        }

        if (!remainder.Grows && remainder.IsEnough)
        {
            return null;
        }

        long hour = calendar.NextHour(calendar.HourOf(second));
        IReadOnlyList<PackageUnits> left = byClasses ?? remainder.LeastAt(second)!;
        long quiet = !remainder.OnlyShrinks && remainder.IsTight(left) ? 0
            : Math.Min(remainder.SecondsWithoutMark(left), SecondsOfStorageWithoutMark(left));
        return quiet >= ahead ? Math.Min(hour, second + quiet) : LookAhead(remainder, byClasses, second, hour);
    }

    /// <summary>
    /// The second of the next mark, if what is left as it will be a little later has passed one; else that later second. Bounds say too little
    /// where little is left, and may go on to: what is left may be too little for any unit, or of use only when another package is gone.
    /// </summary>
    private long LookAhead(Remainder remainder, IReadOnlyList<PackageUnits>? now, long second, long hour)
    {
        List<Package> packages = Packages();
        // Second by second is dear: for a quarter of an hour after the last thing that happened or changed.
        bool isExact = !remainder.OnlyShrinks && ahead < Steps.SecondsPerHour;
        long to = Math.Min(hour - 1, second + (isExact ? ahead / 4 : ahead));
        Func<long, IReadOnlyList<(bool, bool)>?> marksAt = now is null
            ? remainder.MarksAt
            : at => Remainder.MarksOf(packages, at == second ? now : LeftByClasses(at));
        long? mark = isExact ? Remainder.FirstOfAll(second, to, marksAt) : Remainder.FirstChange(second, to, marksAt);
        ahead = mark is null ? Math.Min(2 * ahead, Steps.SecondsPerHour) : isExact ? FirstAhead : ahead;
        return mark ?? (to == hour - 1 ? hour : to);
    }

    /// <summary>
    /// For how many seconds what is stored cannot bring a package to a mark: at most its bytes ÷ 3,600 a second, and a unit of each
    /// application that is begun. Half of what is left may go into presence meanwhile.
    /// </summary>
    private long SecondsOfStorageWithoutMark(IReadOnlyList<PackageUnits> left)
    {
        Rate[] rates = [.. LiveSettlement.Open(NextCloseDay, Today).Select(CardOf).OfType<RateCard>()
            .SelectMany(card => card.Rates).Where(rate => rate.Meter == Meter.Storage)];
        List<Package> packages = Packages();
        Int128 least = int.MaxValue;
        for (int i = 0; i < packages.Count; i++)
        {
            Package package = packages[i] with { Remaining = left[i] };
            long[] sizes = [.. rates.Where(rate => package.RatioFor(rate.Id) is not null).Select(rate => rate.Unit.Size)];
            Int128 bytes = 0;
            for (int application = 0; sizes.Length > 0 && application < State.Applications.Count; application++)
            {
                IReadOnlyList<StepHour> hours = storage.Of(application).All;
                bytes += package.Serves(State.Applications[application].Id) && hours.Count > 0 ? hours[^1].Level : 0;
            }

            if (bytes > 0 && !package.IsUsedUp)
            {
                Int128 units = (package.UnitsToMark() / 2) - State.Applications.Count;
                least = Int128.Min(least, Int128.Max(0, units) * sizes.Min() * 3600 / bytes - 1);
            }
        }

        return (long)Int128.Max(1, least);
    }

    private void Mark(IReadOnlyList<(bool IsLow, bool IsUsedUp)> marks)
    {
        List<Package> packages = Packages();
        Instant now = Instant.FromUnixTimeMilliseconds(Now);
        for (int i = 0; i < marks.Count; i++)
        {
            PackageState its = State.Packages[i];
            PackageState marked = its with { LowAt = its.LowAt ?? (marks[i].IsLow ? Now : null), UsedUpAt = marks[i].IsUsedUp ? its.UsedUpAt ?? Now : null };
            if (packages[i].IsValidAt(now) && marked != its)
            {
                Set(i, marked);
            }
        }
    }

    /// <summary>The packages with what is left in each now (rule 5.4).</summary>
    public IReadOnlyList<Package> LivePackages()
    {
        IReadOnlyList<PackageUnits> left = RemainderNow().At(ClassMeter.FloorSecond(Now)) ?? LeftByClasses(ClassMeter.FloorSecond(Now));
        return [.. Packages().Zip(left, static (package, remaining) => package with { Remaining = remaining })];
    }

    /// <summary>The same by the settlement class by class, now or at a later second of the same local hour if nothing happens until then.</summary>
    private IReadOnlyList<PackageUnits> LeftByClasses(long second)
    {
        IReadOnlyList<SettledPeriod> open = LiveSettlement.Of(
            LiveSettlement.Open(NextCloseDay, Today), CardOf, (period, card) => SlicesOf(period, card, second), Packages(), State.WithoutPayAsYouGo());
        return [.. (open.Count > 0 ? open[^1].Packages : Packages()).Select(static package => package.Remaining)];
    }

    private Remainder RemainderNow()
    {
        Settle();
        NoteTouched();
        List<PeriodTotals> totals = [];
        foreach (BillPeriod period in LiveSettlement.Open(NextCloseDay, Today))
        {
            if (CardOf(period) is { } card && new PeriodTotals(calendar, period, card, Packages()) is { Matters: true } its)
            {
                AddUsage(its);
                totals.Add(its);
            }
        }

        return new Remainder(totals, Packages());
    }

    private void AddUsage(PeriodTotals totals)
    {
        int end = Math.Min(totals.Usage.End, Calendar.Number(Today) + 2);
        for (int day = totals.Usage.First; day < end; day++)
        {
            foreach ((int application, int number, Tally tally) in UsedOn(day))
            {
                (long pagesOf, long? participants) = pagesOfDays.On(day, application, number);
                totals.Add(State.Applications[application].Id, AsOf(dimensions[number], day), day, tally.Quantity, tally.OpenCount, tally.OpenSum, pagesOf, participants);
            }
        }
    }

    /// <summary>What was used or opened on a local day. Remembered until one of its hours changes.</summary>
    private (int Application, int Dimensions, Tally Tally)[] UsedOn(int day)
    {
        if (!usedOn.TryGetValue(day, out (int, int, Tally)[]? used))
        {
            var sums = new Dictionary<(int Application, int Dimensions), Tally>();
            foreach ((_, int application, int number, Tally tally) in usage.Between(calendar.FirstHourOf(day), calendar.FirstHourOf(day + 1)))
            {
                Tally sum = sums.GetValueOrDefault((application, number));
                sum.Quantity += tally.Quantity;
                sum.OpenCount += tally.OpenCount;
                sum.OpenSum += tally.OpenSum;
                sums[(application, number)] = sum;
            }

            usedOn.Add(day, used = [.. sums.Where(static one => !one.Value.IsEmpty).Select(static one => (one.Key.Application, one.Key.Dimensions, one.Value))]);
        }

        return used;
    }
}
