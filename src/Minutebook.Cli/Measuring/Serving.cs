using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Minutebook.Cli.Measuring;

/// <summary>A server in a process of its own, as an operator starts it.</summary>
internal sealed class Serving : IAsyncDisposable
{
    private const int BatchSize = 4_000;
    private const int Connections = 4;

    // Under the dotnet command the program is its first argument.
    private static readonly string[] Self =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];

    private readonly Process process;
    private readonly long started;

    private Serving(Process process, Uri address, long started)
    {
        (this.process, this.started) = (process, started);
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        Address = new IPEndPoint(IPAddress.Loopback, address.Port);
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
        Http.DefaultRequestHeaders.Authorization = new("Bearer", Wire.Key);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Asks it, as its administrator.</summary>
    public HttpClient Http { get; }

    public int ProcessId => process.Id;

    /// <summary>Its resident memory.</summary>
    public long Bytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>What it took of the processors so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>This program with other arguments.</summary>
    public static ProcessStartInfo Command(params string[] arguments) => new(Environment.ProcessPath!, [.. Self, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    /// <summary>Starts it on a free port; it is not ready yet.</summary>
    public static Serving Start(DirectoryInfo data, params string[] options)
    {
        Uri address = new($"http://127.0.0.1:{DemoServer.FreePort()}");
        ProcessStartInfo start = Command(["serve", "--data", data.FullName, "--listen", address.ToString(), .. options]);
        start.Environment["MINUTEBOOK_ADMIN_KEY"] = Wire.Key;
        long started = Stopwatch.GetTimestamp();
        return new Serving(Process.Start(start)!, address, started);
    }

    /// <summary>Waits until it says that it is ready, and gives the time since the command.</summary>
    public async Task<TimeSpan> ReadyAsync(CancellationToken stop)
    {
        while (!process.HasExited)
        {
            try
            {
                using HttpResponseMessage answer = await Http.GetAsync("/health/ready", stop);
                if (answer.IsSuccessStatusCode)
                {
                    return Stopwatch.GetElapsedTime(started);
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(5, stop);
        }

        throw new InvalidOperationException($"The server ended with exit code {process.ExitCode} before it was ready.");
    }

    /// <summary>An account with this application.</summary>
    public async Task RegisterAsync(string application, CancellationToken stop)
    {
        string account = $"/v1/accounts/{Wire.AccountOf(application)}";
        await SendAsync(HttpMethod.Put, account, """{"name":"Bench","currency":"USD","timeZone":"UTC"}""", stop);
        await SendAsync(HttpMethod.Put, $"{account}/applications/{application}", """{"name":"Campus"}""", stop);
    }

    /// <summary>
    /// Posts as many events as are asked for, of yesterday, of an account with this application, and gives how many they were when all of
    /// them show.
    /// </summary>
    public async Task<long> FillAsync(string application, BenchOptions options, CancellationToken stop)
    {
        await RegisterAsync(application, stop);
        List<byte[]> bodies = Lessons.Arrays(options.Events, BatchSize, application, (int)options.Seed, DateTime.UtcNow.Date.AddHours(8 - 24));
        await Wire.Bench.PostAsync(Address, bodies, Connections, stop);
        long counted = await CountedAsync([application], stop);
        return counted == Wire.CountOf(bodies) ? counted : throw new InvalidOperationException($"{Wire.CountOf(bodies)} events went in and {counted} were counted.");
    }

    public async Task SendAsync(HttpMethod method, string path, string json, CancellationToken stop)
    {
        using HttpRequestMessage request = new(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using HttpResponseMessage answer = await Http.SendAsync(request, stop);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>How many events of the applications' accounts it has counted, when all shows that came before.</summary>
    public async Task<long> CountedAsync(string[] applications, CancellationToken stop)
    {
        long events = 0;
        foreach (string application in applications)
        {
            // What is answered now waited for all that was behind.
            await SendAsync(HttpMethod.Put, $"/v1/accounts/{Wire.AccountOf(application)}", "{}", stop);
            using JsonDocument account = JsonDocument.Parse(await Http.GetStringAsync($"/v1/accounts/{Wire.AccountOf(application)}", stop));
            events += account.RootElement.GetProperty("counters").GetProperty("events").GetInt64();
        }

        return events;
    }

    /// <summary>Tells it to end, and waits until it has.</summary>
    public async Task EndAsync(CancellationToken stop)
    {
        using Process tell = Process.Start("kill", ["-s", "TERM", $"{process.Id}"]);
        await tell.WaitForExitAsync(stop);
        await process.WaitForExitAsync(stop);
    }

    /// <summary>Ends it without a word.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Http.Dispose();
        process.Dispose();
    }
}
