using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>The local days that a page is about, both included.</summary>
/// <param name="Name">today, 7, 30, month or custom.</param>
/// <param name="First">The first day.</param>
/// <param name="Last">The last day.</param>
internal sealed record ShownPeriod(string Name, LocalDate First, LocalDate Last)
{
    public static readonly string[] Names = ["today", "7", "30", "month", "custom"];

    private const int MostDays = 3660;

    public int Days => Period.DaysBetween(First, Last) + 1;

    private bool IsMonth => First.Day == 1 && Last == First.PlusMonths(1).PlusDays(-1);

    /// <summary>As the address has it; this month where it says nothing, or what cannot be.</summary>
    public static ShownPeriod Of(Visit visit, LocalDate today)
    {
        string name = visit.Query("period") ?? (visit.Query("from") is null ? "month" : "custom");
        if (name == "custom" && Moments.TryDate(visit.Query("from") ?? "", out LocalDate first)
            && Moments.TryDate(visit.Query("to") ?? "", out LocalDate last) && first <= last && Period.DaysBetween(first, last) < MostDays)
        {
            return new ShownPeriod(name, first, last);
        }

        var month = new LocalDate(today.Year, today.Month, 1);
        return name switch
        {
            "today" => new ShownPeriod(name, today, today),
            "7" => new ShownPeriod(name, today.PlusDays(-6), today),
            "30" => new ShownPeriod(name, today.PlusDays(-29), today),
            _ => new ShownPeriod("month", month, month.PlusMonths(1).PlusDays(-1)),
        };
    }

    /// <summary>The period of the same length before (-1) or after (1).</summary>
    public ShownPeriod Moved(int by)
    {
        LocalDate first = IsMonth ? First.PlusMonths(by) : First.PlusDays(by * Days);
        return new ShownPeriod("custom", first, IsMonth ? first.PlusMonths(1).PlusDays(-1) : Last.PlusDays(by * Days));
    }

    public Range In(Calendar calendar) => new(
        Instant.FromUnixTimeSeconds(calendar.StartOf(First)), Instant.FromUnixTimeSeconds(calendar.StartOf(Last.PlusDays(1))));

    /// <summary>By hour up to two days, by day up to three months, else by month.</summary>
    public Granularity Granularity => Days <= 2 ? Granularity.Hour : Days <= 92 ? Granularity.Day : Granularity.Month;

    public string Text(Show show) => First == Last ? show.FullDay(First) : IsMonth ? show.Month(First) : $"{show.FullDay(First)} – {show.FullDay(Last)}";
}
