using System.Collections.Concurrent;
using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>
/// Work that is durable and that another process folds, or this one at another time: it shows when its shard's tables have come to its
/// position, and what came of a command is what the shard's owner wrote down.
/// </summary>
internal sealed class Elsewhere
{
    private const long Patience = 30_000;

    private readonly ConcurrentDictionary<long, Awaited> waiting = [];
    private long last;

    /// <param name="Work">What waits.</param>
    /// <param name="Shard">For this shard.</param>
    /// <param name="Position">To come to this position.</param>
    /// <param name="Part">The part whose outcome is to be found out; null when that is known.</param>
    /// <param name="Number">The part's place in its group.</param>
    private sealed record Awaited(Work Work, int Shard, long Position, Part? Part, int Number)
    {
        public long Until { get; } = Environment.TickCount64 + Patience;
    }

    public bool IsEmpty => waiting.IsEmpty;

    /// <summary>A group that is not folded here, or only up to a part of this number.</summary>
    public void Await(int shard, in Durable group, int from = 0)
    {
        for (int number = from; number < group.Parts.Length; number++)
        {
            Part part = group.Parts[number];
            if (part.Command is not null && part.Work.IsAwaited)
            {
                Add(new Awaited(part.Work, shard, group.Position, part, number));
                continue;
            }

            part.Work.Folded(part, null);
            if (part.Work.IsAwaited)
            {
                Await(shard, group.Position, part.Work);
            }
        }
    }

    /// <summary>Work whose outcome is known, and which does not show yet.</summary>
    public void Await(int shard, long position, Work work) => Add(new Awaited(work, shard, position, null, 0));

    /// <summary>Lets go what shows by now.</summary>
    public void Look(Nodes nodes, long[] positions)
    {
        foreach ((long id, Awaited its) in waiting)
        {
            if (positions[its.Shard] >= its.Position)
            {
                Show(nodes, its);
                waiting.TryRemove(id, out _);
            }
            else if (Environment.TickCount64 > its.Until)
            {
                its.Work.IsUnknown(new UnavailableException("It is written down, and what came of it is not known yet. Ask again.", TimeSpan.FromSeconds(2)));
                waiting.TryRemove(id, out _);
            }
        }
    }

    /// <summary>Nothing more will be known here.</summary>
    public void FailAll(UnavailableException why)
    {
        foreach (Awaited its in waiting.Values)
        {
            its.Work.IsUnknown(why);
        }

        waiting.Clear();
    }

    private static void Show(Nodes nodes, Awaited its)
    {
        if (its.Part is not null)
        {
            if (nodes.Outcome(its.Shard, its.Position, its.Number) is not { } json)
            {
                its.Work.IsUnknown(new UnavailableException("It was done, and what came of it is not known any more. Look at what is there.", TimeSpan.FromSeconds(1)));
                return;
            }

            its.Work.Folded(its.Part, JsonSerializer.Deserialize<Outcome>(json)!);
        }

        its.Work.IsShown();
    }

    private void Add(Awaited its) => waiting[Interlocked.Increment(ref last)] = its;
}
