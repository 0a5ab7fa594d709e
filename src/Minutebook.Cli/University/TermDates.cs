using NodaTime;

namespace Minutebook.Cli.University;

/// <summary>The days of the term in the university's time zone: thirty whole ones and what there is of today.</summary>
internal sealed class TermDates
{
    public const int WholeDays = 30;

    private readonly DateTimeZone zone;
    private readonly LocalDate first;
    private readonly int[] examDays;

    public TermDates(Instant now, DateTimeZone zone)
    {
        Now = now;
        this.zone = zone;
        first = now.InZone(zone).Date.PlusDays(-WholeDays);
        examDays = [.. Enumerable.Range(15, 7).Where(day => IsWeekday(day)).Take(3)];
    }

    public Instant Now { get; }

    public Instant Start => zone.AtStartOfDay(first).ToInstant();

    public LocalDate DateOf(int day) => first.PlusDays(day);

    public bool IsWeekday(int day) => (int)DateOf(day).DayOfWeek <= 5;

    public bool IsExamDay(int day) => examDays.Contains(day);

    /// <summary>0 for Monday.</summary>
    public int WeekdayOf(int day) => (int)DateOf(day).DayOfWeek - 1;

    /// <summary>A minute of the day as milliseconds since 1970; minutes past 1,440 are on the next day.</summary>
    public long At(int day, int minute)
    {
        LocalDateTime local = DateOf(day).AtMidnight().PlusMinutes(minute);
        return zone.AtLeniently(local).ToInstant().ToUnixTimeMilliseconds();
    }

    /// <summary>
    /// Where the clock stands when the day's events are posted: an hour past midnight, so that those of the late evening arrive before
    /// the day is closed, two hours past midnight.
    /// </summary>
    public Instant ClockAfter(int day)
    {
        Instant late = Instant.FromUnixTimeMilliseconds(At(day, (24 * 60) + 60));
        return late < Now ? late : Now;
    }

    /// <summary>How much goes on, relative to an ordinary weekday; what the number of students is worked out from.</summary>
    public double Weight(int day)
    {
        double whole = IsExamDay(day) ? Load.ExamDay : IsWeekday(day) ? Load.Weekday : Load.Weekend;
        double past = (Now - Instant.FromUnixTimeMilliseconds(At(day, 0))).TotalDays;
        // Hardly anything happens before eight, little after eight in the evening.
        return past >= 1 ? whole : whole * Math.Clamp(((past * 24) - 8) / 12, 0, 1);
    }
}

/// <summary>Events per student and day, measured.</summary>
internal static class Load
{
    public const double Weekday = 9.5;
    public const double ExamDay = 8.5;
    public const double Weekend = 1.9;
}
