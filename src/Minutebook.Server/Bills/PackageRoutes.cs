using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using NodaTime;

namespace Minutebook.Server;

/// <summary>An account's packages (rules 5.1, 5.7 and 6.5), with what is left in each live (rule 5.4).</summary>
internal static class PackageRoutes
{
    public static void Map(Routes routes)
    {
        routes.Get(
            "/v1/accounts/{account}/packages",
            new Doc("listPackages", "The packages that were bought, in that order, with what is left in each now.")
            {
                Gives = typeof(ListView<PackageView>),
                Query = Doc.Paging,
            },
            List);
        routes.Post(
            "/v1/accounts/{account}/packages",
            new Doc("buyPackage", "Buys a package of the account's rate card, once for each reference.")
            {
                Takes = typeof(PurchaseBody),
                Gives = typeof(PackageView),
                Statuses = [200, 201],
                Problems = [Code.ReferenceReused, Code.AccountReleased],
            },
            BuyAsync);
        routes.Post(
            "/v1/accounts/{account}/packages/{package}/refund",
            new Doc("refundPackage", "Gives a package back in full of which nothing was used, within 120 hours of the purchase.")
            {
                Gives = typeof(PackageView),
                Problems = [Code.NotRefundable, Code.AccountReleased],
            },
            RefundAsync);
    }

    private sealed record PurchaseBody(string Sku, string Reference, string? Application = null);

    private static IResult List(Call call)
    {
        int limit = call.Limit();
        long first = call.AfterNumber(otherwise: 0);

        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        PackageView[] views = [.. Views(call, read, account).Where((_, place) => place >= first)];
        return Answer.List(views.Take(limit + 1).ToArray(), limit, view => view, _ => Cursor.Of(first + limit));
    }

    private static async Task<IResult> BuyAsync(Call call, Fields fields)
    {
        string account = call.Path("account");
        fields.Require("sku", "reference");
        (string? sku, string? reference) = (fields.Text("sku"), fields.Text("reference"));
        string? application = fields.NullableText("application").Value;
        if (call.Refusal is not null || await call.ExecuteAsync(new Command.BuyPackage(account, sku!, application, reference!)) is not { } outcome)
        {
            return call.Refusal!;
        }

        return Show(call, account, package => package.Reference == reference, outcome.Created);
    }

    private static async Task<IResult> RefundAsync(Call call)
    {
        (string account, string package) = (call.Path("account"), call.Path("package"));
        if (call.Refusal is not null || await call.ExecuteAsync(new Command.RefundPackage(account, package)) is null)
        {
            return call.Refusal!;
        }

        return Show(call, account, its => its.Package == package, created: false);
    }

    private static IResult Show(Call call, string id, Func<PackageView, bool> wanted, bool created)
    {
        using Store.Reader read = call.Engine.Store.Read();
        return call.Account(read, id) is { } account ? Answer.Json(Views(call, read, account).First(wanted), created) : call.Refusal!;
    }

    private static IEnumerable<PackageView> Views(Call call, Store.Reader read, AccountState account) =>
        new OpenPeriods(account, call.Engine.Now).Packages(read)
            .Zip(account.Packages, (live, state) => PackageView.Of(live, state, account.Currency));
}

/// <summary>A package as the API shows it.</summary>
internal sealed record PackageView(
    string Package, string Sku, string Name, string? Application, Instant PurchasedAt, string Reference, Instant ValidFrom, Instant ValidTo,
    string Quantity, string Remaining, string Unit, string Price, string Currency, bool Refunded)
{
    public static PackageView Of(Package package, PackageState state, string currency) => new(
        package.Id, package.Product.Sku, package.Product.Name, package.Application, package.PurchasedAt, state.Reference, package.ValidFrom,
        package.ValidTo, package.Quantity.ToString(), package.Remaining.ToString(), package.Product.Unit, package.Product.Price.ToString(), currency,
        package.Refunded);
}
