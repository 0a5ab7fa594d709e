using System.Diagnostics.CodeAnalysis;

namespace Minutebook.Engine;

/// <summary>
/// What waits for one thread, first come, first taken. Who waits sleeps at once: on a busy machine, spinning takes the processor from those
/// who are about to bring something.
/// </summary>
internal sealed class Line<T>
{
    private readonly Queue<T> items = new();
    private readonly object gate = new();
    private bool isClosed;

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return items.Count;
            }
        }
    }

    /// <summary>Nothing more is added.</summary>
    public bool IsClosed => Volatile.Read(ref isClosed);

    /// <summary>Adds one at the end; false when the line is closed.</summary>
    public bool TryAdd(in T item)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }

            items.Enqueue(item);
            if (items.Count == 1)
            {
                Monitor.Pulse(gate);
            }

            return true;
        }
    }

    /// <summary>The first, which stays.</summary>
    public bool TryPeek([MaybeNullWhen(false)] out T item)
    {
        lock (gate)
        {
            return items.TryPeek(out item);
        }
    }

    /// <summary>Takes the first, and waits for one if there is none: not after so long, nor when the line is closed.</summary>
    public bool TryTake(TimeSpan patience, [MaybeNullWhen(false)] out T item)
    {
        lock (gate)
        {
            while (items.Count == 0 && !isClosed && patience != TimeSpan.Zero && Monitor.Wait(gate, patience))
            {
            }

            return items.TryDequeue(out item);
        }
    }

    /// <summary>Lets nobody join any more. What waits is still taken.</summary>
    public void Close()
    {
        lock (gate)
        {
            Volatile.Write(ref isClosed, true);
            Monitor.PulseAll(gate);
        }
    }
}
