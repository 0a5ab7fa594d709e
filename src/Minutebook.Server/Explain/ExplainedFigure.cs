using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>Which events a figure of usage came from: those of its meter, on the pages that used something of it in its hours.</summary>
internal sealed record ExplainedFigure(AccountState Account, Meter Meter, Range Range)
{
    private readonly Calendar calendar = new(Account.TimeZone);

    public string? Application { get; init; }
    public string? Class { get; init; }
    public string? User { get; init; }

    /// <summary>Values that dimensions must have.</summary>
    public IReadOnlyDictionary<string, string?> Where { get; init; } = new Dictionary<string, string?>();

    /// <summary>The events after a place, page by page, each in the order in which they came.</summary>
    public IEnumerable<(int Page, PageEventRef Event)> Events(Store.Reader read, int fromPage, int afterIndex)
    {
        foreach (int number in Pages(read, fromPage))
        {
            if (read.PageByNumber(Account.Id, number) is not { } row)
            {
                continue;
            }

            PageHistory page = PageHistory.Of(read.Chunks(Account.Id, number));
            for (int i = number == fromPage ? afterIndex + 1 : 0; i < page.Count; i++)
            {
                if (IsOfFigure(page, i))
                {
                    yield return (number, new PageEventRef(page, i, row.Kind == (int)PageKind.Class ? row.Key : null));
                }
            }
        }
    }

    /// <summary>The figure itself, live; null for one of a class or a user.</summary>
    public Int128? Quantity(Store.Reader read, Instant now)
    {
        if (Class is not null || User is not null)
        {
            return null;
        }

        string[] dimensions = [.. Where.Keys];
        var query = new UsageQuery(Meter, Range, Granularity.Total, dimensions, calendar)
        {
            CategorizedFrom = Meter == Meter.Delivery && Account.CategorizedSince is { } since
                ? calendar.StartOf(NodaTime.Text.LocalDatePattern.Iso.Parse(since).Value)
                : null,
        };
        var wanted = new Group([.. dimensions.Select(name => Where[name])]);
        long second = now.ToUnixTimeSeconds();
        return query.Figures(HourRows.Of(read, Account, query, Application, second), read.Open(Account.Id, Meter.Name, Application), second)
            .Where(figure => figure.Group.Equals(wanted)).Aggregate(Int128.Zero, (sum, figure) => sum + figure.Quantity);
    }

    private IEnumerable<int> Pages(Store.Reader read, int fromPage)
    {
        if (Meter == Meter.Storage)
        {
            return PagesOfSamples(read).Where(page => page >= fromPage);
        }

        return PagesOfUsage(read, fromPage);
    }

    /// <summary>Those of the range's days, and of each application the last before, whose last sample still held.</summary>
    private IEnumerable<int> PagesOfSamples(Store.Reader read)
    {
        (string first, string last) = (Day(Range.FromSecond), Day(Range.ToSecond - 1));
        return read.PagesOf(Account.Id, PageKind.Samples).Where(page => Application is null || page.Application == Application)
            .GroupBy(page => page.Application)
            .SelectMany(pages => pages.Where(page => string.CompareOrdinal(page.Key, first) < 0).OrderBy(page => page.Key, StringComparer.Ordinal).TakeLast(1)
                .Concat(pages.Where(page => string.CompareOrdinal(page.Key, first) >= 0 && string.CompareOrdinal(page.Key, last) <= 0)))
            .Select(page => page.Page).Order();
    }

    private IEnumerable<int> PagesOfUsage(Store.Reader read, int fromPage)
    {
        // Who is there at once follows from presence.
        string meter = Meter == Meter.Peak ? Meter.Av.Name : Meter.Name;
        (string, string) days = (Day(Range.FromSecond), Day(Range.ToSecond - 1));
        int last = 0;
        foreach ((int page, string dimensions) in read.PagesUsing(Account.Id, meter, days, Application, Class, fromPage))
        {
            if (page != last && (Meter == Meter.Peak || Matches(Dimensions.FromKey(Meter, dimensions))))
            {
                yield return last = page;
            }
        }
    }

    private string Day(long second) => JsonText.Of(Calendar.Date(calendar.DayOf(calendar.HourOf(second))));

    private bool Matches(Dimensions dimensions) => Where.All(wanted => dimensions[wanted.Key] == wanted.Value);

    private bool IsOfFigure(PageHistory page, int index)
    {
        PageEvent its = page[index];
        return its.Kind switch
        {
            EventKind.ClassStarted or EventKind.ClassEnded => IsPresence,
            EventKind.ParticipantJoined or EventKind.ParticipantLeft or EventKind.ParticipantReceiving =>
                IsPresence && page.MediumOf(index) == (Meter == Meter.Whiteboard ? Medium.Whiteboard : Medium.Av)
                && (User is null || page.UserOf(index) == User),
            EventKind.StorageSampled => Meter == Meter.Storage && User is null && Class is null,
            _ => page.DimensionsOf(index).Any(amount => amount.Meter == Meter && Matches(amount)) && IsInRange(its.Time) && (User is null || page.IsOf(index, User)),
        };
    }

    private bool IsPresence => Meter == Meter.Av || Meter == Meter.Whiteboard || Meter == Meter.Peak;

    // What is no presence falls into the hour of its time (rules 3.5 and 3.6).
    private bool IsInRange(long ms)
    {
        long hour = calendar.HourOf(Instant.FromUnixTimeMilliseconds(ms).ToUnixTimeSeconds());
        return hour >= Range.FromSecond && hour < Range.ToSecond;
    }
}
