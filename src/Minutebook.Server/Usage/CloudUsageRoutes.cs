using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>The cloud-usage chart's figures.</summary>
internal static class CloudUsageRoutes
{
    private const int Newest = 12;
    private const int MostMonths = 1200;

    public static void Map(Routes routes) => routes.Get(
        "/v1/accounts/{account}/cloud-usage",
        new Doc("getCloudUsage", "Delivered data by month and type, in bytes and usage hours.")
        {
            Gives = typeof(CloudUsageView),
            Query =
            [
                ("from", "The first month, such as 2026-01; eleven before the last when left out."),
                ("to", "The last month, included; this month when left out."),
                ("organization", "Only this organization's share."), ("department", "Only this department's share."),
            ],
        },
        Get);

    private sealed record CloudUsageView(long UsageHourBytes, IReadOnlyList<MonthView> Months, IReadOnlyList<BundleView> Bundles);

    private static IResult Get(Call call)
    {
        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        CloudUsage chart = Asked(call, account);
        if (call.Refusal is { } refusal)
        {
            return refusal;
        }

        (long from, long to) = chart.Seconds;
        var usage = new SpannedUsage(read, account.Id, Meter.Delivery, chart.Calendar) { CategorizedFrom = chart.CategorizedFrom };
        return Answer.Json(new CloudUsageView(
            account.UsageHourBytes, chart.Months(usage.Rows(from, to, Granularity.Month)),
            call.Caller.Role == KeyRole.Department ? [] : BundleView.Of(read, account, call.Engine.Now)));
    }

    /// <summary>What is asked for, with its faults left to the call.</summary>
    public static CloudUsage Asked(Call call, AccountState account)
    {
        var calendar = new Calendar(account.TimeZone);
        LocalDate today = calendar.DateOf(call.Engine.Now);
        LocalDate last = Month(call, "to") ?? new LocalDate(today.Year, today.Month, 1);
        LocalDate first = Month(call, "from") ?? LocalDate.Max(last.PlusMonths(1 - Newest), new LocalDate(1, 1, 1));
        if (call.Refusal is null && (first > last || Period.Between(first, last, PeriodUnits.Months).Months >= MostMonths))
        {
            call.Fault("to", $"This must not be before from, and the range can have at most {MostMonths} months.");
        }

        return new CloudUsage(calendar, first, last, account.UsageHourBytes)
        {
            CategorizedFrom = account.CategorizedSince is { } since ? calendar.StartOf(LocalDatePattern.Iso.Parse(since).Value) : null,
            Organization = call.Query("organization"),
            Department = call.Query("department"),
        };
    }

    private static LocalDate? Month(Call call, string name)
    {
        if (call.Query(name) is not { } text)
        {
            return null;
        }

        if (!Moments.TryMonth(text, out LocalDate first))
        {
            call.Fault(name, "This must be a month such as 2026-11.");
            return new LocalDate(1970, 1, 1);
        }

        return first;
    }
}
