using System.Text;
using Minutebook.Core.Accounts;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A month's charges in the form of the FinOps Open Cost and Usage Specification, FOCUS 1.2.</summary>
internal static class FocusRoutes
{
    private static readonly string[] Columns =
    [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
        "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
        "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity", "CommitmentDiscountStatus",
        "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice",
        "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory", "PricingQuantity", "PricingUnit",
        "ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceId",
        "SubAccountId", "SubAccountName", "SubAccountType", "x_AdjustedPeriod", "x_BillLine",
    ];

    public static void Map(Routes routes)
    {
        Seller seller = Seller.FromEnvironment();
        routes.Get(
            "/v1/accounts/{account}/exports/focus",
            new Doc("exportFocus", "A month's charges as FOCUS 1.2: bills whose period begins in it, and packages bought, given back or ended in it.")
            {
                AlsoAs = [Accept.Csv],
                Query = [("month", "A month such as 2026-11.")],
            },
            call => Get(call, seller));
    }

    private static IResult Get(Call call, Seller seller)
    {
        LocalDate month = default;
        if (call.Query("month") is not { } text || !Moments.TryMonth(text, out month))
        {
            call.Fault("month", "This parameter is required: a month such as 2026-11.");
        }

        using Store.Reader read = call.Engine.Store.Read();
        if (call.Account(read, call.Path("account")) is not { } account)
        {
            return call.Refusal!;
        }

        return Answer(account, read, month, seller);
    }

    /// <summary>The month's rows.</summary>
    public static IResult Answer(AccountState account, Store.Reader read, LocalDate month, Seller seller)
    {
        var csv = new StringBuilder();
        Csv.Write(csv, Columns);
        foreach (FocusRow row in new FocusExport(account, read, month).Rows())
        {
            Csv.Write(csv, Fields(row, account, seller));
        }

        return new CsvAnswer(csv.ToString(), $"{account.Id}-focus-{JsonText.Of(month)[..7]}.csv");
    }

    private static IEnumerable<object?> Fields(FocusRow row, AccountState account, Seller seller) =>
    [
        row.BilledCost, account.Id, account.Name, "Account", account.Currency, Time(row.BillingPeriod.End), Time(row.BillingPeriod.Start),
        row.ChargeCategory, row.IsCorrection ? "Correction" : null, row.ChargeDescription, row.ChargeFrequency, Time(row.ChargePeriod.End),
        Time(row.ChargePeriod.Start),
        row.Commitment is null ? null : "Usage", row.Commitment?.Id, row.Commitment?.Name, Number(row.Commitment?.Quantity), row.Commitment?.Status,
        row.Commitment is null ? null : "Package", row.Commitment?.Unit, Number(row.ConsumedQuantity), row.ConsumedQuantity is null ? null : row.ConsumedUnit,
        row.ContractedCost, Number(row.UnitPrice), row.EffectiveCost, row.InvoiceId, seller.Name, row.ListCost, Number(row.UnitPrice), row.PricingCategory,
        Number(row.PricingQuantity), row.PricingUnit, seller.Name, seller.Name, row.ServiceCategory, row.ServiceName, row.ServiceSubcategory, row.SkuId,
        row.SkuMeter, row.SkuPriceId, row.SubAccountId, row.SubAccountName, row.SubAccountId is null ? null : "Application", row.AdjustedPeriod, row.BillLine,
    ];

    // The specification's times have whole seconds.
    private static string Time(Instant instant) => JsonText.Of(Instant.FromUnixTimeSeconds(instant.ToUnixTimeSeconds()));

    private static Verbatim? Number(string? decimals) => decimals is null ? null : new Verbatim(decimals);

    /// <summary>A number, which is written as it is: a decrease begins with a minus.</summary>
    private sealed record Verbatim(string Text)
    {
        public override string ToString() => Text;
    }
}
