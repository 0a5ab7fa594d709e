using System.Buffers;
using Minutebook.Store;
using NodaTime;

namespace Minutebook.Engine;

/// <summary>Lets time pass: the shards are told when something is due.</summary>
public sealed partial class Engine
{
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

            // What a move that was broken off has brought is folded, and may not show yet.
            await Task.WhenAll(shards.Where(shard => isDoubtful && shard!.Number != 0).Select(shard => TickAsync(shard!.Number, target)));
            // The last tick keeps the clock: a store's time never goes back.
            await TickAsync(0, target);
            clock.Set(target);
            isDoubtful = false;
            return true;
        }
        catch
        {
            isDoubtful = true;
            throw;
        }
        finally
        {
            moving.Release();
        }
    }

    /// <summary>The next instant at which something is due, all shards being this process's.</summary>
    private long NextDue => shards.Min(static shard => shard?.NextDue)
        is { } due && Array.TrueForAll(shards, static shard => shard is { IsOpening: false })
            ? due
            : throw new UnavailableException("Books are being opened; the clock was not moved.", TimeSpan.FromSeconds(1));

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
        for (long now = clock.Milliseconds; shard.NextDue <= now && !shard.IsOpening && IsReady && !shard.IsLost; now = clock.Milliseconds)
        {
            await TickAsync(shard.Number, Math.Min(now, shard.NextDue + TickStep));
        }
    }

    /// <summary>Does what is due by now, a day at a step.</summary>
    public async Task TickWhatIsDueAsync()
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
