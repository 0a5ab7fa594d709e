using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;

namespace Minutebook.Server;

/// <summary>A meter's hours, as they are stored or as they follow from steps: storage and peak have rows only where they changed.</summary>
internal static class HourRows
{
    /// <summary>What a question needs of a meter, without presence that is open: hours, or what adds them up.</summary>
    /// <param name="read">The tables.</param>
    /// <param name="account">The account.</param>
    /// <param name="query">The question.</param>
    /// <param name="application">Only this application's; null for all.</param>
    /// <param name="now">Until when what holds now counts, in seconds.</param>
    public static IEnumerable<UsageRow> Of(Store.Reader read, AccountState account, UsageQuery query, string? application, long now) =>
        Steps.Has(query.Meter)
            ? account.Applications.Where(its => application is null || its.Id == application)
                .SelectMany(its => OfSteps(read, account, query.Meter, (query.Range.FromSecond, query.Range.ToSecond), its.Id, now))
            : new SpannedUsage(read, account.Id, query.Meter, query.Calendar) { Application = application, CategorizedFrom = query.CategorizedFrom }
                .Rows(query.Range.FromSecond, query.Range.ToSecond, query.Granularity);

    /// <summary>An application's hours of storage or peak that start in [from, to), in seconds.</summary>
    public static IEnumerable<UsageRow> OfSteps(
        Store.Reader read, AccountState account, Meter meter, (long From, long To) range, string application, long now)
    {
        StepHour[] changes =
        [
            .. read.Steps(account.Id, meter.Name, application, range.From, range.To)
                .Select(row => new StepHour(row.Hour, row.First, row.Between, row.Last, row.Level)),
        ];
        return Steps.Hours(meter, changes, new Calendar(account.TimeZone), range.From, range.To, now)
            .Select(hour => new UsageRow(account.Id, meter.Name, hour.Hour, application, meter.None.Key, hour.Quantity));
    }
}
