using System.Net;
using System.Net.Sockets;
using NodaTime;
using Spectre.Console;

namespace Minutebook.Cli;

/// <summary>The server that the demo starts for itself, in this process, with a clock that the demo moves.</summary>
internal sealed class DemoServer : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource ending = new();
    private readonly string data;
    private readonly bool temporary;
    private readonly Task<int> running;

    private DemoServer(DemoOptions options, Uri address, Instant clock)
    {
        temporary = options.Data is null;
        data = options.Data ?? Directory.CreateTempSubdirectory("minutebook-demo-").FullName;
        Address = address;
        Server.ServeOptions serve = new(data, Serve.Address(address), Postgres: null, Sandbox: true, clock);
        running = Task.Run(() => Serve.RunAsync(serve, isQuiet: true, ending.Token));
        Client = new Client(address, key: null);
    }

    public Uri Address { get; }

    public Client Client { get; private set; }

    /// <summary>The administrator's key.</summary>
    public string Key { get; private set; } = "";

    public static async Task<DemoServer> StartAsync(DemoOptions options, Instant clock, CancellationToken stop)
    {
        if (options.Data is { } given && Directory.Exists(given) && Directory.EnumerateFileSystemEntries(given).Any())
        {
            throw new Failure(ExitCode.Usage, $"'{given}' is not empty; the demo starts with an empty book. Name another directory with --data, or serve what is there: ./minutebook serve --data {given}");
        }

        DemoServer server = new(options, new Uri($"http://127.0.0.1:{FreePort(options.Port)}"), clock);
        try
        {
            await server.ReadyAsync(stop);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves on until interrupted.</summary>
    public async Task StayAsync(CancellationToken stop)
    {
        Task stopped = Task.Delay(Timeout.Infinite, stop);
        if (await Task.WhenAny(running, stopped) == running)
        {
            await running;
            throw new Failure(ExitCode.Failed, "The server ended unexpectedly; its log says why.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await ending.CancelAsync();
        try
        {
            await running;
        }
        catch (Exception ended) when (ended is OperationCanceledException or Failure)
        {
            // Why it did not start has been told by then.
        }

        ending.Dispose();
        if (temporary)
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private async Task ReadyAsync(CancellationToken stop)
    {
        DateTime deadline = DateTime.UtcNow + LongestStart;
        while (!await Client.IsReadyAsync(stop))
        {
            if (running.IsCompleted)
            {
                await running;
            }

            if (running.IsCompleted || DateTime.UtcNow > deadline)
            {
                throw new Failure(ExitCode.Failed, $"The server on {Address} did not start. Try './minutebook serve --data {data}' and see what it says.");
            }

            await Task.Delay(50, stop);
        }

        Key = Connection.AdminKey(data) ?? throw new Failure(ExitCode.Failed, $"The server has left no admin.key in {data}.");
        Client.Dispose();
        Client = new Client(Address, Key);
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort() => Bind(0);

    // The asked-for port if it is free, else any: a demo that does not start shows nothing.
    private static int FreePort(int wanted)
    {
        try
        {
            return Bind(wanted);
        }
        catch (SocketException) when (wanted != 0)
        {
            int free = Bind(0);
            Terminal.Error.WriteLine($"Port {wanted} is taken; using {free}.");
            return free;
        }
    }

    private static int Bind(int port)
    {
        using TcpListener listener = new(IPAddress.Loopback, port);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
