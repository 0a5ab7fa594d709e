using System.Numerics;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Reference.Billing;

/// <summary>What is ordered besides usage, at an instant of its own.</summary>
public abstract record Order(long AtMs)
{
    public sealed record Buy(long AtMs, string Sku, string? Application, string Reference) : Order(AtMs);

    public sealed record Refund(long AtMs, string Package) : Order(AtMs);

    public sealed record PayAsYouGo(long AtMs, string Application, bool Enabled) : Order(AtMs);

    public sealed record Card(long AtMs, string Id) : Order(AtMs);

    public sealed record LateDays(long AtMs, int Days) : Order(AtMs);

    public sealed record Categories(long AtMs, string? Since) : Order(AtMs);

    public sealed record SettleDelay(long AtMs, int Minutes) : Order(AtMs);

    public sealed record TopUp(long AtMs, BigInteger Micros, string Reference) : Order(AtMs);
}

/// <summary>An issued bill.</summary>
public sealed record ReferenceBill(string Number, long IssuedMs, string Card, IReadOnlyList<ReferenceLine> Lines, BigInteger Cents);

/// <summary>
/// An account's bills, wallet and packages (parts 5 and 6 of the rules), worked out from the whole history at each close. Time is only
/// moved on.
/// </summary>
public sealed class ReferenceBooks
{
    private const long MinuteMs = 60_000;
    private const long DayMs = 1440 * MinuteMs;
    private readonly ReferenceHistory history;
    private readonly IReadOnlyList<ReferenceCard> cards;
    private readonly Grid grid;
    private readonly List<(LocalDate From, string Card)> chosen = [];
    private readonly HashSet<string> without = [];
    private readonly List<ReferencePackage> packages = [];
    private readonly List<(string Kind, LocalDate Start, ReferenceLine Line)> billed = [];
    private readonly Dictionary<long, Expected> known = [];
    private readonly Dictionary<(string Kind, LocalDate Start), Expected> seen = [];
    private LocalDate next;
    /// <summary>The first day that is still known well enough to be adjusted: lateDays may grow again, and what was let go of stays as it is.</summary>
    private LocalDate kept = LocalDate.MinIsoValue;
    private int delayMinutes = 120;
    private long now;
    /// <summary>When the last close was due, and when it was made: later where the delay was made shorter meanwhile.</summary>
    private (long DueMs, long MadeMs)? lastClose;

    public ReferenceBooks(ReferenceHistory history, IReadOnlyList<ReferenceCard> cards, string card, long createdMs)
    {
        (this.history, this.cards) = (history, cards);
        grid = new Grid(history.Account.TimeZone);
        next = grid.DateOf(createdMs / 1000);
        chosen.Add((next, card));
        while (CloseMs(next.PlusDays(-1)) > createdMs)
        {
            next = next.PlusDays(-1);
        }
    }

    public List<ReferenceBill> Bills { get; } = [];

    /// <summary>Kind, millionths, balance, reference.</summary>
    public List<(long AtMs, string Kind, BigInteger Micros, BigInteger Balance, string Reference)> Ledger { get; } = [];

    /// <summary>By day or month and class, what a class accounts for.</summary>
    public List<(string Kind, LocalDate Start, Share Share)> Shares { get; } = [];

    public IReadOnlyList<ReferencePackage> Packages => packages;

    public LocalDate NextClose => next;

    public void AdvanceTo(long ms)
    {
        for (; CloseMs(next) <= ms; next = next.PlusDays(1))
        {
            long madeMs = Math.Max(CloseMs(next), now);
            Close(next, madeMs);
            lastClose = (CloseMs(next), madeMs);
            LocalDate tomorrow = next.PlusDays(1);
            kept = LocalDate.Max(kept, LocalDate.Min(StartOfMonth(tomorrow), StartOfMonth(tomorrow.PlusDays(-history.LateDaysAt(madeMs) - 3))));
        }

        now = Math.Max(now, ms);
    }

    /// <summary>Does what is ordered; false when it is refused.</summary>
    public bool Do(Order order)
    {
        AdvanceTo(order.AtMs);
        switch (order)
        {
            case Order.PayAsYouGo its:
                _ = its.Enabled ? without.Remove(its.Application) : without.Add(its.Application);
                return true;
            case Order.Card its:
                LocalDate today = grid.DateOf(its.AtMs / 1000);
                if (chosen[^1].From >= today)
                {
                    chosen[^1] = (chosen[^1].From, its.Id);
                    return true;
                }

                chosen.Add((today, its.Id));
                return true;
            case Order.LateDays or Order.Categories:
                // They are the history's.
                return true;
            case Order.SettleDelay its:
                delayMinutes = its.Minutes;
                AdvanceTo(its.AtMs);
                return true;
            case Order.TopUp its:
                Post(its.AtMs, "topup", its.Micros, its.Reference);
                return true;
            case Order.Buy its:
                return Buy(its);
            default:
                return Refund((Order.Refund)order);
        }
    }

    /// <summary>What is left in each package at an instant (5.4): the open periods settled on copies, in the order of their closes.</summary>
    public IReadOnlyList<ReferencePackage> Live(long ms)
    {
        List<ReferencePackage> copies = [.. packages.Select(package => package.Copy())];
        LocalDate today = grid.DateOf(Floor.Second(ms));
        for (LocalDate day = next; day <= today || day == next; day = day.PlusDays(1))
        {
            _ = Settled("daily", day, ms, copies);
            if (day.PlusDays(1).Day == 1 || day >= today)
            {
                _ = Settled("monthly", StartOfMonth(day), ms, copies);
            }
        }

        return copies;
    }

    private bool Buy(Order.Buy order)
    {
        LocalDate today = grid.DateOf(order.AtMs / 1000);
        ReferenceProduct? product = CardOn(today)?.Products.FirstOrDefault(one => one.Sku == order.Sku);
        if (product is null || product.IsAccounts != order.Application is null)
        {
            return false;
        }

        packages.Add(new ReferencePackage($"P-{packages.Count + 1}", product, order.Application, order.Reference, order.AtMs, today));
        Post(order.AtMs, "package", -Micros(product), order.Reference);
        return true;
    }

    private bool Refund(Order.Refund order)
    {
        int place = packages.FindIndex(package => package.Id == order.Package);
        if (place < 0 || packages[place].IsRefunded || order.AtMs > packages[place].BoughtMs + (120 * 60 * MinuteMs)
            || !(Live(order.AtMs)[place].Left - Rational.Parse(packages[place].Product.Quantity)).Over.IsZero)
        {
            return false;
        }

        packages[place].IsRefunded = true;
        Post(order.AtMs, "refund", Micros(packages[place].Product), packages[place].Reference);
        return true;
    }

    private static BigInteger Micros(ReferenceProduct product) => (Rational.Parse(product.Price) * (BigInteger)1_000_000).HalfUp();

    private void Post(long ms, string kind, BigInteger micros, string reference)
    {
        if (!micros.IsZero)
        {
            Ledger.Add((ms, kind, micros, (Ledger.Count > 0 ? Ledger[^1].Balance : 0) + micros, reference));
        }
    }

    private long CloseMs(LocalDate day) => (grid.StartOf(day.PlusDays(1)) * 1000) + (delayMinutes * MinuteMs);

    private static LocalDate StartOfMonth(LocalDate day) => new(day.Year, day.Month, 1);

    private static LocalDate EndOf(string kind, LocalDate start) => kind == "daily" ? start.PlusDays(1) : start.PlusMonths(1);

    private ReferenceCard? CardOn(LocalDate day)
    {
        string id = chosen.LastOrDefault(one => one.From <= day, chosen[0]).Card;
        string date = LocalDatePattern.Iso.Format(day);
        return cards.Where(card => card.Id == id && string.CompareOrdinal(card.EffectiveFrom, date) <= 0).MaxBy(card => card.EffectiveFrom, StringComparer.Ordinal);
    }

    private void Close(LocalDate day, long ms)
    {
        List<ReferenceLine> adjustments = [];
        foreach ((string kind, LocalDate start) in Adjustable(day, ms))
        {
            adjustments.AddRange(TrueUp(kind, start, day, ms));
        }

        Issue("daily", day, ms, adjustments);
        if (day.PlusDays(1).Day == 1)
        {
            Issue("monthly", StartOfMonth(day), ms, []);
        }
    }

    /// <summary>
    /// 6.3: up to the first close after the period's end plus lateDays. Oldest first; a day before the month that begins with it. Choice: what
    /// arrived in time since the last close is still adjusted by this one, so of all lateDays since then the most count; and where the delay
    /// changed, a close was past that end when it was by the delay of its own time and is by the one of now.
    /// </summary>
    private IEnumerable<(string Kind, LocalDate Start)> Adjustable(LocalDate closing, long ms)
    {
        long before = Math.Min(CloseMs(closing.PlusDays(-1)), lastClose?.DueMs ?? long.MaxValue);
        long since = lastClose?.MadeMs ?? long.MinValue;
        int most = history.LateDays.Where(made => since < made.AtMs && made.AtMs <= ms).Select(made => made.Days).Append(history.LateDaysAt(since)).Max();
        for (LocalDate day = StartOfMonth(closing.PlusDays(-most - 70)); day < closing; day = day.PlusDays(1))
        {
            if (IsOpen("daily", day))
            {
                yield return ("daily", day);
            }

            if (day.Day == 1 && EndOf("monthly", day) <= closing && IsOpen("monthly", day))
            {
                yield return ("monthly", day);
            }
        }

        bool IsOpen(string kind, LocalDate start) => start >= kept && before <= (grid.StartOf(EndOf(kind, start)) * 1000) + (most * DayMs);
    }

    private void Issue(string kind, LocalDate start, long ms, List<ReferenceLine> adjustments)
    {
        ReferenceCard? card = CardOn(start);
        ReferenceSettlement? settled = Settled(kind, start, ms, packages);
        List<ReferenceLine> lines = [.. settled?.Lines ?? [], .. adjustments];
        Shares.AddRange((settled?.Shares ?? []).Select(share => (kind, start, share)));
        billed.AddRange(lines.Select(line => (line.Adjusts?.Kind ?? kind, line.Adjusts?.Start ?? start, line)));
        if (lines.Count == 0)
        {
            return;
        }

        // Choice: adjustments of a day that no card prices stand on a bill of the card of the oldest of them.
        card ??= CardOn(adjustments[0].Adjusts!.Value.Start)!;
        BigInteger sum = lines.Aggregate(BigInteger.Zero, (total, line) => total + line.Micros);
        BigInteger cents = new Rational(sum, 10_000).HalfUp();
        string number = kind == "daily" ? $"account-D-{start:uuuu-MM-dd}" : $"account-M-{start:uuuu-MM}";
        Bills.Add(new ReferenceBill(number, ms, $"{card.Id} {card.EffectiveFrom}", lines, cents));
        Post(ms, "bill", -cents * 10_000, number);
    }

    private ReferenceSettlement? Settled(string kind, LocalDate start, long ms, IReadOnlyList<ReferencePackage> from)
    {
        if (CardOn(start) is not { } card)
        {
            return null;
        }

        Expected expected = At(ms);
        LocalDate end = EndOf(kind, start);
        Dictionary<(string, string?), SettledClass> classes = expected.Rows.ToDictionary(
            row => (row.Application, (string?)row.Class), row => new SettledClass(row.Application, row.Class, row.StartMs, row.EndMs));
        return new ReferenceSettlement(
            expected.Items.Where(item => grid.DateOf(item.HourMs / 1000) is var day && start <= day && day < end)
                .Select(item => (classes.GetValueOrDefault((item.Application, item.Class)) ?? new SettledClass(item.Application, item.Class, null, null), item)),
            card, kind == "daily" ? "day" : "month", end.PlusDays(-1), from, without);
    }

    /// <summary>The history at an instant; nothing changes by itself a good day after the last arrival, when all is ended.</summary>
    private Expected At(long ms)
    {
        long last = history.Arrivals.Where(arrival => arrival.AtMs <= ms).Select(arrival => arrival.AtMs).DefaultIfEmpty(0).Max();
        last = Math.Max(last, history.Applications.SelectMany(application => application.Settings).Where(made => made.AtMs <= ms).Select(made => made.AtMs).DefaultIfEmpty(0).Max());
        last = Math.Max(last, history.Categories.Where(made => made.AtMs <= ms).Select(made => made.AtMs).DefaultIfEmpty(0).Max());
        long at = Math.Min(ms, last + (25 * 60 * MinuteMs));
        return known.TryGetValue(at, out Expected? expected) ? expected : known[at] = new Expected(history, at);
    }

    private IEnumerable<ReferenceLine> TrueUp(string kind, LocalDate start, LocalDate closing, long ms)
    {
        // Nothing is known now that was not at the last close.
        Expected expected = At(ms);
        if (ReferenceEquals(seen.GetValueOrDefault((kind, start)), expected))
        {
            yield break;
        }

        seen[(kind, start)] = expected;
        if (Settled(kind, start, ms, []) is not { } now)
        {
            yield break;
        }

        ReferenceCard card = CardOn(start)!;
        List<ReferenceLine> before = [.. billed.Where(one => one.Kind == kind && one.Start == start).Select(one => one.Line)];
        var keys = now.Lines.Concat(before).Select(line => (line.Application, line.Rate)).Distinct()
            .OrderBy(key => key.Application, StringComparer.Ordinal).ThenBy(key => card.Rates.ToList().IndexOf(key.Rate));
        foreach ((string? application, ReferenceRate rate) in keys.ToList())
        {
            ReferenceLine? line = now.Lines.FirstOrDefault(one => one.Application == application && one.Rate == rate);
            List<ReferenceLine> earlier = [.. before.Where(one => one.Application == application && one.Rate == rate)];
            bool isPaid = application is not null
                ? !without.Contains(application)
                : now.Shares.Any(share => share.Line.Rate == rate && !without.Contains(share.Class.Application));
            if (Difference(line, earlier, application, rate, (kind, start), closing, isPaid) is { } difference)
            {
                yield return difference;
            }
        }
    }

    private ReferenceLine? Difference(
        ReferenceLine? now, List<ReferenceLine> earlier, string? application, ReferenceRate rate, (string Kind, LocalDate Start) period,
        LocalDate closing, bool isPaid)
    {
        BigInteger Sum(Func<ReferenceLine, BigInteger> of) => earlier.Aggregate(BigInteger.Zero, (sum, line) => sum + of(line));
        BigInteger more = (now?.Units ?? 0) - Sum(line => line.Units);
        if (more.IsZero)
        {
            return null;
        }

        var line = new ReferenceLine(application, rate) { Adjusts = period, Units = more, Quantity = (now?.Quantity ?? 0) - Sum(one => one.Quantity) };
        if (more > 0)
        {
            line.Free = BigInteger.Min(more, BigInteger.Max(0, rate.Free - Sum(one => one.Free)));
            BigInteger rest = more - line.Free;
            foreach (ReferencePackage package in ReferencePackage.Serving(packages, application, rate.Id, EndOf(period.Kind, period.Start).PlusDays(-1)))
            {
                BigInteger taken = package.Take(rate.Id, rest);
                rest -= taken;
                line.Give(package, taken, package.Worth(rate.Id, taken));
            }

            (line.Paid, line.Uncovered) = isPaid ? (rest, BigInteger.Zero) : (BigInteger.Zero, rest);
        }
        else
        {
            BigInteger rest = -more;
            line.Paid = -Back(Sum(one => one.Paid), ref rest);
            line.Uncovered = -Back(Sum(one => one.Uncovered), ref rest);
            foreach (ReferencePackage package in ReferencePackage.InOrder(packages).Reverse())
            {
                BigInteger covered = Sum(one => one.Packages.Where(given => given.Package == package.Id).Aggregate(BigInteger.Zero, (sum, given) => sum + given.Units));
                BigInteger back = Back(covered, ref rest);
                if (back.IsZero)
                {
                    continue;
                }

                Rational worth = package.IsValidOn(closing) ? package.Worth(rate.Id, back) : Rational.Zero;
                package.Left += worth;
                line.Give(package, -back, Rational.Zero - worth);
            }

            line.Free = -Back(Sum(one => one.Free), ref rest);
        }

        line.Micros = rate.Micros(Sum(one => one.Paid) + line.Paid) - Sum(one => one.Micros);
        return line;
    }

    private static BigInteger Back(BigInteger from, ref BigInteger rest)
    {
        BigInteger back = BigInteger.Min(from, rest);
        rest -= back;
        return back;
    }
}
