using Minutebook.Core.Metering;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core.Billing;

/// <summary>A package that was bought (rule 5.1). It is a value: what is deducted or refunded makes another one.</summary>
public sealed record Package
{
    // So that seconds of it are exact in 128 bits, whatever the unit.
    private const long MostUnitsAhead = 1L << 40;
    private static readonly Duration Refundable = Duration.FromHours(120);

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What was bought, as it was on sale then.</summary>
    public required PackageProduct Product { get; init; }

    /// <summary>The application that it serves; null for the account's.</summary>
    public required string? Application { get; init; }

    /// <summary>When it was bought.</summary>
    public required Instant PurchasedAt { get; init; }

    /// <summary>The first local day on which it is valid: that of the purchase.</summary>
    public required LocalDate FirstDay { get; init; }

    /// <summary>The local day with whose midnight it ends, excluded.</summary>
    public required LocalDate EndDay { get; init; }

    /// <summary>Local midnight of the first day.</summary>
    public required Instant ValidFrom { get; init; }

    /// <summary>Local midnight of the end day, excluded.</summary>
    public required Instant ValidTo { get; init; }

    /// <summary>What it still holds, in its own units; never below zero.</summary>
    public required PackageUnits Remaining { get; init; }

    /// <summary>Whether it was given back; from then on it covers nothing (rule 5.7).</summary>
    public bool Refunded { get; init; }

    /// <summary>What it held at first.</summary>
    public PackageUnits Quantity => Product.Quantity;

    /// <summary>
    /// A package bought at an instant: valid from local midnight of that day (a midnight that the clock skips begins when the day
    /// does), to local midnight of the same day so much later, clamped to the month's end (rule 5.1).
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="product">What is bought.</param>
    /// <param name="application">The application that it is for; null exactly when the product's scope is the account.</param>
    /// <param name="at">The instant of purchase.</param>
    /// <param name="zone">The account's time zone.</param>
    /// <exception cref="ArgumentException">The product's scope and the application do not go together.</exception>
    public static Package Buy(string id, PackageProduct product, string? application, Instant at, DateTimeZone zone)
    {
        if ((product.Scope == Scope.Account) != (application is null))
        {
            throw new ArgumentException($"{product.Sku} is not for {application ?? "the account"}.", nameof(application));
        }

        LocalDate first = at.InZone(zone).Date;
        LocalDate end = product.Validity.EndOf(first);
        return new Package
        {
            Id = id,
            Product = product,
            Application = application,
            PurchasedAt = at,
            FirstDay = first,
            EndDay = end,
            ValidFrom = Calendar.StartOf(zone, first),
            ValidTo = Calendar.StartOf(zone, end),
            Remaining = product.Quantity,
        };
    }

    /// <summary>Whether it serves a local day (rule 5.2): not refunded, and the day is in [first, end).</summary>
    public bool IsValidOn(LocalDate day) => !Refunded && FirstDay <= day && day < EndDay;

    /// <summary>Whether it is in validity at an instant (rule 5.6): not refunded, and the instant is in [from, to).</summary>
    public bool IsValidAt(Instant now) => !Refunded && ValidFrom <= now && now < ValidTo;

    /// <summary>Units of it for one billed unit of a rate; null when it does not cover the rate.</summary>
    public PackageUnits? RatioFor(string rate)
    {
        foreach (Cover cover in Product.Covers)
        {
            if (cover.Rate == rate)
            {
                return cover.Ratio;
            }
        }

        return null;
    }

    /// <summary>Whether it may serve usage of an application, or an account's line where that is null (rule 5.2).</summary>
    public bool Serves(string? application) => Application is null || Application == application;

    /// <summary>Whether it covers not one more unit of any of its rates (rule 5.1).</summary>
    public bool IsUsedUp => Product.Covers.All(cover => Remaining.Covers(cover.Ratio) == 0);

    /// <summary>Whether at least 80 % of it is used (rule 7.7).</summary>
    public bool IsLow => (Quantity - Remaining) * 100 >= Quantity * 80;

    /// <summary>How many billed units it covers at least before it passes its next mark: low, or used up.</summary>
    public Int128 UnitsToMark()
    {
        Int128 margin = Remaining.Trillionths - Product.Covers.Min(cover => cover.Ratio).Trillionths;
        margin = IsLow ? margin : Int128.Min(margin, Remaining.Trillionths - (Quantity.Trillionths / 5));
        return Int128.Min(MostUnitsAhead, margin / Product.Covers.Max(cover => cover.Ratio).Trillionths);
    }

    /// <summary>
    /// When there are 7 days of 24 hours left until it ends (rule 7.7); null for one that was bought later than that, which is not warned of.
    /// </summary>
    public Instant? EndingAt => ValidTo - Duration.FromDays(7) is var at && at >= PurchasedAt ? at : null;

    /// <summary>
    /// Whether it may be given back in full (rule 5.7): not refunded yet, nothing of it used, and at most 120 hours since the
    /// purchase, the last instant included. To ask for what runs too, ask the package as the live settlement leaves it (rule
    /// 5.4).
    /// </summary>
    public bool IsRefundable(Instant now) => !Refunded && Remaining == Quantity && now <= PurchasedAt + Refundable;
}
