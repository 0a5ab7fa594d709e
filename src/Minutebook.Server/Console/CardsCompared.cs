using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A rate of a card, in words.</summary>
public sealed record ShownRate(string Id, string Service, string Period, string Free, IReadOnlyList<string> Price, string Rounding, string Source)
{
    internal static ShownRate Of(Visit visit, Rate rate) => new(
        rate.Id, RateText.What(visit, rate), visit.Texts["period." + rate.Period.ToString().ToLowerInvariant()],
        rate.Free > 0 ? RateText.Units(visit, rate, rate.Free) : "–", RateText.Prices(visit, rate), RateText.Rounding(visit, rate), rate.Source ?? "");
}

/// <summary>Two versions of a card, side by side.</summary>
/// <param name="Versions">All there are, by the day from which each holds (ISO), oldest first.</param>
/// <param name="One">The one.</param>
/// <param name="Other">The other.</param>
/// <param name="Rows">What they have, and how it differs: same, changed, gone or new.</param>
public sealed record CardsCompared(
    IReadOnlyList<(string From, string Name)> Versions, string One, string Other, IReadOnlyList<(string Name, string One, string Other, string Differs)> Rows)
{
    /// <summary>The version in force beside the next, or the one before where none is to come; others where the address asks for them.</summary>
    internal static CardsCompared? Of(Visit visit, CardVersions versions, RateCard? inForce)
    {
        if (versions.All.Count < 2)
        {
            return null;
        }

        int present = Math.Max(0, versions.All.ToList().FindIndex(version => ReferenceEquals(version, inForce)));
        RateCard Asked(string name, RateCard usual) => versions.All.FirstOrDefault(version => JsonText.Of(version.Version.EffectiveFrom) == visit.Query(name)) ?? usual;
        int first = present + 1 < versions.All.Count ? present : present - 1;
        (RateCard one, RateCard other) = (Asked("one", versions.All[first]), Asked("other", versions.All[first + 1]));
        return new CardsCompared(
            [.. versions.All.Select(version => (JsonText.Of(version.Version.EffectiveFrom), visit.Show.FullDay(version.Version.EffectiveFrom)))],
            JsonText.Of(one.Version.EffectiveFrom), JsonText.Of(other.Version.EffectiveFrom),
            [.. Pairs(one.Rates, other.Rates, rate => rate.Id, rate => Words(visit, rate, IsCountedAlike(one, other, rate.Id))), .. Pairs(one.Packages, other.Packages, product => product.Name, product => Words(visit, product))]);
    }

    private static IEnumerable<(string, string, string, string)> Pairs<T>(IReadOnlyList<T> one, IReadOnlyList<T> other, Func<T, string> name, Func<T, string> words)
        where T : class => one.Select(name).Union(other.Select(name)).Select(its =>
    {
        (T? left, T? right) = (one.FirstOrDefault(item => name(item) == its), other.FirstOrDefault(item => name(item) == its));
        (string before, string after) = (left is null ? "–" : words(left), right is null ? "–" : words(right));
        return (its, before, after, left is null ? "new" : right is null ? "gone" : before == after ? "same" : "changed");
    });

    // What is the same in both needs no words.
    private static bool IsCountedAlike(RateCard one, RateCard other, string id) =>
        one.Rates.FirstOrDefault(rate => rate.Id == id) is { } left && other.Rates.FirstOrDefault(rate => rate.Id == id) is { } right
        && (left.Period, left.RoundUp, left.WholeBlocks, left.Unit) == (right.Period, right.RoundUp, right.WholeBlocks, right.Unit);

    private static string Words(Visit visit, Rate rate, bool isCountedAlike) => string.Join(
        "; ",
        [
            .. RateText.Prices(visit, rate), .. rate.Free > 0 ? (string[])[visit.Texts.Of("packages.free", RateText.Units(visit, rate, rate.Free))] : [],
            .. isCountedAlike
                ? (string[])[]
                : [visit.Texts.Of("packages.by", visit.Texts["period." + rate.Period.ToString().ToLowerInvariant()]), visit.Texts.Of("rate.rounded", RateText.Rounding(visit, rate))],
        ]);

    private static string Words(Visit visit, PackageProduct product) => string.Join(
        "; ",
        visit.Show.Money(product.Price.ToString(), visit.Account!.Currency),
        $"{visit.Show.Decimal(product.Quantity.ToString())} {visit.Texts.Find("rate-unit." + product.Unit) ?? product.Unit}",
        visit.Texts.Count("validity." + product.Validity.Unit.ToString().ToLowerInvariant(), product.Validity.Count, visit.Show.Number(product.Validity.Count)));
}
