using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>
/// This process among those on one database: takes and lets go of shards so that each process has as many as the others, folds what others
/// append to its shards, and learns what others decide.
/// </summary>
internal sealed partial class Node : IAsyncDisposable
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan HoldEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookAlone = TimeSpan.FromMilliseconds(100);
    /// <summary>What was not folded for so long nobody may be folding, and more of it is refused.</summary>
    private const long MostUnfolded = 30_000;
    /// <summary>So long others may take, in ms, to let go of what they hold, or to be known as gone.</summary>
    private const long Patience = 20_000;
    /// <summary>So long others may take, in ms, to prepare for what this process gives away: for good, when it is told to end; and to have an even share.</summary>
    private const long LeavingPatience = 8_000, SharingPatience = 60_000;
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(20);

    private readonly Store.Store store;
    private readonly Nodes nodes;
    private readonly Shard?[] shards;
    private readonly Func<int, Shard> make;
    private readonly Elsewhere elsewhere;
    private readonly Decisions decisions;
    private readonly bool isAlone;
    private readonly Action<Exception> fail;
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] looked;
    private readonly long[] known;
    private readonly Task[] opening;
    private readonly Task[] closing;
    private readonly (long Position, long Since)[] unfolded;
    private readonly Lock telling = new();
    /// <summary>Since when, by the machine's count of ms, a shard has been offered to others; 0 when it is not.</summary>
    private readonly long[] offeredSince;
    private readonly bool[] prepared;
    private volatile NodesSeen seen = new([], new HashSet<int>(), [], [], []);
    private volatile bool leaving;
    private Task[] running = [];
    private int beats;
    private long lookedAt = Environment.TickCount64;
    /// <summary>Since when, by the machine's count of ms, others have held shards; 0 when they hold none.</summary>
    private long othersSince;
    /// <summary>Since when, by the machine's count of ms, a move into this store has not been whole and nobody has been at it; 0 otherwise.</summary>
    private long brokenOffSince;
    private volatile bool isConnected;
    private volatile bool doubts;

    /// <param name="store">The store.</param>
    /// <param name="shards">The shards that are this process's, by number; what is null is others'.</param>
    /// <param name="make">Makes a shard's writer of its books, which are not open yet.</param>
    /// <param name="elsewhere">What waits for others.</param>
    /// <param name="decisions">Told what others decide by.</param>
    /// <param name="isAlone">Holds all shards, whoever else there is.</param>
    /// <param name="fail">Told of a bug.</param>
    public Node(Store.Store store, Shard?[] shards, Func<int, Shard> make, Elsewhere elsewhere, Decisions decisions, bool isAlone, Action<Exception> fail)
    {
        (this.store, nodes, this.shards, this.make, this.elsewhere, this.decisions, this.isAlone, this.fail) =
            (store, store.Nodes!, shards, make, elsewhere, decisions, isAlone, fail);
        (offeredSince, prepared) = (new long[shards.Length], new bool[shards.Length]);
        looked = new long[shards.Length];
        known = new long[shards.Length];
        unfolded = new (long, long)[shards.Length];
        opening = [.. shards.Select(static _ => Task.CompletedTask)];
        closing = [.. shards.Select(static _ => Task.CompletedTask)];
    }

    /// <summary>When, by the machine's count of ms, it last learned how far the others are.</summary>
    public long LookedAt => Volatile.Read(ref lookedAt);

    /// <summary>The database answers.</summary>
    public bool IsConnected => isConnected;

    /// <summary>Whether a shard that is another process's cannot take more now: its owner says so, or nobody has folded anything of it for long.</summary>
    public bool IsBehind(int shard) => seen.Behind.Contains(shard)
        || (Volatile.Read(ref unfolded[shard].Since) is > 0 and var since && Environment.TickCount64 - since > MostUnfolded);

    /// <summary>Raised when the installation's own tables have changed, by whomever.</summary>
    public event Action? InstallationChanged;

    /// <summary>Starts, and comes back when this process has its share, however long its books take to open.</summary>
    /// <exception cref="StoreException">It needs all shards, and others do not let go of theirs.</exception>
    public async Task StartAsync()
    {
        Beat();
        running = [RunAsync(() => BeatEvery, Beat), RunAsync(() => HoldEvery, Hold), RunAsync(() => seen.Living.Count > 1 || !elsewhere.IsEmpty ? LookEvery : LookAlone, Look)];
        while (await Task.WhenAny(settled.Task, Task.Delay(HoldEvery)) != settled.Task)
        {
            if (isAlone && Volatile.Read(ref othersSince) is > 0 and var since && Environment.TickCount64 - since > Patience)
            {
                throw new StoreException("Other processes hold shards of this database, and this one needs all of them: a sandbox is one process. Stop the others, or name another database or Search Path.");
            }

            if (Volatile.Read(ref brokenOffSince) is > 0 and var last && Environment.TickCount64 - last > Patience)
            {
                throw new StoreException("A move into this database was broken off, and not all is here. Run minutebook move again, which goes on from there; or give it up, and drop the schema.");
            }
        }

        await settled.Task;
    }

    /// <summary>Leaves, and hands its shards over: each when another has prepared to take it, and serves it until then.</summary>
    public async ValueTask DisposeAsync()
    {
        leaving = true;
        for (long until = Environment.TickCount64 + LeavingPatience; HasHeirs && Environment.TickCount64 < until;)
        {
            await Task.Delay(LookEvery);
        }

        await stopping.CancelAsync();
        await Task.WhenAll(running);
        try
        {
            nodes.Leave();
        }
        catch (StoreException)
        {
            // The others see that nothing more comes.
        }

        await Task.WhenAll(opening);
        for (int shard = 0; shard < shards.Length; shard++)
        {
            Release(shard);
        }

        await Task.WhenAll(closing);
        stopping.Dispose();
    }

    /// <summary>Others may still take something that this process has.</summary>
    private bool HasHeirs => isConnected && running.Length > 0 && !Array.Exists(running, static one => one.IsCompleted)
        && seen.Living.Any(other => other != nodes.Name) && Array.Exists(shards, static shard => shard is not null);

    private int[] Those(Func<int, bool> are) => [.. Enumerable.Range(0, shards.Length).Where(are)];

    private void Beat()
    {
        try
        {
            lock (telling)
            {
                nodes.Beat(new NodeSays(
                    Those(shard => shards[shard] is { IsBehind: true }), Those(shard => Volatile.Read(ref offeredSince[shard]) > 0), Those(shard => Volatile.Read(ref prepared[shard])), leaving));
            }

            (beats, isConnected) = (beats + 1, true);
            if (doubts)
            {
                // What broke the way to the database broke more than what has shown it.
                doubts = false;
                store.Doubt();
            }
        }
        catch (StoreException)
        {
            (beats, isConnected, doubts) = (0, false, true);
        }
    }

    /// <summary>On a thread of its own: a process whose pool is busy for seconds would be taken for dead.</summary>
    private Task RunAsync(Func<TimeSpan> pause, Action act) => OnThread(() =>
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                act();
            }
            catch (StoreException)
            {
                // The database does not answer; it will.
                doubts = true;
            }
            catch (Exception bug)
            {
                fail(bug);
                settled.TrySetException(bug);
                return;
            }

            stopping.Token.WaitHandle.WaitOne(pause());
        }
    });

    private void Look()
    {
        (long[] heads, long[] positions) = nodes.State();
        List<int> untold = [];
        for (int shard = 0; shard < shards.Length; shard++)
        {
            if (shards[shard] is { } its)
            {
                // What this process appended itself is on its way there: only what was there the last time already is others'.
                its.ComeTo(looked[shard]);
            }
            else if (positions[shard] != known[shard] && !TryTell(shard))
            {
                untold.Add(shard);
            }

            looked[shard] = heads[shard];
            NoteUnfolded(shard, heads[shard], positions[shard]);
        }

        elsewhere.Look(nodes, positions);
        if (positions[0] != known[0])
        {
            InstallationChanged?.Invoke();
        }

        untold.ForEach(shard => positions[shard] = known[shard]);
        positions.CopyTo(known, 0);
        Volatile.Write(ref lookedAt, Environment.TickCount64);
    }

    /// <summary>Decides by what another process knows; not while the books are opened here, for what was read of theirs may be older by then.</summary>
    private bool TryTell(int shard)
    {
        List<string> permits = nodes.Permits(shard, known[shard]);
        if (store.Holds(shard))
        {
            return false;
        }

        permits.ForEach(json => decisions.Publish(PermitsJson.Read(json)));
        return true;
    }

    private void NoteUnfolded(int shard, long head, long position)
    {
        if (shards[shard] is not null || head == position)
        {
            unfolded[shard] = default;
        }
        else if (unfolded[shard].Since == 0 || position >= unfolded[shard].Position)
        {
            unfolded[shard] = (head, Environment.TickCount64);
        }
    }
}
