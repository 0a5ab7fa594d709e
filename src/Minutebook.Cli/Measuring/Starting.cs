using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Minutebook.Store;

namespace Minutebook.Cli.Measuring;

/// <summary>A server in a process of its own, as an operator starts it.</summary>
internal static class Starting
{
    private const int Times = 3;
    private const string Key = "bench-key";

    // Under the dotnet command the program is its first argument.
    private static readonly string[] Self =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>From the command to the first answer that it is ready, in ms; the middle one of three.</summary>
    public static async Task<double> Ready(BenchOptions options, CancellationToken stop)
    {
        List<double> taken = [];
        for (int time = 0; time < Times; time++)
        {
            taken.Add((await RunAsync(_ => Task.CompletedTask, stop)).Milliseconds);
        }

        return taken.Order().ElementAt(Times / 2);
    }

    /// <summary>Resident memory of a server that has nothing to do, in MB.</summary>
    public static async Task<double> Idle(BenchOptions options, CancellationToken stop) =>
        (await RunAsync(_ => Task.Delay(Quiet, stop), stop)).Bytes / 1e6;

    /// <summary>The same of a server where so many participants are present at once, in MB.</summary>
    public static async Task<double> Present(BenchOptions options, CancellationToken stop) => (await RunAsync(
        async address =>
        {
            await RegisterAsync(address, Stages.Application, stop);
            using HttpClient http = ClientOf(address);
            foreach (byte[] body in Lessons.Arrivals(options.Events, 500, Stages.Application, (int)options.Seed))
            {
                await SendAsync(http, HttpMethod.Post, "/v1/events", System.Text.Encoding.UTF8.GetString(body), stop);
            }

            // Until all of it shows, and a flush or two after.
            await SendAsync(http, HttpMethod.Put, "/v1/accounts/bench", "{}", stop);
            await Task.Delay(Quiet, stop);
        },
        stop)).Bytes / 1e6;

    /// <summary>From the command until all is there again, in s, of a server that was killed while batches came in as fast as it took them.</summary>
    public static Task<double> Restart(BenchOptions options, CancellationToken stop) => RestartAsync(options, static _ => { }, stop);

    /// <summary>The same of one whose tables are all lost: everything in the journal lies behind the last position.</summary>
    public static Task<double> Behind(BenchOptions options, CancellationToken stop) => RestartAsync(
        options,
        data =>
        {
            using Store.Store store = Store.Store.Open(new StoreOptions { Directory = data.FullName });
            store.Rewrite([.. Enumerable.Range(0, store.Shards + 1)], static _ => null);
        },
        stop);

    private static async Task<double> RestartAsync(BenchOptions options, Action<DirectoryInfo> meanwhile, CancellationToken stop)
    {
        DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-bench-");
        try
        {
            List<byte[]> bodies = Wire.InTurn(options.Events / Wire.Tenants.Length, Wire.Tenants, options.Seed);
            await RunAsync(
                data,
                async address =>
                {
                    foreach (string application in Wire.Tenants)
                    {
                        await RegisterAsync(address, application, stop);
                    }

                    await Wire.Bench.PostAsync(new IPEndPoint(IPAddress.Loopback, address.Port), bodies, 4, stop);
                },
                stop);
            meanwhile(data);
            Stopwatch watch = Stopwatch.StartNew();
            double seconds = 0;
            await RunAsync(
                data,
                async address =>
                {
                    using HttpClient http = ClientOf(address);
                    long events = 0;
                    foreach (string application in Wire.Tenants)
                    {
                        // What is answered now waited for all that was behind.
                        await SendAsync(http, HttpMethod.Put, $"/v1/accounts/{Wire.AccountOf(application)}", "{}", stop);
                        events += JsonDocument.Parse(await http.GetStringAsync($"/v1/accounts/{Wire.AccountOf(application)}", stop))
                            .RootElement.GetProperty("counters").GetProperty("events").GetInt64();
                    }

                    seconds = watch.Elapsed.TotalSeconds;
                    if (events != Wire.CountOf(bodies))
                    {
                        throw new InvalidOperationException($"{Wire.CountOf(bodies)} events were accepted before the kill and {events} are there after it.");
                    }
                },
                stop);
            return seconds;
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static HttpClient ClientOf(Uri address)
    {
        HttpClient http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        return http;
    }

    private static async Task RegisterAsync(Uri address, string application, CancellationToken stop)
    {
        using HttpClient http = ClientOf(address);
        string account = $"/v1/accounts/{Wire.AccountOf(application)}";
        await SendAsync(http, HttpMethod.Put, account, """{"name":"Bench","currency":"USD","timeZone":"UTC"}""", stop);
        await SendAsync(http, HttpMethod.Put, $"{account}/applications/{application}", """{"name":"Campus"}""", stop);
    }

    private static async Task SendAsync(HttpClient http, HttpMethod method, string path, string json, CancellationToken stop)
    {
        using HttpRequestMessage request = new(method, path) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        using HttpResponseMessage answer = await http.SendAsync(request, stop);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<(double Milliseconds, long Bytes)> RunAsync(Func<Uri, Task> work, CancellationToken stop)
    {
        DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-bench-");
        try
        {
            return await RunAsync(data, work, stop);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>Runs a server until the work is done, and kills it.</summary>
    private static async Task<(double Milliseconds, long Bytes)> RunAsync(DirectoryInfo data, Func<Uri, Task> work, CancellationToken stop)
    {
        Uri address = new($"http://127.0.0.1:{FreePort()}");
        Stopwatch watch = Stopwatch.StartNew();
        ProcessStartInfo start = new(
            Environment.ProcessPath!,
            [.. Self, "serve", "--data", data.FullName, "--listen", address.ToString(), "--sandbox", "--now", Stages.Now.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MINUTEBOOK_ADMIN_KEY"] = Key;
        using Process server = Process.Start(start)!;
        try
        {
            _ = server.StandardOutput.ReadToEndAsync(stop);
            _ = server.StandardError.ReadToEndAsync(stop);
            await ReadyAsync(address, server, stop);
            double taken = watch.Elapsed.TotalMilliseconds;
            await work(address);
            server.Refresh();
            return (taken, server.WorkingSet64);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
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
