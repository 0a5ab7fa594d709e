using System.Buffers;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;
using Minutebook.Store;

namespace Minutebook.Engine;

/// <summary>Takes events and commands to the shards that they are for, and answers when they are durable.</summary>
public sealed partial class Engine
{
    /// <summary>An empty batch to fill; goes back by <see cref="AcceptAsync"/> or <see cref="Return"/>.</summary>
    public EventBatch Rent() => batches.TryTake(out EventBatch? batch) ? batch : new EventBatch();

    /// <summary>Takes back a batch that was not accepted. One that grew large for one large body is not kept for the small ones.</summary>
    public void Return(EventBatch batch)
    {
        if (batches.Count < MostPooled && batch.Memory <= MostPooledBytes)
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
    /// <exception cref="UnavailableException">Nothing was accepted; or all was, and when it shows is not known.</exception>
    public async Task AcceptAsync(EventBatch batch, string origin, bool wait, Command? note = null)
    {
        if (batch.Count == 0 && note is null)
        {
            Return(batch);
            return;
        }

        if (IsShared || !unsettled.IsEmpty)
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
        if (wait && work.Parts.Find(part => Decisions.HaltedAt(part.Account) is not null) is { Account: var halted })
        {
            throw new UnavailableException($"What was sent is written down; account '{halted}' is halted by a defect, and shows it once it goes on.", UnavailableException.AfterMending);
        }

        // An application may have been registered while its events were under way.
        try
        {
            if (IsShared)
            {
                Learn(strangers);
            }

            await AdoptAsync(strangers);
        }
        catch (Exception wrong) when (wrong is UnavailableException or StoreException)
        {
            // They are durable, whatever is answered; the application's next event tries again.
        }
    }

    /// <summary>Has a command decided: completes when its outcome shows in reads.</summary>
    /// <exception cref="UnavailableException">It was not taken; or it was, and what came of it is not known.</exception>
    public async Task<Outcome> ExecuteAsync(Command command)
    {
        if (command is Command.PutApplication put)
        {
            RefuseHalted(put.Account);
            Outcome registered = await ExecuteAsync(new Command.RegisterApplication(put.Application, put.Account) { By = put.By }, null);
            if (registered.Refusal is not null)
            {
                return registered;
            }
        }

        Outcome outcome;
        try
        {
            outcome = await ExecuteAsync(command, null);
        }
        catch (UnavailableException) when (command is Command.PutApplication doubtful)
        {
            // It may be there all the same: its next event looks.
            unsettled[doubtful.Application] = true;
            throw;
        }

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

    /// <summary>Whose an application is; empty for nobody's.</summary>
    public string AccountOf(string application)
    {
        if (IsShared)
        {
            Learn([application]);
        }

        return RouteOf(application).Account;
    }

    /// <summary>Whose an application is when that account is halted; else null. As far as this process knows: no store is asked.</summary>
    public string? HaltedOwnerOf(string application) =>
        RouteOf(application).Account is { Length: > 0 } owner && Decisions.HaltedAt(owner) is not null ? owner : null;

    private Route RouteOf(string application) => applications.GetValueOrDefault(application, Nowhere);

    private async Task SubmitAsync(Work work)
    {
        try
        {
            if (!IsReady)
            {
                throw failure is null && !stopping.IsCancellationRequested
                    ? new UnavailableException("The database does not answer at the moment; nothing was accepted.", TimeSpan.FromSeconds(2))
                    : new UnavailableException("The server takes nothing: it has failed or is stopping.", TimeSpan.FromSeconds(5), failure);
            }

            if (UnwrittenOf(work) is { } wrong)
            {
                throw new UnavailableException(
                    wrong is StoreFullException ? "The disk is full; nothing was accepted. Make room, then send it again." : "The store cannot be written; nothing was accepted.", RetryAfterWriting, wrong);
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
            await ShownAsync(work);
        }
    }

    /// <summary>Waits until it shows, but not until somebody has made room on the disk.</summary>
    private async Task ShownAsync(Work work)
    {
        while (true)
        {
            try
            {
                await work.Shown.WaitAsync(RetryAfterWriting);
                return;
            }
            catch (TimeoutException)
            {
                if (UnwrittenOf(work) is { } wrong)
                {
                    throw new UnavailableException(
                        $"{(wrong is StoreFullException ? "The disk is full" : "The store cannot be written")}: what was sent is written down, and what came of it shows when that works again.",
                        RetryAfterWriting, wrong);
                }
            }
        }
    }

    /// <summary>Why what comes of some work would not be stored; null where it would, as far as is known. A moment is no reason.</summary>
    private StoreException? UnwrittenOf(Work work)
    {
        foreach (Part part in work.Parts)
        {
            if (shards[part.Shard]?.Unwritten is { } its && Environment.TickCount64 - its.Since > Patience)
            {
                return its.Why;
            }
        }

        return null;
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
        if (buffers.Count < 4 * MostPooled && buffer.Capacity <= MostPooledBytes)
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
                // What was kept is handed over all the same: it is before the events that come now, which are taken.
                if (command is not Command.AdoptKept)
                {
                    RefuseHalted(Fold.AccountOf(command));
                }

                work.Parts.Add(CommandPart(Store.ShardOf(Fold.AccountOf(command)), command));
                break;
        }

        await SubmitAsync(work);
        return (await work.Shown)!;
    }

    private void RefuseHalted(string account)
    {
        if (Decisions.HaltedAt(account) is not null)
        {
            throw new UnavailableException($"Account '{account}' is halted by a defect; nothing was accepted. The operations page says why.", UnavailableException.AfterMending);
        }
    }
}
