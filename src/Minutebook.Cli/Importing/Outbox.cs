using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace Minutebook.Cli.Importing;

/// <summary>
/// Posts batches, a few at a time, and again when the server says later or cannot be reached for a moment. Sending an event twice is
/// harmless, so every doubt ends in another try.
/// </summary>
internal sealed class Outbox(Client client, int inFlight) : IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private const int MostSilences = 8;

    private readonly SemaphoreSlim slots = new(inFlight);
    private readonly ConcurrentBag<Batch> spare = [];
    private readonly CancellationTokenSource broken = new();
    private Exception? failure;

    /// <summary>Called for every batch that the server has made durable, from any thread, one at a time.</summary>
    public Action<Batch>? Acknowledged { get; set; }

    /// <summary>What the server makes us wait for; null while all goes well.</summary>
    public string? Waiting { get; private set; }

    public void Dispose()
    {
        slots.Dispose();
        broken.Dispose();
    }

    /// <summary>An empty batch; it comes back by <see cref="SendAsync"/> or <see cref="Return"/>.</summary>
    public Batch Rent() => spare.TryTake(out Batch? batch) ? batch : new Batch();

    public void Return(Batch batch) => spare.Add(batch);

    /// <summary>Takes the batch over; returns as soon as there is room for the next.</summary>
    public async Task SendAsync(Batch batch, CancellationToken stop)
    {
        await slots.WaitAsync(stop);
        ThrowIfFailed();
        _ = Task.Run(() => DeliverAsync(batch, stop), CancellationToken.None);
    }

    /// <summary>Waits until everything sent has been acknowledged.</summary>
    public async Task DrainAsync(CancellationToken stop)
    {
        for (int i = 0; i < inFlight; i++)
        {
            await slots.WaitAsync(stop);
        }

        slots.Release(inFlight);
        ThrowIfFailed();
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref failure) is { } trouble)
        {
            throw trouble as Failure ?? new Failure(ExitCode.Failed, trouble.Message, trouble);
        }
    }

    private async Task DeliverAsync(Batch batch, CancellationToken stop)
    {
        try
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, broken.Token);
            await PostUntilDurableAsync(batch, either.Token);
            lock (spare)
            {
                Acknowledged?.Invoke(batch);
            }

            Return(batch);
        }
        catch (Exception trouble)
        {
            // The first reason is the one to tell; the others follow from it.
            Interlocked.CompareExchange(ref failure, trouble, null);
            await broken.CancelAsync();
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task PostUntilDurableAsync(Batch batch, CancellationToken stop)
    {
        int silences = 0;
        for (int tries = 0; ; tries++)
        {
            TimeSpan pause = Pause(tries);
            try
            {
                using HttpResponseMessage answer = await client.PostEventsAsync(batch.Lines, batch.Wait, stop);
                if (answer.IsSuccessStatusCode)
                {
                    Waiting = null;
                    return;
                }

                if (!IsForLater(answer.StatusCode))
                {
                    throw Refusal(await Problem.ReadAsync(answer, stop), batch);
                }

                pause = Asked(answer.Headers.RetryAfter) ?? pause;
                Waiting = $"the server asks to wait ({(int)answer.StatusCode})";
            }
            catch (HttpRequestException) when (++silences < MostSilences)
            {
                Waiting = "no answer, trying again";
            }
            catch (HttpRequestException trouble)
            {
                throw client.Unreachable(trouble);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                Waiting = "no answer in time, trying again";
            }

            await Task.Delay(pause, stop);
        }
    }

    private static bool IsForLater(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError;

    private static TimeSpan? Asked(RetryConditionHeaderValue? retry) => retry switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > DateTimeOffset.UtcNow => date - DateTimeOffset.UtcNow,
        _ => null,
    };

    // Half of the pause is chance, so that the batches in flight do not come back together.
    private static TimeSpan Pause(int tries)
    {
        double seconds = Math.Min(LongestPause.TotalSeconds, 0.25 * Math.Pow(2, Math.Min(tries, 10)));
        return TimeSpan.FromSeconds(seconds * (0.5 + (0.5 * Random.Shared.NextDouble())));
    }

    private static Failure Refusal(Problem problem, Batch batch)
    {
        if (batch.Origin is not { } origin || problem.Faults.Count == 0)
        {
            return problem.ToFailure($"a batch of {batch.Events} events");
        }

        IEnumerable<string> lines = problem.Faults.Select(fault => $"{origin.File}:{LineOf(fault.Pointer, origin)}: {fault.Detail}");
        return new Failure(ExitCode.Refused, string.Join('\n', lines) +
            $"\nThe server refused these events, and with them the {batch.Events} from line {origin.FirstLine} on. Correct or remove them, then run the import again; it goes on from where it was.");
    }

    // A pointer is "/17/data/user" or "#/17/…": the index stands first.
    private static string LineOf(string pointer, BatchOrigin origin)
    {
        string[] steps = pointer.Split(['/', '#'], StringSplitOptions.RemoveEmptyEntries);
        return steps.Length > 0 && int.TryParse(steps[0], out int index) ? $"{origin.LineOf(index)}" : $"{origin.FirstLine}";
    }
}
