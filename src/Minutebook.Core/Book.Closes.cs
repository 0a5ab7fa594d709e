using System.Text;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Core;

public sealed partial class Book
{
    /// <summary>What pages that are not in memory used on days that are not closed for good.</summary>
    private readonly Dictionary<int, Dictionary<int, AwayPage>> away = [];
    private readonly Dictionary<BillPeriod, List<BillLine>> billed = [];
    private int nextClose = int.MinValue;
    private int? adjustableFrom;

    private sealed record AwayPage(ClassKey? Class, string Application, List<(int Dimensions, Tally Tally)> Usage);

    private LocalDate NextCloseDay => LocalDatePattern.Iso.Parse(State.NextClose).Value;

    /// <summary>When the next day is closed, in ms: so many elapsed minutes after the midnight that ends it (rule 6.1).</summary>
    public long NextCloseAt
    {
        get
        {
            if (nextClose == int.MinValue)
            {
                SetNextClose(NextCloseDay);
            }

            return CloseOf(nextClose);
        }
    }

    private void SetNextClose(LocalDate day)
    {
        State.NextClose = LocalDatePattern.Iso.Format(day);
        nextClose = Calendar.Number(day);
    }

    private int closeOfDay = int.MinValue;
    private long closeAt;

    private long CloseOf(int day)
    {
        if (closeOfDay != day)
        {
            (closeOfDay, closeAt) = (day, calendar.StartOf(day + 1) * 1000);
        }

        return closeAt + (State.SettleDelayMinutes * Minute);
    }

    /// <summary>Closes the next day, and its month with its last (rules 6.1 to 6.4).</summary>
    private void CloseDay()
    {
        Settle();
        NoteTouched();
        LocalDate day = NextCloseDay;
        IReadOnlySet<string> without = State.WithoutPayAsYouGo();
        List<BillLine> adjustments = [];
        foreach (BillPeriod period in PeriodsToTrueUp(day))
        {
            adjustments.AddRange(TrueUpOf(period, day, without));
        }

        Close(BillPeriod.OfDay(day), adjustments, without);
        if (day.PlusDays(1).Day == 1)
        {
            Close(BillPeriod.OfMonth(day), [], without);
        }

        SetNextClose(day.PlusDays(1));
        accountChanged = true;
        DropOldPeriods();
    }

    private RateCard? CardOf(BillPeriod period) => State.CardOf(period, cards.Versions);

    private void Close(BillPeriod period, IReadOnlyList<BillLine> adjustments, IReadOnlySet<string> without)
    {
        if (CardOf(period) is not { } card)
        {
            IssueOf(period, adjustments);
            return;
        }

        List<Package> packages = Packages();
        SettledPeriod settled = Settlement.Settle(period, card, SlicesOf(period, card), packages, without);
        Keep(settled.Packages);
        foreach (ClassShare share in settled.Shares)
        {
            Keep(settled, share);
        }

        if (Bill.Issue(State.Id, settled, adjustments, Instant.FromUnixTimeMilliseconds(Now)) is { } bill)
        {
            Issue(bill);
        }
    }

    /// <summary>A day that no card prices may have adjustments all the same: they stand on a bill of the card of the oldest of them.</summary>
    private void IssueOf(BillPeriod period, IReadOnlyList<BillLine> adjustments)
    {
        if (adjustments.Count > 0)
        {
            var nothing = new SettledPeriod { Period = period, Card = CardOf(adjustments[0].Adjusts!.Value)!, Lines = [], Shares = [], Packages = [] };
            Issue(Bill.Issue(State.Id, nothing, adjustments, Instant.FromUnixTimeMilliseconds(Now))!);
        }
    }

    private void Issue(Bill bill)
    {
        foreach (BillLine line in bill.Lines)
        {
            BillPeriod period = line.Adjusts ?? bill.Period;
            if (!billed.TryGetValue(period, out List<BillLine>? lines))
            {
                billed.Add(period, lines = []);
            }

            lines.Add(line);
        }

        pending.Bills.Add(new BillRow(
            State.Id, bill.Number, (int)bill.Period.Kind, LocalDatePattern.Iso.Format(bill.Period.Start), LocalDatePattern.Iso.Format(bill.Period.End),
            Now, bill.Total.ToMinorString(bill.Currency.MinorDigits), Encoding.UTF8.GetBytes(BillJson.ToJson(bill))));
        RaiseIssued(bill);
        CountBilled(bill);
        if (bill.Total != Money.Zero)
        {
            Post("bill", -bill.Total, bill.Number);
        }
    }

    /// <summary>A movement of the wallet (rule 6.4).</summary>
    private void Post(string kind, Money amount, string reference)
    {
        bool owed = Owes;
        Money balance = Money.Parse(State.Balance) + amount;
        State.Balance = balance.ToString();
        NoteCause(owed, CauseOf(kind, reference));
        accountChanged = true;
        pending.Ledger.Add(new LedgerRow(State.Id, ++State.LedgerEntries, Now, kind, amount.ToString(), balance.ToString(), reference));
    }

    private void Keep(SettledPeriod settled, in ClassShare share)
    {
        if (share.Class is not null && pageOfClass.TryGetValue(share.Class, out int page))
        {
            pending.Settled.Add(SettledRow.Of(State.Id, settled, share, page));
        }
    }

    // --- true-up (rule 6.3) ---

    private List<BillPeriod> PeriodsToTrueUp(LocalDate closing)
    {
        var periods = new SortedSet<BillPeriod>(Comparer<BillPeriod>.Create((a, b) =>
            a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.Kind.CompareTo(b.Kind)));
        foreach (int touched in touchedDays)
        {
            LocalDate day = Calendar.Date(touched);
            periods.Add(BillPeriod.OfDay(day));
            if (BillPeriod.OfMonth(day) is var month && month.End <= closing)
            {
                periods.Add(month);
            }
        }

        touchedDays.Clear();
        return [.. periods.Where(period => IsOpenToTrueUp(period, closing))];
    }

    /// <summary>Up to the first close after the period's end plus lateDays: the close before this one was not past that.</summary>
    private bool IsOpenToTrueUp(BillPeriod period, LocalDate closing)
    {
        long until = (calendar.StartOf(period.End) * 1000) + (State.LateDays * ClassWindow.Day);
        return Calendar.Number(period.Start) >= OldestDayKept() && CloseOf(Calendar.Number(closing) - 1) <= until;
    }

    private IReadOnlyList<BillLine> TrueUpOf(BillPeriod period, LocalDate on, IReadOnlySet<string> without)
    {
        if (CardOf(period) is not { } card)
        {
            return [];
        }

        SettledPeriod now = Settlement.Settle(period, card, SlicesOf(period, card), [], without);
        Adjustments adjustments = TrueUp.Of(now, billed.GetValueOrDefault(period) ?? [], Packages(), on, without);
        Keep(adjustments.Packages);
        return adjustments.Lines;
    }

    private void DropOldPeriods()
    {
        int oldest = OldestDayKept();
        (State.AdjustableFrom, adjustableFrom) = (DayKey(oldest), oldest);
        foreach (BillPeriod old in billed.Keys.Where(period => Calendar.Number(period.Start) < oldest).ToList())
        {
            billed.Remove(old);
        }

        foreach (int day in away.Keys.Where(day => day < oldest).ToList())
        {
            away.Remove(day);
        }

        foreach (int day in usedOn.Keys.Where(day => day < oldest).ToList())
        {
            usedOn.Remove(day);
        }
    }

    /// <summary>
    /// The first day of which class by class usage may still be asked for: by the month's close, or a true-up. It never goes back: what was
    /// let go of is not known any more.
    /// </summary>
    private int OldestDayKept()
    {
        LocalDate next = NextCloseDay;
        LocalDate late = Calendar.Date(nextClose).PlusDays(-State.LateDays - 3);
        int oldest = Calendar.Number(LocalDate.Min(BillPeriod.OfMonth(next).Start, BillPeriod.OfMonth(late).Start));
        adjustableFrom ??= State.AdjustableFrom is { } from ? Calendar.Number(LocalDatePattern.Iso.Parse(from).Value) : int.MinValue;
        return Math.Max(oldest, adjustableFrom.Value);
    }

    // --- usage of a period, class by class ---

    private readonly Dictionary<ClassKey, int> pageOfClass = new(ReferenceEqualityComparer.Instance);

    private UsageSlice[] SlicesOf(BillPeriod period, RateCard card)
    {
        bool byParticipant = IsByParticipant(card);
        var slices = new List<UsageSlice>();
        pageOfClass.Clear();
        var its = new PeriodUsage(calendar, period);
        var keys = new Dictionary<int, ClassKey>();
        foreach (Page page in pages.Values)
        {
            if (page.Kind == PageKind.Voids)
            {
                continue;
            }

            ClassKey? key = page.Kind == PageKind.Class ? keys[page.Number] = KeyOf(page) : null;
            if (byParticipant && page.Kind != PageKind.Samples)
            {
                AddParticipants(slices, key, page, its);
                continue;
            }

            for (int at = 0; at < page.Days.Count; at++)
            {
                ref readonly DayTallies.Entry used = ref page.Days[at];
                AddSlice(slices, new Part(key, State.Applications[page.Application].Id, null, used.Day, used.Dimensions), used.Tally, its);
            }
        }

        for (int day = its.First; day < its.End; day++)
        {
            foreach ((int number, AwayPage page) in away.GetValueOrDefault(day) ?? [])
            {
                ClassKey? key = page.Class is null ? null : keys.TryGetValue(number, out ClassKey? same) ? same : keys[number] = page.Class;
                foreach ((int dimensions, Tally tally) in page.Usage)
                {
                    AddSlice(slices, new Part(key, page.Application, null, day, dimensions), tally, its);
                }
            }
        }

        AddSteps(slices, card, Calendar.Number(period.Start), its.End);
        foreach ((int number, ClassKey key) in keys)
        {
            pageOfClass[key] = number;
        }

        return [.. slices];
    }

    private ClassKey KeyOf(Page page)
    {
        ClassWindow? window = page.Window;
        bool hasRow = window?.HasRow ?? false;
        return new ClassKey(
            State.Applications[page.Application].Id, page.Key, hasRow ? window!.Start : null,
            hasRow && window!.End != ClassWindow.Never ? window.End : null);
    }

    private static bool IsByParticipant(RateCard card) => card.Rates.Any(static rate => rate.RoundUp == RoundUp.Participant);

    /// <summary>A page's usage user by user, for rates rounded up by participant (rule 4.1).</summary>
    private void AddParticipants(List<UsageSlice> slices, ClassKey? key, Page page, PeriodUsage its)
    {
        string application = State.Applications[page.Application].Id;
        foreach ((string? user, int day, int number, Tally tally) in ParticipantUsage.Of(page, calendar, Now))
        {
            AddSlice(slices, new Part(key, application, user, day, number), tally, its);
        }
    }

    /// <summary>Whose usage of what, on which local day.</summary>
    private readonly record struct Part(ClassKey? Class, string Application, string? User, int Day, int Dimensions);

    private void AddSlice(List<UsageSlice> slices, in Part part, in Tally tally, PeriodUsage period)
    {
        if (!period.Concerns(part.Day, tally.OpenCount))
        {
            return;
        }

        Int128 quantity = period.QuantityAt(
            ClassMeter.FloorSecond(Now), part.Day, dimensions[part.Dimensions].Meter, tally.Quantity, tally.OpenCount, tally.OpenSum);
        if (quantity != 0)
        {
            slices.Add(new UsageSlice(part.Class, part.Application, part.User, AsOf(dimensions[part.Dimensions], part.Day), quantity));
        }
    }

    /// <summary>Names the classes that the next close, or a look at packages, needs user by user, which only pages tell.</summary>
    private void FindParticipants(HashSet<(int, int)> asked, ICollection<MissingPage> missing, bool isLook)
    {
        if (!State.RateCards.Exists(chosen => cards.Versions(chosen.Card).All.Any(IsByParticipant)))
        {
            return;
        }

        // What changed since it was last asked for decides which closed days are needed.
        Settle();
        NoteTouched();
        int from = isLook || NextCloseDay.PlusDays(1).Day == 1 ? Calendar.Number(BillPeriod.OfMonth(NextCloseDay).Start) : nextClose;
        int last = isLook ? Math.Max(nextClose, Calendar.Number(Today)) : nextClose;
        IEnumerable<int> closing = Enumerable.Range(from - 2, last - from + 3).Concat(touchedDays.SelectMany(DaysToTrueUp));
        foreach (int page in closing.Distinct().SelectMany(day => away.GetValueOrDefault(day)?.Keys ?? Enumerable.Empty<int>()))
        {
            if (asked.Add((-1, page)))
            {
                missing.Add(new MissingPage(page, "", PageKind.Class, ""));
            }
        }
    }

    /// <summary>The days of which usage counts in what a changed day trues up: itself, and its month where that is closed.</summary>
    private IEnumerable<int> DaysToTrueUp(int day)
    {
        BillPeriod month = BillPeriod.OfMonth(Calendar.Date(day));
        int first = month.End <= NextCloseDay ? Calendar.Number(month.Start) : day;
        int end = month.End <= NextCloseDay ? Calendar.Number(month.End) : day + 1;
        return Enumerable.Range(first - 2, end - first + 2);
    }

    /// <summary>Delivery before the account's cut-over day is the institution's (rule 3.4).</summary>
    private Dimensions AsOf(Dimensions its, int day) =>
        State.CategorizedSince is { } since && ReferenceEquals(its.Meter, Meter.Delivery) && day < Calendar.Number(LocalDatePattern.Iso.Parse(since).Value)
            ? Delivery.BeforeCategories(its)
            : its;

    private void GoAway(Page page)
    {
        if (page.Kind == PageKind.Voids)
        {
            return;
        }

        int oldest = OldestDayKept();
        string application = State.Applications[page.Application].Id;
        ClassKey? key = page.Kind == PageKind.Class ? KeyOf(page) : null;
        for (int at = 0; at < page.Days.Count; at++)
        {
            ref readonly DayTallies.Entry used = ref page.Days[at];
            if (used.Day >= oldest && !used.Tally.IsEmpty)
            {
                SetAway(used.Day, page.Number, key, application, used.Dimensions, used.Tally);
            }
        }
    }

    private void SetAway(int day, int page, ClassKey? key, string application, int number, in Tally tally)
    {
        if (!away.TryGetValue(day, out Dictionary<int, AwayPage>? its))
        {
            away.Add(day, its = []);
        }

        if (!its.TryGetValue(page, out AwayPage? one))
        {
            its.Add(page, one = new AwayPage(key, application, []));
        }

        one.Usage.Add((number, tally));
    }

    private void ComeBack(Page page)
    {
        for (int at = 0; at < page.Days.Count; at++)
        {
            away.GetValueOrDefault(page.Days[at].Day)?.Remove(page.Number);
        }
    }
}
