using System.Globalization;
using System.Text.Json;
using Xunit;
using static Minutebook.Server.Tests.Bills.StatementTests;

namespace Minutebook.Server.Tests.Bills;

/// <summary>The rules of FOCUS 1.2 that its columns hold to, checked on a month's rows as any consumer would.</summary>
public sealed class FocusTests(Campus campus) : IClassFixture<Campus>
{
    private const string January = "/v1/accounts/school/exports/focus?month=2027-01";

    [Fact]
    public async Task Every_column_holds_to_the_rules_of_focus()
    {
        FocusRules.Hold(await campus.Client.GetStringAsync(January));
        FocusRules.Hold(await campus.Client.GetStringAsync("/v1/accounts/packed/exports/focus?month=2027-01"));
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

    private static decimal Number(Dictionary<string, string> row, string column) => decimal.Parse(row[column], CultureInfo.InvariantCulture);
}
