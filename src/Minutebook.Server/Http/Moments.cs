using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>Instants and dates as callers write them.</summary>
internal static class Moments
{
    // Beyond these years a zone's offset could leave what NodaTime can say.
    private const int FirstYear = 1, LastYear = 9998;

    /// <summary>Reads an instant of RFC 3339; what is finer than a millisecond is cut off (rule 1.1).</summary>
    public static bool TryInstant(string text, out Instant instant)
    {
        instant = default;
        ParseResult<OffsetDateTime> parsed = OffsetDateTimePattern.Rfc3339.Parse(ToNanoseconds(text.ToUpperInvariant()));
        if (!parsed.Success || parsed.Value.Year is < FirstYear or > LastYear)
        {
            return false;
        }

        instant = Instant.FromUnixTimeMilliseconds(parsed.Value.ToInstant().ToUnixTimeMilliseconds());
        return true;
    }

    /// <summary>Reads an ISO date.</summary>
    public static bool TryDate(string text, out LocalDate date) =>
        LocalDatePattern.Iso.Parse(text).TryGetValue(default, out date) && date.Year is >= FirstYear and <= LastYear;

    /// <summary>Reads a month such as 2026-11, as its first day.</summary>
    public static bool TryMonth(string text, out LocalDate first) => TryDate(text + "-01", out first) && text.Length == 7;

    // The pattern takes nine digits of a second; RFC 3339 allows any number.
    private static string ToNanoseconds(string text)
    {
        int point = text.IndexOf('.');
        int end = point + 1;
        while (point >= 0 && end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return point >= 0 && end > point + 10 ? text[..(point + 10)] + text[end..] : text;
    }
}
