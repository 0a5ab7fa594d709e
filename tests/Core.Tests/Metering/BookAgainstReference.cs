using System.Numerics;
using Minutebook.Core.Accounts;
using Minutebook.Core.Metering;
using Minutebook.Reference;
using Minutebook.Reference.Workloads;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>
/// The book, driven with random histories, says what the brute-force reference says, at the end and on the way; and it says the same
/// however its work is cut into flushes, requests and restarts (rule 1.4). MINUTEBOOK_TEST_LONG=1 tries many more histories,
/// MINUTEBOOK_SEED=n only that one.
/// </summary>
public sealed class BookAgainstReference
{
    /// <summary>Meters of an application as a whole, which no class and no day has a row of.</summary>
    private static readonly HashSet<string> OfApplications = ["storage", "peak"];

    public static TheoryData<int> Seeds => [.. TestRun.Seeds(few: 200, many: 5_000)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_book_says_what_the_reference_says_on_the_way_and_at_the_end(int seed)
    {
        Workload workload = Of(seed);
        var chance = new Random(seed);
        var desk = new Desk(workload.Account, workload.Steps[0].AtMs);
        HashSet<int> stops = [.. Enumerable.Range(0, 4).Select(_ => chance.Next(workload.Steps.Count - 1))];
        for (int i = 0; i < workload.Steps.Count; i++)
        {
            desk.Do(workload.Steps[i]);
            desk.Flush();
            if (stops.Contains(i))
            {
                long stop = chance.NextInt64(workload.Steps[i].AtMs, workload.Steps[i + 1].AtMs);
                desk.AdvanceTo(chance.Next(2) == 0 ? stop - (stop % 1000) : stop);
                Compare(desk, workload, desk.Book.Now);
            }
        }

        desk.AdvanceTo(workload.EndMs);
        Compare(desk, workload, workload.EndMs);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_tables_are_the_same_however_the_work_is_cut(int seed)
    {
        Workload workload = Of(seed);
        var chance = new Random(seed);
        List<string> expected = Run(workload, new Random(seed), desk => desk.Flush());

        Same(expected, Run(workload, null, _ => { }), workload, "flushed only at the end");
        Same(expected, Run(workload, new Random(seed + 1), Sometimes(chance, desk => desk.Flush())), workload, "requests cut at random");
        Same(expected, Run(workload, null, Always(Forgetting)), workload, "pages let go");
        Same(expected, Run(workload, null, Sometimes(chance, Restarting)), workload, "restarted");
        Same(expected, Run(workload, null, _ => { }, new Random(seed)), workload, "time cut at random");
    }

    public static TheoryData<int> FewSeeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(FewSeeds))]
    public void Rule_7_4_a_year_at_once_gives_the_same_bills_as_day_by_day(int seed)
    {
        Workload workload = Of(seed);
        long end = workload.EndMs + (365 * 86_400_000L);
        Desk atOnce = After(workload);
        atOnce.AdvanceTo(end);
        atOnce.Flush();
        Desk byDays = After(workload);
        var chance = new Random(seed);
        for (long now = workload.EndMs; now < end; now += chance.NextInt64(2 * 86_400_000L))
        {
            byDays.AdvanceTo(now);
            byDays.Flush();
            byDays.Forget();
        }

        byDays.AdvanceTo(end);
        byDays.Flush();
        Same(atOnce.Tables.Lines(), byDays.Tables.Lines(), workload, "a year at once");
        Assert.NotEmpty(atOnce.Tables.Bills);
    }

    private static Desk After(Workload workload)
    {
        var desk = new Desk(workload.Account, workload.Steps[0].AtMs);
        foreach (Step step in workload.Steps)
        {
            desk.Do(step);
        }

        return desk;
    }

    private static Workload Of(int seed) => Workload.Of(seed);

    private static void Forgetting(Desk desk)
    {
        desk.Flush();
        desk.Forget();
    }

    private static void Restarting(Desk desk)
    {
        desk.Flush();
        desk.Restart();
    }

    private static Action<Desk> Always(Action<Desk> what) => what;

    private static Action<Desk> Sometimes(Random chance, Action<Desk> what) => desk =>
    {
        if (chance.Next(4) == 0)
        {
            what(desk);
        }
    };

    private static List<string> Run(Workload workload, Random? cuts, Action<Desk> afterEach, Random? waits = null)
    {
        var desk = new Desk(workload.Account, workload.Steps[0].AtMs) { Cuts = cuts };
        foreach (Step step in workload.Steps)
        {
            while (waits?.Next(3) == 0)
            {
                desk.AdvanceTo(waits.NextInt64(desk.Book.Now, step.AtMs + 1));
            }

            desk.Do(step);
            afterEach(desk);
        }

        desk.AdvanceTo(workload.EndMs);
        desk.Flush();
        return desk.Tables.Lines();
    }

    private static void Same(List<string> expected, List<string> actual, Workload workload, string how)
    {
        List<string> differences =
            [.. expected.Except(actual).Select(line => $"- {Cut(line)}"), .. actual.Except(expected).Select(line => $"+ {Cut(line)}")];
        Assert.True(differences.Count == 0, $"{workload}, {how}:\n{string.Join('\n', differences.Take(20))}");
    }

    private static string Cut(string line) => line.Length > 600 ? line[..600] : line;

    private static void Compare(Desk desk, Workload workload, long now)
    {
        desk.Flush();
        var expected = new Expected(workload.History, now);
        var figures = new Figures(desk.Tables, workload.Account, now);
        var grid = new Grid(workload.Account.TimeZone);
        Counters counted = desk.Book.State.Counters;
        List<string> wrong = [];
        Differ(wrong, "usage", expected.Usage, figures.Usage());
        Differ(wrong, "class usage", expected.Items.Where(item => !OfApplications.Contains(item.Meter))
            .GroupBy(item => new ClassFigure(
                item.Application, item.Class, LocalDatePattern.Iso.Format(grid.DateOf(item.HourMs / 1000)), item.Meter, item.Dimensions))
            .ToDictionary(g => g.Key, g => g.Aggregate(BigInteger.Zero, (sum, item) => sum + item.Quantity)), figures.ClassUsage());
        Differ(wrong, "row", expected.Rows, figures.Rows());
        Differ(wrong, "viewings", expected.PlaybackRows, figures.Viewings());
        Differ(wrong, "kept", expected.Kept.Where(kept => kept.HasAccount).Select(kept => $"{kept.Event.Source} {kept.Event.Id} {kept.Reason}"), figures.Kept());
        Differ(wrong, "counted", [("duplicates", expected.Duplicates), ("conflicts", expected.Conflicts)],
            [("duplicates", (int)counted.Duplicates), ("conflicts", (int)counted.Conflicts)]);
        Differ(wrong, "span", SpansOf(desk.Tables.Usage.Values, grid), desk.Tables.UsageSpans.Values);
        Assert.True(wrong.Count == 0, $"{workload} at {ReferenceEvent.Rfc3339(now)}:\n{string.Join('\n', wrong.Take(20))}");
    }

    /// <summary>Days and months are the sums of their hours (rules 1.2 and 3.6).</summary>
    private static IEnumerable<UsageSpanRow> SpansOf(IEnumerable<UsageRow> hours, Grid grid) =>
        from row in hours
        let day = grid.DateOf(row.Hour)
        from span in new[] { (Span: UsageSpan.Day, First: day), (Span: UsageSpan.Month, First: day.With(DateAdjusters.StartOfMonth)) }
        group row.Quantity by new UsageSpanRow(row.Account, (int)span.Span, row.Meter, Core.Metering.Calendar.Number(span.First), row.Application, row.Dimensions, 0) into its
        select its.Key with { Quantity = its.Aggregate((Int128)0, (sum, quantity) => sum + quantity) } into sums
        where sums.Quantity != 0
        select sums;

    private static void Differ<T>(List<string> wrong, string what, IEnumerable<T> expected, IEnumerable<T> actual)
    {
        wrong.AddRange(expected.Except(actual).Select(one => $"expected {what} {one}"));
        wrong.AddRange(actual.Except(expected).Select(one => $"but have {what} {one}"));
    }
}
