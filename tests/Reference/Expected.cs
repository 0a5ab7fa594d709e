using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Minutebook.Reference;

/// <summary>All that must come out of a history, as it stands at one instant.</summary>
public sealed class Expected
{
    private readonly ReferenceHistory history;
    private readonly Grid grid;

    /// <param name="nowMs">What arrives, is set or happens after it has not happened.</param>
    public Expected(ReferenceHistory history, long nowMs)
    {
        this.history = history;
        grid = new Grid(history.Account.TimeZone);
        var intake = new Intake(history, nowMs);
        (Kept, Duplicates, Conflicts) = (intake.Kept, intake.Duplicates, intake.Conflicts);
        Set = intake.SetAt(nowMs);

        var classes = OfClasses(nowMs);
        var other = new OtherUsage(history, grid, nowMs);
        List<UsageItem> items = [.. classes.SelectMany(c => c.Usage.Items), .. Set.SelectMany(other.OfEvent)];
        foreach (ReferenceApplication application in history.Applications)
        {
            var samples = Set.Select(a => a.Event).Where(e => e.Type == "storage.sampled" && e.Application == application.Id);
            items.AddRange(other.Storage(application.Id, samples));
            items.AddRange(other.Peak(
                application.Id, [.. classes.Where(c => c.Application == application.Id).SelectMany(c => c.Usage.Presence)]));
        }

        Items = [.. items.Where(i => i.Quantity != 0)];
        Usage = Items.GroupBy(i => new UsageKey(i.Meter, i.Application, i.HourMs, i.Dimensions))
            .ToDictionary(g => g.Key, g => g.Aggregate(BigInteger.Zero, (sum, i) => sum + i.Quantity));

        var names = classes.ToDictionary(c => (c.Application, c.Class), c => c.Usage.Name);
        Rows = Ordered(classes.Select(c => c.Usage.Row()).OfType<DetailsRow>());
        Views = classes.Select(c => c.Usage.View()).OfType<ClassView>().ToDictionary(v => (v.Application, v.Class));
        PlaybackRows = Ordered(other.PlaybackRows(
            Set.Select(a => a.Event).Where(e => e.Type == "playback.viewed"), (app, id) => names.GetValueOrDefault((app, id))));
    }

    /// <summary>The events that count now (1.3 to 1.6).</summary>
    public IReadOnlyList<AppliedEvent> Set { get; }

    /// <summary>Kept and not applied, by first arrival (1.5).</summary>
    public IReadOnlyList<KeptEvent> Kept { get; }

    /// <inheritdoc cref="Intake.Duplicates"/>
    public int Duplicates { get; }

    /// <inheritdoc cref="Intake.Conflicts"/>
    public int Conflicts { get; }

    /// <summary>Usage at its finest, without zeros.</summary>
    public IReadOnlyList<UsageItem> Items { get; }

    /// <summary>Usage by meter, application, hour and dimensions, without zeros.</summary>
    public IReadOnlyDictionary<UsageKey, BigInteger> Usage { get; }

    /// <summary>Of classes, by (start, class, application) (8.1).</summary>
    public IReadOnlyList<DetailsRow> Rows { get; }

    /// <summary>By (start, class, application) (8.1).</summary>
    public IReadOnlyList<DetailsRow> PlaybackRows { get; }

    /// <summary>By (application, class), where the class has a row.</summary>
    public IReadOnlyDictionary<(string Application, string Class), ClassView> Views { get; }

    /// <summary>
    /// Bytes delivered by local month of the hour (3.6) and data type, without zeros; filtered by organization or department, only
    /// vod-department is left (9.3).
    /// </summary>
    public IReadOnlyList<CloudUsage> CloudUsage(string? organization = null, string? department = null)
    {
        var deliveries = Items.Where(i => i.Meter == "delivery")
            .Select(i => (Item: i, Values: JsonSerializer.Deserialize<string?[]>(i.Dimensions)!))
            .Where(d => organization is null || (d.Values[0] == "vod-department" && d.Values[1] == organization))
            .Where(d => department is null || (d.Values[0] == "vod-department" && d.Values[2] == department));
        return [.. deliveries.GroupBy(d => (Month: MonthOf(d.Item.HourMs), DataType: d.Values[0]!))
            .OrderBy(g => g.Key.Month, StringComparer.Ordinal).ThenBy(g => g.Key.DataType, StringComparer.Ordinal)
            .Select(g =>
            {
                BigInteger bytes = Sum(g.Select(d => d.Item.Quantity));
                BigInteger downloads = Sum(g.Where(d => d.Values[3] == "true").Select(d => d.Item.Quantity));
                return new CloudUsage(g.Key.Month, g.Key.DataType, bytes, downloads, UsageHours(bytes));
            })];
    }

    /// <summary>Bytes in usage hours, rounded half up to six decimals (9.1, 9.3).</summary>
    public decimal UsageHours(BigInteger bytes)
    {
        BigInteger size = history.Account.UsageHourBytes;
        return (decimal)(((bytes * 1_000_000 * 2) + size) / (2 * size)) / 1_000_000m;
    }

    /// <summary>The local month of an instant, as in 2026-11.</summary>
    public string MonthOf(long ms) => grid.DateOf(Floor.Second(ms)).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    private List<(string Application, string Class, ClassUsage Usage)> OfClasses(long nowMs)
    {
        var events = Set.Select(a => a.Event)
            .Where(e => e.Type.StartsWith("class.", StringComparison.Ordinal) || e.Type.StartsWith("participant.", StringComparison.Ordinal));
        return [.. events.GroupBy(e => (e.Application, Class: e.Subject!)).Select(g => (g.Key.Application, g.Key.Class,
            new ClassUsage(history.Application(g.Key.Application)!, g.Key.Class, [.. g], nowMs, grid)))];
    }

    private static BigInteger Sum(IEnumerable<BigInteger> values) => values.Aggregate(BigInteger.Zero, (sum, v) => sum + v);

    private static List<DetailsRow> Ordered(IEnumerable<DetailsRow> rows) =>
        [.. rows.OrderBy(r => r.StartMs).ThenBy(r => r.Class, StringComparer.Ordinal).ThenBy(r => r.Application, StringComparer.Ordinal)];
}
