using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;

namespace Minutebook.Server;

/// <summary>All rate cards with their versions, and who has them.</summary>
internal static class CardsPage
{
    public static IResult Show(Visit visit)
    {
        using Store.Reader read = visit.Call.Engine.Store.Read();
        ILookup<string, string> accounts = read.States().ToLookup(account => account.RateCard, account => account.Id);
        return ConsolePages.Show<CardsSheet>(visit, new CardsModel(
            [
                .. read.Cards().Select(row => row.Card).Append(PublicCard.Id).Distinct().Order(StringComparer.Ordinal).Select(card => new ShownCard(
                    card, [.. read.Card(card).All.Select(version => ShownOf(visit, version))], visit.Show.Number(accounts[card].Count()),
                    accounts[card].FirstOrDefault() is { } first ? Visit.AddressOf(first, "packages") + "#prices" : null)),
            ]));
    }

    private static ShownVersion ShownOf(Visit visit, RateCard version) => new(
        visit.Show.FullDay(version.Version.EffectiveFrom), version.Currency.Code, visit.Show.Number(version.Rates.Count), visit.Show.Number(version.Packages.Count),
        string.Join(", ", version.Rates.Select(rate => rate.Id)));
}

/// <summary>The rate cards.</summary>
public sealed record CardsModel(IReadOnlyList<ShownCard> Cards);

/// <summary>A card; the link leads to its prices at an account that has it.</summary>
public sealed record ShownCard(string Card, IReadOnlyList<ShownVersion> Versions, string Accounts, string? Link);

/// <summary>A version of it.</summary>
public sealed record ShownVersion(string From, string Currency, string Rates, string Packages, string Names);
