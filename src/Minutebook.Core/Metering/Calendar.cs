using NodaTime;
using NodaTime.TimeZones;

namespace Minutebook.Core.Metering;

/// <summary>
/// An account's hours and days (rule 1.2). An hour starts whenever the zone's wall clock shows a whole hour; where the clock changes
/// inside an hour, hours of 30, 60 or 90 minutes come out. A day is the hours that start on it. Instants are seconds since
/// 1970-01-01T00:00:00Z; intervals are half-open. Remembers what was asked for last: not for two threads at once.
/// </summary>
public sealed class Calendar
{
    private const long Forever = long.MaxValue / 4;
    private const int Remembered = 64;
    private readonly DateTimeZone zone;
    private long from = Forever;
    private long until = -Forever;
    private long offset;
    private readonly (long Hour, int Day)[] days = new (long, int)[Remembered];

    /// <param name="timeZone">An IANA zone's name.</param>
    /// <exception cref="NodaTime.TimeZones.DateTimeZoneNotFoundException">There is no such zone.</exception>
    public Calendar(string timeZone) => zone = DateTimeZoneProviders.Tzdb[timeZone];

    /// <summary>The zone.</summary>
    public DateTimeZone Zone => zone;

    /// <summary>The start of the hour that an instant is in.</summary>
    public long HourOf(long second)
    {
        if (second < from || second >= until)
        {
            Find(second);
        }

        long hour = second - Modulo(second + offset, 3600);
        // The wall clock jumped past the whole hour: the hour began before the jump.
        return hour >= from ? hour : HourOf(from - 1);
    }

    /// <summary>The start of the hour after the one that starts at <paramref name="hour"/>.</summary>
    public long NextHour(long hour)
    {
        if (hour < from || hour >= until)
        {
            Find(hour);
        }

        long next = hour + 3600 - Modulo(hour + offset, 3600);
        while (next >= until && until < Forever)
        {
            long change = until;
            Find(change);
            next = change + Modulo(-(change + offset), 3600);
        }

        return next;
    }

    /// <summary>The day of an hour, by the hour's start, as days since 1970-01-01.</summary>
    public int DayOf(long hour)
    {
        ref (long Hour, int Day) known = ref days[(hour / 3600) & (Remembered - 1)];
        if (known.Hour != hour || hour == 0)
        {
            known = (hour, Number(DateOf(Instant.FromUnixTimeSeconds(hour))));
        }

        return known.Day;
    }

    /// <summary>The day of an instant in ms: of the hour that it is in.</summary>
    internal int DayOfMillisecond(long ms) => DayOf(HourOf(ClassMeter.FloorSecond(ms)));

    /// <summary>The first instant of a local day; of a day that the zone skipped, that of the day after it.</summary>
    public long StartOf(LocalDate day) => StartOf(zone, day).ToUnixTimeSeconds();

    /// <summary>The same in any zone. NodaTime's own throws for a day that the zone skipped.</summary>
    public static Instant StartOf(DateTimeZone zone, LocalDate day)
    {
        ZoneLocalMapping midnight = zone.MapLocal(day.AtMidnight());
        return midnight.Count == 0 ? midnight.LateInterval.Start : midnight.First().ToInstant();
    }

    /// <summary>The first instant of a local day, by its number.</summary>
    public long StartOf(int day) => StartOf(Date(day));

    /// <summary>The date of a day's number.</summary>
    public static LocalDate Date(int day) => new LocalDate(1970, 1, 1).PlusDays(day);

    /// <summary>
    /// When the first hour starts that is a day's own. The day itself may have begun before: where the clock jumps past midnight, to
    /// 00:15 or so, the hour that is running then belongs to the day before.
    /// </summary>
    public long FirstHourOf(int day)
    {
        long start = StartOf(day);
        long hour = HourOf(start);
        return hour == start ? start : NextHour(hour);
    }

    /// <summary>A date's number: days since 1970-01-01.</summary>
    public static int Number(LocalDate day) => Period.DaysBetween(new LocalDate(1970, 1, 1), day);

    /// <summary>The local date of an instant.</summary>
    public LocalDate DateOf(Instant instant) => instant.InZone(zone).Date;

    private void Find(long second)
    {
        var interval = zone.GetZoneInterval(Instant.FromUnixTimeSeconds(second));
        from = interval.HasStart ? interval.Start.ToUnixTimeSeconds() : -Forever;
        until = interval.HasEnd ? interval.End.ToUnixTimeSeconds() : Forever;
        offset = interval.WallOffset.Seconds;
    }

    private static long Modulo(long value, long by)
    {
        long rest = value % by;
        return rest < 0 ? rest + by : rest;
    }
}
