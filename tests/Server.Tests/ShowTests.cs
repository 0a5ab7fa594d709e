using NodaTime;
using Xunit;

namespace Minutebook.Server.Tests;

/// <summary>How a reader is told of times.</summary>
public sealed class ShowTests
{
    private static readonly Instant Noon = Instant.FromUtc(2026, 11, 20, 12, 0);

    [Theory]
    [InlineData(4, "1 Nov 00:30", "1 Nov 00:30:00")]
    [InlineData(5, "1 Nov 01:30 (UTC−4)", "1 Nov 01:30:00 (UTC−4)")]
    [InlineData(6, "1 Nov 01:30 (UTC−5)", "1 Nov 01:30:00 (UTC−5)")]
    [InlineData(7, "1 Nov 02:30", "1 Nov 02:30:00")]
    public void An_hour_that_clocks_show_twice_says_which_it_is(int utc, string moment, string second)
    {
        // New York puts its clocks back at two on 1 November 2026.
        var show = new Show(Texts.For("en", ""), DateTimeZoneProviders.Tzdb["America/New_York"], Noon);
        Instant at = Instant.FromUtc(2026, 11, 1, utc, 30);
        Assert.Equal(moment, show.Moment(at));
        Assert.Equal(second, show.Second(at));
    }

    [Fact]
    public void The_zone_is_named_with_what_it_is_from_universal_time_now()
    {
        Texts english = Texts.For("en", "");
        Assert.Equal("Times in America/New_York (UTC−5)", new Show(english, DateTimeZoneProviders.Tzdb["America/New_York"], Noon).Zone);
        Assert.Equal("Times in Asia/Kathmandu (UTC+5:45)", new Show(english, DateTimeZoneProviders.Tzdb["Asia/Kathmandu"], Noon).Zone);
    }
}
