using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// What an account's usage of some days would have cost by another card, beside what it did cost. The same settlement as at the closes,
/// on what is known of the usage today, with the packages that the account had, as full as they were when the days began.
/// </summary>
internal sealed record WhatIf(AccountState Account, LocalDate From, LocalDate To, CardVersions Card, Instant Now)
{
    private const int Step = 1_000;

    /// <summary>The account's answer, line by line.</summary>
    public WhatIfView View(Store.Reader read)
    {
        var charged = new Dictionary<(string Application, string Rate, string Meter), Sums>();
        var would = new Dictionary<(string Application, string Rate, string Meter), Sums>();
        var periods = new SortedDictionary<(LocalDate Start, PeriodKind Kind), (Money Charged, Money Would)>();
        Held held = Charged(read, line => Add(charged, line), (period, amount) =>
            periods[(period.Start, period.Kind)] = (periods.GetValueOrDefault((period.Start, period.Kind)).Charged + amount, default));
        foreach (SettledPeriod settled in Would(read, held))
        {
            foreach (BillLine line in settled.Lines)
            {
                Add(would, line);
                (Money before, Money now) = periods.GetValueOrDefault((settled.Period.Start, settled.Period.Kind));
                periods[(settled.Period.Start, settled.Period.Kind)] = (before, now + line.Amount);
            }
        }

        Money chargedSum = Sum(charged), wouldSum = Sum(would);
        return new WhatIfView(
            Account.Id, From, To, Account.Currency, Card.All[0].Version.Card, chargedSum.ToString(), wouldSum.ToString(), (wouldSum - chargedSum).ToString(),
            [.. charged.Keys.Union(would.Keys).OrderBy(key => key, Comparer<(string, string, string)>.Create(InOrder))
                .Select(key => WhatIfLine.Of(key, charged.GetValueOrDefault(key), would.GetValueOrDefault(key)))],
            [.. periods.Where(period => period.Value != default).Select(period => new WhatIfPeriod(
                BillPeriod.From(period.Key.Kind, period.Key.Start).BillKind, period.Key.Start, period.Value.Charged.ToString(),
                period.Value.Would.ToString(), (period.Value.Would - period.Value.Charged).ToString()))],
            [.. Notes().Select(note => note.Text)]);
    }

    /// <summary>Whether it goes by the days' totals; else by every class, which takes seconds for a month of a large account.</summary>
    public bool IsQuick(Store.Reader read) => new SettledUsage(Account, Now).AreTotalsEnough(
        read, From, To, VersionFor, Charged(read, _ => { }, (_, _) => { }).Packages);

    /// <summary>The two sums alone.</summary>
    public (Money Charged, Money Would) Compare(Store.Reader read)
    {
        Money charged = Money.Zero, would = Money.Zero;
        Held held = Charged(read, line => charged += line.Amount, (_, _) => { });
        foreach (BillLine line in Would(read, held).SelectMany(settled => settled.Lines))
        {
            would += line.Amount;
        }

        return (charged, would);
    }

    /// <summary>The packages as full as they were when the days began, and what the month that had begun by then took from them at its close.</summary>
    private sealed record Held(IReadOnlyList<Package> Packages, IReadOnlyDictionary<string, PackageUnits> TakenByMonth);

    private IEnumerable<SettledPeriod> Would(Store.Reader read, Held held)
    {
        // A month that began before the days is not settled by the other card, but its close stands between them (rule 5.2).
        LocalDate close = BillPeriod.OfMonth(From).End;
        LocalDate until = held.TakenByMonth.Count == 0 || To < close ? To : close;
        IReadOnlyList<Package> packages = held.Packages;
        foreach (SettledPeriod settled in new SettledUsage(Account, Now).Settle(read, From, until, VersionFor, packages))
        {
            packages = settled.Packages;
            yield return settled;
        }

        if (until == To)
        {
            yield break;
        }

        packages = [.. packages.Select(package => package with { Remaining = LessOf(package, held.TakenByMonth.GetValueOrDefault(package.Id)) })];
        foreach (SettledPeriod settled in new SettledUsage(Account, Now).Settle(read, until, To, VersionFor, packages))
        {
            yield return settled;
        }
    }

    // By the other card, the days may have left less than the month took.
    private static PackageUnits LessOf(Package package, PackageUnits taken) =>
        package.Remaining > taken ? package.Remaining - taken : PackageUnits.Zero;

    /// <summary>The version in force then; before the card's first, the first: that is what trying a new card on the past is for.</summary>
    private RateCard VersionFor(BillPeriod period) => Card.InForce(period.Start) ?? Card.All[0];

    /// <summary>Goes through what was billed for the periods, adjustments on later bills included.</summary>
    private Held Charged(Store.Reader read, Action<BillLine> take, Action<BillPeriod, Money> sum)
    {
        var deducted = new Dictionary<string, PackageUnits>();
        var taken = new Dictionary<string, PackageUnits>();
        foreach (Bill bill in Bills(read))
        {
            foreach (BillLine line in bill.Lines)
            {
                BillPeriod period = line.Adjusts ?? bill.Period;
                if (IsCovered(period))
                {
                    take(line);
                    sum(period, line.Amount);
                }
                else if (period.Start < From)
                {
                    Dictionary<string, PackageUnits> its = period.End <= From ? deducted : taken;
                    foreach (PackageShare share in line.Packages)
                    {
                        its[share.Package] = its.GetValueOrDefault(share.Package) + share.Deducted;
                    }
                }
            }
        }

        DateTimeZone zone = DateTimeZoneProviders.Tzdb[Account.TimeZone];
        return new Held(
            [.. Account.Packages.Select(state => state.Of(read.Card, zone))
                .Select(package => package with { Remaining = package.Quantity - deducted.GetValueOrDefault(package.Id) })],
            taken);
    }

    private bool IsCovered(BillPeriod period) => period.Start >= From && period.End <= To;

    private IEnumerable<Bill> Bills(Store.Reader read)
    {
        List<BillRow> some;
        (string, int)? after = null;
        do
        {
            some = read.Bills(Account.Id, null, null, null, after, Step);
            foreach (BillRow row in some)
            {
                yield return BillRoutes.Read(row);
            }

            after = some.Count > 0 ? (some[^1].PeriodStart, some[^1].Kind) : after;
        }
        while (some.Count == Step);
    }

    /// <summary>What was assumed, as a kind, a sentence, and the day that it speaks of.</summary>
    public IEnumerable<(string Kind, string Text, LocalDate? Day)> Notes()
    {
        if (From.Day != 1 || To.Day != 1)
        {
            yield return ("months", "Monthly rates count for the months that lie wholly between from and to.", null);
        }

        if (Card.All[0].Version.EffectiveFrom > From)
        {
            LocalDate begins = Card.All[0].Version.EffectiveFrom;
            yield return ("early", $"Days before {JsonText.Of(begins)}, when the card begins, are priced by its first version.", begins);
        }
    }

    private static void Add(Dictionary<(string, string, string), Sums> sums, BillLine line)
    {
        (string, string, string) key = (line.Application ?? "", line.Rate.Id, line.Rate.Meter.Name);
        sums[key] = (sums.GetValueOrDefault(key) ?? new Sums()).With(line);
    }

    private static Money Sum(Dictionary<(string, string, string), Sums> sums) => sums.Values.Aggregate(Money.Zero, (sum, its) => sum + its.Amount);

    private static int InOrder((string Application, string Rate, string Meter) left, (string Application, string Rate, string Meter) right)
    {
        int order = string.CompareOrdinal(left.Application, right.Application);
        order = order != 0 ? order : string.CompareOrdinal(left.Meter, right.Meter);
        return order != 0 ? order : string.CompareOrdinal(left.Rate, right.Rate);
    }
}

/// <summary>Lines of one application and rate, added up.</summary>
internal sealed record Sums(
    Int128 Quantity, Int128 Units, Int128 Free, Int128 Package, Int128 Paid, Int128 Uncovered, Money Amount)
{
    public Sums() : this(0, 0, 0, 0, 0, 0, Money.Zero)
    {
    }

    public Sums With(BillLine line) => new(
        Quantity + line.Quantity, Units + line.Units, Free + line.FreeUnits, Package + line.PackageUnits, Paid + line.PayAsYouGoUnits,
        Uncovered + line.UncoveredUnits, Amount + line.Amount);
}

/// <summary>What-if as the API shows it.</summary>
internal sealed record WhatIfView(
    string Account, LocalDate From, LocalDate To, string Currency, string RateCard, string Charged, string WouldCost, string Difference,
    IReadOnlyList<WhatIfLine> Lines, IReadOnlyList<WhatIfPeriod> Periods, IReadOnlyList<string> Notes);

/// <summary>One application and rate in both; null where only the other has it.</summary>
internal sealed record WhatIfLine(
    string? Application, string Rate, string Meter, WhatIfSums? Charged, WhatIfSums? WouldCost, string Difference)
{
    public static WhatIfLine Of((string Application, string Rate, string Meter) key, Sums? charged, Sums? would) => new(
        key.Application.Length == 0 ? null : key.Application, key.Rate, key.Meter, WhatIfSums.Of(charged), WhatIfSums.Of(would),
        ((would?.Amount ?? Money.Zero) - (charged?.Amount ?? Money.Zero)).ToString());
}

/// <summary>What lines come to.</summary>
internal sealed record WhatIfSums(
    Int128 Quantity, string Units, string FreeUnits, string PackageUnits, string PayAsYouGoUnits, string UncoveredUnits, string Amount)
{
    public static WhatIfSums? Of(Sums? its) => its is null ? null : new(
        its.Quantity, its.Units.ToString(), its.Free.ToString(), its.Package.ToString(), its.Paid.ToString(), its.Uncovered.ToString(),
        its.Amount.ToString());
}

/// <summary>One period in both.</summary>
internal sealed record WhatIfPeriod(string Kind, LocalDate PeriodStart, string Charged, string WouldCost, string Difference);
