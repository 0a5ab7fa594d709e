using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// What today and this month cost an account so far, and what the month will come to. Closed days are as they were billed, open ones as
/// the live settlement has them (rule 5.4); adjustments to come are not foreseen.
/// </summary>
internal sealed class Estimate
{
    public const string Method =
        "Each day to come costs what its weekday cost on average over the last 28 days, at least what it cost on the cheapest and at most "
        + "on the dearest of them; a weekday without a past is judged by all days known. Today costs at least what it costs so far. Rates billed by the "
        + "month go on as they have gone this month. Adjustments are not foreseen.";

    private readonly AccountState account;
    private readonly Instant now;
    private readonly IReadOnlyList<SettledPeriod> open;
    private readonly List<Bill> bills;
    private readonly RateCardVersion cardOfToday, cardOfMonth;

    public Estimate(AccountState account, Store.Reader read, Instant now, OpenPeriods? settled = null)
    {
        (this.account, this.now) = (account, now);
        Today = new Calendar(account.TimeZone).DateOf(now);
        Month = BillPeriod.OfMonth(Today);
        (cardOfToday, cardOfMonth) = (CardOf(read, BillPeriod.OfDay(Today)), CardOf(read, Month));
        open = (settled ?? new OpenPeriods(account, now)).Settled(read);
        LocalDate first = LocalDate.Min(Month.Start, Today.PlusDays(-Forecast.DaysBack));
        bills = [.. read.Bills(account.Id, null, JsonText.Of(first), null, null, int.MaxValue).Select(row => BillRoutes.Read(row))];
    }

    /// <summary>The local day that it is now.</summary>
    public LocalDate Today { get; }

    /// <summary>The month that it is now.</summary>
    public BillPeriod Month { get; }

    /// <summary>What the day would be billed for if it ended now.</summary>
    public IReadOnlyList<BillLine> TodayLines => open.FirstOrDefault(settled => settled.Period == BillPeriod.OfDay(Today))?.Lines ?? [];

    public EstimateView View()
    {
        SettledPeriod? day = open.FirstOrDefault(settled => settled.Period == BillPeriod.OfDay(Today));
        (IReadOnlyList<BillLine> lines, Money rounding) = MonthSoFar();
        return new EstimateView(
            account.Id, now, account.Currency, Shape(BillPeriod.OfDay(Today), day?.Lines ?? [], cardOfToday, Money.Zero),
            Shape(Month, lines, cardOfMonth, rounding), ForecastOf(lines));
    }

    /// <summary>What prices the period (rule 4.6); where nothing does, the card that the account has, as of then.</summary>
    private RateCardVersion CardOf(Store.Reader read, BillPeriod period) =>
        account.CardOf(period, read.Card)?.Version ?? new RateCardVersion(account.RateCard, period.Start);

    /// <summary>All lines that the month's bills have or will have, those of one rate and terms together, and what the issued bills were rounded by.</summary>
    public (IReadOnlyList<BillLine> Lines, Money Rounding) MonthSoFar()
    {
        Bill[] issued = [.. bills.Where(bill => bill.Period.Start >= Month.Start && bill.Period.Start < Month.End)];
        var sums = new Dictionary<(string, string, string?), BillLine>();
        foreach (BillLine line in issued.SelectMany(bill => bill.Lines).Concat(OpenOfMonth().SelectMany(settled => settled.Lines)))
        {
            (string, string, string?) key = (line.Application ?? "", Terms(line.Rate), line.Adjusts?.BillNumber(""));
            sums[key] = sums.TryGetValue(key, out BillLine? sum) ? Together(sum, line) : line;
        }

        Money rounding = issued.Aggregate(Money.Zero, (sum, bill) => sum + bill.Rounding);
        return ([.. sums.OrderBy(its => its.Value.Adjusts is not null).ThenBy(its => its.Key.Item1, StringComparer.Ordinal).Select(its => its.Value)], rounding);
    }

    private IEnumerable<SettledPeriod> OpenOfMonth() => open.Where(settled => BillPeriod.OfMonth(settled.Period.Start) == Month);

    // A new version of the card may have other terms under the same id.
    private static string Terms(Rate rate) => $"{rate.Id}\n{rate.Period}\n{rate.Unit.Size}\n{Figures.PriceOf(rate)}";

    private static BillLine Together(BillLine one, BillLine other) => one with
    {
        Quantity = one.Quantity + other.Quantity,
        Units = one.Units + other.Units,
        FreeUnits = one.FreeUnits + other.FreeUnits,
        Packages = [.. one.Packages.Concat(other.Packages).GroupBy(share => share.Package).Select(same => same.Aggregate(
            (sum, share) => new PackageShare(sum.Package, sum.Units + share.Units, sum.Deducted + share.Deducted)))],
        PayAsYouGoUnits = one.PayAsYouGoUnits + other.PayAsYouGoUnits,
        UncoveredUnits = one.UncoveredUnits + other.UncoveredUnits,
        Amount = one.Amount + other.Amount,
    };

    /// <summary>In the shape of a bill. What closed bills were rounded by stays; the rest is rounded as one.</summary>
    private JsonElement Shape(BillPeriod period, IReadOnlyList<BillLine> lines, RateCardVersion card, Money rounded)
    {
        var currency = Currency.Get(account.Currency);
        Money sum = lines.Aggregate(Money.Zero, (all, line) => all + line.Amount);
        Money total = (sum + rounded).RoundToMinor(currency.MinorDigits);
        var bill = new Bill
        {
            Account = account.Id,
            Period = period,
            IssuedAt = now,
            Currency = currency,
            Card = card,
            Lines = lines,
            Rounding = total - sum,
            Total = total,
        };
        return JsonSerializer.Deserialize<JsonElement>(BillJson.ToJson(bill));
    }

    /// <summary>What the month comes to, with these lines so far.</summary>
    public ForecastView ForecastOf(IReadOnlyList<BillLine> lines)
    {
        Dictionary<LocalDate, Money> known = Known();
        Money todaySoFar = Sum(open.Where(settled => settled.Period == BillPeriod.OfDay(Today)).SelectMany(settled => settled.Lines));
        Money soFar = lines.Aggregate(Money.Zero, (sum, line) => sum + line.Amount) - todaySoFar;
        List<ForecastDay> days = [.. Forecast.Of(DaysFrom(Today, Month.End), known)];
        days[0] = new ForecastDay(
            Today, Most(days[0].Expected, todaySoFar), Most(days[0].Low, todaySoFar), Most(days[0].High, todaySoFar));
        int elapsed = Today.Day, all = Month.LastDay.Day;
        Money more = Money.Zero;
        foreach (BillLine line in OpenOfMonth().Where(settled => settled.Period.Kind == PeriodKind.Month).SelectMany(settled => settled.Lines))
        {
            more += Forecast.OfMonthly(line, elapsed, all) - line.Amount;
        }

        int digits = Currency.Get(account.Currency).MinorDigits;
        string Total(Func<ForecastDay, Money> of, Money monthly) =>
            days.Aggregate(soFar + monthly, (sum, day) => sum + of(day)).ToMinorString(digits);
        return new ForecastView(
            Month.Start, Month.End, Total(day => day.Expected, more), Total(day => day.Low, Money.Zero), Total(day => day.High, more), Method,
            new BasisView(known.Count > 0 ? known.Keys.Min() : null, known.Count),
            [.. days.Select(day => new ForecastDayView(day.Day, day.Expected.ToString(), day.Low.ToString(), day.High.ToString()))]);
    }

    /// <summary>What the days behind us cost, adjustments left aside; days on which nothing was billed cost nothing, those before the account's first do not count.</summary>
    private Dictionary<LocalDate, Money> Known()
    {
        Dictionary<LocalDate, Money> costs = Costs();
        LocalDate created = Instant.FromUnixTimeMilliseconds(account.CreatedAt).InZone(DateTimeZoneProviders.Tzdb[account.TimeZone]).Date;
        LocalDate first = costs.Keys.Append(created).Min();
        return DaysFrom(LocalDate.Max(first, Today.PlusDays(-Forecast.DaysBack)), Today).ToDictionary(day => day, day => costs.GetValueOrDefault(day));
    }

    /// <summary>What days cost, as they were billed or as they would be by now, adjustments left aside.</summary>
    public Dictionary<LocalDate, Money> Costs() =>
        bills.Where(bill => bill.Period.Kind == PeriodKind.Day)
            .Select(bill => (bill.Period.Start, Amount: Sum(bill.Lines.Where(line => line.Adjusts is null))))
            .Concat(open.Where(settled => settled.Period.Kind == PeriodKind.Day).Select(settled => (settled.Period.Start, Amount: Sum(settled.Lines))))
            .ToDictionary(day => day.Start, day => day.Amount);

    private static IEnumerable<LocalDate> DaysFrom(LocalDate first, LocalDate end)
    {
        for (LocalDate day = first; day < end; day = day.PlusDays(1))
        {
            yield return day;
        }
    }

    private static Money Sum(IEnumerable<BillLine> lines) => lines.Aggregate(Money.Zero, (sum, line) => sum + line.Amount);

    private static Money Most(Money one, Money other) => one > other ? one : other;
}

/// <summary>The estimate as the API shows it.</summary>
internal sealed record EstimateView(string Account, Instant At, string Currency, JsonElement Today, JsonElement Month, ForecastView Forecast);

/// <summary>What the month comes to in the end; amounts in the currency's minor unit, days with six decimals.</summary>
internal sealed record ForecastView(
    LocalDate PeriodStart, LocalDate PeriodEnd, string Expected, string Low, string High, string Method, BasisView Basis,
    IReadOnlyList<ForecastDayView> Days);

/// <summary>What the forecast is judged by.</summary>
internal sealed record BasisView(LocalDate? From, int Days);

/// <summary>What a day is expected to cost.</summary>
internal sealed record ForecastDayView(LocalDate Date, string Expected, string Low, string High);
