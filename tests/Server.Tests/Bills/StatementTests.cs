using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

public sealed class StatementTests(Campus campus) : IClassFixture<Campus>
{
    private const string January = "/v1/accounts/school/statements/2027-01";

    [Fact]
    public async Task Every_entry_of_the_wallet_has_two_postings_that_sum_to_zero()
    {
        JsonElement[] entries = [.. (await campus.Served.GetAsync("/v1/accounts/school/ledger")).GetProperty("items").EnumerateArray()];

        // The month's bill is issued on the first of the next.
        Assert.Equal(["topup", "bill", "bill", "bill"], entries.Select(entry => entry.GetProperty("kind").GetString()));
        Assert.All(entries, entry =>
        {
            JsonElement[] postings = [.. entry.GetProperty("postings").EnumerateArray()];
            Assert.Equal(2, postings.Length);
            Assert.Equal("wallet", postings[0].GetProperty("account").GetString());
            Assert.Equal(Money(entry, "amount"), Money(postings[0], "amount"));
            Assert.Equal(0, postings.Sum(posting => Money(posting, "amount")));
        });
        Assert.Equal("cash", entries[0].GetProperty("postings")[1].GetProperty("account").GetString());
        Assert.Equal("revenue:usage", entries[1].GetProperty("postings")[1].GetProperty("account").GetString());
    }

    [Fact]
    public async Task A_statement_goes_from_the_opening_to_the_closing_balance()
    {
        JsonElement january = await campus.Served.GetAsync(January);
        JsonElement february = await campus.Served.GetAsync("/v1/accounts/school/statements/2027-02");

        Assert.Equal(0, Money(january, "opening"));
        Assert.Equal(Money(january, "closing"), Money(january, "opening") + january.GetProperty("movements").EnumerateArray().Sum(its => Money(its, "amount")));
        Assert.Equal(100m - 1.42m - 0.20m, Money(january, "closing"));
        Assert.Equal("100.000000", january.GetProperty("totals").GetProperty("topup").GetString());
        Assert.Equal("-1.620000", january.GetProperty("totals").GetProperty("bill").GetString());
        Assert.True(january.GetProperty("final").GetBoolean());
        Assert.Equal(Money(january, "closing"), Money(february, "opening"));
        Assert.Equal(Campus.Month, february.GetProperty("movements")[0].GetProperty("reference").GetString());
        Assert.False(february.GetProperty("final").GetBoolean());
    }

    [Fact]
    public async Task A_statement_comes_as_CSV_and_as_PDF()
    {
        string[][] rows = BillDocumentTests.Rows(await (await campus.GetAsAsync(January, "text/csv")).Content.ReadAsStringAsync());
        Assert.Equal(["opening", "topup", "bill", "bill", "closing"], rows.Skip(1).Select(row => row[4]));
        Assert.Equal("-1.420000", rows[3][6]);

        PdfText text = PdfText.Of(await (await campus.GetAsAsync(January, "application/pdf")).Content.ReadAsByteArrayAsync());
        foreach (string part in new[] { "Statement", "school-S-2027-01", "上海市第一中学", "Opening balance", "Closing balance", "98.38", "Top-up", "bank-1", Campus.First })
        {
            Assert.Contains(part, text.Text);
        }
    }

    [Theory]
    [InlineData("/v1/accounts/school/statements/2027-03", 404, "not-found")]
    [InlineData("/v1/accounts/school/statements/2027-1", 400, "invalid-request")]
    [InlineData("/v1/accounts/nobody/statements/2027-01", 404, "not-found")]
    public async Task There_is_no_statement_of_what_has_not_begun(string path, int status, string code) =>
        await Served.ProblemAsync(await campus.Client.GetAsync(path), status, code);

    internal static decimal Money(JsonElement of, string name) => decimal.Parse(of.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
}
