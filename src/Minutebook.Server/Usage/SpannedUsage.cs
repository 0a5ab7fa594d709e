using Minutebook.Core;
using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// A meter's usage in a range, in as few rows as the question allows: whole months and days where it asks for no less, hours at the
/// range's ends. Each row stands at the first hour of what it adds up.
/// </summary>
internal sealed record SpannedUsage(Store.Reader Read, string Account, Meter Meter, Calendar Calendar)
{
    public string? Application { get; init; }

    /// <summary>The second from which delivery is categorized (rule 3.4): nothing is added up across it.</summary>
    public long? CategorizedFrom { get; init; }

    /// <summary>The rows of the hours that start in [from, to), in seconds.</summary>
    public IEnumerable<UsageRow> Rows(long from, long to, Granularity granularity)
    {
        if (granularity == Granularity.Hour)
        {
            return Hours(from, to);
        }

        (int first, int last) = (FirstDay(from), FirstDay(to));
        // The last day is whole only if none of its hours start beyond the range.
        last -= Calendar.FirstHourOf(last) > to ? 1 : 0;
        if (first >= last)
        {
            return Hours(from, to);
        }

        IEnumerable<UsageRow> whole = granularity == Granularity.Day ? Spans(UsageSpan.Day, first, last) : Months(first, last);
        return Hours(from, Calendar.FirstHourOf(first)).Concat(whole).Concat(Hours(Calendar.FirstHourOf(last), to));
    }

    private IEnumerable<UsageRow> Months(int first, int last)
    {
        if (CategorizedFrom is { } second && FirstDay(second) is var cut && first < cut && cut < last)
        {
            return WholeMonths(first, cut).Concat(WholeMonths(cut, last));
        }

        return WholeMonths(first, last);
    }

    private IEnumerable<UsageRow> WholeMonths(int first, int last)
    {
        LocalDate begin = Calendar.Date(first), end = Calendar.Date(last);
        int from = Calendar.Number(begin.Day == 1 ? begin : begin.With(DateAdjusters.StartOfMonth).PlusMonths(1));
        int to = Calendar.Number(end.With(DateAdjusters.StartOfMonth));
        return from >= to
            ? Spans(UsageSpan.Day, first, last)
            : Spans(UsageSpan.Day, first, from).Concat(Spans(UsageSpan.Month, from, to)).Concat(Spans(UsageSpan.Day, to, last));
    }

    private IEnumerable<UsageRow> Spans(UsageSpan span, int first, int last) => first >= last
        ? []
        : Read.UsageSpans(Account, (int)span, Meter.Name, first, last, Application).Select(row => new UsageRow(
            Account, Meter.Name, Calendar.FirstHourOf(row.Start), row.Application, row.Dimensions, row.Quantity));

    private List<UsageRow> Hours(long from, long to) => from >= to ? [] : Read.Usage(Account, Meter.Name, from, to, Application);

    /// <summary>The first day whose hours all start at a second or later.</summary>
    private int FirstDay(long second)
    {
        int day = Calendar.DayOf(Calendar.HourOf(second));
        return Calendar.FirstHourOf(day) >= second ? day : day + 1;
    }
}
