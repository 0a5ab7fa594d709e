using System.Text;
using Minutebook.Core.Events;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>Instants and dates as callers write them.</summary>
internal static class Moments
{
    /// <summary>The last year that a text can say: what stands for no end.</summary>
    public const int Latest = 9999;

    // Beyond these years a zone's offset or a day more could leave what NodaTime can say: what is reckoned with stays within them.
    private const int FirstYear = 1, LastYear = 9998;

    /// <summary>Reads an instant of RFC 3339 as events are read; what is finer than a millisecond is cut off (rule 1.1).</summary>
    public static bool TryInstant(string text, out Instant instant, int lastYear = LastYear)
    {
        bool isInstant = Rfc3339.TryRead(Encoding.UTF8.GetBytes(text), out long milliseconds);
        instant = isInstant ? Instant.FromUnixTimeMilliseconds(milliseconds) : default;
        return isInstant && instant.InUtc().Year <= lastYear;
    }

    /// <summary>Reads an ISO date.</summary>
    public static bool TryDate(string text, out LocalDate date, int lastYear = LastYear) =>
        LocalDatePattern.Iso.Parse(text).TryGetValue(default, out date) && date.Year >= FirstYear && date.Year <= lastYear;

    /// <summary>Reads a month such as 2026-11, as its first day.</summary>
    public static bool TryMonth(string text, out LocalDate first) => TryDate(text + "-01", out first) && text.Length == 7;
}
