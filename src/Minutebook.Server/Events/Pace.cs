namespace Minutebook.Server;

/// <summary>How many events were accepted, and in which seconds of the last minute.</summary>
internal sealed class Pace(TimeProvider time)
{
    private const int Seconds = 61;

    private readonly Lock guard = new();
    private readonly long[] counts = new long[Seconds];
    private readonly long[] stamps = new long[Seconds];
    private long total;

    public long Total => Interlocked.Read(ref total);

    public void Add(int events)
    {
        long second = Second();
        lock (guard)
        {
            int slot = (int)(second % Seconds);
            counts[slot] = stamps[slot] == second ? counts[slot] + events : events;
            stamps[slot] = second;
            total += events;
        }
    }

    /// <summary>Events a second in the busiest of the last sixty whole seconds.</summary>
    public long Busiest()
    {
        long second = Second();
        lock (guard)
        {
            long most = 0;
            for (int slot = 0; slot < Seconds; slot++)
            {
                most = stamps[slot] < second && stamps[slot] >= second - 60 ? Math.Max(most, counts[slot]) : most;
            }

            return most;
        }
    }

    private long Second() => time.GetTimestamp() / time.TimestampFrequency;
}
