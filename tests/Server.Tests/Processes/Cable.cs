using System.Net;
using System.Net.Sockets;

namespace Minutebook.Server.Tests.Processes;

/// <summary>
/// The way from a node to the database. It can be cut: nothing comes through until it is mended, and then all of it, as the network does. And
/// what is connected can be dropped: it stays dead, and neither end hears that the other is gone, as when a host loses its power or a firewall
/// forgets; what connects later is through.
/// </summary>
internal sealed class Cable : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource gone = new();
    private readonly int target;
    private volatile TaskCompletionSource? cut;
    private volatile Line line = new();

    public Cable(int target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Those that connected between two cuts.</summary>
    private sealed class Line
    {
        private volatile bool isDead;

        public bool IsDead => isDead;

        public void Die() => isDead = true;
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Cut() => cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Mend()
    {
        TaskCompletionSource? its = cut;
        cut = null;
        its?.SetResult();
    }

    public void Drop()
    {
        line.Die();
        line = new Line();
    }

    public void Dispose()
    {
        gone.Cancel();
        listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket near = await listener.AcceptSocketAsync(gone.Token);
                _ = JoinAsync(near, line);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
            // That is how it ends.
        }
    }

    private async Task JoinAsync(Socket near, Line its)
    {
        using Socket far = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            near.NoDelay = far.NoDelay = true;
            await ThroughAsync();
            await far.ConnectAsync(IPAddress.Loopback, target);
            await Task.WhenAny(PumpAsync(near, far, its), PumpAsync(far, near, its));
            if (its.IsDead)
            {
                await Task.Delay(Timeout.Infinite, gone.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
            // The database is not there, or the test is over.
        }
        finally
        {
            near.Dispose();
        }
    }

    private Task ThroughAsync() => cut?.Task.WaitAsync(gone.Token) ?? Task.CompletedTask;

    private async Task PumpAsync(Socket from, Socket to, Line its)
    {
        byte[] bytes = new byte[64 << 10];
        try
        {
            for (int count; (count = await from.ReceiveAsync(bytes, gone.Token)) > 0;)
            {
                await ThroughAsync();
                if (its.IsDead)
                {
                    return;
                }

                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(bytes.AsMemory(sent, count - sent), gone.Token);
                }
            }
        }
        catch (SocketException) when (!its.IsDead)
        {
            // One end has closed it: so does the other.
        }
    }
}
