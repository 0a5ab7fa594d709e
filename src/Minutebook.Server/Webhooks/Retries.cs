namespace Minutebook.Server;

/// <summary>When a delivery that failed is tried again. All by the real clock.</summary>
/// <param name="First">How long after the first attempt.</param>
/// <param name="Most">The longest time between two attempts.</param>
/// <param name="Until">How long after the first attempt it is given up.</param>
internal sealed record Retries(TimeSpan First, TimeSpan Most, TimeSpan Until)
{
    private const int Factor = 3;

    /// <summary>After 1 s, 3 s, 9 s and so on, at most 6 h apart, for 72 h.</summary>
    public static Retries Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromHours(6), TimeSpan.FromHours(72));

    /// <summary>When it is tried next, in ms; null when it is given up.</summary>
    /// <param name="attempts">How often it was tried.</param>
    /// <param name="firstAt">When first, in ms.</param>
    /// <param name="now">Ms.</param>
    /// <param name="chance">0 to 1: receivers that failed together are not asked together again.</param>
    /// <param name="asked">How long the receiver asked to be left alone; the longest time between two attempts at most.</param>
    public long? NextAt(int attempts, long firstAt, long now, double chance, TimeSpan asked = default)
    {
        long last = firstAt + (long)Until.TotalMilliseconds;
        if (now >= last)
        {
            return null;
        }

        double wait = Math.Min(Most.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(Factor, Math.Min(attempts - 1, 30)));
        double spared = Math.Min(Most.TotalMilliseconds, asked.TotalMilliseconds);
        return Math.Min(last, now + (long)Math.Max(spared, wait * (0.8 + 0.4 * chance)));
    }
}
