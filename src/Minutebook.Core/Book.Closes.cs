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
    private readonly Dictionary<BillPeriod, List<BillLine>> billed = [];
    private int nextClose = int.MinValue;
    private int? adjustableFrom;

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

        State.LastCloseAt = NextCloseAt;
        SetNextClose(day.PlusDays(1));
        State.MoreLateDays = null;
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
        NoteLines(bill);
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

    /// <summary>Remembers what was billed for each period, its own and those that were adjusted: what a true-up compares with (rule 6.3).</summary>
    private void NoteLines(Bill bill)
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
        long until = (calendar.StartOf(period.End) * 1000) + (State.LateDaysToTrueUp * ClassWindow.Day);
        // That close was by the delay of its own time, which may have been shorter.
        long before = CloseOf(Calendar.Number(closing) - 1);
        return Calendar.Number(period.Start) >= OldestDayKept() && Math.Min(before, State.LastCloseAt ?? before) <= until;
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

        pagesOfDays.Forget(oldest - PeriodUsage.DaysBefore);
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
        LocalDate late = Calendar.Date(nextClose).PlusDays(-State.LateDaysToTrueUp - 3);
        int oldest = Calendar.Number(LocalDate.Min(BillPeriod.OfMonth(next).Start, BillPeriod.OfMonth(late).Start));
        adjustableFrom ??= State.AdjustableFrom is { } from ? Calendar.Number(LocalDatePattern.Iso.Parse(from).Value) : int.MinValue;
        return Math.Max(oldest, adjustableFrom.Value);
    }
}
