using System.Buffers;
using System.Collections.Concurrent;
using Minutebook.Core.Events;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Engine;

/// <summary>How an engine is opened.</summary>
public sealed record EngineOptions
{
    /// <summary>Where the store's files are, in SQLite.</summary>
    public required string Directory { get; init; }
    /// <summary>How to reach the PostgreSQL that has the store; null for SQLite.</summary>
    public string? Postgres { get; init; }
    /// <summary>How many shards a store that is made now gets, and one that is there must have; null for any.</summary>
    public int? Shards { get; init; }
    /// <summary>The clock that the rules go by. A sandbox's moves on to where the store's time has come.</summary>
    public Clock Clock { get; init; } = Clock.Real;
    /// <summary>For how long, in ms, a database is waited for that cannot be reached.</summary>
    internal int DatabasePatience { get; init; } = 30_000;
    /// <summary>For tests: after how many events identities are sealed into a run.</summary>
    internal int RunEvents { get; init; } = Minutebook.Core.Book.RunEvents;
    /// <summary>For tests: told of an account, and at which position, before anything of it is folded; may throw.</summary>
    internal Action<string, long>? Folding { get; init; }
}

/// <summary>
/// Intake → journal → fold → tables, for the shards of one store: all of them, or those that this process has among others. Events and commands go in and are answered for when they are durable;
/// what people read are the store's tables.
/// </summary>
public sealed partial class Engine : IAsyncDisposable
{
    private const long TickStep = 24L * 60 * 60 * 1000;
    private const int MostPooled = 64;
    private const int MostPooledBytes = 4 << 20;
    private const int MostReapplied = 5_000;
    private const int MostAdopted = 100;
    private const int MostQueuing = 64;
    /// <summary>For how long, in ms, tables that cannot be written are waited for before it is said.</summary>
    internal const long Patience = 2_000;
    private const long ComplainEvery = 60_000;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LookAgainForDatabase = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RetryAfterWriting = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(100);
    private readonly Clock clock;
    private readonly Shard?[] shards;
    private readonly Elsewhere? elsewhere;
    private readonly Node? node;
    private (string, long, UInt128)? lastKept;
    private Committer committer = null!;
    private readonly RunMerger merger;
    private readonly ConcurrentDictionary<string, Route> applications = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> unknown = new(StringComparer.Ordinal);
    /// <summary>Applications of which whoever registered them was not told what came of it.</summary>
    private readonly ConcurrentDictionary<string, bool> unsettled = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<EventBatch> batches = [];
    private readonly ConcurrentBag<ArrayBufferWriter<byte>> buffers = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim moving = new(1);
    private readonly SemaphoreSlim adopting = new(1);
    private Task ticking = Task.CompletedTask;
    /// <summary>The last move of the clock was broken off. Only while <see cref="moving"/> is held.</summary>
    private bool isDoubtful;
    private int queuing;
    private long complainedAt = -ComplainEvery;
    private Exception? failure;

    /// <summary>Whose an application is, and where.</summary>
    private sealed record Route(string Account, int Shard);

    private static readonly Route Nowhere = new("", 0);

    private Engine(Store.Store store, EngineOptions options)
    {
        (Store, clock, Decisions, merger) = (store, options.Clock, new Decisions(), new RunMerger(store));
        shards = new Shard?[store.Shards + 1];
        if (store.Nodes is not null)
        {
            elsewhere = new Elsewhere();
            node = new Node(store, shards, shard => MakeShard(shard, options), elsewhere, Decisions, clock.IsSandbox, Fail);
            node.InstallationChanged += () => InstallationChanged?.Invoke();
        }
    }

    /// <summary>Also of what nobody waited for until it showed: a key that was revoked while the disk was full is not to be good when there is room.</summary>
    private void TellOfInstallation()
    {
        try
        {
            InstallationChanged?.Invoke();
        }
        catch (StoreException)
        {
            // It could not be read; the next change tells of this one, too.
        }
    }

    /// <summary>What this process learns at its beginning of what others had done, or itself.</summary>
    private void Start()
    {
        if (clock.IsSandbox)
        {
            clock.Set(Math.Max(clock.Milliseconds, Enumerable.Range(0, shards.Length).Max(Store.LastTime)));
        }

        using (Reader read = Store.Read())
        {
            foreach (var row in read.Directory())
            {
                applications[row.Application] = new Route(row.Account, Store.ShardOf(row.Account));
            }
        }

        LearnUnknown();
        committer = new Committer(Store, clock, shards, elsewhere, shard => shards[shard]?.IsBehind ?? node?.IsBehind(shard) ?? false, Complain);
        ticking = clock.IsSandbox ? Task.CompletedTask : Task.Run(TickAsync);
    }

    /// <summary>
    /// Each as soon as a core is free: what has to be folded again may lie in a few that are neighbours. On threads of their own, because
    /// they wait for what the pool's write.
    /// </summary>
    private void OpenShards(EngineOptions options)
    {
        int next = -1;
        Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(Open, TaskCreationOptions.LongRunning)))
            .GetAwaiter().GetResult();

        void Open()
        {
            for (int number = Interlocked.Increment(ref next); number < shards.Length; number = Interlocked.Increment(ref next))
            {
                shards[number] = OpenShard(number, options);
            }
        }
    }

    private Shard MakeShard(int number, EngineOptions options) =>
        new(Store, number, Fail, its => Halted?.Invoke(its.Account, its.InnerException!), Complain, Decisions.Publish, merger, options, elsewhere);

    private Shard OpenShard(int number, EngineOptions options)
    {
        Shard shard = MakeShard(number, options);
        shard.Stored = number == 0 ? TellOfInstallation : null;
        try
        {
            shard.Open();
            shard.Start();
            return shard;
        }
        catch
        {
            shard.Dispose();
            throw;
        }
    }

    private void Fail(Exception why)
    {
        if (Interlocked.CompareExchange(ref failure, why, null) is null)
        {
            Failed?.Invoke(why);
        }
    }

    /// <summary>Says that the store cannot be written, once a minute: many ask for it.</summary>
    private void Complain(StoreException why)
    {
        long now = Environment.TickCount64, before = Interlocked.Read(ref complainedAt);
        if (now - before >= ComplainEvery && Interlocked.CompareExchange(ref complainedAt, now, before) == before)
        {
            Unwritable?.Invoke(why);
        }
    }

    /// <summary>Raised when the store cannot be written, at most once a minute.</summary>
    public event Action<StoreException>? Unwritable;

    /// <summary>Raised once, when a defect keeps it from taking anything more.</summary>
    public event Action<Exception>? Failed;

    /// <summary>Raised for each account that goes no further because something of it could not be folded: a defect. All others go on.</summary>
    public event Action<string, Exception>? Halted;

    /// <summary>Raised when keys, webhooks or applications may have changed by another process.</summary>
    public event Action? InstallationChanged;

    /// <summary>Other processes may have the same store.</summary>
    public bool IsShared => node is not null;

    /// <summary>The tables, to read.</summary>
    public Store.Store Store { get; }

    /// <summary>Answers "may this happen?" (rule 7.6).</summary>
    public Decisions Decisions { get; }

    /// <summary>How long the oldest thing that may affect <see cref="Decisions"/> has been waiting; zero when nothing waits.</summary>
    public TimeSpan Behind
    {
        get
        {
            // What other processes decide is known as of the last look.
            long since = Math.Min(committer.BehindSince, node?.LookedAt ?? long.MaxValue);
            foreach (Shard? shard in shards)
            {
                since = Math.Min(since, shard?.BehindSince ?? long.MaxValue);
            }

            return since == long.MaxValue ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Max(0, Environment.TickCount64 - since));
        }
    }

    /// <summary>Now, as the rules mean it.</summary>
    public Instant Now => clock.Now;

    /// <summary>Its clock only moves when told.</summary>
    public bool IsSandbox => clock.IsSandbox;

    /// <summary>It takes what comes.</summary>
    public bool IsReady => failure is null && !stopping.IsCancellationRequested && node is not { IsConnected: false };

    /// <summary>Why it takes nothing any more; null while it does.</summary>
    public Exception? Failure => failure;

    /// <summary>Opens the store, brings all books up to the end of the journal, and starts.</summary>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public static Engine Open(EngineOptions options)
    {
        Store.Store store = OpenStore(options);
        Engine? engine = null;
        try
        {
            engine = new Engine(store, options);
            if (engine.node is { } node)
            {
                node.StartAsync().GetAwaiter().GetResult();
            }
            else
            {
                engine.OpenShards(options);
            }

            engine.Start();
            return engine;
        }
        catch
        {
            engine?.node?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            foreach (Shard? shard in engine?.shards ?? [])
            {
                shard?.Dispose();
            }

            engine?.merger.Dispose();
            store.Dispose();
            throw;
        }
    }

    /// <summary>A database that starts at the same time, or is changing hands, is waited for.</summary>
    private static Store.Store OpenStore(EngineOptions options)
    {
        for (long until = Environment.TickCount64 + options.DatabasePatience; ; Thread.Sleep(LookAgainForDatabase))
        {
            try
            {
                return Minutebook.Store.Store.Open(new StoreOptions { Directory = options.Directory, Postgres = options.Postgres, Shards = options.Shards });
            }
            catch (StoreUnreachableException) when (Environment.TickCount64 < until)
            {
                // It is not there yet.
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await ticking;
        committer.Dispose();
        if (node is not null)
        {
            await node.DisposeAsync();
            elsewhere!.FailAll(new UnavailableException("The server is stopping.", TimeSpan.FromSeconds(2)));
        }

        foreach (Shard? shard in shards)
        {
            shard?.Dispose();
        }

        merger.Dispose();
        Store.Dispose();
        stopping.Dispose();
        moving.Dispose();
        adopting.Dispose();
    }
}
