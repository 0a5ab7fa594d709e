using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Minutebook.Core.Events;
using NodaTime;
using NodaTime.Text;
using Xunit;

namespace Minutebook.Core.Tests.Events;

public sealed class Times_of_events
{
    private static Reading At(string time) => Reading.Of(
        $"{{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"class.ended\",\"subject\":\"c\",\"time\":\"{time}\",\"data\":{{\"application\":\"a\"}}}}");

    [Theory]
    [InlineData("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z")]
    [InlineData("2026-03-02t08:00:00z", "2026-03-02T08:00:00Z")]
    [InlineData("2026-03-02T08:00:00.1Z", "2026-03-02T08:00:00.100Z")]
    [InlineData("2026-03-02T08:00:00.123999999999999999999Z", "2026-03-02T08:00:00.123Z")]
    [InlineData("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z")]
    [InlineData("2026-03-02T16:00:00+08:00", "2026-03-02T08:00:00Z")]
    [InlineData("2026-03-02T02:15:00-05:45", "2026-03-02T08:00:00Z")]
    [InlineData("2026-03-02T08:00:00-00:00", "2026-03-02T08:00:00Z")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z")]
    [InlineData("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("2026-03-02T08:\\u0030\\u0030:00Z", "2026-03-02T08:00:00Z")]
    public void Instants_are_RFC_3339_and_cut_to_the_millisecond(string time, string instant)
    {
        Reading reading = At(time);

        Assert.Empty(reading.Faults.Kept);
        Assert.Equal(InstantPattern.ExtendedIso.Parse(instant).Value, Instant.FromUnixTimeMilliseconds(reading.Row.Time));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-03-02")]
    [InlineData("2026-03-02T08:00Z")]
    [InlineData("2026-03-02T08:00:00")]
    [InlineData("2026-03-02 08:00:00Z")]
    [InlineData("2026-03-02T08:00:00.Z")]
    [InlineData("2026-03-02T08:00:00,5Z")]
    [InlineData("2026-03-02T08:00:00.5")]
    [InlineData("2026-03-02T08:00:00+0800")]
    [InlineData("2026-03-02T08:00:00+24:00")]
    [InlineData("2026-03-02T08:00:00+08:60")]
    [InlineData("2026-03-02T08:00:00+8:00")]
    [InlineData("2026-03-02T08:00:00ZZ")]
    [InlineData("2026-03-02T08:00:00Z ")]
    [InlineData("2026-3-02T08:00:00ZZ")]
    [InlineData("2026-02-29T08:00:00Z")]
    [InlineData("1900-02-29T08:00:00Z")]
    [InlineData("2026-02-30T08:00:00Z")]
    [InlineData("2025-13-01T08:00:00Z")]
    [InlineData("2025-00-01T08:00:00Z")]
    [InlineData("2025-01-00T08:00:00Z")]
    [InlineData("2025-04-31T08:00:00Z")]
    [InlineData("2025-01-01T24:00:00Z")]
    [InlineData("2025-01-01T23:60:00Z")]
    [InlineData("2025-01-01T23:59:61Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("-001-01-01T00:00:00Z")]
    [InlineData("20x6-03-02T08:00:00Z")]
    [InlineData("2026-03-02T0x:00:00Z")]
    [InlineData("1767225600000000000000")]
    public void What_is_no_instant_is_a_fault(string time) => Assert.Equal(["0/time"], At(time).Pointers);

    [Theory]
    [InlineData("2016-12-31T23:59:60Z")]
    [InlineData("2017-01-01T07:59:60.5+08:00")]
    public void A_leap_second_is_refused_by_that_name(string time) =>
        Assert.Contains("leap second", Assert.Single(At(time).Faults.Kept).Detail);

    [Theory]
    [InlineData("2026-03-02T09:05:00Z", true)]
    [InlineData("2026-03-02T09:05:00.000999Z", true)]
    [InlineData("2026-03-02T09:05:00.001Z", false)]
    [InlineData("9999-12-31T23:59:59Z", false)]
    [InlineData("9999-12-31T23:59:59-23:59", false)]
    public void Rule_1_5_more_than_5_minutes_in_the_future_is_a_fault(string time, bool accepted) =>
        Assert.Equal(accepted ? [] : ["0/time"], At(time).Pointers);

    [Theory]
    [InlineData("\"2026-03-02T07:00:00Z\"", 1)]
    [InlineData("\"2026-03-02T08:30:00Z\"", 1)]
    [InlineData("null", 1)]
    [InlineData("\"\"", 0)]
    [InlineData("\"yesterday\"", 0)]
    [InlineData("1767225600", 0)]
    public void JoinedAt_is_an_instant_or_nothing_and_may_even_come_after_the_leave(string joinedAt, int count) =>
        Assert.Equal(count, Reading.Of("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"participant.left\",\"subject\":\"c\"," +
            $"\"time\":\"2026-03-02T08:00:00Z\",\"data\":{{\"application\":\"a\",\"user\":\"u\",\"joinedAt\":{joinedAt}}}}}").Count);

    [Fact]
    public void Every_instant_is_written_as_NodaTime_writes_it_and_read_back() => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
        long time = new Random(seed).NextInt64(Rfc3339.Earliest, Rfc3339.Latest + 1);
        time = seed % 3 == 0 ? time - time % 1000 : time;
        Span<byte> text = stackalloc byte[Rfc3339.MaxLength];
        text = text[..Rfc3339.Write(time, text)];

        Assert.Equal(InstantPattern.ExtendedIso.Parse(Encoding.UTF8.GetString(text)).Value, Instant.FromUnixTimeMilliseconds(time));
        Assert.True(Rfc3339.TryRead(text, out long read));
        Assert.Equal(time, read);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000).WithEndSize(int.MaxValue - 1));
}
