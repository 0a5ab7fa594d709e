using System.Text.Json;
using System.Text.Json.Nodes;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using NodaTime;
using NodaTime.Text;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Differential;

/// <summary>
/// By the account's own card, what a random history would have cost is what it did cost, line by line: what-if goes another way than the
/// closes, from the tables in one pass. MINUTEBOOK_TEST_LONG=1 tries many more histories, MINUTEBOOK_SEED=n only that one.
/// </summary>
public sealed class WhatIfAgainstBills(ITestOutputHelper output)
{
    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: 6, many: 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task What_if_by_the_same_card_is_what_was_billed(int seed)
    {
        // Nothing comes so late that a period was final by then.
        Workload workload = Workload.Of(new WorkloadOptions { Seed = seed, Classes = 6, DelayChance = 0, WithRejected = false });
        output.WriteLine($"{workload}");
        await using Served served = await Served.StartAsync(Instant.FromUnixTimeMilliseconds(workload.Steps[0].AtMs));
        var desk = new HttpDesk(served, workload, new Random(seed));
        await desk.CreateAccountAsync();
        using HttpResponseMessage published = await served.SendAsync(HttpMethod.Put, "/v1/rate-cards/own/versions/1960-01-01", Card(workload));
        Assert.True(published.IsSuccessStatusCode, await published.Content.ReadAsStringAsync());
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{HttpDesk.Account}", new { rateCard = "own" });
        foreach (Step step in workload.Steps)
        {
            await desk.DoAsync(step);
        }

        DateTimeZone zone = DateTimeZoneProviders.Tzdb[workload.Account.TimeZone];
        LocalDate from = Day(workload.Steps[0].AtMs).PlusDays(-3).With(DateAdjusters.StartOfMonth);
        LocalDate to = Day(workload.EndMs).With(DateAdjusters.StartOfMonth).PlusMonths(1);
        await desk.MoveToAsync(zone.AtStartOfDay(to.PlusDays(workload.Options.LateDays + 2)).ToInstant().ToUnixTimeMilliseconds());

        using HttpResponseMessage answer = await served.SendAsync(
            HttpMethod.Post, $"/v1/accounts/{HttpDesk.Account}/what-if", $$"""{"from":"{{Text(from)}}","to":"{{Text(to)}}","rateCard":"own"}""");
        JsonElement whatIf = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        JsonElement[] lines = [.. whatIf.GetProperty("lines").EnumerateArray()];
        Assert.NotEmpty(lines);
        // Where no unit changes there is no adjustment, and so the quantity stays as it was billed (rule 6.3).
        Assert.All(lines, line => Assert.Equal(Units(line.GetProperty("charged")), Units(line.GetProperty("wouldCost"))));
        Assert.Equal("0.000000", whatIf.GetProperty("difference").GetString());

        LocalDate Day(long ms) => Instant.FromUnixTimeMilliseconds(ms).InZone(zone).Date;
    }

    private static string Units(JsonElement sums) => string.Join(' ', sums.EnumerateObject().Where(its => its.Name != "quantity"));

    /// <summary>A random card of the workload's, without packages, and with prices for storage and the peak.</summary>
    private static string Card(Workload workload)
    {
        JsonObject card = JsonNode.Parse(new BillingScript(workload).Cards[0].ToJson())!.AsObject();
        card["packages"] = new JsonArray();
        // Of some histories the days' totals are enough.
        foreach (JsonNode? rate in card["rates"]!.AsArray().Where(_ => workload.Options.Seed % 3 == 0))
        {
            rate!["roundUp"] = "period";
        }

        bool monthly = workload.Options.Seed % 2 == 0;
        card["rates"]!.AsArray().Add(Rate("storage", "application", monthly));
        card["rates"]!.AsArray().Add(Rate("peak", "account", !monthly));
        return card.ToJsonString();
    }

    private static JsonObject Rate(string meter, string scope, bool monthly) => new()
    {
        ["id"] = meter,
        ["meter"] = meter,
        ["period"] = monthly ? "month" : "day",
        ["scope"] = scope,
        ["unit"] = new JsonObject { ["name"] = "unit", ["size"] = 3 },
        ["roundUp"] = "period",
        ["per"] = 10,
        ["free"] = 1,
        ["price"] = "0.000001",
    };

    private static string Text(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
