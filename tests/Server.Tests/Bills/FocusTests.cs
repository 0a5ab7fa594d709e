using System.Globalization;
using System.Text.Json;
using NodaTime.Text;
using Xunit;
using static Minutebook.Server.Tests.Bills.StatementTests;

namespace Minutebook.Server.Tests.Bills;

/// <summary>The rules of FOCUS 1.2 that its columns hold to, checked on a month's rows as any consumer would.</summary>
public sealed class FocusTests(Campus campus) : IClassFixture<Campus>
{
    private const string January = "/v1/accounts/school/exports/focus?month=2027-01";

    private static readonly string[] Mandatory =
    [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory",
        "ChargeClass", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName",
        "ListCost", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
    ];

    private static readonly string[] MayBeNull = ["BillingAccountName", "ChargeClass", "ChargeDescription", "PricingQuantity", "PricingUnit"];

    private static readonly string[] Metrics =
        ["BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "PricingQuantity", "ConsumedQuantity", "ListUnitPrice", "ContractedUnitPrice", "CommitmentDiscountQuantity"];

    [Fact]
    public async Task Every_mandatory_column_is_there_and_null_only_where_it_may_be()
    {
        Dictionary<string, string>[] rows = await RowsAsync();

        Assert.NotEmpty(rows);
        foreach (string column in Mandatory)
        {
            Assert.All(rows, row => Assert.True(row.ContainsKey(column), column));
            Assert.All(rows, row => Assert.True(MayBeNull.Contains(column) || row[column].Length > 0, $"{column} is null in {row["ChargeDescription"]}"));
        }

        string[] columns = [.. rows[0].Keys];
        Assert.Equal(columns.OrderBy(name => name.StartsWith("x_", StringComparison.Ordinal)), columns);
    }

    [Fact]
    public async Task What_an_invoice_bills_is_the_bills_total()
    {
        Dictionary<string, string>[] rows = await RowsAsync();

        foreach (string number in new[] { Campus.First, Campus.Second, Campus.Month })
        {
            decimal billed = rows.Where(row => row["InvoiceId"] == number).Sum(row => Number(row, "BilledCost"));
            Assert.Equal(Money(await campus.BillAsync(number), "total"), billed);
        }
    }

    [Fact]
    public async Task Categories_are_of_the_lists_that_the_specification_allows()
    {
        foreach (Dictionary<string, string> row in await RowsAsync())
        {
            IsOneOf(row["ChargeCategory"], "Usage", "Purchase", "Tax", "Credit", "Adjustment");
            IsOneOf(row["ChargeClass"], "", "Correction");
            IsOneOf(row["ChargeFrequency"], "One-Time", "Recurring", "Usage-Based");
            IsOneOf(row["PricingCategory"], "", "Standard", "Dynamic", "Committed", "Other");
            IsOneOf(row["CommitmentDiscountStatus"], "", "Used", "Unused");
            Assert.Equal("Media", row["ServiceCategory"]);
            IsOneOf(row["ServiceSubcategory"], "Media Streaming", "Content Creation", "Other (Media)");
            Assert.Equal(row["ChargeClass"] == "Correction", row["x_AdjustedPeriod"].Length > 0);
        }
    }

    [Fact]
    public async Task Times_are_UTC_and_periods_exclude_their_end()
    {
        foreach (Dictionary<string, string> row in await RowsAsync())
        {
            foreach (string period in new[] { "BillingPeriod", "ChargePeriod" })
            {
                Assert.EndsWith("Z", row[$"{period}Start"]);
                Assert.True(InstantPattern.ExtendedIso.Parse(row[$"{period}Start"]).Value < InstantPattern.ExtendedIso.Parse(row[$"{period}End"]).Value);
            }
        }
    }

    [Fact]
    public async Task A_quantity_at_its_unit_price_is_the_cost_unless_it_corrects()
    {
        int priced = 0;
        foreach (Dictionary<string, string> row in (await RowsAsync()).Where(row => row["ChargeCategory"] is "Usage" or "Purchase"))
        {
            if (row["ChargeClass"] == "Correction")
            {
                Assert.Equal("", row["ListUnitPrice"]);
                continue;
            }

            priced++;
            Assert.Equal(Number(row, "ListCost"), Number(row, "ListUnitPrice") * Number(row, "PricingQuantity"), 6);
            Assert.Equal(Number(row, "ContractedCost"), Number(row, "ContractedUnitPrice") * Number(row, "PricingQuantity"), 6);
            Assert.NotEmpty(row["PricingUnit"]);
        }

        Assert.True(priced > 5);
    }

    [Fact]
    public async Task Numbers_are_plain_decimals_and_names_are_no_formulas()
    {
        foreach (Dictionary<string, string> row in await RowsAsync())
        {
            Assert.All(Metrics, metric => Assert.Matches(@"^(-?\d+(\.\d+)?)?$", row[metric]));
            Assert.All(row.Where(field => !Metrics.Contains(field.Key)), field => Assert.DoesNotMatch("^[=+@-]", field.Value));
            Assert.Equal(row["ChargeCategory"] == "Usage" && row["CommitmentDiscountStatus"] != "Unused", row["ConsumedQuantity"].Length > 0);
        }
    }

    [Fact]
    public async Task What_a_package_covers_costs_its_share_of_the_packages_price_and_the_rest_is_shown_as_unused()
    {
        Dictionary<string, string>[] rows = await RowsAsync("/v1/accounts/packed/exports/focus?month=2027-01");

        Dictionary<string, string> purchase = Assert.Single(rows, row => row["ChargeCategory"] == "Purchase");
        Assert.Equal((9m, 0m, ""), (Number(purchase, "BilledCost"), Number(purchase, "EffectiveCost"), purchase["InvoiceId"]));
        Dictionary<string, string> used = Assert.Single(rows, row => row["CommitmentDiscountStatus"] == "Used");
        Assert.Equal((0m, 3m, "Committed", "30"), (Number(used, "BilledCost"), Number(used, "EffectiveCost"), used["PricingCategory"], used["CommitmentDiscountQuantity"]));
        Dictionary<string, string> unused = Assert.Single(rows, row => row["CommitmentDiscountStatus"] == "Unused");
        Assert.Equal((0m, 6m, ""), (Number(unused, "BilledCost"), Number(unused, "EffectiveCost"), unused["ConsumedQuantity"]));
        Assert.Equal(9m, rows.Sum(row => Number(row, "EffectiveCost")));
        Assert.Equal(["MMINUTES"], rows.Where(row => row["CommitmentDiscountId"].Length > 0).Select(row => $"M{row["CommitmentDiscountUnit"].ToUpperInvariant()}").Distinct());
    }

    [Theory]
    [InlineData("/v1/accounts/school/exports/focus", 400, "invalid-request")]
    [InlineData("/v1/accounts/school/exports/focus?month=2027", 400, "invalid-request")]
    [InlineData("/v1/accounts/nobody/exports/focus?month=2027-01", 404, "not-found")]
    public async Task A_month_is_needed(string path, int status, string code) => await Served.ProblemAsync(await campus.Client.GetAsync(path), status, code);

    private async Task<Dictionary<string, string>[]> RowsAsync(string path = January)
    {
        using HttpResponseMessage answer = await campus.Client.GetAsync(path);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        string[][] rows = BillDocumentTests.Rows(await answer.Content.ReadAsStringAsync());
        return [.. rows.Skip(1).Select(row => rows[0].Zip(row).ToDictionary(field => field.First, field => field.Second))];
    }

    private static void IsOneOf(string value, params string[] allowed) => Assert.True(allowed.Contains(value), $"{value} is none of {string.Join(", ", allowed)}");

    private static decimal Number(Dictionary<string, string> row, string column) => decimal.Parse(row[column], CultureInfo.InvariantCulture);
}
