using NodaTime;

namespace Minutebook.Engine;

/// <summary>What the rules mean by now: the machine's clock, or a sandbox's, which only moves when told.</summary>
public sealed class Clock
{
    private long sandbox;

    private Clock(bool isSandbox, long start) => (IsSandbox, sandbox) = (isSandbox, start);

    /// <summary>The machine's.</summary>
    public static Clock Real { get; } = new(false, 0);

    /// <summary>One that stands still.</summary>
    public static Clock Sandbox(Instant start) => new(true, start.ToUnixTimeMilliseconds());

    /// <summary>It only moves when told.</summary>
    public bool IsSandbox { get; }

    /// <summary>Now, in ms.</summary>
    public long Milliseconds => IsSandbox ? Volatile.Read(ref sandbox) : SystemClock.Instance.GetCurrentInstant().ToUnixTimeMilliseconds();

    /// <summary>Now.</summary>
    public Instant Now => Instant.FromUnixTimeMilliseconds(Milliseconds);

    internal void Set(long ms) => Volatile.Write(ref sandbox, ms);
}
