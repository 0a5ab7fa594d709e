using System.Buffers.Binary;

namespace Minutebook.Core.Events;

/// <summary>Instants as RFC 3339 writes them, in milliseconds since 1970-01-01T00:00:00Z.</summary>
public static class Rfc3339
{
    /// <summary>The longest text that <see cref="Write"/> makes.</summary>
    public const int MaxLength = 24;

    /// <summary>0001-01-01T00:00:00Z.</summary>
    public const long Earliest = -62_135_596_800_000;

    /// <summary>9999-12-31T23:59:59.999Z.</summary>
    public const long Latest = 253_402_300_799_999;

    private const long Day = 86_400_000;

    /// <summary>
    /// Reads a <c>date-time</c>: years 0001 to 9999, <c>T</c> and <c>Z</c> in either case, an offset instead of <c>Z</c>, any number of
    /// digits after the second of which three count (rule 1.1). A leap second (<c>:60</c>) is no instant of this scale and is refused,
    /// and so is what an offset carries out of those years.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long milliseconds)
    {
        var none = default(LastDay);
        return TryRead(text, ref none, out milliseconds);
    }

    /// <summary>The day that was read last: the next event is mostly of the same.</summary>
    internal struct LastDay
    {
        public ulong Start;
        public ushort End;
        public int Day;
    }

    /// <summary>Reads a <c>date-time</c>, faster when it is of the day that was read last.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> text, ref LastDay last, out long milliseconds)
    {
        unchecked
        {
            milliseconds = 0;
            if (text.Length < 20 || !TryDay(text, ref last) || !TryTimeOfDay(text, out int time))
            {
                return false;
            }

            int at = 19;
            int fraction = 0;
            if (text[at] == '.' && !TryFraction(text, ref at, out fraction))
            {
                return false;
            }

            int minutes = 0;
            if ((at != text.Length - 1 || (text[at] | 0x20) != 'z') && !TryOffset(text[at..], out minutes))
            {
                return false;
            }

            milliseconds = last.Day * Day + time + fraction - minutes * 60_000L;
            return milliseconds is >= Earliest and <= Latest;
        }
    }

    /// <summary>Writes an instant in UTC with <c>Z</c>, with milliseconds only where there are any. Answers the length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The instant lies outside of the years 0001 to 9999.</exception>
    public static int Write(long milliseconds, Span<byte> to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, Earliest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, Latest);
        long days = (milliseconds - Earliest) / Day;
        int time = (int)((milliseconds - Earliest) % Day);
        (int year, int month, int day) = Civil((int)days);
        Digits(to, 0, 4, year);
        to[4] = to[7] = (byte)'-';
        Digits(to, 5, 2, month);
        Digits(to, 8, 2, day);
        to[10] = (byte)'T';
        Digits(to, 11, 2, time / 3_600_000);
        to[13] = to[16] = (byte)':';
        Digits(to, 14, 2, time / 60_000 % 60);
        Digits(to, 17, 2, time / 1000 % 60);
        if (time % 1000 == 0)
        {
            to[19] = (byte)'Z';
            return 20;
        }

        to[19] = (byte)'.';
        Digits(to, 20, 3, time % 1000);
        to[23] = (byte)'Z';
        return 24;
    }

    /// <summary>Whether only its leap second keeps a text from being an instant.</summary>
    internal static bool IsLeapSecond(ReadOnlySpan<byte> text)
    {
        if (text.Length is < 20 or > 64 || text[17] != '6' || text[18] != '0')
        {
            return false;
        }

        Span<byte> earlier = stackalloc byte[text.Length];
        text.CopyTo(earlier);
        earlier[17] = (byte)'5';
        earlier[18] = (byte)'9';
        return TryRead(earlier, out _);
    }

    private static bool TryDay(ReadOnlySpan<byte> text, ref LastDay last)
    {
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(text);
        ushort end = BinaryPrimitives.ReadUInt16LittleEndian(text[8..]);
        if ((text[10] | 0x20) != 't')
        {
            return false;
        }

        if (start == last.Start && end == last.End)
        {
            return true;
        }

        unchecked
        {
            int year = Two(text, 0) * 100 + Two(text, 2), month = Two(text, 5), date = Two(text, 8);
            // A pair that is not two digits is so far below zero that it drags what it is part of with it.
            if (year < 1 || month is < 1 or > 12 || date < 1 || date > DaysIn(year, month) || text[4] != '-' || text[7] != '-')
            {
                return false;
            }

            last = new LastDay { Start = start, End = end, Day = DaysSince1970(year, month, date) };
            return true;
        }
    }

    private static bool TryTimeOfDay(ReadOnlySpan<byte> text, out int time)
    {
        unchecked
        {
            int hour = Two(text, 11), minute = Two(text, 14), second = Two(text, 17);
            time = ((hour * 60 + minute) * 60 + second) * 1000;
            return (uint)hour < 24 && (uint)minute < 60 && (uint)second < 60 && text[13] == ':' && text[16] == ':';
        }
    }

    private static bool TryFraction(ReadOnlySpan<byte> text, ref int at, out int fraction)
    {
        unchecked
        {
            int first = ++at, scale = 100;
            if (text.Length == 24)
            {
                // As most write it: three digits and Z.
                fraction = Two(text, 20) * 10 + (text[22] - '0');
                if (fraction >= 0 && (uint)(text[22] - '0') <= 9)
                {
                    at = 23;
                    return true;
                }
            }

            fraction = 0;
            for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
            {
                fraction += (text[at] - '0') * scale;
                scale /= 10;
            }

            return at > first;
        }
    }

    private static bool TryOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.Length != 6 || text[3] != ':' || text[0] is not ((byte)'+' or (byte)'-'))
        {
            return false;
        }

        int hour = Two(text, 1), minute = Two(text, 4);
        if (hour is < 0 or > 23 || minute is < 0 or > 59)
        {
            return false;
        }

        minutes = text[0] == '-' ? -(hour * 60 + minute) : hour * 60 + minute;
        return true;
    }

    private static int Two(ReadOnlySpan<byte> text, int at)
    {
        unchecked
        {
            uint tens = (uint)(text[at] - '0'), ones = (uint)(text[at + 1] - '0');
            return tens <= 9 && ones <= 9 ? (int)(tens * 10 + ones) : -1_000_000;
        }
    }

    private static int DaysIn(int year, int month) => month switch
    {
        2 => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };

    // Years that begin in March put the leap day last (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static int DaysSince1970(int year, int month, int day)
    {
        unchecked
        {
            int shifted = month <= 2 ? year - 1 : year;
            int era = shifted / 400, ofEra = shifted - era * 400;
            int ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
            return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468;
        }
    }

    private static (int Year, int Month, int Day) Civil(int daysSinceYear1)
    {
        int days = daysSinceYear1 + 306;
        int era = days / 146_097, ofEra = days % 146_097;
        int year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
        int ofYear = ofEra - (365 * year + year / 4 - year / 100);
        int month = (5 * ofYear + 2) / 153;
        int day = ofYear - (153 * month + 2) / 5 + 1;
        return month < 10 ? (year + era * 400, month + 3, day) : (year + era * 400 + 1, month - 9, day);
    }

    private static void Digits(Span<byte> to, int at, int count, int value)
    {
        for (int i = at + count - 1; i >= at; i--)
        {
            to[i] = (byte)('0' + value % 10);
            value /= 10;
        }
    }
}
