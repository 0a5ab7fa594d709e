using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

/// <summary>The columns of FOCUS 1.2 and what the specification asks of each; written from the specification and not from the export.</summary>
internal static class FocusRules
{
    private const string Decimal = @"^-?\d+(\.\d+)?$", Time = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", Text = @"^[^'\s](.*\S)?$";

    /// <summary>Name, level (M mandatory, C conditional, R recommended), whether null is allowed at all, and the form of a value.</summary>
    private static readonly (string Name, char Level, bool Nullable, string Form)[] Columns =
    [
        ("BilledCost", 'M', false, Decimal), ("BillingAccountId", 'M', false, Text), ("BillingAccountName", 'M', true, Text),
        ("BillingAccountType", 'C', false, Text), ("BillingCurrency", 'M', false, "^[A-Z]{3}$"), ("BillingPeriodEnd", 'M', false, Time),
        ("BillingPeriodStart", 'M', false, Time), ("ChargeCategory", 'M', false, "^(Usage|Purchase|Tax|Credit|Adjustment)$"),
        ("ChargeClass", 'M', true, "^Correction$"), ("ChargeDescription", 'M', true, Text), ("ChargeFrequency", 'R', false, "^(One-Time|Recurring|Usage-Based)$"),
        ("ChargePeriodEnd", 'M', false, Time), ("ChargePeriodStart", 'M', false, Time), ("CommitmentDiscountCategory", 'C', true, "^(Spend|Usage)$"),
        ("CommitmentDiscountId", 'C', true, Text), ("CommitmentDiscountName", 'C', true, Text), ("CommitmentDiscountQuantity", 'C', true, Decimal),
        ("CommitmentDiscountStatus", 'C', true, "^(Used|Unused)$"), ("CommitmentDiscountType", 'C', true, Text), ("CommitmentDiscountUnit", 'C', true, Text),
        ("ConsumedQuantity", 'C', true, Decimal), ("ConsumedUnit", 'C', true, Text), ("ContractedCost", 'M', false, Decimal),
        ("ContractedUnitPrice", 'C', true, Decimal), ("EffectiveCost", 'M', false, Decimal), ("InvoiceId", 'R', true, Text), ("InvoiceIssuerName", 'M', false, Text),
        ("ListCost", 'M', false, Decimal), ("ListUnitPrice", 'C', true, Decimal), ("PricingCategory", 'C', true, "^(Standard|Dynamic|Committed|Other)$"),
        ("PricingQuantity", 'M', true, Decimal), ("PricingUnit", 'M', true, @"^(\d+ )?[A-Z][A-Za-z-]*$"), ("ProviderName", 'M', false, Text),
        ("PublisherName", 'M', false, Text), ("ServiceCategory", 'M', false, "^Media$"), ("ServiceName", 'M', false, Text),
        ("ServiceSubcategory", 'R', false, @"^(Content Creation|Gaming|Media Streaming|Other \(Media\))$"), ("SkuId", 'C', true, Text), ("SkuMeter", 'C', true, Text),
        ("SkuPriceId", 'C', true, Text), ("SubAccountId", 'C', true, Text), ("SubAccountName", 'C', true, Text), ("SubAccountType", 'C', true, Text),
    ];

    /// <summary>What has to be so in a row, between its columns.</summary>
    private static readonly (string Says, Func<FocusRowRead, bool> Holds)[] Between =
    [
        ("a period excludes its end, which lies after its start", row => row.At("BillingPeriodStart") < row.At("BillingPeriodEnd") && row.At("ChargePeriodStart") < row.At("ChargePeriodEnd")),
        ("a purchase is not usage-based", row => row["ChargeCategory"] != "Purchase" || row["ChargeFrequency"] != "Usage-Based"),
        ("category, id and type of a commitment go together", row => row.Has("CommitmentDiscountCategory") == row.Has("CommitmentDiscountId") && row.Has("CommitmentDiscountType") == row.Has("CommitmentDiscountId")),
        ("a commitment's name needs its id", row => !row.Has("CommitmentDiscountName") || row.Has("CommitmentDiscountId")),
        ("a commitment's quantity is of usage and purchases", row => row.Has("CommitmentDiscountQuantity") == (row.Has("CommitmentDiscountId") && row["ChargeCategory"] is "Usage" or "Purchase" && row.Has("CommitmentDiscountId"))),
        ("a commitment's unit goes with its quantity", row => row.Has("CommitmentDiscountUnit") == row.Has("CommitmentDiscountQuantity")),
        ("a commitment has a status for usage and for nothing else", row => row.Has("CommitmentDiscountStatus") == (row.Has("CommitmentDiscountId") && row["ChargeCategory"] == "Usage")),
        ("what was bought, used or left is no quantity below zero", row => row.IsCorrection || !row.Has("CommitmentDiscountQuantity") || row.Number("CommitmentDiscountQuantity") >= 0),
        ("consumed is what is usage and not left unused", row => row.Has("ConsumedQuantity") == (row["ChargeCategory"] == "Usage" && row["CommitmentDiscountStatus"] != "Unused")),
        ("a consumed quantity has its unit", row => row.Has("ConsumedUnit") == row.Has("ConsumedQuantity")),
        ("usage and purchases have price, quantity, category and SKU", row => row.IsCorrection || row["ChargeCategory"] is not ("Usage" or "Purchase")
            || (row.Has("ListUnitPrice") && row.Has("ContractedUnitPrice") && row.Has("PricingQuantity") && row.Has("PricingCategory") && row.Has("SkuId") && row.Has("SkuPriceId"))),
        ("a unit price is not below zero", row => new[] { "ListUnitPrice", "ContractedUnitPrice" }.All(price => !row.Has(price) || row.Number(price) >= 0)),
        ("a pricing unit goes with a pricing quantity", row => row.Has("PricingUnit") == row.Has("PricingQuantity")),
        ("price times quantity is the cost", row => row.IsCorrection || (row.Multiplies("ListUnitPrice", "ListCost") && row.Multiplies("ContractedUnitPrice", "ContractedCost"))),
        ("without a unit price the contracted cost is what is billed", row => row.Has("ContractedUnitPrice") || row.IsCorrection || row["ContractedCost"] == row["BilledCost"]),
        ("covered by a commitment is Committed, and the purchase is not", row => (row["PricingCategory"] == "Committed") == (row["CommitmentDiscountStatus"].Length > 0)),
        ("paid before: billed at the purchase, and effective when used", row => row["ChargeCategory"] == "Purchase" ? row.Number("BilledCost") > 0 && row.Number("EffectiveCost") == 0
            : !row.Has("CommitmentDiscountStatus") || row.Number("BilledCost") == 0),
        ("a credit is no negative purchase", row => row.Number("BilledCost") >= 0 || row.IsCorrection || row["ChargeCategory"] is "Credit" or "Adjustment"),
        ("a meter needs a SKU", row => !row.Has("SkuMeter") || row.Has("SkuId")),
        ("a sub-account has a type", row => row.Has("SubAccountType") == row.Has("SubAccountId") && (row.Has("SubAccountId") || !row.Has("SubAccountName"))),
        ("a correction names the period that it corrects, which is over", row => row.IsCorrection == row.Has("x_AdjustedPeriod") && (!row.IsCorrection || row.At("ChargePeriodEnd") <= row.At("BillingPeriodEnd"))),
        ("a line of an invoice has the invoice's id", row => !row.Has("x_BillLine") || row.Has("InvoiceId")),
    ];

    public static FocusRowRead[] Read(string csv)
    {
        string[][] rows = BillDocumentTests.Rows(csv);
        return [.. rows.Skip(1).Select(row => new FocusRowRead(rows[0].Zip(row, (name, value) => KeyValuePair.Create(name, value)).ToDictionary()))];
    }

    /// <summary>Everything that the specification asks of the columns' presence, form and nullability, and of each row.</summary>
    public static void Hold(string csv)
    {
        FocusRowRead[] rows = Read(csv);
        string[] header = BillDocumentTests.Rows(csv)[0];
        Assert.NotEmpty(rows);
        Assert.Equal(header.Distinct(), header);
        Assert.Empty(Columns.Where(column => column.Level == 'M').Select(column => column.Name).Except(header));
        Assert.All(header.Except(Columns.Select(column => column.Name)), own => Assert.Matches("^x_[A-Z][A-Za-z]+$", own));
        Assert.Equal(header.OrderBy(name => name.StartsWith("x_", StringComparison.Ordinal)), header);
        string[] wrong =
        [
            .. from row in rows
               from column in Columns
               where row.Has(column.Name) ? !Regex.IsMatch(row[column.Name], column.Form) : !column.Nullable
               select $"{column.Name} '{row[column.Name]}': {row["ChargeDescription"]}",
            .. from row in rows from rule in Between where !rule.Holds(row) select $"{rule.Says}: {row["ChargeDescription"]}",
            .. rows.GroupBy(row => row["SkuPriceId"]).Where(its => its.Select(row => row["SkuId"]).Distinct().Count() > 1).Select(its => $"{its.Key} is of several SKUs"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }
}

/// <summary>A row as a consumer reads it.</summary>
internal sealed class FocusRowRead(Dictionary<string, string> fields)
{
    public string this[string column] => fields[column];

    public bool IsCorrection => this["ChargeClass"] == "Correction";

    public bool Has(string column) => this[column].Length > 0;

    public decimal Number(string column) => decimal.Parse(this[column], NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    public NodaTime.Instant At(string column) => InstantPattern.ExtendedIso.Parse(this[column]).Value;

    // Costs have six decimals.
    public bool Multiplies(string price, string cost) =>
        !Has(price) || !Has("PricingQuantity") || Math.Abs((Number(price) * Number("PricingQuantity")) - Number(cost)) <= 0.0000005m;
}
