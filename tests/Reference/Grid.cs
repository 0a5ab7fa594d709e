using NodaTime;
using NodaTime.TimeZones;

namespace Minutebook.Reference;

/// <summary>
/// The hours of a zone (1.2): each starts whenever the wall clock shows a whole one. Everything is in seconds since 1970.
/// </summary>
public sealed class Grid(string zone)
{
    private static readonly ZoneLocalMappingResolver FirstFrom =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    private readonly DateTimeZone zone = DateTimeZoneProviders.Tzdb[zone];

    public DateTimeZone Zone => zone;

    public long HourOf(long second) => Start(second, 3600);

    /// <summary>The start of the hour after the one that starts at <paramref name="hour"/>.</summary>
    public long NextHour(long hour) => Next(hour, 3600);

    /// <summary>The starts of all hours that [from, to) touches.</summary>
    public IEnumerable<long> Hours(long from, long to)
    {
        for (long start = HourOf(from); from < to && start < to; start = NextHour(start))
        {
            yield return start;
        }
    }

    /// <summary>
    /// The starts of all minutes that [from, to) touches; none, when it is empty. Choice: a clock minute (3.2) is one of UTC, as it has
    /// been on every wall clock since 1972; it belongs to the hour in which it starts.
    /// </summary>
    public static IEnumerable<long> Minutes(long from, long to)
    {
        for (long start = from - Floor.Mod(from, 60); from < to && start < to; start += 60)
        {
            yield return start;
        }
    }

    /// <summary>The local date at a second.</summary>
    public LocalDate DateOf(long second) => Instant.FromUnixTimeSeconds(second).InZone(zone).Date;

    /// <summary>The first second of a local date; where the zone has skipped that date, of the next.</summary>
    public long StartOf(LocalDate date) => zone.ResolveLocal(date.AtMidnight(), FirstFrom).ToInstant().ToUnixTimeSeconds();

    /// <summary>The first second after <paramref name="start"/> at which the wall clock shows a whole multiple again.</summary>
    private long Next(long start, long length)
    {
        for (long second = start + 1; ;)
        {
            ZoneInterval interval = IntervalAt(second);
            long next = second + Floor.Mod(-(second + interval.WallOffset.Seconds), length);
            if (!interval.HasEnd || next < interval.End.ToUnixTimeSeconds())
            {
                return next;
            }

            second = interval.End.ToUnixTimeSeconds();
        }
    }

    /// <summary>The latest second at or before, where the wall clock shows a whole multiple; where the clock was changed since, look before the change.</summary>
    private long Start(long second, long length)
    {
        ZoneInterval interval = IntervalAt(second);
        long start = second - Floor.Mod(second + interval.WallOffset.Seconds, length);
        bool inside = !interval.HasStart || start >= interval.Start.ToUnixTimeSeconds();
        return inside ? start : Start(interval.Start.ToUnixTimeSeconds() - 1, length);
    }

    private ZoneInterval IntervalAt(long second) => zone.GetZoneInterval(Instant.FromUnixTimeSeconds(second));
}

/// <summary>Division that rounds down, before 1970 too.</summary>
internal static class Floor
{
    public static long Mod(long a, long b) => ((a % b) + b) % b;

    /// <summary>The whole second of a millisecond (1.1).</summary>
    public static long Second(long ms) => (ms - Mod(ms, 1000)) / 1000;
}
