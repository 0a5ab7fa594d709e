using System.Diagnostics;

namespace Minutebook.Server;

/// <summary>So many at once, and so many in a time after that. All of it in one number, the instant from which on nothing would be spent
/// any more (the generic cell rate algorithm).</summary>
/// <param name="burst">How many at once.</param>
/// <param name="each">How long it takes for one to come back.</param>
internal sealed class Allowance(long burst, TimeSpan each)
{
    private readonly long ticks = Math.Max(1, (long)(each.TotalSeconds * Stopwatch.Frequency));
    private long fullAt = Stopwatch.GetTimestamp();

    /// <summary>Takes one; false when there is none.</summary>
    public bool TrySpend() => TrySpend(out _, out _);

    /// <summary>Takes one; false when there is none.</summary>
    /// <param name="left">How many are left.</param>
    /// <param name="until">How long until all are there again.</param>
    public bool TrySpend(out long left, out TimeSpan until)
    {
        long now = Stopwatch.GetTimestamp();
        while (true)
        {
            long before = Volatile.Read(ref fullAt);
            long after = Math.Max(before, now) + ticks;
            bool isThere = after - now <= burst * ticks;
            if (!isThere || Interlocked.CompareExchange(ref fullAt, after, before) == before)
            {
                long spent = (isThere ? after : before) - now;
                left = Math.Max(0, burst - ((spent + ticks - 1) / ticks));
                until = Stopwatch.GetElapsedTime(0, spent);
                return isThere;
            }
        }
    }

    /// <summary>Whether there is none.</summary>
    public bool IsSpent => Math.Max(Volatile.Read(ref fullAt), Stopwatch.GetTimestamp()) + ticks - Stopwatch.GetTimestamp() > burst * ticks;
}
