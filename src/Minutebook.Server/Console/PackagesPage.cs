using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What is held and what is on sale: packages with what is left, the rate card, and how its versions differ.</summary>
internal static class PackagesPage
{
    public static void Map(ConsolePages pages)
    {
        pages.Get("/packages", Show);
        pages.AccountForm("/packages", (visit, form) => DoAsync(visit, "bought", new Command.BuyPackage(
            visit.Account!.Id, form.GetValueOrDefault("sku").ToString(), form.GetValueOrDefault("application").ToString() is { Length: > 0 } application ? application : null,
            form.GetValueOrDefault("reference").ToString())));
        pages.AccountForm("/packages/{package}/refund", (visit, _) =>
            DoAsync(visit, "refunded", new Command.RefundPackage(visit.Account!.Id, visit.Call.Path("package"))));
    }

    private static async Task<IResult> DoAsync(Visit visit, string said, Command command)
    {
        if (await visit.Call.ExecuteAsync(command) is not null)
        {
            return new SeeOther(visit.To("packages") + "?said=" + said);
        }

        using Store.Reader read = visit.Call.Engine.Store.Read();
        visit.Refuse();
        return Show(visit, read);
    }

    private static IResult Show(Visit visit, Store.Reader read)
    {
        AccountState account = visit.Account!;
        CardVersions versions = read.Card(account.RateCard);
        RateCard? card = versions.InForce(visit.Show.DayOf(visit.Now));
        IReadOnlyList<Package> held = new OpenPeriods(account, visit.Now).Packages(read);
        return ConsolePages.Show<PackagesSheet>(visit, new PackagesModel(
            [.. held.Reverse().Select(package => Held(visit, package))],
            [.. card?.Packages.Select(product => Offer(visit, product)) ?? []],
            [.. card?.Rates.Select(rate => ShownRate.Of(visit, rate)) ?? []],
            account.RateCard, card is null ? "" : visit.Show.FullDay(card.Version.EffectiveFrom))
        {
            Compared = CardsCompared.Of(visit, versions, card),
        });
    }

    public static HeldPackage Held(Visit visit, Package package)
    {
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        string state = package.Refunded ? "refunded" : package.IsUsedUp ? "used-up" : !package.IsValidAt(visit.Now) ? "ended" : "valid";
        return new HeldPackage(
            package.Id, package.Product.Name, package.Application is { } id ? visit.Account!.Application(id)?.Settings.Name ?? id : null,
            $"{show.Decimal(package.Remaining.ToString())} {Unit(visit, package.Product.Unit)}",
            $"{show.Decimal(package.Quantity.ToString())} {Unit(visit, package.Product.Unit)}",
            texts.Of("package.validity", show.FullDay(show.DayOf(package.ValidFrom)), show.FullDay(package.EndDay.PlusDays(-1))), state,
            package.Refunded ? null : PaceLine.Of(visit, package), package.IsRefundable(visit.Now));
    }

    private static OfferedPackage Offer(Visit visit, PackageProduct product)
    {
        AccountState account = visit.Account!;
        string After() => visit.Show.Money(
            (Money.Parse(account.Balance) - Money.Parse(product.Price.ToString())).ToString(), account.Currency);
        string covers = string.Join(", ", product.Covers.Select(cover =>
            cover.Ratio.ToString() is var ratio && ratio == "1" ? cover.Rate : visit.Texts.Of("packages.ratio", cover.Rate, visit.Show.Decimal(ratio))));
        return new OfferedPackage(
            product.Sku, product.Name, $"{visit.Show.Decimal(product.Quantity.ToString())} {Unit(visit, product.Unit)}", covers,
            ValidityText(visit, product.Validity), visit.Show.Money(product.Price.ToString(), account.Currency), product.Scope == Scope.Application,
            visit.Texts.Of("package.buy.means", visit.Show.Money(product.Price.ToString(), account.Currency), visit.Show.Money(account.Balance, account.Currency), After()));
    }

    private static string ValidityText(Visit visit, Validity validity) =>
        visit.Texts.Count("validity." + validity.Unit.ToString().ToLowerInvariant(), validity.Count, visit.Show.Number(validity.Count));

    private static string Unit(Visit visit, string unit) => visit.Texts.Find("rate-unit." + unit) ?? unit;
}

/// <summary>What the page of packages and prices shows.</summary>
public sealed record PackagesModel(
    IReadOnlyList<HeldPackage> Held, IReadOnlyList<OfferedPackage> Offers, IReadOnlyList<ShownRate> Rates, string Card, string CardFrom)
{
    /// <summary>Two versions of the card; null where there is only one.</summary>
    public CardsCompared? Compared { get; init; }
}

/// <summary>A package that was bought.</summary>
public sealed record HeldPackage(
    string Id, string Name, string? Application, string Left, string Quantity, string Validity, string State, PaceLine? Pace, bool IsRefundable);

/// <summary>A package on sale, and what buying it would mean.</summary>
public sealed record OfferedPackage(
    string Sku, string Name, string Quantity, string Covers, string Validity, string Price, bool IsForApplication, string Means);
