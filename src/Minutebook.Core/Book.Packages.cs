using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Core.Units;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Core;

public sealed partial class Book
{
    private LocalDate Today => calendar.DateOf(Instant.FromUnixTimeMilliseconds(Now));

    /// <summary>Buys a package as it is on sale today, on the card that the account has (rules 5.1 and 6.5).</summary>
    private Outcome Buy(Command.BuyPackage command)
    {
        if (State.Packages.Find(package => package.Reference == command.Reference) is { } first)
        {
            return (first.Sku, first.Application) == (command.Sku, command.Application)
                ? new Outcome(null)
                : Outcome.Refused(Refusal.ReferenceReused, $"Reference '{command.Reference}' was used for {first.Sku} of {first.Application ?? "the account"}.");
        }

        if (wallet.ContainsKey(("topup", command.Reference)))
        {
            return Outcome.Refused(Refusal.ReferenceReused, $"Reference '{command.Reference}' was used for a top-up.");
        }

        if (State.CardOf(BillPeriod.OfDay(Today), cards.Versions) is not { } card || card.Product(command.Sku) is not { } product)
        {
            return Outcome.Refused(Refusal.InvalidRequest, $"Rate card '{State.RateCard}' has no package '{command.Sku}' on sale in {State.Currency} today.");
        }

        if (NotFor(product, command.Application) is { } fault)
        {
            return fault;
        }

        var bought = new PackageState(
            $"P-{State.Packages.Count + 1}", product.Sku, card.Version.Card, LocalDatePattern.Iso.Format(card.Version.EffectiveFrom),
            command.Application, Now, command.Reference, product.Quantity.ToString(), Refunded: false);
        State.Packages.Add(bought);
        held = null;
        PostUnlessNothing("package", -product.Price.ToMoney(), command.Reference);
        Look();
        return new Outcome(null, Created: true);
    }

    private Outcome? NotFor(PackageProduct product, string? application)
    {
        if (product.Scope == Scope.Account)
        {
            return application is null
                ? null
                : Outcome.Refused(Refusal.InvalidRequest, $"{product.Sku} serves the whole account: leave 'application' out.");
        }

        return application is null ? Outcome.Refused(Refusal.InvalidRequest, $"{product.Sku} is for one application: name it in 'application'.")
            : applicationNumbers.ContainsKey(application) ? null
            : Outcome.Refused(Refusal.NotFound, $"There is no application {application} in {State.Id}.");
    }

    /// <summary>Gives a package back in full of which nothing was used, live usage included (rule 5.7).</summary>
    private Outcome Refund(Command.RefundPackage command)
    {
        int place = State.Packages.FindIndex(package => package.Id == command.Package);
        if (place < 0)
        {
            return Outcome.Refused(Refusal.NotFound, $"There is no package {command.Package} in {State.Id}.");
        }

        Package live = LivePackages()[place];
        if (!live.IsRefundable(Instant.FromUnixTimeMilliseconds(Now)))
        {
            string why = live.Refunded ? "it was given back already" : live.Remaining != live.Quantity ? "some of it is used" : "it was bought more than 120 hours ago";
            return Outcome.Refused(Refusal.NotRefundable, $"{command.Package} cannot be given back: {why} (rule 5.7).");
        }

        Set(place, State.Packages[place] with { Refunded = true });
        PostUnlessNothing("refund", live.Product.Price.ToMoney(), State.Packages[place].Reference);
        Look();
        return new Outcome(null);
    }

    private void PostUnlessNothing(string kind, Money amount, string reference)
    {
        if (amount != Money.Zero)
        {
            Post(kind, amount, reference);
        }
    }

    private List<Package>? held;

    /// <summary>The packages with what closes have left in each, in the order of their purchase.</summary>
    private List<Package> Packages() => held ??= [.. State.Packages.Select(package => package.Of(cards.Versions, calendar.Zone))];

    private void Set(int place, PackageState package)
    {
        (State.Packages[place], held) = (package, null);
        accountChanged = true;
    }

    private void Keep(IReadOnlyList<Package> packages)
    {
        for (int i = 0; i < packages.Count; i++)
        {
            if (packages[i].Remaining.ToString() is var remaining && remaining != State.Packages[i].Remaining)
            {
                Set(i, State.Packages[i] with { Remaining = remaining });
            }
        }
    }
}
