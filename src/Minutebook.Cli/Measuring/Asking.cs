using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Minutebook.Cli.Measuring;

/// <summary>How many decisions are answered, and how soon; server and load on the same cores.</summary>
internal static class Asking
{
    private const int FewConnections = 16;
    private const string Answered = "200";

    /// <summary>Decisions a second over many connections.</summary>
    public static async Task<double> Rate(BenchOptions options, CancellationToken stop)
    {
        await using Wire.Bench bench = await StartAsync(stop);
        await InTurn.AskAsync(bench.Address, options.Events / 2, QuestionAt, Answered, stop);
        Stopwatch watch = Stopwatch.StartNew();
        await InTurn.AskAsync(bench.Address, options.Events, QuestionAt, Answered, stop);
        return options.Events / watch.Elapsed.TotalSeconds;
    }

    /// <summary>How long, in µs, all but the slowest hundredth took at most.</summary>
    public static async Task<double> Slowest(BenchOptions options, CancellationToken stop)
    {
        await using Wire.Bench bench = await StartAsync(stop);
        await AskApartAsync(bench, options.Events / 2, stop);
        return InTurn.Slowest(await AskApartAsync(bench, options.Events, stop));
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

    private static byte[] QuestionAt(int number) => Questions[number % Questions.Length];

    private static byte[] Question(string application, string action, string? @class = null)
    {
        string body = $"{{\"application\":\"{application}\",\"action\":\"{action}\"{(@class is null ? "" : $",\"class\":\"{@class}\"")}}}";
        return Encoding.ASCII.GetBytes(
            $"POST /v1/decisions HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {Wire.Key}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    /// <summary>A thread a connection, which waits for its answer; how long each took, in the clock's ticks.</summary>
    private static async Task<long[]> AskApartAsync(Wire.Bench bench, int count, CancellationToken stop)
    {
        long[] times = new long[count];
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, FewConnections).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using Socket socket = InTurn.Connect(bench.Address);
                byte[] answer = new byte[2048];
                for (int at = Interlocked.Increment(ref next); at < count; at = Interlocked.Increment(ref next))
                {
                    stop.ThrowIfCancellationRequested();
                    long from = Stopwatch.GetTimestamp();
                    socket.Send(QuestionAt(at));
                    InTurn.ReadAnswer(socket, answer, Answered);
                    times[at] = Stopwatch.GetTimestamp() - from;
                }
            },
            stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return times;
    }
}
