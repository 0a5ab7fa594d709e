using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using NodaTime.Text;

namespace Minutebook.Core;

/// <summary>The usage of a period, class by class, of pages in memory and away.</summary>
public sealed partial class Book
{
    /// <summary>What pages that are not in memory used on days that are not closed for good.</summary>
    private readonly Dictionary<int, Dictionary<int, AwayPage>> away = [];
    private readonly Dictionary<ClassKey, int> pageOfClass = new(ReferenceEqualityComparer.Instance);

    /// <summary>How many pages used what, and of how many participants, in memory and away.</summary>
    private readonly PagesOfDays pagesOfDays = new();

    /// <param name="Class">The class, if it is of one.</param>
    /// <param name="Application">The application.</param>
    /// <param name="Participants">Not more than these; null when it has not been in memory since the book was opened.</param>
    /// <param name="Usage">What it used.</param>
    private sealed record AwayPage(ClassKey? Class, string Application, int? Participants, List<(int Dimensions, Tally Tally)> Usage);

    private UsageSlice[] SlicesOf(BillPeriod period, RateCard card) => SlicesOf(period, card, ClassMeter.FloorSecond(Now));

    /// <param name="period">The period.</param>
    /// <param name="card">Prices it.</param>
    /// <param name="second">Until when what goes on counts, now or later.</param>
    private UsageSlice[] SlicesOf(BillPeriod period, RateCard card, long second)
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
                AddParticipants(slices, key, page, its, second);
                continue;
            }

            for (int at = 0; at < page.Days.Count; at++)
            {
                ref readonly DayTallies.Entry used = ref page.Days[at];
                AddSlice(slices, new Part(key, State.Applications[page.Application].Id, null, used.Day, used.Dimensions), used.Tally, its, second);
            }
        }

        for (int day = its.First; day < its.End; day++)
        {
            foreach ((int number, AwayPage page) in away.GetValueOrDefault(day) ?? [])
            {
                ClassKey? key = page.Class is null ? null : keys.TryGetValue(number, out ClassKey? same) ? same : keys[number] = page.Class;
                foreach ((int dimensions, Tally tally) in page.Usage)
                {
                    AddSlice(slices, new Part(key, page.Application, null, day, dimensions), tally, its, second);
                }
            }
        }

        AddSteps(slices, card, Calendar.Number(period.Start), its.End, second);
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
    private void AddParticipants(List<UsageSlice> slices, ClassKey? key, Page page, PeriodUsage its, long second)
    {
        string application = State.Applications[page.Application].Id;
        foreach ((string? user, int day, int number, Tally tally) in ParticipantUsage.Of(page, calendar, Now))
        {
            AddSlice(slices, new Part(key, application, user, day, number), tally, its, second);
        }
    }

    /// <summary>Whose usage of what, on which local day.</summary>
    private readonly record struct Part(ClassKey? Class, string Application, string? User, int Day, int Dimensions);

    private void AddSlice(List<UsageSlice> slices, in Part part, in Tally tally, PeriodUsage period, long second)
    {
        if (!period.Concerns(part.Day, tally.OpenCount))
        {
            return;
        }

        Int128 quantity = period.QuantityAt(
            second, part.Day, dimensions[part.Dimensions].Meter, tally.Quantity, tally.OpenCount, tally.OpenSum);
        if (quantity != 0)
        {
            slices.Add(new UsageSlice(part.Class, part.Application, part.User, AsOf(dimensions[part.Dimensions], part.Day), quantity));
        }
    }

    /// <summary>Usage may be priced user by user, which only pages tell.</summary>
    private bool IsByParticipant() => State.RateCards.Exists(chosen => cards.Versions(chosen.Card).All.Any(IsByParticipant));

    /// <summary>
    /// How far time may go before it is asked again which pages are needed: to the next close, and to whatever is due before where packages
    /// are looked at and usage may be priced user by user, or the peak is priced.
    /// </summary>
    public long NextNeed => IsWatching && (IsByParticipant() || IsPeakPriced()) ? Math.Min(NextDue, NextCloseAt) : NextCloseAt;

    /// <summary>
    /// Names the pages that a close at that instant needs user by user, or a look at packages that their totals do not tell enough for. What
    /// is due until then happens, but for both. Ask when pages that <see cref="FindMissing(long, ICollection{MissingPage}, ICollection{DoubtfulIdentity})"/>
    /// named are loaded, and for no instant after <see cref="NextNeed"/>.
    /// </summary>
    public void FindParticipants(long until, ICollection<MissingPage> missing)
    {
        if (NextDue > until || pages.Count == State.Pages || !IsByParticipant())
        {
            return;
        }

        AdvanceTo(until - 1);
        TakeDue(until);
        Now = Math.Max(Now, until);
        bool closes = NextCloseAt <= until;
        if (closes || (lookAt <= until && RemainderNow().MarksAt(ClassMeter.FloorSecond(Now)) is null))
        {
            // After a close it is looked at once.
            FindParticipants(missing, isLook: !closes || lookAt <= until || IsWatching);
        }
    }

    private void FindParticipants(ICollection<MissingPage> missing, bool isLook)
    {
        // What changed since it was last asked for decides which closed days are needed.
        Settle();
        NoteTouched();
        int from = isLook || NextCloseDay.PlusDays(1).Day == 1 ? Calendar.Number(BillPeriod.OfMonth(NextCloseDay).Start) : nextClose;
        int last = isLook ? Math.Max(nextClose, Calendar.Number(Today)) : nextClose;
        IEnumerable<int> closing = Enumerable.Range(from - PeriodUsage.DaysBefore, last - from + PeriodUsage.DaysBefore + 1).Concat(touchedDays.SelectMany(DaysToTrueUp));
        foreach (int page in closing.Distinct().SelectMany(day => away.GetValueOrDefault(day)?.Keys ?? Enumerable.Empty<int>()).Distinct())
        {
            missing.Add(new MissingPage(page, "", PageKind.Class, ""));
        }
    }

    /// <summary>The days of which usage counts in what a changed day trues up: itself, and its month where that is closed.</summary>
    private IEnumerable<int> DaysToTrueUp(int day)
    {
        BillPeriod month = BillPeriod.OfMonth(Calendar.Date(day));
        int first = month.End <= NextCloseDay ? Calendar.Number(month.Start) : day;
        int end = month.End <= NextCloseDay ? Calendar.Number(month.End) : day + 1;
        return Enumerable.Range(first - PeriodUsage.DaysBefore, end - first + PeriodUsage.DaysBefore);
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

        pagesOfDays.Remove(page);
        int oldest = OldestDayKept();
        string application = State.Applications[page.Application].Id;
        ClassKey? key = page.Kind == PageKind.Class ? KeyOf(page) : null;
        for (int at = 0; at < page.Days.Count; at++)
        {
            ref readonly DayTallies.Entry used = ref page.Days[at];
            if (used.Day >= oldest && !used.Tally.IsEmpty)
            {
                SetAway(used.Day, page.Number, key, application, page.MostParticipants, used.Dimensions, used.Tally);
            }
        }
    }

    private void SetAway(int day, int page, ClassKey? key, string application, int? participants, int number, in Tally tally)
    {
        if (!away.TryGetValue(day, out Dictionary<int, AwayPage>? its))
        {
            away.Add(day, its = []);
        }

        if (!its.TryGetValue(page, out AwayPage? one))
        {
            its.Add(page, one = new AwayPage(key, application, participants, []));
        }

        one.Usage.Add((number, tally));
        pagesOfDays.Add(day, applicationNumbers[one.Application], number, one.Participants);
    }

    private void ComeBack(Page page)
    {
        for (int at = 0; at < page.Days.Count; at++)
        {
            int day = page.Days[at].Day;
            if (away.TryGetValue(day, out Dictionary<int, AwayPage>? its) && its.Remove(page.Number, out AwayPage? one))
            {
                one.Usage.ForEach(used => pagesOfDays.Remove(day, page.Application, used.Dimensions, one.Participants));
            }
        }
    }
}
