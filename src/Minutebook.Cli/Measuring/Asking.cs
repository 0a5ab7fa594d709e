using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Minutebook.Cli.Measuring;

/// <summary>How many decisions are answered, and how soon; server and load on the same cores.</summary>
internal static class Asking
{
    private const int Connections = 64;
    private const int FewConnections = 16;

    /// <summary>Decisions a second over many connections.</summary>
    public static async Task<double> Rate(BenchOptions options, CancellationToken stop)
    {
        await using Wire.Bench bench = await StartAsync(stop);
        await AskInTurnAsync(bench, options.Events / 2, stop);
        Stopwatch watch = Stopwatch.StartNew();
        await AskInTurnAsync(bench, options.Events, stop);
        return options.Events / watch.Elapsed.TotalSeconds;
    }

    /// <summary>How long, in µs, all but the slowest hundredth took at most.</summary>
    public static async Task<double> Slowest(BenchOptions options, CancellationToken stop)
    {
        await using Wire.Bench bench = await StartAsync(stop);
        await AskApartAsync(bench, options.Events / 2, stop);
        long[] times = await AskApartAsync(bench, options.Events, stop);
        Array.Sort(times);
        return Stopwatch.GetElapsedTime(0, times[times.Length / 100 * 99]).TotalMicroseconds;
    }

    /// <summary>A school that may do all, and one that may do nothing, which takes more words.</summary>
    private static async Task<Wire.Bench> StartAsync(CancellationToken stop)
    {
        Wire.Bench bench = await Wire.Bench.StartAsync(stop);
        await bench.PutAsync("/v1/accounts/closed", """{"name":"Closed","currency":"USD","timeZone":"Asia/Shanghai"}""", stop);
        await bench.PutAsync("/v1/accounts/closed/applications/closed", """{"name":"Closed"}""", stop);
        await bench.SendAsync(HttpMethod.Post, "/v1/accounts/closed/terminate", """{"reason":"to be measured"}""", stop);
        return bench;
    }

    private static byte[][] Questions { get; } =
    [
        Question(Stages.Application, "class.join", "algebra-1"), Question(Stages.Application, "class.join", "algebra-2"),
        Question(Stages.Application, "class.create"), Question(Stages.Application, "class.join", "physics-7"),
        Question(Stages.Application, "recording.read"), Question(Stages.Application, "class.join", "history-9"),
        Question("closed", "class.create"), Question(Stages.Application, "class.join", "algebra-3"),
    ];

    private static byte[] Question(string application, string action, string? @class = null)
    {
        string body = $"{{\"application\":\"{application}\",\"action\":\"{action}\"{(@class is null ? "" : $",\"class\":\"{@class}\"")}}}";
        return Encoding.ASCII.GetBytes(
            $"POST /v1/decisions HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {Wire.Key}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    /// <summary>
    /// One thread asks on all connections in turn, each when its last answer is there: what the load itself costs is no more than has to be.
    /// </summary>
    private static Task AskInTurnAsync(Wire.Bench bench, int count, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            Socket[] sockets = [.. Enumerable.Range(0, Connections).Select(_ => Connect(bench))];
            byte[] answer = new byte[2048];
            for (int at = 0; at < count + Connections; at++)
            {
                stop.ThrowIfCancellationRequested();
                Socket socket = sockets[at % Connections];
                if (at >= Connections)
                {
                    ReadAnswer(socket, answer);
                }

                if (at < count)
                {
                    socket.Send(Questions[at % Questions.Length]);
                }
            }

            Array.ForEach(sockets, static socket => socket.Dispose());
        },
        stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>A thread a connection, which waits for its answer; how long each took, in the clock's ticks.</summary>
    private static async Task<long[]> AskApartAsync(Wire.Bench bench, int count, CancellationToken stop)
    {
        long[] times = new long[count];
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, FewConnections).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using Socket socket = Connect(bench);
                byte[] answer = new byte[2048];
                for (int at = Interlocked.Increment(ref next); at < count; at = Interlocked.Increment(ref next))
                {
                    stop.ThrowIfCancellationRequested();
                    long from = Stopwatch.GetTimestamp();
                    socket.Send(Questions[at % Questions.Length]);
                    ReadAnswer(socket, answer);
                    times[at] = Stopwatch.GetTimestamp() - from;
                }
            },
            stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return times;
    }

    private static Socket Connect(Wire.Bench bench)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
        socket.Connect(bench.Address);
        return socket;
    }

    private static void ReadAnswer(Socket socket, byte[] answer)
    {
        int read = 0;
        do
        {
            int more = socket.Receive(answer, read, answer.Length - read, SocketFlags.None);
            read += more > 0 ? more : throw new InvalidOperationException("The server closed the connection.");
        }
        while (answer[read - 1] != '}');

        if (!answer.AsSpan(0, read).StartsWith("HTTP/1.1 200"u8))
        {
            throw new InvalidOperationException($"The server answered {Encoding.ASCII.GetString(answer, 0, read)}");
        }
    }
}
