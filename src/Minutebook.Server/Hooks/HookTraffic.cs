using Minutebook.Store;
using NodaTime;

namespace Minutebook.Server;

/// <summary>
/// What connectors heard, for who sets them up. It is counted in memory and written down every few seconds and at the end: a delivery does
/// not wait for that, and a kill loses these seconds of it and no event.
/// </summary>
internal sealed class HookTraffic : IAsyncDisposable
{
    /// <summary>The reason of what was taken.</summary>
    public const string Taken = "";

    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(5);

    private readonly Outbox outbox;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Task noting;
    private Dictionary<(string Application, string Connector, string Reason), HeardRow> pending = [];

    public HookTraffic(Outbox outbox)
    {
        this.outbox = outbox;
        noting = Task.Run(NoteAsync);
    }

    /// <summary>What the connectors of an application heard, until now.</summary>
    public IReadOnlyList<HeardRow> Of(string application)
    {
        lock (gate)
        {
            Note();
        }

        return outbox.Heard(application);
    }

    public void Took(string application, string connector, int events, Instant at) =>
        Add(new HeardRow(application, connector, Taken, events, at.ToUnixTimeMilliseconds(), ""));

    /// <param name="application">The application.</param>
    /// <param name="connector">The connector.</param>
    /// <param name="reason">not-genuine, unreadable, no-address, too-large or ahead.</param>
    /// <param name="detail">The sentence.</param>
    /// <param name="at">When.</param>
    public void Refused(string application, string connector, string reason, string detail, Instant at) =>
        Add(new HeardRow(application, connector, reason, 1, at.ToUnixTimeMilliseconds(), detail));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await noting;
        stopping.Dispose();
    }

    private void Add(HeardRow row)
    {
        lock (gate)
        {
            (string, string, string) key = (row.Application, row.Connector, row.Reason);
            pending[key] = pending.TryGetValue(key, out HeardRow? before) ? row with { Count = before.Count + row.Count } : row;
        }
    }

    private async Task NoteAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(NoteEvery, stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            lock (gate)
            {
                Note();
            }
        }
    }

    private void Note()
    {
        if (pending.Count == 0)
        {
            return;
        }

        try
        {
            outbox.Hear(pending.Values);
            pending = [];
        }
        catch (StoreException)
        {
            // There will be room another time; it is kept until then.
        }
    }
}
