using Minutebook.Core.Metering;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A range of time: from is in it, to is not.</summary>
internal readonly record struct Range(Instant From, Instant To)
{
    // 9999-01-02T00:00:00Z. No clock comes that far, and hours, days and months of every zone can be reckoned up to it.
    private const long End = 253_370_851_200;

    /// <summary>The first second that is in it, and the first that is beyond it: what starts in between started in the range.</summary>
    public long FromSecond => CeilSecond(From);

    public long ToSecond => CeilSecond(To);

    public long FromMs => From.ToUnixTimeMilliseconds();

    public long ToMs => To.ToUnixTimeMilliseconds();

    /// <summary>Reads from and to, instants or local dates in the account's zone; both are needed.</summary>
    public static Range Of(Call call, Calendar calendar)
    {
        var range = new Range(Bound(call, "from", calendar), Bound(call, "to", calendar));
        if (call.Refusal is null && range.From >= range.To)
        {
            call.Fault("to", "This must be later than from; it is not in the range itself.");
        }

        return range;
    }

    private static Instant Bound(Call call, string name, Calendar calendar)
    {
        string? text = call.Query(name);
        if (text is null)
        {
            call.Fault(name, "This parameter is required: an instant such as 2026-11-01T00:00:00Z or a local date such as 2026-11-01.");
            return default;
        }

        if (Moments.TryDate(text, out LocalDate date, Moments.Latest))
        {
            return Instant.FromUnixTimeSeconds(calendar.StartOf(date));
        }

        // In a query a plus sign stands for a blank, and many senders forget it.
        if (!Moments.TryInstant(text.Replace(' ', '+'), out Instant instant, Moments.Latest))
        {
            call.Fault(name, "This must be an instant such as 2026-11-01T00:00:00Z or a local date such as 2026-11-01.");
        }

        return instant;
    }

    private static long CeilSecond(Instant instant)
    {
        long second = instant.ToUnixTimeSeconds();
        return Math.Min(End, Instant.FromUnixTimeSeconds(second) < instant ? second + 1 : second);
    }
}
