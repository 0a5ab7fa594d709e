using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Rating;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>What was billed for a day, its adjustments included, is what the reference says that it used, however late that was known.</summary>
public sealed class BillLaws
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rules_6_1_and_6_3_bills_and_adjustments_of_a_day_sum_to_its_usage_rounded_up_once(int seed)
    {
        // Nothing comes too late to be adjusted: no voids, and nothing that is kept.
        var workload = Workload.Of(new WorkloadOptions { Seed = seed, VoidChance = 0, WithRejected = false });
        var desk = new Desk(workload.Account, workload.Steps[0].AtMs, AllPriced(), On(workload.Account));
        var chance = new Random(seed);
        foreach (Step step in workload.Steps)
        {
            desk.Do(step);
            if (chance.Next(8) == 0)
            {
                desk.Flush();
                desk.Restart();
            }
        }

        long end = workload.EndMs + (3 * 86_400_000L);
        desk.AdvanceTo(end);
        desk.Flush();
        var expected = Expected(workload, end).Where(one => string.CompareOrdinal(one.Key.Day, desk.Book.State.NextClose) < 0);
        var billed = Billed(desk);

        string[] wrong = [.. expected.Except(billed).Select(one => $"expected {one}"), .. billed.Except(expected).Select(one => $"billed {one}")];
        Assert.True(wrong.Length == 0, $"{workload}:\n{string.Join('\n', wrong)}");
        Assert.Contains(desk.Tables.Bills.Values, bill => Encoding.UTF8.GetString(bill.Json).Contains("\"adjusts\":{", StringComparison.Ordinal));
    }

    private static Command.PutAccount On(ReferenceAccount account) => new(
        "account", "Reference", "USD", account.TimeZone, "all", LateDays: account.LateDays, CategorizedSince: new Given<string>(account.CategorizedSince));

    /// <summary>The shipped card, and a price for storage and peak.</summary>
    private static RateCards AllPriced()
    {
        JsonNode card = JsonNode.Parse(RateCardJson.ToJson(PublicCard.Card))!;
        JsonArray rates = card["rates"]!.AsArray();
        foreach (string meter in new[] { "storage", "peak" })
        {
            rates.Add(new JsonObject
            {
                ["id"] = meter,
                ["meter"] = meter,
                ["period"] = "day",
                ["unit"] = new JsonObject { ["name"] = "unit", ["size"] = meter == "peak" ? 2 : 60 },
                ["roundUp"] = "period",
                ["per"] = 1_000_000_000,
                ["price"] = "0.01",
            });
        }

        var document = new JsonObject { ["currency"] = "USD", ["rates"] = rates.DeepClone(), ["packages"] = new JsonArray() };
        CardReading read = RateCardJson.Read(new RateCardVersion("all", PublicCard.EffectiveFrom), Encoding.UTF8.GetBytes(document.ToJsonString()));
        Assert.Empty(read.Faults);
        var cards = new RateCards();
        Assert.Null(cards.Publish(read.Card!, PublicCard.EffectiveFrom).Refusal);
        return cards;
    }

    private static Dictionary<(string Day, string Application, string Rate), BigInteger> Expected(Workload workload, long now)
    {
        var grid = new Grid(workload.Account.TimeZone);
        return new Expected(workload.History, now).Items
            .Select(item => (Item: item, Rate: RateOf(item)))
            .Where(priced => priced.Rate is not null)
            .GroupBy(priced => (LocalDatePattern.Iso.Format(grid.DateOf(priced.Item.HourMs / 1000)), priced.Item.Application, priced.Rate!))
            .ToDictionary(g => g.Key, g => g.Key.Item3 == "peak"
                ? (g.Max(priced => priced.Item.Quantity) + 1) / 2
                : (g.Aggregate(BigInteger.Zero, (sum, priced) => sum + priced.Item.Quantity) + 59) / 60);
    }

    /// <summary>The daily rate that prices it; all but the peak's are by 60.</summary>
    private static string? RateOf(UsageItem item) => item.Meter switch
    {
        "av" => item.Dimensions == """["audio"]""" ? "av-audio" : null,
        "whiteboard" => "whiteboard",
        "recording" => item.Dimensions == """["mixed"]""" ? "recording-mixed" : "recording",
        "slicing" => item.Dimensions == """["audio"]""" ? "slicing-audio" : "slicing-video",
        "storage" or "peak" => item.Meter,
        _ => null,
    };

    private static Dictionary<(string Day, string Application, string Rate), BigInteger> Billed(Desk desk) =>
        desk.Tables.Bills.Values
            .Select(row => BillReader.Read(Encoding.UTF8.GetString(row.Json)))
            .SelectMany(bill => bill.Lines.Select(line => (Line: line, Period: line.Adjusts ?? bill.Period)))
            .Where(billed => billed.Period.Kind == PeriodKind.Day)
            .GroupBy(billed => (LocalDatePattern.Iso.Format(billed.Period.Start), billed.Line.Application!, billed.Line.Rate.Id))
            .Select(g => (g.Key, Units: g.Aggregate(BigInteger.Zero, (sum, billed) => sum + (BigInteger)billed.Line.Units)))
            .Where(sum => !sum.Units.IsZero)
            .ToDictionary(sum => sum.Key, sum => sum.Units);
}
