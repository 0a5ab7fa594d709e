using System.Buffers;
using Minutebook.Core.Accounts;
using Minutebook.Core.Events;

namespace Minutebook.Engine;

/// <summary>It was not accepted, or it was and what came of it is not known yet: the message says which. Try again, or look, later.</summary>
public sealed class UnavailableException(string message, TimeSpan retryAfter, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>After how long what waits for another version is asked for again.</summary>
    public static TimeSpan AfterMending { get; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the caller should wait before trying again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>
/// Something on its way through the engine: encoded by whoever brings it, made durable by the committer, folded by shards, shown by
/// their flushes. One object for all of a request.
/// </summary>
internal sealed class Work
{
    private readonly TaskCompletionSource durable = new();
    private readonly TaskCompletionSource<Outcome?> shown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Outcome? outcome;
    private int unfolded;
    private int unshown;

    /// <summary>Its parts, each of one shard.</summary>
    public List<Part> Parts { get; } = [];

    /// <summary>Somebody waits until it shows in reads.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>The instant of its entries, in ms; null for when it is made durable.</summary>
    public long? Time { get; init; }

    /// <summary>Its events, to be handed back when all shards have folded them.</summary>
    public EventBatch? Batch { get; init; }

    /// <summary>What to do with the batch afterwards.</summary>
    public Action<EventBatch>? Return { get; init; }

    public Task Durable => durable.Task;

    public Task<Outcome?> Shown => shown.Task;

    public int Bytes
    {
        get
        {
            int bytes = 0;
            foreach (Part part in Parts)
            {
                bytes += part.Encoded.WrittenCount;
            }

            return bytes;
        }
    }

    /// <summary>When it was submitted, by the machine's count of ms.</summary>
    public long SubmittedAt { get; private set; }

    public void Submitted()
    {
        unfolded = unshown = Parts.Count;
        SubmittedAt = Environment.TickCount64;
    }

    public void IsDurable() => durable.TrySetResult();

    /// <summary>It did not become durable: nothing of it was taken.</summary>
    public void Fail(Exception why)
    {
        durable.TrySetException(why);
        IsUnknown(why);
        if (Batch is not null)
        {
            Return?.Invoke(Batch);
        }
    }

    /// <summary>It is durable, and what came of it will not be known here. Its batch goes back when all shards have let go of it.</summary>
    public void IsUnknown(Exception why)
    {
        shown.TrySetException(why);
        _ = shown.Task.Exception;
    }

    /// <summary>A shard has folded its part, or lets go of it. The outcome that counts is that of the first part's shard.</summary>
    public void Folded(Part part, Outcome? its)
    {
        if (ReferenceEquals(part, Parts[0]))
        {
            outcome = its;
        }

        if (Interlocked.Decrement(ref unfolded) == 0 && Batch is not null)
        {
            Return?.Invoke(Batch);
        }
    }

    /// <summary>A shard has stored what its part changed.</summary>
    public void IsShown()
    {
        if (Interlocked.Decrement(ref unshown) == 0)
        {
            shown.TrySetResult(outcome);
        }
    }
}

/// <summary>The part of some work that is one shard's: events of one account, a command, or a tick.</summary>
internal sealed class Part
{
    public required int Shard { get; init; }
    public required ArrayBufferWriter<byte> Encoded { get; init; }
    public string Account { get; init; } = "";
    /// <summary>Which of the work's events are the account's; null for all.</summary>
    public int[]? Rows { get; init; }
    public Command? Command { get; init; }
    public Work Work { get; set; } = null!;
}
