using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What there is to know of an account at a glance, each figure leading to its page.</summary>
internal static class DashboardPage
{
    private const int UsualDays = 28;

    public static void Map(ConsolePages pages)
    {
        pages.Get("/", Home);
        pages.Get("", Show);
    }

    /// <summary>The first account that there is for the reader.</summary>
    private static IResult Home(Visit visit)
    {
        using Store.Reader read = visit.Call.Engine.Store.Read();
        string? first = visit.Call.Caller.Account ?? (read.AccountsAfter("", 1) is [var row] ? row.Account : null);
        if (!visit.ReadsAll)
        {
            return new SeeOther(Visit.AddressOf(first!, "cloud-usage"));
        }

        return first is not null && ConsolePages.Enter(visit, read, first)
            ? Show(visit, read)
            : ConsolePages.Show<MessageSheet>(visit, new MessageModel("no-account"));
    }

    private static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        var calendar = new Calendar(account.TimeZone);
        LocalDate today = calendar.DateOf(visit.Now);
        var figures = new DashboardFigures(visit, read, calendar, today);
        return ConsolePages.Show<DashboardSheet>(visit, new DashboardModel(
            [figures.Present(), figures.Minutes(UsualDays), figures.CloudUsage(), figures.Cost(), figures.Packages(), figures.Standing()],
            UsagePage.TrendOf(visit, read, ServiceType.All[0], new ShownPeriod("30", today.PlusDays(-29), today), calendar)));
    }
}

/// <summary>The dashboard's cards.</summary>
internal sealed class DashboardFigures(Visit visit, Store.Reader read, Calendar calendar, LocalDate today)
{
    private readonly AccountState account = visit.Account!;
    private readonly Show show = visit.Show;
    private readonly Texts texts = visit.Texts;
    // Packages and cost both need it.
    private readonly OpenPeriods open = new(visit.Account!, visit.Now);

    public DashboardCard Present()
    {
        long present = read.Open(account.Id, Meter.Av.Name).Sum(open => open.Count);
        (long classes, long running, _) = read.ClassTotals(account.Id, Ms(today), Ms(today.PlusDays(1)), application: null);
        return new DashboardCard(
            texts["card.present"], show.Number(present), texts.Of("card.present.note", texts.Count("card.present.running", running, show.Number(running)), show.Number(classes)),
            visit.To("usage") + "?period=today")
        {
            IsLive = true,
        };
    }

    /// <summary>Today against a usual day: the middle one of the same weekdays before, up to the same time.</summary>
    public DashboardCard Minutes(int days)
    {
        long now = visit.Now.ToUnixTimeSeconds();
        Int128 used = Sum(Meter.Av, Seconds(today), now);
        List<Int128> before = [];
        for (int back = 7; back <= days; back += 7)
        {
            long start = Seconds(today.PlusDays(-back));
            before.Add(Sum(Meter.Av, start, start + now - Seconds(today)));
        }

        before.Sort();
        Int128 usual = before[before.Count / 2];
        string note = show.Change(used, usual) is { } change
            ? texts.Of("card.minutes.note", change, show.Quantity(usual, "second"))
            : texts["card.minutes.no-usual"];
        return new DashboardCard(texts["card.minutes"], show.Quantity(used, "second"), note, visit.To("usage") + "?period=today")
        {
            IsSoFar = true,
        };
    }

    public DashboardCard CloudUsage()
    {
        Int128 bytes = Sum(Meter.Delivery, Seconds(Month), Seconds(Month.PlusMonths(1)));
        string hours = Server.CloudUsage.Hours(bytes, account.UsageHourBytes);
        return new DashboardCard(
            texts["card.cloud"], $"{show.Number(Int128.Parse(hours.Split('.')[0]))} {texts["unit.h"]}",
            texts.Of("card.cloud.note", show.Quantity(bytes, "byte"), show.Month(Month)), visit.To("cloud-usage"))
        {
            IsSoFar = true,
        };
    }

    /// <summary>What this month costs so far, open days included, and what it will come to.</summary>
    public DashboardCard Cost()
    {
        var estimate = new Estimate(account, read, visit.Now, open);
        (IReadOnlyList<BillLine> lines, Money rounding) = estimate.MonthSoFar();
        Money soFar = lines.Aggregate(rounding, (sum, line) => sum + line.Amount);
        ForecastView forecast = estimate.ForecastOf(lines);
        return new DashboardCard(
            texts["card.cost"], show.Money(soFar.ToMinorString(Currency.Get(account.Currency).MinorDigits), account.Currency),
            texts.Of(
                "card.cost.note", show.Money(forecast.Expected, account.Currency), show.Money(forecast.Low, account.Currency),
                show.Money(forecast.High, account.Currency)),
            visit.To("bills/estimate"))
        {
            IsSoFar = true,
        };
    }

    public DashboardCard Packages()
    {
        Package[] held = [.. open.Packages(read).Where(package => package.IsValidAt(visit.Now))];
        if (held.Length == 0)
        {
            return new DashboardCard(texts["card.packages"], "–", texts["card.packages.none"], visit.To("packages"));
        }

        Package first = held.MinBy(package => package.EndDay)!;
        return new DashboardCard(
            texts["card.packages"],
            $"{show.Decimal(first.Remaining.ToString().Split('.')[0])} {texts.Find("rate-unit." + first.Product.Unit) ?? first.Product.Unit}",
            texts.Of("card.packages.note", first.Product.Name, show.FullDay(first.EndDay.PlusDays(-1))), visit.To("packages"));
    }

    public DashboardCard Standing()
    {
        string key = StandingPage.Key(account.Standing.Kind);
        return new DashboardCard(
            texts["card.standing"], texts[key], texts.Of("card.standing.note", show.Money(account.Balance, account.Currency), texts[key + ".means"]),
            visit.To("standing"))
        {
            Next = StandingRules.Coming(account.Standing, account.Terms) is { } next
                ? texts.Of("card.standing.next", texts[StandingPage.Key(next.Standing)], show.FullMoment(Instant.FromUnixTimeMilliseconds(next.At)))
                : null,
            Tone = StandingPage.Tone(account.Standing.Kind),
        };
    }

    private LocalDate Month => new(today.Year, today.Month, 1);

    private long Seconds(LocalDate day) => calendar.StartOf(day);

    private long Ms(LocalDate day) => Seconds(day) * 1000;

    private Int128 Sum(Meter meter, long from, long to) => new UsageQuery(
            meter, new Range(Instant.FromUnixTimeSeconds(from), Instant.FromUnixTimeSeconds(to)), Granularity.Total, [], calendar)
        .Figures(new SpannedUsage(read, account.Id, meter, calendar).Rows(from, to, Granularity.Total), read.Open(account.Id, meter.Name), visit.Now.ToUnixTimeSeconds())
        .Aggregate(Int128.Zero, (sum, figure) => sum + figure.Quantity);
}
