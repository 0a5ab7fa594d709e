using Minutebook.Core.Events;
using NodaTime;
using NodaTime.Text;

namespace Minutebook.Tests;

/// <summary>What tests of the engine say over and over.</summary>
internal static class Accepting
{
    public static Instant At(string text) => InstantPattern.ExtendedIso.Parse(text).Value;

    /// <summary>Accepts events, and waits until they show.</summary>
    public static Task Accept(Engine.Engine engine, params UsageEvent[] events) => Accept(engine, wait: true, events);

    /// <summary>Accepts events, and waits until they are durable.</summary>
    public static Task AcceptUnseen(Engine.Engine engine, params UsageEvent[] events) => Accept(engine, wait: false, events);

    public static Task Accept(Engine.Engine engine, bool wait, params UsageEvent[] events)
    {
        EventBatch batch = engine.Rent();
        foreach (UsageEvent happened in events)
        {
            batch.Add(happened);
        }

        return engine.AcceptAsync(batch, "test", wait);
    }

    /// <summary>Does something as often as it is refused for the moment, and so many times at most; whether it went.</summary>
    public static async Task<bool> Goes(int attempts, Func<Task> act)
    {
        for (int attempt = 0; attempt < attempts; attempt++)
        {
            try
            {
                await act().WaitAsync(TimeSpan.FromSeconds(30));
                return true;
            }
            catch (Engine.UnavailableException)
            {
                await Task.Delay(10);
            }
        }

        return false;
    }
}
