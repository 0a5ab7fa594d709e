using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Core;

/// <summary>The settlement of a period that is not closed, on what is known so far, from the rows that a book wrote (rule 5.4).</summary>
public static class LiveSettlement
{
    /// <summary>How many days before a period presence may have opened that is open in it: a day, and the change of a clock.</summary>
    public const int DaysBefore = 2;

    /// <summary>Settles.</summary>
    /// <param name="account">The account.</param>
    /// <param name="period">The day or month.</param>
    /// <param name="card">The card in force on its first day.</param>
    /// <param name="usage">What its classes used, of the period's days and of <see cref="DaysBefore"/> days before.</param>
    /// <param name="windowOf">Start and end of a page's class in ms; null where it has no row, the end null while it runs.</param>
    /// <param name="now">The instant, in ms.</param>
    /// <returns>The settlement, and the page of each class in it.</returns>
    public static (SettledPeriod Settled, IReadOnlyDictionary<ClassKey, int> Pages) Settle(
        AccountState account, BillPeriod period, RateCard card, IEnumerable<ClassUsageRow> usage,
        Func<int, (long Start, long? End)?> windowOf, long now)
    {
        var calendar = new Calendar(account.TimeZone);
        var slices = new List<UsageSlice>();
        var keys = new Dictionary<int, ClassKey>();
        var pages = new Dictionary<ClassKey, int>(ReferenceEqualityComparer.Instance);
        foreach (ClassUsageRow row in usage)
        {
            Int128 quantity = QuantityOf(row, calendar, period, now);
            if (quantity == 0)
            {
                continue;
            }

            ClassKey? key = null;
            if (row.Class is not null && !keys.TryGetValue(row.Page, out key))
            {
                (long Start, long? End)? window = windowOf(row.Page);
                keys[row.Page] = key = new ClassKey(row.Application, row.Class, window?.Start, window?.End);
                pages[key] = row.Page;
            }

            slices.Add(new UsageSlice(key, row.Application, null, DimensionsOf(account, row), quantity));
        }

        HashSet<string> without = [.. account.Applications.Where(its => !its.Settings.PayAsYouGo).Select(its => its.Id)];
        return (Settlement.Settle(period, card, slices.ToArray(), [], without), pages);
    }

    private static Int128 QuantityOf(in ClassUsageRow row, Calendar calendar, BillPeriod period, long now)
    {
        LocalDate day = LocalDatePattern.Iso.Parse(row.Day).Value;
        if (day >= period.End || (day < period.Start && row.OpenCount == 0))
        {
            return 0;
        }

        bool before = day < period.Start;
        var tally = new Tally { OpenCount = row.OpenCount, OpenSum = row.OpenSum };
        Int128 open = row.OpenCount == 0 ? 0 : tally.OpenAt(
            before, calendar.StartOf(before ? period.Start : day), calendar.StartOf(period.End), ClassMeter.FloorSecond(now),
            row.Meter == Meter.Whiteboard.Name);
        return before ? open : row.Quantity + open;
    }

    private static Dimensions DimensionsOf(AccountState account, in ClassUsageRow row)
    {
        Dimensions its = Dimensions.FromKey(Meter.Named(row.Meter)!, row.Dimensions);
        return account.CategorizedSince is { } since && string.CompareOrdinal(row.Day, since) < 0 ? Delivery.BeforeCategories(its) : its;
    }
}
