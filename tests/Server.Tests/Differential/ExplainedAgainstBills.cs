using System.Net;
using System.Text.Json;
using Minutebook.Core.Units;
using Minutebook.Reference;
using Minutebook.Reference.Billing;
using Minutebook.Reference.Workloads;
using NodaTime;
using Xunit;
using Xunit.Abstractions;

namespace Minutebook.Server.Tests.Differential;

/// <summary>
/// Every line of every bill of a random history is explained: its events give its usage and its units again, its records sum to it, and its
/// steps end with its amount, whatever came, was voided or was set since. MINUTEBOOK_TEST_LONG=1 tries many more histories, MINUTEBOOK_SEED=n
/// only that one.
/// </summary>
public sealed class ExplainedAgainstBills(ITestOutputHelper output)
{
    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: Testing.TestStore.IsPostgres ? 3 : 12, many: 300)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Rule_6_2_every_line_of_a_random_history_follows_from_its_events(int seed)
    {
        Workload workload = Workload.Of(new WorkloadOptions
        {
            Seed = seed,
            Classes = 4,
            UsersPerClass = 3,
            OthersOfEach = 3,
            Days = 2,
            DelayChance = 80,
            VoidChance = 80,
            Applications = 2,
            LateDays = seed % 3 == 0 ? 35 : 4,
        });
        output.WriteLine($"{workload}");
        var script = new BillingScript(workload, withTerms: seed % 2 == 0);
        var chance = new Random(seed);
        // A further version of a card begins after the day on which it is published, wherever that is.
        await using Served served = await Served.StartAsync(Instant.FromUnixTimeMilliseconds(script.CreatedMs) - Duration.FromDays(2));
        foreach (ReferenceCard card in script.Cards)
        {
            using HttpResponseMessage published = await served.SendAsync(HttpMethod.Put, $"/v1/rate-cards/{card.Id}/versions/{card.EffectiveFrom}", card.ToJson());
            Assert.True(published.IsSuccessStatusCode, await published.Content.ReadAsStringAsync());
        }

        var desk = new HttpDesk(served, workload, chance);
        await desk.MoveToAsync(script.CreatedMs);
        await desk.CreateAccountAsync();
        await served.DoAsync(HttpMethod.Put, $"/v1/accounts/{HttpDesk.Account}", new { rateCard = "one" });
        var doings = workload.Steps.Select(step => (step.AtMs, Do: (Func<Task>)(() => desk.DoAsync(step))))
            .Concat(script.Orders.Select(order => (order.AtMs, Do: (Func<Task>)(() => DoAsync(served, desk, order))))).OrderBy(one => one.AtMs);
        foreach ((_, Func<Task> @do) in doings)
        {
            await @do();
        }

        await desk.MoveToAsync(workload.EndMs + (45L * 86_400_000));
        await desk.ShowAsync(workload.EndMs + (45L * 86_400_000));
        List<string> wrong = [];
        int lines = 0;
        foreach (JsonElement bill in await ItemsAsync(served, $"/v1/accounts/{HttpDesk.Account}/bills"))
        {
            string number = bill.GetProperty("number").GetString()!;
            JsonElement whole = await served.GetAsync($"/v1/bills/{number}");
            for (int line = 1; line <= whole.GetProperty("lines").GetArrayLength(); line++, lines++)
            {
                wrong.AddRange((await WrongWithAsync(served, number, line)).Select(what => $"line {line} of {number}: {what}"));
            }
        }

        Assert.True(wrong.Count == 0, $"{workload}:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(lines > 0, $"{workload} has no bill.");
    }

    private static async Task<List<string>> WrongWithAsync(Served served, string number, int line)
    {
        JsonElement explained = await served.GetAsync($"/v1/bills/{number}/lines/{line}/explain?limit=1000");
        JsonElement billed = explained.GetProperty("billLine");
        List<string> wrong = [];
        if (!explained.GetProperty("agrees").GetBoolean())
        {
            wrong.Add($"its events do not give it again: {explained.GetRawText()}");
        }

        if (explained.GetProperty("steps").EnumerateArray().Last().GetProperty("value").GetString() != Text(billed, "amount"))
        {
            wrong.Add($"its steps end with {explained.GetProperty("steps").EnumerateArray().Last()}, it with {Text(billed, "amount")}");
        }

        JsonElement records = explained.GetProperty("records");
        if (records.GetProperty("next").ValueKind != JsonValueKind.Null || explained.GetProperty("adjusts").ValueKind != JsonValueKind.Null)
        {
            return wrong;
        }

        foreach (string name in (string[])["quantity", "units", "freeUnits", "payAsYouGoUnits", "uncoveredUnits"])
        {
            Int128 sum = records.GetProperty("items").EnumerateArray().Aggregate(Int128.Zero, (sum, record) => sum + Int128.Parse(Text(record, name)));
            if (sum != Int128.Parse(Text(billed, name)))
            {
                wrong.Add($"its records have {sum} of {name}, it {Text(billed, name)}");
            }
        }

        return wrong;
    }

    private static string Text(JsonElement its, string name) => its.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : its.GetProperty(name).GetRawText();

    private static async Task<List<JsonElement>> ItemsAsync(Served served, string path)
    {
        List<JsonElement> items = [];
        string? cursor = null;
        do
        {
            JsonElement page = await served.GetAsync($"{path}?limit=1000{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);
        return items;
    }

    /// <summary>Some orders are refused, as packages that no card sells and refunds of what was used.</summary>
    private static async Task DoAsync(Served served, HttpDesk desk, Order order)
    {
        await desk.MoveToAsync(order.AtMs);
        string account = $"/v1/accounts/{HttpDesk.Account}";
        (HttpMethod method, string path, object body) = order switch
        {
            Order.Buy its => (HttpMethod.Post, $"{account}/packages", (object)new { sku = its.Sku, application = its.Application, reference = its.Reference }),
            Order.Refund its => (HttpMethod.Post, $"{account}/packages/{its.Package}/refund", new { }),
            Order.PayAsYouGo its => (HttpMethod.Put, $"{account}/applications/{its.Application}", new { payAsYouGo = its.Enabled }),
            Order.Card its => (HttpMethod.Put, account, new { rateCard = its.Id }),
            Order.TopUp its => (HttpMethod.Post, $"{account}/topups", new { amount = new Money((Int128)its.Micros).ToString(), currency = "USD", reference = its.Reference }),
            Order.LateDays its => (HttpMethod.Put, account, new { lateDays = its.Days }),
            Order.SettleDelay its => (HttpMethod.Put, account, new { settleDelayMinutes = its.Minutes }),
            Order.Categories its => (HttpMethod.Put, account, new { categorizedSince = its.Since }),
            _ => throw new ArgumentException($"{order} is unknown.", nameof(order)),
        };
        using HttpResponseMessage answer = await served.SendAsync(method, path, JsonSerializer.Serialize(body));
        Assert.True(
            answer.IsSuccessStatusCode || (order is Order.Buy or Order.Refund && answer.StatusCode < HttpStatusCode.InternalServerError),
            $"{order}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }
}
