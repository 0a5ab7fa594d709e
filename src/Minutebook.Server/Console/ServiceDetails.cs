using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Billing;
using Minutebook.Core.Metering;
using Minutebook.Store;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>What is behind the figures of a service that has no rows of its own: each class's part of each day, or each day's of an application.</summary>
internal sealed class ServiceDetails(Visit visit, Reader read, ServiceType service, ShownPeriod period, string? application, Calendar calendar)
{
    private readonly AccountState account = visit.Account!;
    private readonly Meter meter = service.Meter;

    /// <summary>One figure.</summary>
    private sealed record Entry(LocalDate Day, string Application, string? Class, string? Name, IReadOnlyList<string?> Values, Int128 Quantity);

    // What lies on pages of classes; the rest adds up by day.
    private bool IsByClass => meter == Meter.Whiteboard || meter == Meter.Recording || meter == Meter.Slicing || meter == Meter.Screenshot;

    public ServiceDetailsModel Page()
    {
        List<Entry> all = Ordered();
        int skip = (int)Math.Min(visit.Whole("skip") ?? 0, all.Count);
        const int Step = DetailsList.RowsAPage;
        return new ServiceDetailsModel(
            [.. Keys.Select(Head)], [.. all.Skip(skip).Take(Step).Select(Shown)], visit.Show.Number(all.Count),
            skip > 0 ? visit.With(("skip", skip > Step ? $"{skip - Step}" : null)) : null,
            all.Count > skip + Step ? visit.With(("skip", $"{skip + Step}")) : null);
    }

    public IResult Csv()
    {
        var text = new StringBuilder();
        Server.Csv.Write(text, ["day", "application", .. IsByClass ? (string[])["classId", "className"] : [], .. meter.Dimensions, "quantity", "unit"]);
        foreach (Entry entry in Ordered())
        {
            Server.Csv.Write(
                text,
                [
                    JsonText.Of(entry.Day), entry.Application, .. IsByClass ? (object?[])[entry.Class, entry.Name] : [], .. entry.Values, entry.Quantity,
                    meter.Unit,
                ]);
        }

        return new CsvAnswer(text.ToString(), $"{account.Id}-{meter.Name}.csv");
    }

    private string[] Keys => [.. IsByClass ? (string[])["class", "id"] : [], "day", "application", .. meter.Dimensions, "quantity"];

    private string SortKey => Keys.FirstOrDefault(key => key == visit.Query("sort")) ?? "day";

    private bool IsDescending => visit.Query("order") is { } order ? order == "desc" : SortKey is "day" or "quantity";

    private SortHead Head(string key)
    {
        bool isSorted = key == SortKey;
        string next = isSorted ? IsDescending ? "asc" : "desc" : key is "day" or "quantity" ? "desc" : "asc";
        return new SortHead(
            visit.Texts[(meter.Dimensions.Contains(key) ? "dimension." : "details.") + key], visit.With(("sort", key), ("order", next), ("skip", null)),
            isSorted ? IsDescending ? "descending" : "ascending" : null, key == "quantity");
    }

    private ShownServiceRow Shown(Entry entry)
    {
        string name = account.Application(entry.Application)?.Settings.Name ?? entry.Application;
        string[] values = [.. meter.Dimensions.Select((dimension, at) => Value(dimension, entry.Values[at]))];
        string day = visit.Show.WeekDay(entry.Day);
        return new ShownServiceRow(
            IsByClass
                ? [entry.Name ?? entry.Class ?? "–", entry.Class ?? "–", day, name, .. values]
                : [day, name, .. values],
            entry.Class is { } id && IsByClass ? visit.ToClass(entry.Application, id) : null, visit.Show.Quantity(entry.Quantity, meter.Unit));
    }

    private string Value(string dimension, string? value) => value is null ? "–" : visit.Texts.Find($"{dimension}.{value}") ?? value;

    private List<Entry> Ordered()
    {
        IEnumerable<Entry> all = IsByClass ? ByClass() : ByDay();
        string key = SortKey;
        IOrderedEnumerable<Entry> ordered = key switch
        {
            "quantity" => Order(all, entry => entry.Quantity),
            "day" => Order(all, entry => entry.Day),
            _ => Order(all, entry => TextOf(entry, key)),
        };
        return [.. ordered.ThenByDescending(entry => entry.Day).ThenBy(entry => entry.Application, StringComparer.Ordinal).ThenBy(entry => entry.Class, StringComparer.Ordinal)];
    }

    private IOrderedEnumerable<Entry> Order<T>(IEnumerable<Entry> all, Func<Entry, T> by) => IsDescending ? all.OrderByDescending(by) : all.OrderBy(by);

    private string TextOf(Entry entry, string key) => key switch
    {
        "class" => entry.Name ?? entry.Class ?? "",
        "id" => entry.Class ?? "",
        "application" => entry.Application,
        _ => entry.Values[meter.Dimensions.ToList().IndexOf(key)] ?? "",
    };

    private IEnumerable<Entry> ByClass()
    {
        long now = visit.Now.ToUnixTimeSeconds();
        foreach (MeterRow row in read.UsageOfPages(account.Id, meter.Name, JsonText.Of(period.First), JsonText.Of(period.Last), application))
        {
            LocalDate day = LocalDatePattern.Iso.Parse(row.Day).Value;
            Int128 quantity = row.OpenCount == 0
                ? row.Quantity
                : new PeriodUsage(calendar, BillPeriod.OfDay(day)).QuantityAt(now, Calendar.Number(day), meter, row.Quantity, row.OpenCount, row.OpenSum);
            yield return new Entry(day, row.Application, row.Class, row.Name, Dimensions.FromKey(meter, row.Dimensions).Values, quantity);
        }
    }

    private IEnumerable<Entry> ByDay()
    {
        UsageQuery query = UsagePage.QueryOf(visit, service, period.In(calendar), Granularity.Day, [UsageQuery.Application, .. meter.Dimensions], calendar);
        return UsagePage.Figures(visit, read, query, application).Select(figure => new Entry(
            calendar.DateOf(figure.Start), figure.Group.Values[0]!, null, null, figure.Group.Values[1..], figure.Quantity));
    }
}

/// <summary>A column's head; a click sorts by it.</summary>
public sealed record SortHead(string Name, string? Link, string? Sorted, bool IsNumber);

/// <summary>The list behind a service's figures.</summary>
public sealed record ServiceDetailsModel(
    IReadOnlyList<SortHead> Heads, IReadOnlyList<ShownServiceRow> Rows, string Count, string? Newer, string? Older);

/// <summary>A row of it; the first cell leads to the class where there is one.</summary>
public sealed record ShownServiceRow(IReadOnlyList<string> Cells, string? Link, string Quantity);
