using System.Numerics;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Reference.Billing;

/// <summary>A package that was bought, and what it holds still.</summary>
public sealed class ReferencePackage(string id, ReferenceProduct product, string? application, string reference, long boughtMs, LocalDate first)
{
    private readonly LocalDate end = first + PeriodPattern.Roundtrip.Parse(product.Validity).Value;

    public string Id => id;

    public ReferenceProduct Product => product;

    public string? Application => application;

    public string Reference => reference;

    public long BoughtMs => boughtMs;

    /// <summary>Clamped to the month's end (5.1); NodaTime adds months just so.</summary>
    public LocalDate EndDay => end;

    public Rational Left { get; set; } = Rational.Parse(product.Quantity);

    public bool IsRefunded { get; set; }

    public bool IsUsedUp => product.Covers.Values.All(ratio => (Left / Rational.Parse(ratio)).Floor() == 0);

    public bool IsValidOn(LocalDate day) => !IsRefunded && first <= day && day < end;

    /// <summary>The packages that serve a line, in the order of 5.2.</summary>
    public static List<ReferencePackage> Serving(IEnumerable<ReferencePackage> all, string? application, string rate, LocalDate day) =>
        [.. InOrder(all).Where(one => (one.Application is null || one.Application == application) && one.IsValidOn(day) && one.Product.Covers.ContainsKey(rate))];

    public static IEnumerable<ReferencePackage> InOrder(IEnumerable<ReferencePackage> all) =>
        all.OrderBy(one => one.Application is null).ThenBy(one => one.EndDay).ThenBy(one => one.BoughtMs);

    /// <summary>Takes whole units for a rate, as many as it can of so many (5.1).</summary>
    public BigInteger Take(string rate, BigInteger units)
    {
        Rational ratio = Rational.Parse(product.Covers[rate]);
        BigInteger taken = BigInteger.Min(units, (Left / ratio).Floor());
        Left -= taken * ratio;
        return taken;
    }

    public Rational Worth(string rate, BigInteger units) => units * Rational.Parse(product.Covers[rate]);

    public ReferencePackage Copy() => new(id, product, application, reference, boughtMs, first) { Left = Left, IsRefunded = IsRefunded };
}
