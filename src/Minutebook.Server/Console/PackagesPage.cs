using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using NodaTime;

namespace Minutebook.Server;

/// <summary>What is held and what is on sale: packages with what is left, and the rate card.</summary>
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
        RateCard? card = read.Card(account.RateCard).InForce(visit.Show.DayOf(visit.Now));
        IReadOnlyList<Package> held = new OpenPeriods(account, visit.Now).Packages(read);
        return ConsolePages.Show<PackagesSheet>(visit, new PackagesModel(
            [.. held.Select(package => Held(visit, package))],
            [.. card?.Packages.Select(product => Offer(visit, product)) ?? []],
            [.. card?.Rates.Select(rate => RateOf(visit, rate)) ?? []],
            account.RateCard, card is null ? "" : visit.Show.FullDay(card.Version.EffectiveFrom)));
    }

    private static HeldPackage Held(Visit visit, Package package)
    {
        (Show show, Texts texts) = (visit.Show, visit.Texts);
        Int128 used = package.Quantity.Trillionths - package.Remaining.Trillionths;
        Duration held = visit.Now - package.ValidFrom;
        string state = package.Refunded ? "refunded" : package.IsUsedUp ? "used-up" : !package.IsValidAt(visit.Now) ? "ended" : "valid";
        // At the pace of its days so far, it lasts as many seconds more.
        Instant? usedUp = state == "valid" && used > 0
            ? visit.Now + Duration.FromSeconds((long)Int128.Min(package.Remaining.Trillionths * (long)held.TotalSeconds / used, 315_360_000))
            : null;
        string pace = usedUp is not { } end ? "" : end < package.ValidTo
            ? texts.Of("package.pace", show.FullDay(show.DayOf(end)))
            : texts["package.pace-enough"];
        return new HeldPackage(
            package.Id, package.Product.Name, package.Application is { } id ? visit.Account!.Application(id)?.Settings.Name ?? id : null,
            $"{show.Decimal(package.Remaining.ToString())} {Unit(visit, package.Product.Unit)}",
            $"{show.Decimal(package.Quantity.ToString())} {Unit(visit, package.Product.Unit)}",
            (int)(package.Remaining.Trillionths * 100 / Int128.Max(1, package.Quantity.Trillionths)),
            texts.Of("package.validity", show.FullDay(show.DayOf(package.ValidFrom)), show.FullDay(package.EndDay.PlusDays(-1))), state, pace,
            package.IsRefundable(visit.Now));
    }

    private static OfferedPackage Offer(Visit visit, PackageProduct product) => new(
        product.Sku, product.Name, $"{visit.Show.Decimal(product.Quantity.ToString())} {Unit(visit, product.Unit)}",
        string.Join(", ", product.Covers.Select(cover => cover.Rate)), ValidityText(visit, product.Validity),
        visit.Show.Money(product.Price.ToString(), visit.Account!.Currency), product.Scope == Scope.Application);

    private static string ValidityText(Visit visit, Validity validity) =>
        visit.Texts.Count("validity." + validity.Unit.ToString().ToLowerInvariant(), validity.Count, visit.Show.Number(validity.Count));

    private static string Unit(Visit visit, string unit) => visit.Texts.Find("rate-unit." + unit) ?? unit;

    private static ShownRate RateOf(Visit visit, Rate rate) => new(
        rate.Id, visit.Texts.Find("service." + rate.Meter.Name) ?? rate.Meter.Name, visit.Texts["period." + rate.Period.ToString().ToLowerInvariant()],
        rate.Free > 0 ? RateText.Units(visit, rate, rate.Free) : "–", RateText.Price(visit, rate), rate.Source ?? "");
}

/// <summary>What the page of packages and prices shows.</summary>
public sealed record PackagesModel(
    IReadOnlyList<HeldPackage> Held, IReadOnlyList<OfferedPackage> Offers, IReadOnlyList<ShownRate> Rates, string Card, string CardFrom);

/// <summary>A package that was bought.</summary>
public sealed record HeldPackage(
    string Id, string Name, string? Application, string Left, string Quantity, int Percent, string Validity, string State, string Pace, bool IsRefundable);

/// <summary>A package on sale.</summary>
public sealed record OfferedPackage(string Sku, string Name, string Quantity, string Covers, string Validity, string Price, bool IsForApplication);

/// <summary>A rate of the card.</summary>
public sealed record ShownRate(string Id, string Service, string Period, string Free, string Price, string Source);
