using System.Text;
using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;
using Minutebook.Core.Tests.Reference;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>
/// Nothing that is accepted, however absurd, stops a book: cards, packages, money and quantities from the least to the most that their readers
/// take, metered, looked at, closed and trued up. Arithmetic that does not fit throws, and a fold that throws stops for good.
/// </summary>
public sealed class ExtremeLaws
{
    private const long MostWhole = 1_000_000_000_000_000;
    private const long MostQuantity = 9_007_199_254_740_991;
    private const string MostDecimal = "999999999999.999999999999";
    private const string LeastDecimal = "0.000000000001";
    private static readonly long[] Wholes = [1, 2, 60, 1_000, MostWhole];
    private static readonly string[] Decimals = [LeastDecimal, "0.3", "1", "999.5", MostDecimal];
    private static readonly string[] Meters = ["av", "whiteboard", "recording", "slicing", "playback", "screenshot", "delivery", "storage", "peak"];
    private static readonly long Begin = Story.Ms("2027-07-19T00:10:00Z");

    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: 80, many: 5_000)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_is_accepted_is_metered_looked_at_closed_and_trued_up(int seed)
    {
        var chance = new Random(seed);
        Desk desk = Open(chance);
        long at = Begin;
        for (int step = 0; step < 30; step++)
        {
            at += chance.Next(1, 7_200_000);
            switch (chance.Next(8))
            {
                case 0:
                    desk.Try(new Command.TopUp("account", Of(chance, ["0.000001", "1.00", "999999999999999999.999999"]), "USD", $"t{step}"), at);
                    break;
                case 1:
                    desk.Try(new Command.BuyPackage("account", $"p{chance.Next(3)}", "app", $"p{step}"), at);
                    break;
                case 2:
                    desk.Flush();
                    desk.Forget();
                    break;
                default:
                    desk.Send(at, [.. Enumerable.Range(0, chance.Next(1, 6)).Select(number => Event(chance, at, $"{step}-{number}"))]);
                    break;
            }
        }

        desk.Live();
        desk.AdvanceTo(at + (4 * 86_400_000L));
        desk.Send(at + (4 * 86_400_000L), Event(chance, at, "late"));
        desk.AdvanceTo(at + (40 * 86_400_000L));
        desk.Live();
        desk.Flush();
        desk.Restart();
        desk.AdvanceTo(at + (41 * 86_400_000L));
    }

    private static Desk Open(Random chance)
    {
        int[] rates = [.. Enumerable.Range(0, chance.Next(1, 6))];
        string json = $"{{'currency': '{Of(chance, ["USD", "JPY", "KWD"])}', 'rates': [{string.Join(", ", rates.Select(number => Rate(chance, number)))}], "
            + $"'packages': [{string.Join(", ", Enumerable.Range(0, 3).Select(number => Product(chance, number, rates)))}]}}";
        CardReading read = RateCardJson.Read(new RateCardVersion("test", new LocalDate(2027, 1, 1)), Encoding.UTF8.GetBytes(json.Replace('\'', '"')));
        Assert.True(read.Faults.Count == 0, $"{string.Join('\n', read.Faults)}\n{json}");
        var cards = new RateCards();
        Assert.Null(cards.Publish(read.Card!, new LocalDate(2027, 1, 1)).Refusal);
        var desk = new Desk(
            new ReferenceAccount("Asia/Shanghai"), Begin, cards,
            new Command.PutAccount("account", "A", read.Card!.Currency.Code, "Asia/Shanghai", "test", LateDays: 10));
        desk.Put(Begin, "app", new ReferenceSettings { Edition = "trial" });
        for (int number = 0; number < 3; number++)
        {
            desk.Try(new Command.TopUp("account", "999999999999999999.99", read.Card.Currency.Code, $"first {number}"), Begin);
            desk.Try(new Command.BuyPackage("account", $"p{number}", "app", $"first {number}"), Begin);
        }

        return desk;
    }

    // Each of its own meter, so that none takes the usage of another.
    private static string Rate(Random chance, int number)
    {
        bool blocks = chance.Next(4) == 0;
        bool tiers = !blocks && chance.Next(3) == 0;
        string price = tiers
            ? $"'model': '{Of(chance, ["graduated", "volume"])}', 'tiers': [{{'upTo': {Of(chance, Wholes)}, 'price': '{Of(chance, Decimals)}'}}, {{'upTo': null, 'price': '{Of(chance, Decimals)}'}}]"
            : $"'wholeBlocks': {(blocks ? "true" : "false")}, 'price': '{Of(chance, Decimals)}'";
        return $"{{'id': 'r{number}', 'meter': '{Meters[Math.Min((number * 2) + chance.Next(2), Meters.Length - 1)]}', 'period': '{Of(chance, ["day", "month"])}', "
            + $"'scope': '{Of(chance, ["account", "application"])}', 'unit': {{'name': 'u', 'size': {Of(chance, Wholes)}}}, 'roundUp': '{Of(chance, ["period", "class", "participant"])}', "
            + $"'per': {Of(chance, Wholes)}, 'free': {(chance.Next(2) == 0 ? 0 : Of(chance, Wholes))}, {price}}}";
    }

    private static string Product(Random chance, int number, int[] rates) =>
        $"{{'sku': 'p{number}', 'name': 'p', 'quantity': {Of(chance, Decimals)}, 'unit': 'u', 'scope': '{Of(chance, ["account", "application"])}', 'validity': '{Of(chance, ["P1D", "P1M", "P100Y"])}', "
        + $"'covers': [{string.Join(", ", rates.Where(rate => rate == rates[0] || chance.Next(2) == 0).Select(rate => $"{{'rate': 'r{rate}', 'ratio': '{Of(chance, Decimals)}'}}"))}], 'price': '5.00'}}";

    private static ReferenceEvent Event(Random chance, long now, string id)
    {
        long time = now - chance.Next(0, 7_200_000);
        long quantity = Of(chance, [0L, 1, 59, 1_000_000, MostQuantity]);
        var any = new ReferenceEvent { Source = "//s", Id = id, Type = "class.started", TimeMs = time, Application = "app", Subject = $"c{chance.Next(3)}" };
        string? user = chance.Next(3) == 0 ? null : $"u{chance.Next(4)}";
        return chance.Next(10) switch
        {
            0 => any,
            1 => any with { Type = "class.ended" },
            2 or 3 => any with { Type = "participant.joined", User = user ?? "u" },
            4 => any with { Type = "recording.completed", Recording = "r", Files = [new ReferenceFile("camera", quantity)] },
            5 => any with { Type = "playback.viewed", Recording = "r", User = user ?? "u", Seconds = quantity },
            6 => any with { Type = "screenshot.captured", Count = Math.Max(1, quantity) },
            7 => any with { Type = "content.delivered", Subject = null, Bytes = quantity, Kind = "vod" },
            8 => any with { Type = "storage.sampled", Subject = null, Bytes = quantity },
            _ => any with { Type = "participant.joined", User = user ?? "u", Medium = "whiteboard" },
        };
    }

    private static T Of<T>(Random chance, IReadOnlyList<T> some) => some[chance.Next(some.Count)];
}
