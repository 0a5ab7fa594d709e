using System.Collections.Concurrent;
using Minutebook.Core;
using Minutebook.Core.Metering;

namespace Minutebook.Engine;

/// <summary>Has identity runs merged, and takes what came of it.</summary>
internal sealed partial class Fold
{
    private readonly HashSet<Merge> merging = [];
    private readonly ConcurrentQueue<(Merge Merge, IdentityRun Run)> merged = [];
    private readonly Lock held = new();
    private volatile bool isLetGo;

    /// <summary>Others have its tables from now on, or make them again: what is merged for it stops, and nothing more is.</summary>
    public void LetGo()
    {
        isLetGo = true;
        lock (held)
        {
            // The merger has stopped.
        }
    }

    /// <summary>Its tables are not its own any more.</summary>
    public bool IsLetGo => isLetGo;

    /// <summary>For the merger: does something to its tables while they are its own.</summary>
    public void WhileHeld(Action act)
    {
        lock (held)
        {
            if (!isLetGo)
            {
                act();
            }
        }
    }

    /// <summary>Told by the merger, from its own thread, that a run is stored.</summary>
    public void Merged(Merge merge, IdentityRun run) => merged.Enqueue((merge, run));

    private void MergeRuns(Book book)
    {
        if (merger is not null && book.Mergeable(RunMerger.MostLevel) is { } next
            && new Merge(this, book.State.Id, next.Level, next.Number) is var merge && merging.Add(merge))
        {
            merger.Enqueue(merge);
        }
    }

    private void TakeMerged()
    {
        while (merged.TryDequeue(out (Merge Merge, IdentityRun Run) done))
        {
            books[done.Merge.Account].Book.Replace(done.Run);
            merging.Remove(done.Merge);
            merger?.DropBelow(done.Merge);
        }
    }
}
