using System.Diagnostics;
using System.Globalization;
using System.Text;
using Minutebook.Store;
using Spectre.Console;

namespace Minutebook.Cli.Measuring;

/// <summary>What a server takes to be ready, and what it takes from there.</summary>
internal static class Starting
{
    private const int Times = 3;
    private const int Connections = 4;

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

    /// <summary>The first events, a second: posted from ready on, until all show.</summary>
    public static async Task<double> Fresh(BenchOptions options, CancellationToken stop)
    {
        List<byte[]> bodies = Bodies(options);
        long events = Wire.CountOf(bodies);
        double seconds = 0;
        await RunAsync(
            async server =>
            {
                await RegisterAsync(server, stop);
                TimeSpan before = server.ProcessorTime;
                Stopwatch watch = Stopwatch.StartNew();
                await Wire.Bench.PostAsync(server.Address, bodies, Connections, stop);
                double answered = watch.Elapsed.TotalSeconds;
                long counted = await server.CountedAsync(Wire.Tenants, stop);
                seconds = watch.Elapsed.TotalSeconds;
                double microseconds = (server.ProcessorTime - before).TotalMicroseconds / events;
                Terminal.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"  answered at {events / answered:N0} events/s, {microseconds:0.0} µs of the server's processor time each"));
                if (counted != events)
                {
                    throw new InvalidOperationException($"{events} events went in and {counted} were counted.");
                }
            },
            stop);
        return events / seconds;
    }

    /// <summary>Resident memory of a server that has nothing to do, in MB.</summary>
    public static async Task<double> Idle(BenchOptions options, CancellationToken stop) =>
        (await RunAsync(_ => Task.Delay(Quiet, stop), stop)).Bytes / 1e6;

    /// <summary>The same of a server where so many participants are present at once, in MB.</summary>
    public static async Task<double> Present(BenchOptions options, CancellationToken stop) => (await RunAsync(
        async server =>
        {
            await server.RegisterAsync(Stages.Application, stop);
            foreach (byte[] body in Lessons.Arrivals(options.Events, 500, Stages.Application, (int)options.Seed))
            {
                await server.SendAsync(HttpMethod.Post, "/v1/events", Encoding.UTF8.GetString(body), stop);
            }

            // Until all of it shows, and a flush or two after.
            await server.CountedAsync([Stages.Application], stop);
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
            List<byte[]> bodies = Bodies(options);
            await RunAsync(
                data,
                async server =>
                {
                    await RegisterAsync(server, stop);
                    await Wire.Bench.PostAsync(server.Address, bodies, Connections, stop);
                },
                stop);
            meanwhile(data);
            Stopwatch watch = Stopwatch.StartNew();
            double seconds = 0;
            await RunAsync(
                data,
                async server =>
                {
                    long events = await server.CountedAsync(Wire.Tenants, stop);
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

    private static List<byte[]> Bodies(BenchOptions options) => Wire.Mixed(options.Events / Wire.Tenants.Length, Wire.Tenants, options.Seed);

    private static async Task RegisterAsync(Serving server, CancellationToken stop)
    {
        foreach (string application in Wire.Tenants)
        {
            await server.RegisterAsync(application, stop);
        }
    }

    private static async Task<(double Milliseconds, long Bytes)> RunAsync(Func<Serving, Task> work, CancellationToken stop)
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
    private static async Task<(double Milliseconds, long Bytes)> RunAsync(DirectoryInfo data, Func<Serving, Task> work, CancellationToken stop)
    {
        await using Serving server = Serving.Start(data, "--sandbox", "--now", Stages.Now.ToString());
        TimeSpan taken = await server.ReadyAsync(stop);
        await work(server);
        return (taken.TotalMilliseconds, server.Bytes);
    }
}
