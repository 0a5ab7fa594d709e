using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Minutebook.Server;
using NodaTime;
using Spectre.Console;

namespace Minutebook.Cli.Measuring;

/// <summary>What a server takes over HTTP, durable before it answers; server and load on the same cores.</summary>
internal static class Wire
{
    private const string Account = "bench";
    private const string TimeZone = "Asia/Shanghai";
    public const string Key = "bench-key";
    private const int BatchSize = 4_000;
    private const int Batchers = 4;
    private const int Warm = 3_000_000;
    private const string Accepted = "202";
    /// <summary>One of each of four accounts, which four shards have.</summary>
    public static readonly string[] Tenants = [Stages.Application, "north", "south", "west"];

    /// <summary>Batches of several accounts over a few connections, until all are durable and show in usage.</summary>
    public static Task<double> Batches(BenchOptions options, CancellationToken stop) => Batches(options, Tenants, stop);

    /// <summary>The same of one account: what one shard's thread folds.</summary>
    public static Task<double> BatchesOfOne(BenchOptions options, CancellationToken stop) => Batches(options, [Stages.Application], stop);

    private static async Task<double> Batches(BenchOptions options, string[] applications, CancellationToken stop)
    {
        await using Bench bench = await Bench.StartAsync(stop, options.Postgres);
        foreach (string application in applications.Where(its => its != Stages.Application))
        {
            await bench.RegisterAsync(application, TimeZone, stop);
        }

        (List<byte[]> warm, List<byte[]> bodies) = Bodies(options, applications);
        await bench.PostAsync(warm, Batchers, stop);
        Stopwatch watch = Stopwatch.StartNew();
        await bench.PostAsync(bodies, Batchers, stop);
        await Task.WhenAll(applications.Select(application => bench.SettledAsync(stop, application)));
        double seconds = watch.Elapsed.TotalSeconds;
        int events = CountOf(bodies);
        await bench.CheckAsync(events + CountOf(warm) + applications.Length, applications, stop);
        return events / seconds;
    }

    /// <summary>What they take of the disk for good, in bytes an event: the journal, the tables, all there is.</summary>
    public static async Task<double> Disk(BenchOptions options, CancellationToken stop)
    {
        await using Bench bench = await Bench.StartAsync(stop);
        List<byte[]> bodies = Lessons.Arrays(options.Events, BatchSize, Stages.Application, (int)options.Seed);
        await bench.PostAsync(bodies, Batchers, stop);
        await bench.SettledAsync(stop);
        return await bench.BytesAsync() / (double)CountOf(bodies);
    }

    /// <summary>The same batches to a program that does nothing but keep them.</summary>
    public static async Task<double> Limit(BenchOptions options, CancellationToken stop)
    {
        await using Limit limit = await Measuring.Limit.StartAsync(stop);
        (List<byte[]> warm, List<byte[]> bodies) = Bodies(options, Tenants);
        await Bench.PostAsync(limit.Address, warm, Batchers, stop);
        Stopwatch watch = Stopwatch.StartNew();
        await Bench.PostAsync(limit.Address, bodies, Batchers, stop);
        double seconds = watch.Elapsed.TotalSeconds;
        return CountOf(bodies) / seconds;
    }

    /// <summary>Some first, for the compiler, which goes on compiling for millions; the applications' in turn.</summary>
    private static (List<byte[]> Warm, List<byte[]> Measured) Bodies(BenchOptions options, string[] applications)
    {
        int first = Math.Min(Math.Max(BatchSize, 2 * options.Events), Math.Max(Warm, options.Events / 2));
        int events = (first + options.Events) / applications.Length;
        List<byte[]> all = Mixed(events, applications, options.Seed);
        int warm = Math.Max(1, (int)((long)all.Count * first / (first + options.Events)));
        return (all[..warm], all[warm..]);
    }

    /// <summary>So many events of each of the applications, theirs in turn.</summary>
    public static List<byte[]> Mixed(int events, string[] applications, ulong seed, DateTime? day = null)
    {
        var each = new List<byte[]>[applications.Length];
        Parallel.For(0, each.Length, place => each[place] = Lessons.Arrays(events, BatchSize, applications[place], (int)seed + place, day));
        return [.. Enumerable.Range(0, each.Max(its => its.Count)).SelectMany(at => each.Where(its => at < its.Count).Select(its => its[at]))];
    }

    /// <summary>One event a request over many connections.</summary>
    public static async Task<double> OneByOne(BenchOptions options, CancellationToken stop) => (await SinglesAsync(options, stop)).Rate;

    /// <summary>How long, in ms, all but the slowest hundredth of them took at most.</summary>
    public static async Task<double> SlowestSingle(BenchOptions options, CancellationToken stop) => (await SinglesAsync(options, stop)).Milliseconds;

    private static async Task<(double Rate, double Milliseconds)> SinglesAsync(BenchOptions options, CancellationToken stop)
    {
        await using Bench bench = await Bench.StartAsync(stop, options.Postgres);
        int count = Math.Max(1, options.Events / 4);
        List<byte[]> requests = [.. Lessons.Singles(2 * count, Stages.Application, (int)options.Seed).Select(body => (byte[])[.. Bench.HeadOf(body), .. body])];
        await InTurn.AskAsync(bench.Address, count, at => requests[at], Accepted, stop);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Stopwatch watch = Stopwatch.StartNew();
        long[] times = await InTurn.AskAsync(bench.Address, count, at => requests[count + at], Accepted, stop);
        double rate = count / watch.Elapsed.TotalSeconds;
        Terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {(Environment.CpuUsage.TotalTime - before).TotalMicroseconds / count:0.0} µs of the processor's time each, the load's among them"));
        await bench.SettledAsync(stop);
        await bench.CheckAsync(requests.Count + 1, [Stages.Application], stop);
        return (rate, InTurn.Slowest(times) / 1e3);
    }

    /// <summary>The longest time in ms between an answer and its showing in usage, of probes sent while batches come in as fast as they are taken.</summary>
    public static async Task<double> Shown(BenchOptions options, CancellationToken stop)
    {
        await using Bench bench = await Bench.StartAsync(stop, options.Postgres);
        Task load = bench.PostAsync(Lessons.Arrays(options.Events, BatchSize, Stages.Application, (int)options.Seed), Batchers, stop);
        double longest = 0;
        for (int probe = 0; probe < 1_000 && !load.IsCompleted; probe++)
        {
            byte[] body = Encoding.UTF8.GetBytes(
                $"[{{\"specversion\":\"1.0\",\"id\":\"probe-{probe}\",\"source\":\"//probe\",\"type\":\"content.delivered\",\"time\":\"2027-01-04T12:00:00Z\",\"data\":{{\"application\":\"{Stages.Application}\",\"bytes\":1,\"kind\":\"other\"}}}}]");
            await bench.PostAsync([body], 1, stop);
            Stopwatch watch = Stopwatch.StartNew();
            while (await bench.DeliveredAsync(stop) <= probe)
            {
                await Task.Delay(5, stop);
            }

            longest = Math.Max(longest, watch.Elapsed.TotalMilliseconds);
        }

        await load;
        return longest;
    }

    /// <summary>The account that has one of the applications.</summary>
    public static string AccountOf(string application) => application == Stages.Application ? Account : $"{Account}-{application}";

    public static int CountOf(List<byte[]> bodies) => bodies.Sum(body =>
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.GetArrayLength();
    });

    /// <summary>A server of its own on a free port, with an account to send to.</summary>
    internal sealed class Bench : IAsyncDisposable
    {
        private readonly DirectoryInfo data;
        private readonly RunningHost host;
        private readonly HttpClient http;
        private readonly IPEndPoint address;
        private bool isStopped;

        private Bench(DirectoryInfo data, RunningHost host)
        {
            (this.data, this.host) = (data, host);
            var uri = new Uri(host.Address);
            address = new IPEndPoint(IPAddress.Loopback, uri.Port);
            http = new HttpClient { BaseAddress = uri, Timeout = TimeSpan.FromMinutes(5) };
            http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        }

        public static Task<Bench> StartAsync(CancellationToken stop, string? postgres = null) => StartAsync(Stages.Now, TimeZone, stop, postgres);

        public static async Task<Bench> StartAsync(NodaTime.Instant now, string timeZone, CancellationToken stop, string? postgres = null)
        {
            // A schema of its own for each stage.
            string? connection = postgres is null ? null : $"{postgres};Search Path=bench_{Guid.NewGuid():N}";
            DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-bench-");
            string? before = Environment.GetEnvironmentVariable("MINUTEBOOK_ADMIN_KEY");
            Environment.SetEnvironmentVariable("MINUTEBOOK_ADMIN_KEY", Key);
            RunningHost host = await Host.StartAsync(new Server.ServeOptions(data.FullName, "http://127.0.0.1:0", connection, true, now), stop);
            Environment.SetEnvironmentVariable("MINUTEBOOK_ADMIN_KEY", before);
            var bench = new Bench(data, host);
            await bench.RegisterAsync(Stages.Application, timeZone, stop);
            return bench;
        }

        /// <summary>Where it listens.</summary>
        public IPEndPoint Address => address;

        public Task PutAsync(string path, string json, CancellationToken stop) => SendAsync(HttpMethod.Put, path, json, stop);

        public async Task SendAsync(HttpMethod method, string path, string json, CancellationToken stop)
        {
            using var content = new StringContent(json, Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(method, path) { Content = content };
            using HttpResponseMessage answer = await http.SendAsync(request, stop);
            answer.EnsureSuccessStatusCode();
        }

        /// <summary>What a question is answered with.</summary>
        public async Task<byte[]> GetAsync(string path, CancellationToken stop) => await http.GetByteArrayAsync($"/v1/accounts/{Account}/{path}", stop);

        /// <summary>The same of one that is posted.</summary>
        public async Task<byte[]> AskAsync(string path, string json, CancellationToken stop)
        {
            using var content = new StringContent(json, Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await http.PostAsync($"/v1/accounts/{Account}/{path}", content, stop);
            return await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(stop);
        }

        public Task MoveAsync(NodaTime.Instant to, CancellationToken stop) => PutAsync("/v1/sandbox/clock", $$"""{"now":"{{NodaTime.Text.InstantPattern.ExtendedIso.Format(to)}}"}""", stop);

        /// <summary>Posts bodies over so many connections, each answered before its next.</summary>
        public Task PostAsync(IReadOnlyList<byte[]> bodies, int connections, CancellationToken stop) => PostAsync(address, bodies, connections, stop);

        /// <summary>The same to a program of another address.</summary>
        public static Task PostAsync(IPEndPoint address, IReadOnlyList<byte[]> bodies, int connections, CancellationToken stop)
        {
            int next = -1;
            return Task.WhenAll(Enumerable.Range(0, Math.Min(connections, bodies.Count)).Select(_ => Task.Run(
                async () =>
                {
                    using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await socket.ConnectAsync(address, stop);
                    byte[] answer = new byte[4096];
                    for (int at = Interlocked.Increment(ref next); at < bodies.Count; at = Interlocked.Increment(ref next))
                    {
                        await PostAsync(socket, bodies[at], answer, stop);
                    }
                },
                stop)));
        }

        /// <summary>Until all that was accepted shows: a request that waits for its own event waits for what came before it too.</summary>
        public async Task SettledAsync(CancellationToken stop, string application = Stages.Application, DateTime? at = null)
        {
            DateTime time = at ?? new DateTime(2026, 12, 31, 12, 0, 0, DateTimeKind.Utc);
            using var content = new StringContent(
                $"[{{\"specversion\":\"1.0\",\"id\":\"last-{Guid.NewGuid()}\",\"source\":\"//probe\",\"type\":\"content.delivered\",\"time\":\"{time:s}Z\",\"data\":{{\"application\":\"{application}\",\"bytes\":0,\"kind\":\"other\"}}}}]",
                Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await http.PostAsync("/v1/events?wait=true", content, stop);
            answer.EnsureSuccessStatusCode();
        }

        public async Task CheckAsync(long events, string[] applications, CancellationToken stop)
        {
            long counted = 0;
            foreach (string application in applications)
            {
                using JsonDocument account = JsonDocument.Parse(await http.GetStringAsync($"/v1/accounts/{AccountOf(application)}", stop));
                counted += account.RootElement.GetProperty("counters").GetProperty("events").GetInt64();
            }

            if (counted != events)
            {
                throw new InvalidOperationException($"{events} events went in and {counted} were counted.");
            }
        }

        /// <summary>An account with this application.</summary>
        public async Task RegisterAsync(string application, string timeZone, CancellationToken stop)
        {
            await PutAsync($"/v1/accounts/{AccountOf(application)}", $$"""{"name":"Bench","currency":"USD","timeZone":"{{timeZone}}"}""", stop);
            await PutAsync($"/v1/accounts/{AccountOf(application)}/applications/{application}", """{"name":"Campus"}""", stop);
        }

        public async Task<long> DeliveredAsync(CancellationToken stop)
        {
            using JsonDocument usage = JsonDocument.Parse(await http.GetStringAsync(
                $"/v1/accounts/{Account}/usage?meter=delivery&from=2027-01-01&to=2027-02-01&granularity=total", stop));
            JsonElement items = usage.RootElement.GetProperty("items");
            return items.GetArrayLength() == 0 ? 0 : items[0].GetProperty("quantity").GetInt64();
        }

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await StopAsync();
            data.Delete(recursive: true);
        }

        /// <summary>Stops the server, which lets go of what it needs only while it runs, and says what is on the disk then.</summary>
        public async Task<long> BytesAsync()
        {
            await StopAsync();
            return data.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        }

        private async Task StopAsync()
        {
            if (!isStopped)
            {
                isStopped = true;
                await host.DisposeAsync();
            }
        }

        /// <summary>What goes before a body over the wire.</summary>
        public static byte[] HeadOf(byte[] body) => Encoding.ASCII.GetBytes(
            $"POST /v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {Key}\r\nContent-Type: {(body[0] == '[' ? "application/json" : "application/cloudevents+json")}\r\nContent-Length: {body.Length}\r\n\r\n");

        private static async Task PostAsync(Socket socket, byte[] body, byte[] answer, CancellationToken stop)
        {
            byte[] head = HeadOf(body);
            while (!await TakenAsync(socket, head, body, answer, stop))
            {
                await Task.Delay(50, stop);
            }
        }

        /// <summary>False when the server has no room for it right now.</summary>
        private static async Task<bool> TakenAsync(Socket socket, byte[] head, byte[] body, byte[] answer, CancellationToken stop)
        {
            await socket.SendAsync([head, body], SocketFlags.None);
            int read = 0;
            while (!Complete(answer.AsSpan(0, read)))
            {
                int more = await socket.ReceiveAsync(answer.AsMemory(read), stop);
                read += more > 0 ? more : throw new InvalidOperationException("The server closed the connection.");
            }

            if (answer.AsSpan(0, read).StartsWith("HTTP/1.1 503"u8))
            {
                return false;
            }

            if (!answer.AsSpan(0, read).StartsWith("HTTP/1.1 202"u8))
            {
                throw new InvalidOperationException($"The server answered {Encoding.ASCII.GetString(answer, 0, read)}");
            }

            return true;
        }

        private static bool Complete(ReadOnlySpan<byte> answer) => answer.IndexOf("\r\n\r\n"u8) is >= 0 and var end && answer.Length > end + 4 && answer[^1] == '}';
    }
}
