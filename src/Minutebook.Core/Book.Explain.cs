using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core;

/// <summary>A line of a bill, worked out again from the events that counted when it was issued.</summary>
/// <param name="Card">The card by which the period is priced.</param>
/// <param name="Shares">What each class accounts for, in the order of settlement (rule 5.3); usage without a class by application.</param>
/// <param name="Names">The classes' names, where they have any.</param>
/// <param name="Days">Usage without a class, by local day.</param>
/// <param name="Quantity">The usage, in base units.</param>
/// <param name="Units">The billed units.</param>
/// <param name="Events">The identities of the events that the usage comes from.</param>
public sealed record ExplainedLine(
    RateCardVersion Card, IReadOnlyList<ClassShare> Shares, IReadOnlyDictionary<ClassKey, string> Names, IReadOnlyList<(string Application, LocalDate Day, Int128 Quantity)> Days,
    Int128 Quantity, Int128 Units, IReadOnlySet<UInt128> Events);

public sealed partial class Book
{
    private readonly Dictionary<int, List<UInt128>> identitiesOfPage = [];

    /// <summary>A book to look at pages as they were at an instant, in ms; it is not for entries.</summary>
    /// <param name="state">The account's light state, for this book alone.</param>
    /// <param name="cards">The rate cards.</param>
    /// <param name="now">The instant.</param>
    public static Book AsOf(AccountState state, RateCards cards, long now) => new(state, cards) { Now = now };

    /// <summary>The identities of the events of a page, in the order in which they came.</summary>
    public static IReadOnlyList<UInt128> IdentitiesOf(IReadOnlyList<byte[]> chunks, out long earliest)
    {
        var found = new List<UInt128>();
        Page page = Page.Of(chunks, identities: found);
        earliest = long.MaxValue;
        for (int i = 0; i < page.Count; i++)
        {
            earliest = Math.Min(earliest, page.RecordAt(i).Time);
        }

        return found;
    }

    /// <summary>Loads a page with those of its events that counted at the book's instant.</summary>
    /// <param name="row">The page.</param>
    /// <param name="chunks">Its chunks, in order.</param>
    /// <param name="counts">Whether an event had come by then and was not voided.</param>
    public void LoadAsOf(PageRow row, IEnumerable<byte[]> chunks, Func<UInt128, bool> counts)
    {
        var page = new Page(row.Page, applicationNumbers[row.Application], (PageKind)row.Kind, row.Key, memory, DimensionsAt);
        List<UInt128> its = identitiesOfPage[row.Page] = [];
        page.Read(chunks, NumberOf, its);
        pages.Add(page.Number, page);
        for (int i = 0; i < page.Count; i++)
        {
            ref Record record = ref page.RecordAt(i);
            record.Voided = record.Time > Now || !counts(its[i]);
            if (record.Voided)
            {
                continue;
            }

            if (page.Kind == PageKind.Samples)
            {
                storage.Touch(page, record);
            }
            else if (Page.HasAmounts(record.Kind))
            {
                meter.Count(page, record, 1, book: false);
            }
        }

        meter.Settle(page, HistoryOf(page), Now, book: true);
    }

    /// <summary>Works a line out again from the loaded pages.</summary>
    /// <param name="line">The line as billed.</param>
    /// <param name="period">The period that its usage is of.</param>
    public ExplainedLine Explain(BillLine line, BillPeriod period)
    {
        RateCard card = CardOf(period) ?? throw new ArgumentException($"Nothing prices {period}.", nameof(period));
        bool IsPriced(Dimensions its) => card.RateFor(its) is >= 0 and var rate && card.Rates[rate].Id == line.Rate.Id;
        foreach (Page page in pages.Values.Where(page => page.Kind == PageKind.Samples))
        {
            SettleSamples(page);
        }

        TakePresent();
        UsageSlice[] slices = [.. SlicesOf(period, card).Where(slice =>
            IsPriced(slice.Dimensions) && (line.Application is null || slice.Application == line.Application))];
        var alone = new RateCard(card.Version, card.Currency, [line.Rate], []);
        SettledPeriod settled = Settlement.Settle(period, alone, slices, CapacitiesOf(line, period), WithoutOf(line));
        var its = new PeriodUsage(calendar, period);
        var names = new Dictionary<ClassKey, string>();
        var days = new List<(string, LocalDate, Int128)>();
        var events = new HashSet<UInt128>();
        IEnumerable<UsageSlice> present = line.Rate.Meter == Meter.Peak ? SlicesOf(period, card).Where(slice => slice.Dimensions.Meter == Meter.Av) : slices;
        var used = new HashSet<(string, string)>(present.Where(slice => slice.Class is not null).Select(slice => (slice.Application, slice.Class!.Id)));
        foreach (Page page in pages.Values)
        {
            string application = State.Applications[page.Application].Id;
            if (line.Application is not null && application != line.Application)
            {
                continue;
            }

            AddDays(days, page, application, its, IsPriced);
            AddEvents(events, page, its, IsPriced, page.Kind == PageKind.Class && used.Contains((application, page.Key)), line.Rate.Meter);
            if (page.Kind == PageKind.Class && page.Window is { HasRow: true, Name: >= 0 } window)
            {
                names[KeyOf(page)] = System.Text.Encoding.UTF8.GetString(page.TextAt(window.Name));
            }
        }

        BillLine? again = settled.Lines.Count > 0 ? settled.Lines[0] : null;
        days.Sort(static (left, right) =>
            string.CompareOrdinal(left.Item1, right.Item1) is not 0 and var order ? order : left.Item2.CompareTo(right.Item2));
        return new ExplainedLine(card.Version, settled.Shares, names, days, again?.Quantity ?? 0, again?.Units ?? 0, events);
    }

    /// <summary>What packages covered of the line: within one line they are used up one after the other, so these sums are all that matters.</summary>
    private static List<Package> CapacitiesOf(BillLine line, BillPeriod period) =>
    [
        .. line.Packages.Where(share => share.Units > 0).Select((share, place) => new Package
        {
            Id = share.Package,
            Product = new PackageProduct
            {
                Sku = share.Package,
                Name = share.Package,
                Quantity = PackageUnits.Whole(share.Units),
                Unit = line.Rate.Unit.Name,
                Covers = [new Cover(line.Rate.Id, PackageUnits.Whole(1))],
                Scope = line.Application is null ? Scope.Account : Scope.Application,
                Validity = default,
                Price = Price.Zero,
            },
            Application = line.Application,
            PurchasedAt = Instant.FromUnixTimeSeconds(place),
            FirstDay = period.Start,
            EndDay = period.End,
            ValidFrom = Instant.MinValue,
            ValidTo = Instant.MaxValue,
            Remaining = PackageUnits.Whole(share.Units),
        }),
    ];

    /// <summary>Which applications had pay-as-you-go off; where a line has both kinds of units, by their settings at the book's instant.</summary>
    private HashSet<string> WithoutOf(BillLine line) =>
        line.UncoveredUnits <= 0 ? []
        : State.Applications.Where(its => line.PayAsYouGoUnits == 0 || !ApplicationSettings.At(its.History, Now).PayAsYouGo)
            .Select(its => its.Id).ToHashSet(StringComparer.Ordinal);

    private void AddDays(List<(string, LocalDate, Int128)> to, Page page, string application, PeriodUsage period, Func<Dimensions, bool> isPriced)
    {
        for (int at = 0; page.Kind == PageKind.Day && at < page.Days.Count; at++)
        {
            ref readonly DayTallies.Entry used = ref page.Days[at];
            Dimensions its = dimensions[used.Dimensions];
            if (period.Concerns(used.Day, used.Tally.OpenCount) && isPriced(AsOf(its, used.Day)))
            {
                to.Add((application, Calendar.Date(used.Day), period.QuantityAt(
                    ClassMeter.FloorSecond(Now), used.Day, its.Meter, used.Tally.Quantity, used.Tally.OpenCount, used.Tally.OpenSum)));
            }
        }
    }

    /// <summary>
    /// Of presence all events of a class that has any; of the rest those with a quantity that the rate prices, in the period; of storage,
    /// whose samples hold until the next, those before it too.
    /// </summary>
    private void AddEvents(HashSet<UInt128> to, Page page, PeriodUsage period, Func<Dimensions, bool> isPriced, bool used, Meter meterOfLine)
    {
        bool isPresence = meterOfLine == Meter.Av || meterOfLine == Meter.Whiteboard || meterOfLine == Meter.Peak;
        for (int i = 0; i < page.Count; i++)
        {
            ref Record record = ref page.RecordAt(i);
            if (record.Voided)
            {
                continue;
            }

            int day = calendar.DayOfMillisecond(record.Time);
            bool counts = page.Kind == PageKind.Samples ? meterOfLine == Meter.Storage && day < period.End
                : Page.HasAmounts(record.Kind) ? !isPresence && period.Concerns(day, 0) && HasAmount(page, record, day, isPriced)
                : isPresence && used && record.Kind != EventKind.EventVoided;
            if (counts)
            {
                to.Add(identitiesOfPage[page.Number][i]);
            }
        }
    }

    private bool HasAmount(Page page, in Record record, int day, Func<Dimensions, bool> isPriced)
    {
        foreach (Amount amount in page.AmountsOf(record))
        {
            if (amount.Quantity != 0 && isPriced(AsOf(dimensions[amount.Dimensions], day)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether an event of an application was applied when it came (rule 1.5): not late, and unlocked by its edition.</summary>
    /// <param name="state">The account.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="index">Its place there.</param>
    /// <param name="at">When it came, in ms.</param>
    /// <param name="position">With which group of the journal.</param>
    public static bool WasApplied(AccountState state, EventBatch batch, int index, long at, long position)
    {
        ref EventRow row = ref batch[index];
        return row.Time >= at - (state.LateDaysAt(position) * ClassWindow.Day)
            && (row.Kind != EventKind.ScreenshotCaptured
                || state.Applications.Find(its => its.Id == Text(batch, index)) is { } application
                    && (IsUnlocked(ApplicationSettings.At(application.History, Math.Min(row.Time, at)).Edition)
                        || IsUnlocked(ApplicationSettings.At(application.History, at).Edition)));
    }

    private static string? Text(EventBatch batch, int index) => batch.String(batch[index].Application);
}
