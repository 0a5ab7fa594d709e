using Minutebook.Core.Metering;
using Minutebook.Reference;
using NodaTime;
using NodaTime.TimeZones;
using Xunit;

namespace Minutebook.Core.Tests.Metering;

/// <summary>Rule 1.2: the hours and days of a zone around each change of its clock are the reference's, asked for in any order.</summary>
public sealed class CalendarAgainstReference
{
    [Theory]
    [InlineData("Asia/Shanghai")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Asia/Kolkata")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("America/St_Johns")]
    [InlineData("America/Sao_Paulo")]
    [InlineData("America/Caracas")]
    [InlineData("Pacific/Apia")]
    [InlineData("Pacific/Chatham")]
    [InlineData("Africa/Monrovia")]
    [InlineData("Antarctica/Troll")]
    public void Hours_and_days_around_every_change_of_the_clock_are_the_references(string zone)
    {
        var grid = new Grid(zone);
        var chance = new Random(1);
        long[] seconds = [.. ChangesOf(grid.Zone).SelectMany(change => Enumerable.Range(-4, 9).Select(half => change + (half * 1800) + chance.Next(-1, 2))).OrderBy(_ => chance.Next())];
        var calendar = new Calendar(zone);
        foreach (long second in seconds)
        {
            long hour = calendar.HourOf(second);
            LocalDate day = grid.DateOf(hour);
            int number = Calendar.Number(day);
            Assert.Equal(
                (grid.HourOf(second), grid.NextHour(hour), number, day, grid.StartOf(day), FirstHourOf(grid, day)),
                (hour, calendar.NextHour(hour), calendar.DayOf(hour), Calendar.Date(number), calendar.StartOf(number), calendar.FirstHourOf(number)));
        }
    }

    private static IEnumerable<long> ChangesOf(DateTimeZone zone) =>
        zone.GetZoneIntervals(Instant.FromUtc(1965, 1, 1, 0, 0), Instant.FromUtc(2040, 1, 1, 0, 0)).Where(interval => interval.HasStart)
            .Select(interval => interval.Start.ToUnixTimeSeconds());

    private static long FirstHourOf(Grid grid, LocalDate day)
    {
        long start = grid.StartOf(day);
        return grid.HourOf(start) == start ? start : grid.NextHour(grid.HourOf(start));
    }
}
