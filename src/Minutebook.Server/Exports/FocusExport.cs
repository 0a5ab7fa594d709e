using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using Calendar = Minutebook.Core.Metering.Calendar;

namespace Minutebook.Server;

/// <summary>
/// A month of an account as rows of FOCUS 1.2. In it are the bills whose period begins in the month, and the packages that were bought,
/// given back, or ended in it. A bill's line is parted by what its units cost: free, from a package, at each tier's price, uncovered; so in
/// every row the unit price times the quantity is the cost. BilledCost sums to the bill's total, rounding being a row of its own.
/// </summary>
internal sealed class FocusExport(AccountState account, Store.Reader read, LocalDate month)
{
    private readonly Calendar calendar = new(account.TimeZone);
    private readonly Dictionary<string, Package> packages = [];
    /// <summary>The cards of adjusted periods, each looked up once: a month of adjustments is of few.</summary>
    private readonly Dictionary<BillPeriod, RateCard?> adjusted = [];

    public IEnumerable<FocusRow> Rows()
    {
        DateTimeZone zone = DateTimeZoneProviders.Tzdb[account.TimeZone];
        foreach (PackageState state in account.Packages)
        {
            packages[state.Id] = state.Of(read.Card, zone);
        }

        IEnumerable<Bill> bills = read.Bills(account.Id, null, JsonText.Of(month), JsonText.Of(month.PlusMonths(1)), null, int.MaxValue)
            .Select(row => BillRoutes.Read(row));
        return [.. Purchases(), .. bills.SelectMany(OfBill), .. Unused()];
    }

    private Interval Month => new(StartOf(month), StartOf(month.PlusMonths(1)));

    private Instant StartOf(LocalDate day) => Instant.FromUnixTimeSeconds(calendar.StartOf(day));

    private Interval Of(BillPeriod period) => new(StartOf(period.Start), StartOf(period.End));

    // --- packages ---

    private IEnumerable<FocusRow> Purchases()
    {
        foreach (LedgerRow row in read.Ledger(account.Id, 0, int.MaxValue).Where(row => row.Kind is "package" or "refund"))
        {
            Instant at = Instant.FromUnixTimeMilliseconds(row.At);
            if (at >= Month.Start && at < Month.End && account.Packages.Find(its => its.Reference == row.Reference) is { } state)
            {
                FocusRow bought = Purchase(packages[state.Id], -Money.Parse(row.Amount));
                yield return row.Kind == "refund" ? Refund(bought, packages[state.Id], at) : bought;
            }
        }
    }

    private FocusRow Purchase(Package package, Money billed) => Plain(package, billed) with
    {
        ChargePeriod = new Interval(package.ValidFrom, package.ValidTo),
        ChargeDescription = $"Purchase of package {package.Id}, {package.Product.Name}",
        Commitment = Of(package, package.Quantity, null),
        PricingQuantity = "1",
        PricingUnit = "Packages",
        UnitPrice = package.Product.Price.ToString(),
    };

    /// <summary>Money that comes back afterwards is a credit, which has neither a quantity nor a unit price: no unit price is below zero.</summary>
    private static FocusRow Refund(FocusRow purchase, Package package, Instant at) => purchase with
    {
        ChargePeriod = new Interval(at, at + Duration.FromSeconds(1)),
        ChargeCategory = "Credit",
        ChargeDescription = $"Refund of package {package.Id}, {package.Product.Name}",
        Commitment = new FocusCommitment(package.Id, package.Product.Name, null, null, null),
        PricingQuantity = null,
        PricingUnit = null,
        UnitPrice = null,
    };

    private static FocusCommitment Of(Package package, PackageUnits units, string? status) =>
        new(package.Id, package.Product.Name, units.ToString(), Plural(package.Product.Unit), status);

    /// <summary>What was left of a package when it ended, as it is known now.</summary>
    private IEnumerable<FocusRow> Unused() =>
        from package in packages.Values
        where !package.Refunded && package.EndDay > month && package.EndDay <= month.PlusMonths(1) && package.Remaining > PackageUnits.Zero
        where string.CompareOrdinal(account.NextClose, JsonText.Of(package.EndDay)) >= 0
        select Plain(package, Money.Zero) with
        {
            EffectiveCost = Share(package, package.Remaining),
            ChargePeriod = new Interval(StartOf(package.EndDay.PlusDays(-1)), package.ValidTo),
            ChargeCategory = "Usage",
            ChargeFrequency = "Usage-Based",
            ChargeDescription = $"Left of package {package.Id}, {package.Product.Name}, when it ended",
            Commitment = Of(package, package.Remaining, "Unused"),
            PricingCategory = "Committed",
            PricingQuantity = package.Remaining.ToString(),
            PricingUnit = Plural(package.Product.Unit),
            UnitPrice = "0",
        };

    private FocusRow Plain(Package package, Money billed) => new()
    {
        BilledCost = billed,
        EffectiveCost = Money.Zero,
        ListCost = billed,
        ContractedCost = billed,
        BillingPeriod = Month,
        ChargePeriod = Month,
        ChargeCategory = "Purchase",
        ChargeDescription = "",
        ChargeFrequency = "One-Time",
        PricingCategory = "Standard",
        ServiceName = "Packages",
        SkuId = package.Product.Sku,
        SkuPriceId = account.Packages.Find(its => its.Id == package.Id) is { } its ? $"{its.Card}/{its.CardFrom}/{its.Sku}" : null,
        SubAccountId = package.Application,
        SubAccountName = NameOf(package.Application),
    };

    /// <summary>What a part of a package cost, of its price.</summary>
    private static Money Share(Package package, PackageUnits units) => new((Int128)Rounding.HalfUp(
        (System.Numerics.BigInteger)package.Product.Price.ToMoney().Micros * (System.Numerics.BigInteger)units.Trillionths,
        (System.Numerics.BigInteger)package.Quantity.Trillionths));

    // --- bills ---

    private IEnumerable<FocusRow> OfBill(Bill bill)
    {
        for (int i = 0; i < bill.Lines.Count; i++)
        {
            foreach (FocusRow row in OfLine(bill, bill.Lines[i], i + 1))
            {
                yield return row;
            }
        }

        if (bill.Rounding != Money.Zero)
        {
            yield return Base(bill, bill.Lines[0], null, bill.Rounding) with
            {
                ChargeCategory = "Adjustment",
                IsCorrection = false,
                ChargePeriod = Of(bill.Period),
                ChargeDescription = $"Rounding of bill {bill.Number} to the minor unit of {bill.Currency.Code}",
                ChargeFrequency = "One-Time",
                PricingCategory = null,
                ServiceName = "Billing",
                ServiceSubcategory = "Other (Media)",
                SkuId = null,
                SkuMeter = null,
                SkuPriceId = null,
                SubAccountId = null,
                SubAccountName = null,
                AdjustedPeriod = null,
            };
        }
    }

    private IEnumerable<FocusRow> OfLine(Bill bill, BillLine line, int number)
    {
        FocusRow none = Base(bill, line, number, Money.Zero);
        if (line.Adjusts is not null)
        {
            yield return Counted(line, line.Units - line.PackageUnits, "changed") with
            {
                BilledCost = line.Amount,
                EffectiveCost = line.Amount,
                ListCost = line.Amount,
                ContractedCost = line.Amount,
            };
        }
        else
        {
            foreach (FocusRow row in Paid(line, none))
            {
                yield return row;
            }

            foreach ((Int128 units, string what) in new[] { (line.FreeUnits, "free"), (line.UncoveredUnits, "uncovered") })
            {
                if (units != 0)
                {
                    yield return Counted(line, units, what);
                }
            }
        }

        foreach (PackageShare share in line.Packages)
        {
            yield return FromPackage(line, share, Counted(line, share.Units, $"from package {share.Package}"));
        }

        FocusRow Counted(BillLine its, Int128 units, string what) => none with
        {
            ChargeDescription = $"{none.ChargeDescription}, {what}",
            ConsumedQuantity = units.ToString(),
            PricingQuantity = units.ToString(),
            PricingUnit = UnitOf(its.Rate),
            UnitPrice = line.Adjusts is null ? "0" : null,
        };
    }

    /// <summary>A row for each price: their costs, rounded one after the other, sum to the line's amount.</summary>
    private static IEnumerable<FocusRow> Paid(BillLine line, FocusRow none)
    {
        IReadOnlyList<PriceStep> steps = Pricing.Steps(line.Rate, line.PayAsYouGoUnits);
        Money before = Money.Zero;
        for (int i = 0; i < steps.Count && line.PayAsYouGoUnits > 0; i++)
        {
            Money upTo = Pricing.UpTo(line.Rate, steps, i + 1);
            Money cost = upTo - before;
            before = upTo;
            yield return none with
            {
                BilledCost = cost,
                EffectiveCost = cost,
                ListCost = cost,
                ContractedCost = cost,
                ChargeDescription = $"{none.ChargeDescription}, pay-as-you-go",
                ConsumedQuantity = steps[i].Units.ToString(),
                PricingQuantity = Decimals.Quotient(steps[i].Units + steps[i].Filling, line.Rate.Per),
                PricingUnit = PricingUnitOf(line.Rate),
                UnitPrice = steps[i].Price.ToString(),
            };
        }
    }

    /// <summary>Paid for before: nothing is billed, its share of the package's price is what it cost, and the rate says what it would have.</summary>
    private FocusRow FromPackage(BillLine line, PackageShare share, FocusRow row)
    {
        packages.TryGetValue(share.Package, out Package? package);
        Price price = line.Rate.Price switch
        {
            RatePrice.Flat flat => flat.Price,
            RatePrice.Graduated graduated => graduated.Tiers[0].Price,
            RatePrice.Volume volume => volume.Tiers[0].Price,
            _ => Price.Zero,
        };
        Money list = Pricing.UpTo(line.Rate, [new PriceStep(price, share.Units, 0)], 1);
        return row with
        {
            EffectiveCost = package is null ? Money.Zero : Share(package, share.Deducted),
            ListCost = list,
            ContractedCost = list,
            PricingCategory = "Committed",
            PricingQuantity = Decimals.Quotient(share.Units, line.Rate.Per),
            PricingUnit = PricingUnitOf(line.Rate),
            UnitPrice = line.Adjusts is null ? price.ToString() : null,
            Commitment = package is null
                ? new FocusCommitment(share.Package, share.Package, share.Deducted.ToString(), UnitOf(line.Rate), "Used")
                : Of(package, share.Deducted, "Used"),
        };
    }

    private static string PricingUnitOf(Rate rate) => rate.Per == 1 ? UnitOf(rate) : $"{rate.Per} {UnitOf(rate)}";

    private FocusRow Base(Bill bill, BillLine line, int? number, Money cost) => new()
    {
        BilledCost = cost,
        EffectiveCost = cost,
        ListCost = cost,
        ContractedCost = cost,
        BillingPeriod = Of(bill.Period),
        ChargePeriod = Of(line.Adjusts ?? bill.Period),
        ChargeCategory = "Usage",
        IsCorrection = line.Adjusts is not null,
        ChargeDescription = line.Adjusts is { } period ? $"{line.Rate.Id}, adjustment of {Figures.Of(period)}" : line.Rate.Id,
        ChargeFrequency = "Usage-Based",
        InvoiceId = bill.Number,
        PricingCategory = "Standard",
        ServiceName = Words(line.Rate.Meter),
        ServiceSubcategory = SubcategoryOf(line.Rate.Meter),
        ConsumedUnit = number is null ? null : UnitOf(line.Rate),
        SkuId = line.Rate.Id,
        SkuMeter = Words(line.Rate.Meter),
        SkuPriceId = PriceOf(CardOf(line)?.Version ?? bill.Card, line.Rate),
        SubAccountId = line.Application,
        SubAccountName = NameOf(line.Application),
        BillLine = number,
        AdjustedPeriod = line.Adjusts?.BillNumber(account.Id),
    };

    /// <summary>The card of the period that a line adjusts; null where it adjusts none.</summary>
    private RateCard? CardOf(BillLine line)
    {
        if (line.Adjusts is not { } period)
        {
            return null;
        }

        if (!adjusted.TryGetValue(period, out RateCard? card))
        {
            adjusted.Add(period, card = account.CardOf(period, read.Card));
        }

        return card;
    }

    private static string PriceOf(RateCardVersion card, Rate rate) => $"{card.Card}/{JsonText.Of(card.EffectiveFrom)}/{rate.Id}";

    private string? NameOf(string? application) =>
        application is null ? null : account.Application(application)?.Settings.Name is { Length: > 0 } name ? name : application;

    private static string UnitOf(Rate rate) => Plural(rate.Unit.Name);

    private static string Plural(string unit) => $"{char.ToUpperInvariant(unit[0])}{Figures.Several(unit)[1..]}";

    private static string Words(Meter meter) => meter.Name switch
    {
        "av" => "Audio and video",
        var name => $"{char.ToUpperInvariant(name[0])}{name[1..]}",
    };

    private static string SubcategoryOf(Meter meter) => meter.Name switch
    {
        "av" or "playback" or "delivery" => "Media Streaming",
        "recording" or "slicing" or "screenshot" => "Content Creation",
        _ => "Other (Media)",
    };
}
