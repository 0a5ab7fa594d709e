using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Minutebook.Cli.Measuring;

/// <summary>A server in a process of its own, as an operator starts it.</summary>
internal static class Starting
{
    private const int Times = 3;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>From the command to the first answer that it is ready, in ms; the middle one of three.</summary>
    public static async Task<double> Ready(BenchOptions options, CancellationToken stop)
    {
        List<double> taken = [];
        for (int time = 0; time < Times; time++)
        {
            taken.Add((await RunAsync(TimeSpan.Zero, stop)).Milliseconds);
        }

        return taken.Order().ElementAt(Times / 2);
    }

    /// <summary>Resident memory of a server that has nothing to do, in MB.</summary>
    public static async Task<double> Idle(BenchOptions options, CancellationToken stop) =>
        (await RunAsync(Quiet, stop)).Bytes / 1e6;

    private static async Task<(double Milliseconds, long Bytes)> RunAsync(TimeSpan stays, CancellationToken stop)
    {
        DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-bench-");
        Uri address = new($"http://127.0.0.1:{FreePort()}");
        Stopwatch watch = Stopwatch.StartNew();
        using Process server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["serve", "--data", data.FullName, "--listen", address.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            _ = server.StandardOutput.ReadToEndAsync(stop);
            _ = server.StandardError.ReadToEndAsync(stop);
            await ReadyAsync(address, server, stop);
            double taken = watch.Elapsed.TotalMilliseconds;
            await Task.Delay(stays, stop);
            server.Refresh();
            return (taken, server.WorkingSet64);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
            data.Delete(recursive: true);
        }
    }

    private static async Task ReadyAsync(Uri address, Process server, CancellationToken stop)
    {
        using HttpClient http = new() { BaseAddress = address };
        while (!server.HasExited)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync("/health/ready", stop);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(5, stop);
        }

        throw new InvalidOperationException($"The server ended with exit code {server.ExitCode} before it was ready.");
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
