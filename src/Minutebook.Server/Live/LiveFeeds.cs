using System.Text;
using System.Threading.Channels;
using Minutebook.Store;

namespace Minutebook.Server;

/// <summary>
/// What goes out to live streams: for each account that has any, one loop looks once a second at what changed and writes it once, for
/// all of its streams.
/// </summary>
internal sealed class LiveFeeds(Engine.Engine engine, ILogger log, CancellationToken stopping)
{
    public const int Most = 500;
    public const int MostOfAccount = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Feed> feeds = new(StringComparer.Ordinal);
    private int seats;

    /// <summary>The streams of an account, and what they were told last.</summary>
    private sealed class Feed(string account)
    {
        public string Account => account;
        public List<LiveSeat> Seats { get; } = [];
        public LiveFigures? Last { get; set; }
    }

    /// <summary>A place in an account's feed; null when there are too many.</summary>
    public LiveSeat? TryJoin(string account)
    {
        lock (gate)
        {
            bool isNew = !feeds.TryGetValue(account, out Feed? feed);
            feed ??= new Feed(account);
            if (seats >= Most || feed.Seats.Count >= MostOfAccount)
            {
                return null;
            }

            var seat = new LiveSeat(its => Leave(feed, its), stopping);
            feed.Seats.Add(seat);
            seats++;
            if (isNew)
            {
                feeds.Add(account, feed);
                _ = RunAsync(feed);
            }
            else if (feed.Last is { } last)
            {
                seat.Offer(Bytes(last));
            }

            return seat;
        }
    }

    private void Leave(Feed feed, LiveSeat seat)
    {
        lock (gate)
        {
            if (feed.Seats.Remove(seat))
            {
                seats--;
            }
        }
    }

    private async Task RunAsync(Feed feed)
    {
        try
        {
            while (true)
            {
                // Off the request that happened to open the feed.
                await Task.Yield();
                Tell(feed);
                await Task.Delay(Pause, stopping);
                lock (gate)
                {
                    if (feed.Seats.Count == 0)
                    {
                        feeds.Remove(feed.Account);
                        return;
                    }
                }
            }
        }
        catch (Exception wrong)
        {
            // Stopping, or tables that cannot be read: the streams end, and their readers come again. Anything else is a defect.
            if (wrong is not StoreException && !stopping.IsCancellationRequested)
            {
                log.LogError(wrong, "The live figures of account {Account} could not be made; its streams end.", feed.Account);
            }

            lock (gate)
            {
                feeds.Remove(feed.Account);
                feed.Seats.ForEach(static seat => seat.End());
            }
        }
    }

    private void Tell(Feed feed)
    {
        LiveFigures? figures;
        using (Store.Reader read = engine.Store.Read())
        {
            figures = LiveFigures.Of(read, feed.Account, engine.Now);
        }

        if (figures is null || (feed.Last is { } before && before.IsSame(figures)))
        {
            return;
        }

        byte[] bytes = Bytes(figures);
        lock (gate)
        {
            feed.Last = figures;
            feed.Seats.ForEach(seat => seat.Offer(bytes));
        }
    }

    private static byte[] Bytes(LiveFigures figures) =>
        Encoding.UTF8.GetBytes($"event: figures\nid: {figures.At.ToUnixTimeMilliseconds()}\ndata: {figures.Json}\n\n");
}

/// <summary>A stream's place in a feed.</summary>
internal sealed class LiveSeat(Action<LiveSeat> leave, CancellationToken stopping) : IDisposable
{
    private readonly Channel<byte[]> newest = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    public CancellationToken Stopping => stopping;

    public void Offer(byte[] bytes) => newest.Writer.TryWrite(bytes);

    public void End() => newest.Writer.TryComplete();

    /// <summary>What is new; null when nothing was for that long.</summary>
    /// <exception cref="OperationCanceledException">It is over.</exception>
    public async Task<byte[]?> NextAsync(TimeSpan patience, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        waiting.CancelAfter(patience);
        try
        {
            return await newest.Reader.ReadAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (ChannelClosedException closed)
        {
            throw new OperationCanceledException("The feed has ended.", closed);
        }
    }

    public void Dispose() => leave(this);
}
