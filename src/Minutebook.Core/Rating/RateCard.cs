using Minutebook.Core.Metering;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Core.Rating;

/// <summary>
/// One version of a rate card: prices and packages on sale from a date on (section 4). It never changes; what follows it is
/// another one. <see cref="RateCardJson"/> reads one and says what is wrong with it.
/// </summary>
public sealed class RateCard
{
    /// <summary>A card of parts that are known to be valid.</summary>
    internal RateCard(RateCardVersion version, Currency currency, IReadOnlyList<Rate> rates, IReadOnlyList<PackageProduct> packages) =>
        (Version, Currency, Rates, Packages, known) = (version, currency, rates, packages, Known(rates));

    // Meters whose dimensions have few values are looked up: every line is.
    private readonly Dictionary<Dimensions, int> known;

    /// <summary>Which version of which card it is.</summary>
    public RateCardVersion Version { get; }

    /// <summary>The currency of its prices.</summary>
    public Currency Currency { get; }

    /// <summary>Its rates, in the order in which they are tried.</summary>
    public IReadOnlyList<Rate> Rates { get; }

    /// <summary>The packages on sale.</summary>
    public IReadOnlyList<PackageProduct> Packages { get; }

    /// <summary>
    /// The place of the first rate that matches usage with these dimensions, which alone prices it; −1 if none does: not
    /// priced.
    /// </summary>
    public int RateFor(Dimensions dimensions) => known.TryGetValue(dimensions, out int rate) ? rate : FirstOf(Rates, dimensions);

    private static int FirstOf(IReadOnlyList<Rate> rates, Dimensions dimensions)
    {
        for (int i = 0; i < rates.Count; i++)
        {
            if (rates[i].Where.Matches(dimensions))
            {
                return i;
            }
        }

        return -1;
    }

    private static Dictionary<Dimensions, int> Known(IReadOnlyList<Rate> rates) => DimensionValues.Closed.ToDictionary(its => its, its => FirstOf(rates, its));

    /// <summary>The package on sale under that article number, or null.</summary>
    public PackageProduct? Product(string sku) => Packages.FirstOrDefault(product => product.Sku == sku);
}

/// <summary>The name of one version of a card.</summary>
/// <param name="Card">The card's id, 1 to 256 characters.</param>
/// <param name="EffectiveFrom">The first day on which it is in force (rule 4.6).</param>
public sealed record RateCardVersion(string Card, LocalDate EffectiveFrom);
