using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using Xunit;
using static Minutebook.Server.Tests.Bills.StatementTests;

namespace Minutebook.Server.Tests.Bills;

public sealed class WhatIfTests(Campus campus) : IClassFixture<Campus>
{
    private const string OfSchool = "/v1/accounts/school/what-if";

    [Fact]
    public async Task At_the_same_prices_the_month_would_have_cost_what_it_did()
    {
        JsonElement same = await AskAsync(OfSchool, "2027-01-01", "2027-02-01", "campus");

        Assert.Equal(1.160000m + 0.260000m + 0.200000m + 0.090000m, Money(same, "charged"));
        Assert.Equal(Money(same, "charged"), Money(same, "wouldCost"));
        Assert.Equal(["presence", "recording", "screenshot"], same.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("rate").GetString()));
        Assert.All(same.GetProperty("lines").EnumerateArray(), line =>
        {
            Assert.Equal("0.000000", line.GetProperty("difference").GetString());
            Assert.Equal(line.GetProperty("charged").GetRawText(), line.GetProperty("wouldCost").GetRawText());
        });
        Assert.Equal(["2027-01-01", "2027-01-01"], same.GetProperty("periods").EnumerateArray().Select(period => period.GetProperty("periodStart").GetString()));
    }

    [Fact]
    public async Task At_twice_the_price_presence_would_have_cost_twice_as_much()
    {
        JsonElement dear = await AskAsync(OfSchool, "2027-01-01", "2027-01-08", "dear");

        JsonElement presence = dear.GetProperty("lines").EnumerateArray().First(line => line.GetProperty("rate").GetString() == "presence");
        Assert.Equal(2 * Money(presence.GetProperty("charged"), "amount"), Money(presence.GetProperty("wouldCost"), "amount"));
        Assert.Equal("1.360000", dear.GetProperty("difference").GetString());
        // The month does not lie in the range as a whole.
        Assert.DoesNotContain(dear.GetProperty("lines").EnumerateArray(), line => line.GetProperty("rate").GetString() == "screenshot");
        Assert.Single(dear.GetProperty("notes").EnumerateArray());
    }

    [Fact]
    public async Task Nothing_is_changed_by_asking()
    {
        string before = (await campus.Served.GetAsync("/v1/accounts/school")).GetRawText();
        await AskAsync(OfSchool, "2027-01-01", "2027-02-01", "dear");

        Assert.Equal(before, (await campus.Served.GetAsync("/v1/accounts/school")).GetRawText());
        Assert.Equal(3, (await campus.Served.GetAsync("/v1/accounts/school/bills")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Of_all_accounts_those_that_gain_and_lose_most_come_first()
    {
        JsonElement all = await AskAsync("/v1/what-if", "2027-01-01", "2027-02-01", "dear");

        JsonElement loses = Assert.Single(all.GetProperty("lose").EnumerateArray());
        Assert.Equal("school", loses.GetProperty("account").GetString());
        Assert.Equal("1.360000", loses.GetProperty("difference").GetString());
        Assert.Empty(all.GetProperty("gain").EnumerateArray());
        Assert.Equal("1.360000", all.GetProperty("difference").GetString());
    }

    [Theory]
    [InlineData("2027-01-08", "2027-01-01", "dear", "/to")]
    [InlineData("2027-01-01", "soon", "dear", "/to")]
    [InlineData("2027-01-01", "2027-02-01", "none", "/rateCard")]
    public async Task What_makes_no_sense_is_refused(string from, string to, string rateCard, string pointer)
    {
        JsonElement problem = await Served.ProblemAsync(await campus.Client.PostAsJsonAsync(OfSchool, new { from, to, rateCard }), 400, "invalid-request");
        Assert.Contains(pointer, Served.Pointers(problem));
    }

    private async Task<JsonElement> AskAsync(string path, string from, string to, string rateCard)
    {
        using HttpResponseMessage answer = await campus.Client.PostAsJsonAsync(path, new { from, to, rateCard });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}

public sealed class EstimateTests
{
    [Fact]
    public async Task Today_and_the_month_so_far_stand_there_as_bills_and_the_month_goes_on_by_weekdays()
    {
        var campus = new Campus();
        await campus.InitializeAsync();
        try
        {
            // The 1st of February has a lesson of ten minutes for two.
            await campus.Served.MoveClockAsync(Campus.Midnight + Duration.FromHours((31 * 24) + 10));
            await campus.LessonAsync("february", (31 * 24) + 8, ("ann", 10), ("bob", 10));
            JsonElement estimate = await campus.Served.GetAsync("/v1/accounts/school/estimate");

            JsonElement today = estimate.GetProperty("today"), month = estimate.GetProperty("month");
            Assert.Equal("2027-02-01", today.GetProperty("periodStart").GetString());
            JsonElement line = Assert.Single(today.GetProperty("lines").EnumerateArray());
            Assert.Equal(("20", "15", "0.150000"), (Text(line, "units"), Text(line, "payAsYouGoUnits"), Text(line, "amount")));
            Assert.Equal("0.15", Text(today, "total"));
            Assert.Equal(("monthly", "0.15"), (Text(month, "kind"), Text(month, "total")));

            // Of the last 28 days, none of the four Mondays cost anything: what comes costs nothing by this.
            JsonElement forecast = estimate.GetProperty("forecast");
            Assert.Equal(("0.15", "0.15", "0.15"), (Text(forecast, "expected"), Text(forecast, "low"), Text(forecast, "high")));
            Assert.Equal(28, forecast.GetProperty("days").GetArrayLength());
            Assert.Equal(28, forecast.GetProperty("basis").GetProperty("days").GetInt32());
        }
        finally
        {
            await campus.DisposeAsync();
        }
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();
}
