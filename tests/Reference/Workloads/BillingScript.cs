using Minutebook.Reference.Billing;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Reference.Workloads;

/// <summary>Random cards, packages and orders beside a workload.</summary>
public sealed class BillingScript
{
    private static readonly (string Meter, Dictionary<string, string?[]> Where)[] Sorts =
    [
        ("av", new() { ["tier"] = ["audio"] }), ("av", new() { ["tier"] = ["hd", "fhd"] }), ("av", []), ("whiteboard", []), ("playback", []),
        ("recording", new() { ["kind"] = ["mixed"] }), ("recording", []), ("slicing", new() { ["mode"] = ["audio"] }), ("slicing", []), ("screenshot", []),
        ("delivery", new() { ["download"] = ["true"] }), ("delivery", new() { ["dataType"] = ["vod-department", "live"] }), ("delivery", []),
    ];

    private readonly Chance chance;
    private readonly Workload workload;

    /// <param name="workload">What is used.</param>
    /// <param name="withTerms">The account's lateDays, settleDelayMinutes and categorizedSince change, too.</param>
    public BillingScript(Workload workload, bool withTerms = false)
    {
        this.workload = workload;
        chance = new Chance(workload.Options.Seed + 77_000);
        CreatedMs = workload.Steps[0].AtMs;
        LocalDate first = new Grid(workload.Account.TimeZone).DateOf(CreatedMs / 1000);
        ReferenceCard one = Card("one", "1960-01-01", null);
        Cards = [one, Card("one", Iso(first.PlusDays((int)chance.Between(1, 4))), one), Card("two", chance.Happens(800) ? "1960-01-01" : Iso(first.PlusDays(1)), one)];
        Orders = [.. MakeOrders().Concat(withTerms ? MakeTerms() : []).OrderBy(order => order.AtMs)];
        History = workload.History with
        {
            LateDays = [.. Orders.OfType<Order.LateDays>().Select(its => new LateDaysFrom(its.AtMs, its.Days))],
            Categories = [.. Orders.OfType<Order.Categories>().Select(its => new CategorizedFrom(its.AtMs, its.Since))],
        };
    }

    /// <summary>The workload's, with what became of the account's terms.</summary>
    public ReferenceHistory History { get; }

    public long CreatedMs { get; }

    public IReadOnlyList<ReferenceCard> Cards { get; }

    /// <summary>At instants that no step of the workload and no close has, and after applications are made.</summary>
    public IReadOnlyList<Order> Orders { get; }

    private static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);

    private ReferenceCard Card(string id, string from, ReferenceCard? like)
    {
        List<ReferenceRate> rates = [.. Sorts.Select((sort, number) => (sort, number)).Where(_ => chance.Happens(850)).Select(one => Rate($"r{one.number}", one.sort.Meter, one.sort.Where))];
        rates = rates.Count > 0 ? rates : [Rate("r2", "av", [])];
        // Some products outlive their card: a package goes on covering rates of the same name.
        return new ReferenceCard(id, from, rates, [.. Enumerable.Range(0, 5).Select(number => Product($"s{number}", rates))]);
    }

    private ReferenceRate Rate(string id, string meter, Dictionary<string, string?[]> where)
    {
        string? model = chance.Of<string?>([null, null, "graduated", "volume"]);
        List<ReferenceTier> tiers = model is null ? [] : [new(chance.Between(1, 20), Price()), new(chance.Between(21, 200), Price())];
        return new ReferenceRate(
            id, meter, where, meter == "screenshot" ? "month" : chance.Of(["day", "day", "month"]), chance.Of(["application", "application", "account"]),
            meter is "delivery" ? chance.Of<long>([1000, 1_000_003]) : chance.Of<long>([60, 60, 7, 3600]),
            chance.Of<string>(["period", "period", "class", "participant"]), chance.Of<long>([1, 10, 1000]),
            chance.Happens(250), chance.Of<long>([0, 0, 3, 50]), model, [.. tiers, new(null, Price())]);
    }

    private string Price() => chance.Of(["0", "1.00", "0.99", "0.0000037", "12.345678901234"[..9], "0.333333333333"]);

    private ReferenceProduct Product(string sku, List<ReferenceRate> rates)
    {
        List<ReferenceRate> covered = [.. chance.Shuffled(rates).Take((int)chance.Between(1, 3))];
        return new ReferenceProduct(
            sku, chance.Of(["5", "40.5", "300", "100000"]), covered.ToDictionary(rate => rate.Id, _ => chance.Of(["1", "1", "0.3", "2.5"])), chance.Happens(350),
            chance.Of(["P1D", "P3D", "P30D", "P1M", "P1Y"]), chance.Of(["5.00", "0", "19.990001"]));
    }

    /// <summary>At instants of their own: steps and other orders have odd milliseconds.</summary>
    private IEnumerable<Order> MakeTerms()
    {
        for (int number = 0; number < 8; number++)
        {
            long at = (chance.Between(CreatedMs, CreatedMs + (14 * Workload.Day)) / 1000 * 1000) + 600 + (2 * number);
            LocalDate today = new Grid(workload.Account.TimeZone).DateOf(at / 1000);
            yield return chance.Between(0, 9) switch
            {
                < 2 => new Order.Categories(at, chance.Happens(300) ? null : Iso(today.PlusDays((int)chance.Between(-12, 2)))),
                < 7 => new Order.LateDays(at, chance.Of([1, 2, 3, 4, 6, 9, 35])),
                _ => new Order.SettleDelay(at, chance.Of([0, 30, 120, 1_500, 4_320])),
            };
        }
    }

    private IEnumerable<Order> MakeOrders()
    {
        HashSet<long> taken = [.. workload.Steps.Select(step => step.AtMs)];
        long from = CreatedMs + Workload.Minute;
        List<string> applications = [.. workload.History.Applications.Where(one => one.IsKnownAt(from)).Select(one => one.Id)];
        yield return new Order.TopUp(Instant(from), 1_000_000_000_000_000, "t0");
        for (int number = 0; number < 12; number++)
        {
            // A card is changed on a later day than that of the account's creation: the first card holds for all time before.
            int what = (int)chance.Between(0, 9);
            long at = Instant(what == 1 ? CreatedMs + (26 * Workload.Hour) : from + Workload.Minute);
            string application = chance.Of(applications);
            yield return what switch
            {
                0 => new Order.PayAsYouGo(at, application, chance.Happens(500)),
                1 => new Order.Card(at, chance.Of(["one", "two"])),
                2 or 3 => new Order.Refund(at, $"P-{chance.Between(1, 4)}"),
                4 => new Order.TopUp(at, 1_230_000, $"t{number + 1}"),
                _ => new Order.Buy(at, $"s{chance.Between(0, 4)}", chance.Happens(350) ? null : application, $"b{number}"),
            };
        }

        long Instant(long least)
        {
            long at = chance.Between(least, CreatedMs + (workload.Options.Days * Workload.Day) + Workload.Day) / 1000 * 1000;
            at = Math.Max(at, least) + 501;
            while (!taken.Add(at))
            {
                at += 2;
            }

            return at;
        }
    }
}
