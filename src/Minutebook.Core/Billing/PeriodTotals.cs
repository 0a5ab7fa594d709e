using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;

namespace Minutebook.Core.Billing;

/// <summary>The usage so far of one line of an open period, as a running total, and how it grows while nothing happens.</summary>
/// <param name="application">The application; null for a rate of scope <c>account</c>.</param>
/// <param name="rate">The rate.</param>
internal sealed class LineTotal(string? application, Rate rate)
{
    private readonly List<(int Day, long Count, Int128 Sum)> open = [];
    private Int128 over;
    private long? parts = 0;

    public string? Application => application;

    public Rate Rate => rate;

    public bool Grows => open.Count > 0;

    /// <summary>How many presences are open.</summary>
    public long OpenCount => open.Sum(static one => one.Count);

    /// <summary>Whether it is known how far rounding may bring its units.</summary>
    public bool IsBounded => parts is not null;

    /// <param name="day">The day's number.</param>
    /// <param name="inPeriod">What is over counts.</param>
    /// <param name="quantity">What is over.</param>
    /// <param name="openCount">How many presences are open.</param>
    /// <param name="openSum">The sum of the seconds at which they opened.</param>
    /// <param name="roundedApart">In how many parts it is rounded up at most; null when nobody knows.</param>
    public void Add(int day, bool inPeriod, Int128 quantity, long openCount, Int128 openSum, long? roundedApart)
    {
        over += inPeriod ? quantity : 0;
        parts += roundedApart;
        if (openCount != 0)
        {
            open.Add((day, openCount, openSum));
        }
    }

    /// <summary>
    /// Billed units as of a second (rule 4.1), if nothing but time passes until then. Rounded up by class or participant, they are no fewer than
    /// those of the total, and each class or participant adds less than one.
    /// </summary>
    /// <param name="usage">Which days' usage counts.</param>
    /// <param name="second">The second.</param>
    /// <param name="most">The most that they can be; else the least. They are the same where the total is rounded up.</param>
    public Int128 UnitsAt(PeriodUsage usage, long second, bool most)
    {
        Int128 quantity = over;
        foreach ((int day, long count, Int128 sum) in open)
        {
            quantity += usage.QuantityAt(second, day, rate.Meter, 0, count, sum);
        }

        return most && rate.RoundUp != RoundUp.Period
            ? (quantity + (parts!.Value * (Int128)(rate.Unit.Size - 1))) / rate.Unit.Size
            : Rounding.CeilDiv(quantity, rate.Unit.Size);
    }
}

/// <summary>
/// The running totals of an open period, a line for each rate and scope that packages cover: of classes they know nothing, which makes
/// them cheap to keep. <see cref="Remainder"/> tells from them what is left in packages.
/// </summary>
public sealed class PeriodTotals
{
    private readonly RateCard card;
    private readonly bool[] covered;
    private readonly Dictionary<Dimensions, int> rateOf = [];
    private readonly Dictionary<(string Application, int Rate), LineTotal> lines = [];

    /// <param name="calendar">The account's days.</param>
    /// <param name="period">The open day or month.</param>
    /// <param name="card">The card that prices it.</param>
    /// <param name="packages">The account's packages.</param>
    public PeriodTotals(Calendar calendar, BillPeriod period, RateCard card, IEnumerable<Package> packages)
    {
        (Period, this.card) = (period, card);
        Usage = new PeriodUsage(calendar, period);
        HashSet<string> ids = [.. packages.Where(package => package.IsValidOn(period.LastDay)).SelectMany(package => package.Product.Covers).Select(cover => cover.Rate)];
        covered = [.. card.Rates.Select(rate => rate.Period == period.Kind && ids.Contains(rate.Id))];
        OfNoSum = [.. Covered.Where(rate => rate.Meter == Meter.Peak || rate.Meter == Meter.Storage)];
        IsEnough = OfNoSum.Count == 0 && Covered.All(rate => rate.RoundUp == RoundUp.Period);
    }

    /// <summary>The day or month.</summary>
    public BillPeriod Period { get; }

    /// <summary>Which days' usage counts in it.</summary>
    public PeriodUsage Usage { get; }

    /// <summary>Whether packages cover anything in this period.</summary>
    public bool Matters => covered.Contains(true);

    /// <summary>The meters of which packages cover usage.</summary>
    public IEnumerable<Meter> Meters => Covered.Select(rate => rate.Meter).Distinct();

    private IEnumerable<Rate> Covered => card.Rates.Where((_, place) => covered[place]);

    /// <summary>
    /// Whether totals are enough to tell what packages cover: not where a rate that they cover is rounded up by class or participant, or
    /// its meter is no sum of what happened.
    /// </summary>
    public bool IsEnough { get; }

    /// <summary>
    /// Whether totals and numbers of classes and participants are enough to tell between what bounds it lies: where they are enough, and also
    /// where a rate is rounded up by class or participant and their number is known.
    /// </summary>
    public bool IsBounded => OfNoSum.Count == 0 && lines.Values.All(static line => line.IsBounded);

    /// <summary>Rates that packages cover and whose meter is no sum of what happened.</summary>
    internal IReadOnlyList<Rate> OfNoSum { get; }

    internal IEnumerable<LineTotal> Lines => lines.Values;

    /// <summary>Adds what an application used on a local day, or what opened on it; what comes in several parts adds up.</summary>
    /// <param name="application">The application.</param>
    /// <param name="dimensions">Meter and dimensions, as they count on that day.</param>
    /// <param name="day">The day's number.</param>
    /// <param name="over">What is over, in base units.</param>
    /// <param name="openCount">How many presences are open.</param>
    /// <param name="openSum">The sum of the seconds at which they opened.</param>
    /// <param name="classes">By how many classes it was used at most; needed where a rate is rounded up by class.</param>
    /// <param name="participants">By how many participants of classes at most, null when nobody knows; needed where a rate is rounded up by participant.</param>
    public void Add(
        string application, Dimensions dimensions, int day, Int128 over, long openCount, Int128 openSum, long classes = 0, long? participants = null)
    {
        int rate = RateOf(dimensions);
        if (rate < 0 || !Usage.Concerns(day, openCount))
        {
            return;
        }

        string? scope = card.Rates[rate].Scope == Scope.Account ? null : application;
        if (!lines.TryGetValue((scope ?? "", rate), out LineTotal? line))
        {
            lines.Add((scope ?? "", rate), line = new LineTotal(scope, card.Rates[rate]));
        }

        long? parts = line.Rate.RoundUp switch
        {
            RoundUp.Class => classes,
            RoundUp.Participant => participants,
            _ => 0,
        };
        line.Add(day, Usage.Concerns(day, 0), over, openCount, openSum, parts);
    }

    /// <summary>The rate that prices usage with these dimensions; −1 where none does, or no package covers it.</summary>
    private int RateOf(Dimensions dimensions)
    {
        if (!rateOf.TryGetValue(dimensions, out int rate))
        {
            rate = card.RateFor(dimensions);
            rateOf.Add(dimensions, rate = rate >= 0 && covered[rate] ? rate : -1);
        }

        return rate;
    }
}
