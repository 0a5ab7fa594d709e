using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Minutebook.Core;
using Minutebook.Core.Accounts;
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
    /// <summary>The clock that the rules go by. A sandbox's moves on to where the store's time has come.</summary>
    public Clock Clock { get; init; } = Clock.Real;
    /// <summary>For tests: after how many events identities are sealed into a run.</summary>
    internal int RunEvents { get; init; } = Minutebook.Core.Book.RunEvents;
}

/// <summary>
/// Intake → journal → fold → tables, for the shards of one store: all of them, or those that this process has among others. Events and commands go in and are answered for when they are durable;
/// what people read are the store's tables.
/// </summary>
public sealed class Engine : IAsyncDisposable
{
    private const long TickStep = 24L * 60 * 60 * 1000;
    private const int MostPooled = 64;
    private const int MostReapplied = 5_000;
    private const int MostAdopted = 100;
    private const int MostQueuing = 64;
    private const long Patience = 2_000;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);
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
    private readonly ConcurrentBag<EventBatch> batches = [];
    private readonly ConcurrentBag<ArrayBufferWriter<byte>> buffers = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim moving = new(1);
    private readonly SemaphoreSlim adopting = new(1);
    private Task ticking = Task.CompletedTask;
    private int queuing;
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
            node = new Node(store, shards, shard => OpenShard(shard, options.RunEvents), elsewhere, Decisions, clock.IsSandbox, why => failure ??= why);
            node.InstallationChanged += () => InstallationChanged?.Invoke();
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
        committer = new Committer(Store, clock, shards, elsewhere);
        ticking = clock.IsSandbox ? Task.CompletedTask : Task.Run(TickAsync);
    }

    private Shard OpenShard(int number, int runEvents)
    {
        var shard = new Shard(Store, number, why => failure ??= why, Decisions.Publish, merger, runEvents, elsewhere);
        shard.Open();
        shard.Start();
        return shard;
    }

    /// <summary>Raised when keys, webhooks or applications may have changed by another process.</summary>
    public event Action? InstallationChanged;

    /// <summary>Other processes may have the same store.</summary>
    public bool IsShared => node is not null;

    /// <summary>The tables, to read.</summary>
    public Store.Store Store { get; }

    /// <summary>Answers "may this happen?" (rule 7.6).</summary>
    public Decisions Decisions { get; }

    /// <summary>Since how long something that may matter to <see cref="Decisions"/> has waited to be known; zero when nothing waits.</summary>
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
        Store.Store store = Minutebook.Store.Store.Open(new StoreOptions { Directory = options.Directory, Postgres = options.Postgres });
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
                Parallel.For(0, engine.shards.Length, shard => engine.shards[shard] = engine.OpenShard(shard, options.RunEvents));
            }

            engine.Start();
            return engine;
        }
        catch
        {
            engine?.node?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            engine?.merger.Dispose();
            store.Dispose();
            throw;
        }
    }

    /// <summary>An empty batch to fill; goes back by <see cref="AcceptAsync"/> or <see cref="Return"/>.</summary>
    public EventBatch Rent() => batches.TryTake(out EventBatch? batch) ? batch : new EventBatch();

    /// <summary>Takes back a batch that was not accepted.</summary>
    public void Return(EventBatch batch)
    {
        if (batches.Count < MostPooled)
        {
            batch.Clear();
            batches.Add(batch);
        }
    }

    /// <summary>Accepts events: completes when they are durable, and with <paramref name="wait"/> when they show in reads. Takes the batch over.</summary>
    /// <param name="batch">The events.</param>
    /// <param name="origin">What brought them: <c>http:</c> and the id of the key, or a connector's name.</param>
    /// <param name="wait">Whether to wait until they show.</param>
    /// <param name="note">A command that must be durable together with them, or not at all; null for none.</param>
    /// <exception cref="UnavailableException">Nothing was accepted.</exception>
    public async Task AcceptAsync(EventBatch batch, string origin, bool wait, Command? note = null)
    {
        if (batch.Count == 0 && note is null)
        {
            Return(batch);
            return;
        }

        if (IsShared)
        {
            Learn(NamesOf(batch, null));
        }

        if (!unknown.IsEmpty)
        {
            await AdoptAsync(NamesOf(batch, null));
        }

        var work = new Work { IsAwaited = wait, Batch = batch, Return = Return };
        Parts(work, batch, origin);
        string[] strangers = NoteUnknown(work, batch);
        if (note is not null)
        {
            work.Parts.Add(CommandPart(Store.ShardOf(Fold.AccountOf(note)), note));
        }

        await SubmitAsync(work);
        // An application may have been registered while its events were under way.
        if (IsShared)
        {
            Learn(strangers);
        }

        await AdoptAsync(strangers);
    }

    /// <summary>Has a command decided: completes when its outcome shows in reads.</summary>
    /// <exception cref="UnavailableException">It was not taken.</exception>
    public async Task<Outcome> ExecuteAsync(Command command)
    {
        if (command is Command.PutApplication put)
        {
            Outcome registered = await ExecuteAsync(new Command.RegisterApplication(put.Application, put.Account) { By = put.By }, null);
            if (registered.Refusal is not null)
            {
                return registered;
            }
        }

        Outcome outcome = await ExecuteAsync(command, null);
        if (outcome.Refusal is null && command is Command.PutApplication its)
        {
            applications.TryAdd(its.Application, new Route(its.Account, Store.ShardOf(its.Account)));
            if (IsShared)
            {
                LearnUnknown();
            }

            await AdoptAsync([its.Application]);
        }

        return outcome;
    }

    /// <summary>Tries again what was kept and not applied for an account, those included whose application has become the account's since (rule 1.5).</summary>
    /// <returns>How many events were tried.</returns>
    public async Task<int> ReapplyAsync(string account, Asker by)
    {
        if (IsShared)
        {
            Learn(DirectoryOf(account));
        }

        await AdoptAsync([.. applications.Where(its => its.Value.Account == account).Select(its => its.Key)]);
        // What came before, and what became of it, shows once this is done.
        await ExecuteAsync(new Command.AdoptKept(account, []) { By = by });
        var reader = new EventReader();
        var faults = new EventFaults();
        (string, long, UInt128)? after = null;
        for (int count = 0; ;)
        {
            // Piece by piece: much may have been kept.
            List<KeptRow> some = KeptAfter(account, after);
            EventBatch batch = Rent();
            foreach (KeptRow row in some)
            {
                reader.Read(row.Event, EventFormat.One, batch, clock.Milliseconds, faults);
            }

            count += batch.Count;
            await AcceptAsync(batch, "reapply", wait: true);
            if (some.Count < MostReapplied)
            {
                return count;
            }

            after = (some[^1].Account, some[^1].ReceivedAt, some[^1].Identity);
        }
    }

    /// <summary>
    /// Hands what was kept for applications that nobody had registered over to the accounts that have them now, before anything else of
    /// them is taken: the first to arrive counts (rule 1.3). Done again after a crash, it comes to the same.
    /// </summary>
    private async Task AdoptAsync(string[] names)
    {
        if (!names.Any(IsWaiting))
        {
            return;
        }

        await adopting.WaitAsync();
        try
        {
            foreach (string name in names.Where(IsWaiting))
            {
                // All that was durable before shows once this is done.
                await ExecuteAsync(new Command.ReleaseKept([]));
                await AdoptAsync(name, RouteOf(name).Account);
                unknown.TryRemove(name, out _);
            }
        }
        finally
        {
            adopting.Release();
        }
    }

    private bool IsWaiting(string application) => unknown.ContainsKey(application) && applications.ContainsKey(application);

    private async Task AdoptAsync(string application, string account)
    {
        List<KeptRow> some = KeptAfter("", null);
        while (some.Count > 0)
        {
            foreach (KeptRow[] piece in some.Where(row => KeptApplication(row.Event) == application).Chunk(MostAdopted))
            {
                Outcome adopted = await ExecuteAsync(new Command.AdoptKept(
                    account, [.. piece.Select(static row => new KeptBefore(Encoding.UTF8.GetString(row.Event), row.ReceivedAt))]));
                if (adopted.Refusal is not null)
                {
                    return;
                }

                await ExecuteAsync(new Command.ReleaseKept([.. piece.Select(static row => row.Identity.ToString())]));
            }

            some = KeptAfter("", (some[^1].Account, some[^1].ReceivedAt, some[^1].Identity));
        }
    }

    private List<KeptRow> KeptAfter(string account, (string, long, UInt128)? after)
    {
        using Reader read = Store.Read();
        return read.Kept(account, after, MostReapplied);
    }

    /// <summary>Moves a sandbox's clock forward and completes when everything due until then is done and shows.</summary>
    /// <returns>False when that would be backwards; nothing happened.</returns>
    public async Task<bool> MoveClockAsync(Instant to)
    {
        await moving.WaitAsync();
        try
        {
            long target = to.ToUnixTimeMilliseconds();
            if (target < clock.Milliseconds)
            {
                return false;
            }

            for (long next = NextDue; next <= target; next = NextDue)
            {
                long step = Math.Min(target, Math.Max(next, clock.Milliseconds) + TickStep);
                await Task.WhenAll(shards.Where(shard => shard!.NextDue <= step).Select(shard => TickAsync(shard!.Number, step)));
            }

            // The last tick keeps the clock: a store's time never goes back.
            await TickAsync(0, target);
            clock.Set(target);
            return true;
        }
        finally
        {
            moving.Release();
        }
    }

    /// <summary>The next instant at which something is due, all shards being this process's.</summary>
    private long NextDue => shards.Min(static shard => shard?.NextDue)
        is { } due && Array.TrueForAll(shards, static shard => shard is not null)
            ? due
            : throw new UnavailableException("The database has just come back; the shards are being opened.", TimeSpan.FromSeconds(1));

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

    /// <summary>Whose an application is; empty for nobody's.</summary>
    public string AccountOf(string application)
    {
        if (IsShared)
        {
            Learn([application]);
        }

        return RouteOf(application).Account;
    }

    private Route RouteOf(string application) => applications.GetValueOrDefault(application, Nowhere);

    private static string KeptApplication(byte[] json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.GetProperty("data").GetProperty("application").GetString()!;
    }

    private async Task SubmitAsync(Work work)
    {
        try
        {
            if (!IsReady)
            {
                throw new UnavailableException("The server takes nothing: it has failed or is stopping.", TimeSpan.FromSeconds(5), failure);
            }

            await SubmittedAsync(work);
        }
        catch (UnavailableException why)
        {
            work.Fail(why);
            _ = work.Durable.Exception;
            throw;
        }

        await work.Durable;
        foreach (Part part in work.Parts)
        {
            GiveBack(part.Encoded);
        }

        if (work.IsAwaited)
        {
            await work.Shown;
        }
    }

    /// <summary>More than can be taken waits a little for room; a crowd of it is refused at once, so that memory and patience stay bounded.</summary>
    private async Task SubmittedAsync(Work work)
    {
        if (committer.TrySubmit(work))
        {
            return;
        }

        try
        {
            bool crowded = Interlocked.Increment(ref queuing) > MostQueuing;
            for (long until = Environment.TickCount64 + Patience; !crowded && Environment.TickCount64 < until;)
            {
                await Task.Delay(LookAgain);
                if (committer.TrySubmit(work))
                {
                    return;
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref queuing);
        }

        throw new UnavailableException("More comes in than can be taken right now; nothing was accepted. Send it again a little later.", TimeSpan.FromSeconds(1));
    }

    /// <summary>Looks for applications that others may have registered meanwhile.</summary>
    private void Learn(IReadOnlyList<string> names)
    {
        bool found = false;
        foreach (string name in names.Where(name => !applications.ContainsKey(name)))
        {
            using Reader read = Store.Read();
            if (read.AccountOf(name) is { } account)
            {
                found |= applications.TryAdd(name, new Route(account, Store.ShardOf(account)));
            }
        }

        if (found)
        {
            LearnUnknown();
        }
    }

    private List<string> DirectoryOf(string account)
    {
        using Reader read = Store.Read();
        return [.. read.Directory().Where(row => row.Account == account).Select(static row => row.Application)];
    }

    /// <summary>Learns of which unknown applications events were kept, since the last time.</summary>
    private void LearnUnknown()
    {
        lock (unknown)
        {
            using Reader read = Store.Read();
            foreach (KeptRow row in Fold.AllKept(read, "", lastKept))
            {
                unknown[KeptApplication(row.Event)] = true;
                lastKept = (row.Account, row.ReceivedAt, row.Identity);
            }
        }
    }

    /// <summary>Cuts a batch by account.</summary>
    private void Parts(Work work, EventBatch batch, string origin)
    {
        Route? only = OnlyRoute(batch);
        if (only is not null)
        {
            AddPart(work, only, batch, origin, null);
        }
        else
        {
            var rows = new Dictionary<Route, List<int>>();
            for (int i = 0; i < batch.Count; i++)
            {
                Route route = RouteOf(batch.String(batch[i].Application)!);
                (rows.TryGetValue(route, out List<int>? its) ? its : rows[route] = []).Add(i);
            }

            foreach ((Route route, List<int> its) in rows)
            {
                AddPart(work, route, batch, origin, [.. its]);
            }
        }
    }

    /// <summary>The one route of all events; null if there are several.</summary>
    private Route? OnlyRoute(EventBatch batch)
    {
        int last = -1;
        Route? only = null;
        foreach (ref readonly EventRow row in batch.Rows)
        {
            if (row.Application == last)
            {
                continue;
            }

            last = row.Application;
            Route route = RouteOf(batch.String(last)!);
            if (only is not null && only != route)
            {
                return null;
            }

            only = route;
        }

        return only;
    }

    /// <summary>The applications whose events go to the installation, because nobody had registered them when they were cut.</summary>
    private string[] NoteUnknown(Work work, EventBatch batch)
    {
        string[] strangers = [.. work.Parts.Where(static part => part.Account.Length == 0).SelectMany(part => NamesOf(batch, part.Rows))];
        foreach (string name in strangers)
        {
            unknown[name] = true;
        }

        return strangers;
    }

    private static string[] NamesOf(EventBatch batch, int[]? rows)
    {
        HashSet<int> names = [];
        foreach (int row in rows ?? AllRows.Of(batch.Count))
        {
            names.Add(batch[row].Application);
        }

        return [.. names.Select(name => batch.String(name)!)];
    }

    private void AddPart(Work work, Route route, EventBatch batch, string origin, int[]? rows)
    {
        ArrayBufferWriter<byte> encoded = TakeBuffer();
        Entry.WriteEvents(encoded, route.Account, origin, batch, rows ?? AllRows.Of(batch.Count));
        work.Parts.Add(new Part { Shard = route.Shard, Encoded = encoded, Account = route.Account, Rows = rows });
    }

    private ArrayBufferWriter<byte> TakeBuffer() => buffers.TryTake(out ArrayBufferWriter<byte>? buffer) ? buffer : new ArrayBufferWriter<byte>(1 << 10);

    private void GiveBack(ArrayBufferWriter<byte> buffer)
    {
        if (buffers.Count < 4 * MostPooled && buffer.Capacity <= 4 << 20)
        {
            buffer.ResetWrittenCount();
            buffers.Add(buffer);
        }
    }

    private Part CommandPart(int shard, Command command)
    {
        ArrayBufferWriter<byte> encoded = TakeBuffer();
        Entry.WriteCommand(encoded, command);
        return new Part { Shard = shard, Encoded = encoded, Command = command };
    }

    private async Task<Outcome> ExecuteAsync(Command command, long? time)
    {
        var work = new Work { IsAwaited = true, Time = time };
        switch (command)
        {
            case Command.PublishCard:
                // Every shard decides it alike, and in the same step, so that all hold the same cards at every instant.
                work.Parts.AddRange(Enumerable.Range(0, shards.Length).Select(shard => CommandPart(shard, command)));
                break;
            case Command.RegisterApplication or Command.ReleaseKept or Command.OfInstallation:
                work.Parts.Add(CommandPart(0, command));
                break;
            default:
                work.Parts.Add(CommandPart(Store.ShardOf(Fold.AccountOf(command)), command));
                break;
        }

        await SubmitAsync(work);
        return (await work.Shown)!;
    }

    private async Task TickAsync(int shard, long time)
    {
        ArrayBufferWriter<byte> encoded = TakeBuffer();
        Entry.WriteTick(encoded);
        var work = new Work { IsAwaited = true, Time = time };
        work.Parts.Add(new Part { Shard = shard, Encoded = encoded });
        await SubmitAsync(work);
    }

    /// <summary>Writes a tick when something is due (rule 7.4: a process that was down for long makes up for it, a day at a step).</summary>
    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TickEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                await TickWhatIsDueAsync();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private async Task TickWhatIsDueAsync(Shard shard)
    {
        for (long now = clock.Milliseconds; shard.NextDue <= now && IsReady && !shard.IsLost; now = clock.Milliseconds)
        {
            await TickAsync(shard.Number, Math.Min(now, shard.NextDue + TickStep));
        }
    }

    private async Task TickWhatIsDueAsync()
    {
        try
        {
            await Task.WhenAll(shards.Where(shard => shard?.NextDue <= clock.Milliseconds).Select(shard => TickWhatIsDueAsync(shard!)));
        }
        catch (UnavailableException)
        {
            // No room, or stopping: what is due stays due, and its instants come from the rules, not from when it is done.
        }
    }
}

/// <summary>The numbers from 0 on, to name all events of a batch by.</summary>
internal static class AllRows
{
    private static int[] numbers = [.. Enumerable.Range(0, 8192)];

    public static ReadOnlySpan<int> Of(int count)
    {
        int[] its = numbers;
        if (its.Length < count)
        {
            numbers = its = [.. Enumerable.Range(0, count * 2)];
        }

        return its.AsSpan(0, count);
    }
}
