using Minutebook.Reference;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Reference;

public sealed class GridTests
{
    [Theory]
    [InlineData("Asia/Kolkata", "2027-04-05T01:45:00Z", "2027-04-05T01:30:00Z", 60)]
    [InlineData("Asia/Kathmandu", "2027-04-05T01:45:00Z", "2027-04-05T01:15:00Z", 60)]
    [InlineData("America/New_York", "2027-03-14T07:10:00Z", "2027-03-14T07:00:00Z", 60)]
    // 01:00 until 02:00, which becomes 02:30, until 03:00.
    [InlineData("Australia/Lord_Howe", "2027-10-02T15:40:00Z", "2027-10-02T14:30:00Z", 90)]
    // 01:00 until 02:00, which becomes 01:30, until 02:00.
    [InlineData("Australia/Lord_Howe", "2027-04-03T15:20:00Z", "2027-04-03T14:00:00Z", 90)]
    // 23:00 until 23:30, which becomes 00:00.
    [InlineData("Asia/Pyongyang", "2018-05-04T14:40:00Z", "2018-05-04T14:30:00Z", 30)]
    // 23:00 until 24:00, which becomes 23:30, until 00:00.
    [InlineData("Asia/Pyongyang", "2015-08-14T15:20:00Z", "2015-08-14T14:00:00Z", 90)]
    // Until 1972 the clocks of Monrovia were 44 minutes and 30 seconds behind.
    [InlineData("Africa/Monrovia", "1972-01-05T12:00:00Z", "1972-01-05T11:44:30Z", 60)]
    [InlineData("Pacific/Apia", "2011-12-30T10:20:00Z", "2011-12-30T10:00:00Z", 60)]
    public void Rule_1_2_hours_start_when_the_wall_clock_shows_a_whole_hour(string zone, string instant, string start, int minutes)
    {
        var grid = new Grid(zone);
        long hour = grid.HourOf(Story.Ms(instant) / 1000);

        Assert.Equal(Story.Ms(start) / 1000, hour);
        Assert.Equal(60 * minutes, grid.NextHour(hour) - hour);
    }

    [Theory]
    [InlineData("America/New_York", "2027-11-07T00:00:00Z")]
    [InlineData("Australia/Lord_Howe", "2027-10-02T10:00:00Z")]
    [InlineData("America/St_Johns", "2010-03-14T00:00:00Z")]
    [InlineData("America/St_Johns", "2010-11-07T00:00:00Z")]
    [InlineData("Pacific/Apia", "2011-12-30T05:00:00Z")]
    [InlineData("Africa/Monrovia", "1972-01-06T20:00:00Z")]
    [InlineData("Asia/Pyongyang", "2015-08-14T10:00:00Z")]
    [InlineData("America/Sao_Paulo", "2018-11-04T00:00:00Z")]
    [InlineData("Antarctica/Troll", "2027-03-28T00:00:00Z")]
    public void Rule_1_2_holds_second_by_second_around_a_change_of_the_clock(string zone, string from)
    {
        var grid = new Grid(zone);
        long first = Story.Ms(from) / 1000;
        long? hour = null;
        for (long second = first; second < first + (10 * 3600); second++)
        {
            LocalTime wall = Instant.FromUnixTimeSeconds(second).InZone(grid.Zone).TimeOfDay;
            if (wall is { Minute: 0, Second: 0 })
            {
                Assert.True(hour is null || grid.NextHour(hour.Value) == second, $"{zone} {second}");
                hour = second;
            }

            Assert.True(hour is null || grid.HourOf(second) == hour, $"{zone} {second}");
        }
    }
}
