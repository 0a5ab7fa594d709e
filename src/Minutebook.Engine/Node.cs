using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>
/// This process among those on one database: takes and lets go of shards so that each process has as many as the others, folds what others
/// append to its shards, and learns what others decide.
/// </summary>
internal sealed class Node : IAsyncDisposable
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

    /// <summary>Opening and closing a shard may take long, each in its own time: nothing waits for it here.</summary>
    private void Hold()
    {
        for (int shard = 0; shard < shards.Length; shard++)
        {
            if (shards[shard] is { } its && (its.IsLost || !store.Holds(shard)))
            {
                Release(shard);
            }
        }

        if (beats == 0)
        {
            return;
        }

        seen = nodes.Look();
        bool others = seen.Held.Any(shard => shards[shard] is null && opening[shard].IsCompleted && closing[shard].IsCompleted);
        Volatile.Write(ref othersSince, !others ? 0 : othersSince == 0 ? Environment.TickCount64 : othersSince);
        int share = Share();
        int[] mine = Those(shard => shards[shard] is not null);
        Offer([.. mine.Skip(share)]);

        // Others that live may not have said so yet after a restart of the database.
        int wanted = share - mine.Length - opening.Count(static one => !one.IsCompleted);
        if (wanted > 0 && (isAlone || beats > 3 || (seen.Living.Count == 1 && !settled.Task.IsCompleted)))
        {
            Take(wanted);
        }

        if (shards.Count(static shard => shard is not null) >= share || (!isAlone && seen.Living.Count > 1))
        {
            settled.TrySetResult();
        }
    }

    /// <summary>Who waits for the database, and for what the pool's threads write, takes none of theirs.</summary>
    private static Task OnThread(Action act) => Task.Factory.StartNew(act, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private int Share()
    {
        if (leaving || isAlone)
        {
            return leaving ? 0 : shards.Length;
        }

        return (shards.Length / seen.Living.Count) + (Place < shards.Length % seen.Living.Count ? 1 : 0);
    }

    private int Place => Math.Max(0, seen.Living.Index().FirstOrDefault(one => one.Item == nodes.Name).Index);

    /// <summary>Gives away what is more than its share: when another has prepared to take it, or after a while.</summary>
    private void Offer(int[] surplus)
    {
        long now = Environment.TickCount64;
        bool isNew = false;
        for (int shard = 0; shard < shards.Length; shard++)
        {
            bool offers = surplus.Contains(shard);
            isNew |= offers != offeredSince[shard] > 0;
            Volatile.Write(ref offeredSince[shard], !offers ? 0 : offeredSince[shard] == 0 ? now : offeredSince[shard]);
        }

        if (isNew)
        {
            Beat();
        }

        foreach (int shard in surplus.Where(shard => seen.Prepared.Contains(shard) || now - offeredSince[shard] > SharingPatience))
        {
            Release(shard);
        }
    }

    /// <summary>Takes what nobody holds, and then of what others give away: each process from another place on.</summary>
    private void Take(int wanted)
    {
        int[] offered = Those(shard => seen.Held.Contains(shard) && seen.Offered.Contains(shard));
        int first = offered.Length * Place / seen.Living.Count;
        foreach (int shard in Those(shard => !seen.Held.Contains(shard)).Concat(offered[first..]).Concat(offered[..first])
            .Where(shard => shards[shard] is null && opening[shard].IsCompleted && closing[shard].IsCompleted).Take(wanted))
        {
            bool isHeld = seen.Held.Contains(shard);
            opening[shard] = OnThread(() => Open(shard, isHeld));
        }
    }

    private void Open(int shard, bool isHeld)
    {
        Shard? its = null;
        bool isOurs = false;
        try
        {
            isOurs = isHeld ? Await(its = make(shard)) : store.TryHold(shard);
            if (isOurs)
            {
                its ??= make(shard);
                its.Open();
                its.Start();
                Volatile.Write(ref shards[shard], its);
                return;
            }
        }
        catch (Exception wrong) when (wrong is StoreException and not JournalDamagedException || !store.IsOurs(shard))
        {
            // It was lost again, or the database with it; or it was another's while it was prepared.
        }
        catch (Exception bug)
        {
            fail(bug);
            settled.TrySetException(bug);
        }

        its?.Dispose();
        store.Release(shard);
    }

    /// <summary>Prepares to take a shard that another process gives away, and waits until it is let go of; false when it is not any more.</summary>
    private bool Await(Shard its)
    {
        int shard = its.Number;
        try
        {
            its.Prepare();
            Volatile.Write(ref prepared[shard], true);
            Beat();
            while (!store.TryHold(shard))
            {
                if (stopping.IsCancellationRequested || (seen.Held.Contains(shard) && !seen.Offered.Contains(shard)))
                {
                    return false;
                }

                Thread.Sleep(FollowEvery);
                its.Follow();
            }

            return true;
        }
        finally
        {
            Volatile.Write(ref prepared[shard], false);
        }
    }

    private void Release(int shard)
    {
        if (shards[shard] is { } its)
        {
            Volatile.Write(ref shards[shard], null);
            Volatile.Write(ref offeredSince[shard], 0);
            closing[shard] = OnThread(() =>
            {
                its.Dispose();
                store.Release(shard);
            });
        }
    }

    private async Task RunAsync(Func<TimeSpan> pause, Action act)
    {
        await Task.Yield();
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

            await Task.Delay(pause(), stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private void Look()
    {
        (long[] heads, long[] positions) = nodes.State();
        for (int shard = 0; shard < shards.Length; shard++)
        {
            if (shards[shard] is { } its)
            {
                // What this process appended itself is on its way there: only what was there the last time already is others'.
                its.ComeTo(looked[shard]);
            }
            else if (positions[shard] != known[shard])
            {
                nodes.Permits(shard, known[shard]).ForEach(json => decisions.Publish(PermitsJson.Read(json)));
            }

            looked[shard] = heads[shard];
            NoteUnfolded(shard, heads[shard], positions[shard]);
        }

        elsewhere.Look(nodes, positions);
        if (positions[0] != known[0])
        {
            InstallationChanged?.Invoke();
        }

        positions.CopyTo(known, 0);
        Volatile.Write(ref lookedAt, Environment.TickCount64);
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

/// <summary>What decisions go by, as processes tell each other.</summary>
internal static class PermitsJson
{
    private static readonly JsonSerializerOptions Options = new() { IncludeFields = true, Converters = { new MoneyConverter() } };

    public static string Write(Permits permits) => JsonSerializer.Serialize(permits, Options);

    public static Permits Read(string json) => JsonSerializer.Deserialize<Permits>(json, Options) ?? throw new FormatException("Permits are null.");

    private sealed class MoneyConverter : System.Text.Json.Serialization.JsonConverter<Core.Units.Money>
    {
        public override Core.Units.Money Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => Core.Units.Money.Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, Core.Units.Money value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
