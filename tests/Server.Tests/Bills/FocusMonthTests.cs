using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Server.Tests.Bills;

/// <summary>
/// A month in Kolkata with all that a bill can hold: free units, tiers, blocks, packages bought, used, refunded and ended, uncovered units,
/// adjustments of both signs, and rounding.
/// </summary>
public sealed class FocusMonthTests : IAsyncLifetime
{
    private static readonly Instant Midnight = Instant.FromUtc(2026, 12, 31, 18, 30);

    private Served served = null!;
    private int ids;

    public async Task InitializeAsync()
    {
        served = await Served.StartAsync(Midnight);
        await served.DoAsync(HttpMethod.Put, "/v1/rate-cards/focus/versions/2026-12-01", Card);
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/uni", new { name = "Uni, \"Kolkata\"", currency = "USD", timeZone = "Asia/Kolkata", rateCard = "focus" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/uni/applications/paid", new { name = "Paid", edition = "flagship" });
        await served.DoAsync(HttpMethod.Put, "/v1/accounts/uni/applications/unpaid", new { name = "Unpaid", payAsYouGo = false });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/uni/packages", new { sku = "week", application = "paid", reference = "p1" });
        await served.MoveClockAsync(Midnight + Duration.FromMilliseconds(3_723_456));
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/uni/packages", new { sku = "week", application = "unpaid", reference = "p2" });
        await served.DoAsync(HttpMethod.Post, "/v1/accounts/uni/packages/P-2/refund", new { });
        await DayAsync(0, minutes: 77);
        await DayAsync(1, minutes: 10);
        await served.MoveClockAsync(Midnight + Duration.FromHours(51));
        // The first day had more, and the second less.
        await SendAsync(Event("participant.joined", 9, "paid", "lesson0", ("user", "late")));
        await SendAsync(Event("event.voided", 24, "paid", null, ("source", "uni"), ("id", "join1")));
        await DayAsync(5, minutes: 333);
        await served.MoveClockAsync(Midnight + Duration.FromHours((31 * 24) + 3));
    }

    public async Task DisposeAsync() => await served.DisposeAsync();

    [Fact]
    public async Task Every_column_holds_to_the_rules_of_focus_over_a_month_with_all_that_a_bill_can_hold()
    {
        string csv = await MonthAsync();

        FocusRules.Hold(csv);
        FocusRowRead[] rows = FocusRules.Read(csv);
        string[] kinds = [.. rows.Select(row => $"{row["ChargeCategory"]} {row["ChargeClass"]}{row["CommitmentDiscountStatus"]}".Trim()).Distinct()];
        Assert.Superset(new HashSet<string> { "Purchase", "Credit", "Usage", "Usage Used", "Usage Unused", "Usage Correction", "Usage CorrectionUsed", "Adjustment" }, kinds.ToHashSet());
        Assert.Contains(rows, row => row["ChargeDescription"].EndsWith("uncovered", StringComparison.Ordinal));
        Assert.Contains(rows, row => row.IsCorrection && row.Number("ConsumedQuantity") < 0);
        Assert.Contains(rows, row => row.IsCorrection && row.Number("ConsumedQuantity") > 0);
    }

    [Fact]
    public async Task What_is_billed_is_the_bills_and_the_packages_and_what_was_paid_before_is_effective_once()
    {
        FocusRowRead[] rows = FocusRules.Read(await MonthAsync());
        JsonElement[] bills = await ItemsAsync("bills");
        JsonElement[] entries = await ItemsAsync("ledger");

        Assert.True(bills.Length > 3);
        Assert.Equal(
            bills.Select(bill => (bill.GetProperty("number").GetString()!, decimal.Parse(bill.GetProperty("total").GetString()!, CultureInfo.InvariantCulture))).Order(),
            rows.Where(row => row.Has("InvoiceId")).GroupBy(row => row["InvoiceId"]).Select(its => (its.Key, its.Sum(row => row.Number("BilledCost")))).Order());
        Assert.Equal(
            -entries.Sum(entry => decimal.Parse(entry.GetProperty("amount").GetString()!, CultureInfo.InvariantCulture)), rows.Sum(row => row.Number("BilledCost")));
        // Each share of the price is rounded to a millionth.
        Assert.Equal(9m, rows.Where(row => row["CommitmentDiscountId"] == "P-1").Sum(row => row.Number("EffectiveCost")), 5);
        Assert.Equal((0m, 0m), (rows.Where(row => row["CommitmentDiscountId"] == "P-2").Sum(row => row.Number("BilledCost")), rows.Where(row => row["CommitmentDiscountId"] == "P-2").Sum(row => row.Number("EffectiveCost"))));
        Assert.Equal(
            ["2026-12-31T18:30:00Z", "2027-01-31T18:30:00Z"],
            rows.Where(row => row["ChargeCategory"] == "Purchase").Select(row => row["BillingPeriodStart"]).Concat(rows.Where(row => row["ChargeCategory"] == "Purchase").Select(row => row["BillingPeriodEnd"])).Distinct());
    }

    private static object Card => new
    {
        currency = "USD",
        packages = new object[]
        {
            new { sku = "week", name = "A week", quantity = "250.4", unit = "minutes", covers = new[] { new { rate = "presence", ratio = "1.5" } }, scope = "application", validity = "P7D", price = "9.00" },
        },
        rates = new object[]
        {
            new { id = "presence", meter = "av", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "class", per = 1000, free = 5, price = "9.99" },
            new { id = "recording", meter = "recording", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 7, model = "volume", tiers = new object[] { new { upTo = (int?)30, price = "0.33" }, new { upTo = (int?)null, price = "0.25" } } },
            new { id = "slicing", meter = "slicing", period = "day", unit = new { name = "minute", size = 60 }, roundUp = "period", per = 1, model = "graduated", tiers = new object[] { new { upTo = (int?)10, price = "0.00149" }, new { upTo = (int?)null, price = "0.001" } } },
            new { id = "screenshot", meter = "screenshot", period = "month", scope = "account", unit = new { name = "sheet", size = 1 }, roundUp = "period", per = 1000, wholeBlocks = true, free = 100, price = "0.03" },
        },
    };

    private async Task DayAsync(int day, int minutes)
    {
        int hour = (day * 24) + 9;
        await served.MoveClockAsync(Midnight + Duration.FromHours(hour + 9));
        foreach (string application in (string[])["paid", "unpaid"])
        {
            await SendAsync(
                Event("class.started", hour, application, $"lesson{day}"),
                Event("participant.joined", hour, application, $"lesson{day}", ("user", "ann"), ("id", application == "paid" ? $"join{day}" : null)),
                Event("class.ended", hour + (minutes / 60m), application, $"lesson{day}"),
                Event("recording.completed", hour + 7, application, $"lesson{day}", ("recording", "r"), ("files", new JsonArray(new JsonObject { ["kind"] = "camera", ["seconds"] = minutes * 31 }))),
                Event("slicing.completed", hour + 7, application, $"lesson{day}", ("task", "t"), ("mode", "audio"), ("seconds", minutes * 11)));
        }

        await SendAsync(Event("screenshot.captured", hour, "paid", null, ("count", 1234)));
    }

    private JsonObject Event(string type, decimal hour, string application, string? subject, params (string Name, JsonNode? Value)[] data)
    {
        var its = new JsonObject { ["application"] = application };
        string id = $"e{++ids}";
        foreach ((string name, JsonNode? value) in data)
        {
            if (name == "id" && type != "event.voided")
            {
                id = value?.GetValue<string>() ?? id;
            }
            else
            {
                its[name] = value;
            }
        }

        var one = new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = id,
            ["source"] = "uni",
            ["type"] = type,
            ["time"] = InstantPattern.ExtendedIso.Format(Midnight + Duration.FromMinutes((long)(hour * 60))),
            ["data"] = its,
        };
        if (subject is not null)
        {
            one["subject"] = subject;
        }

        return one;
    }

    private async Task SendAsync(params JsonNode[] some)
    {
        using HttpResponseMessage answer = await served.SendAsync(HttpMethod.Post, "/v1/events?wait=true", new JsonArray(some).ToJsonString());
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<JsonElement[]> ItemsAsync(string list) =>
        [.. (await served.GetAsync($"/v1/accounts/uni/{list}?limit=1000")).GetProperty("items").EnumerateArray()];

    private Task<string> MonthAsync() => served.Client.GetStringAsync("/v1/accounts/uni/exports/focus?month=2027-01");
}
