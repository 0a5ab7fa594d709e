using Minutebook.Core.Metering;

namespace Minutebook.Core.Billing;

/// <summary>What usage, kept by the local day on which it happened or opened, comes to in one period.</summary>
public sealed class PeriodUsage
{
    /// <summary>On how many local days before a period presence may have opened that counts in it: it is open for a day at most, which two more than cover.</summary>
    public const int DaysBefore = 2;

    private readonly Calendar calendar;
    private readonly long startSecond;
    private readonly long endSecond;
    private int lastDay = int.MinValue;
    private long lastSecond;

    /// <param name="calendar">The account's days.</param>
    /// <param name="period">The day or month.</param>
    public PeriodUsage(Calendar calendar, BillPeriod period)
    {
        this.calendar = calendar;
        (Start, End) = (Calendar.Number(period.Start), Calendar.Number(period.End));
        (startSecond, endSecond) = (calendar.FirstHourOf(Start), calendar.FirstHourOf(End));
    }

    /// <summary>The first day, by its number, on which presence may have opened that counts in the period.</summary>
    public int First => Start - DaysBefore;

    /// <summary>The period's first day, by its number.</summary>
    public int Start { get; }

    /// <summary>The day after the period's last.</summary>
    public int End { get; }

    /// <summary>Whether something of a day may count in the period: its own day, or presence that opened before it.</summary>
    public bool Concerns(int day, long openCount) => day < End && (day >= Start || openCount != 0);

    /// <summary>The quantity in the period: what is over, and what is open, in the period and up to an instant.</summary>
    /// <param name="now">Second, up to which open presence counts.</param>
    /// <param name="day">The local day on which it happened, or opened.</param>
    /// <param name="meter">Its meter: whiteboard minutes count when they begin.</param>
    /// <param name="over">What is over, in base units.</param>
    /// <param name="openCount">How many presences are open.</param>
    /// <param name="openSum">The sum of the seconds at which they opened.</param>
    public Int128 QuantityAt(long now, int day, Meter meter, Int128 over, long openCount, Int128 openSum)
    {
        bool before = day < Start;
        Int128 quantity = before ? 0 : over;
        if (openCount == 0)
        {
            return quantity;
        }

        bool inMinutes = ReferenceEquals(meter, Meter.Whiteboard);
        var tally = new Tally { OpenCount = openCount, OpenSum = openSum };
        long from = before ? startSecond : FirstSecondOf(day);
        return quantity + (inMinutes
            ? tally.OpenAt(before, Presence.MinuteUp(from), Presence.MinuteUp(endSecond), now, inMinutes: true)
            : tally.OpenAt(before, from, endSecond, now, inMinutes: false));
    }

    /// <summary>Where a day's usage begins: with its first hour (and a minute belongs to the hour in which it starts).</summary>
    private long FirstSecondOf(int day)
    {
        if (day != lastDay)
        {
            (lastDay, lastSecond) = (day, calendar.FirstHourOf(day));
        }

        return lastSecond;
    }
}
