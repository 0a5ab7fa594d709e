using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Minutebook.Cli.Measuring;

/// <summary>
/// One thread that asks over many connections in turn, each when its last answer is there: what the load itself costs is no more than has to be.
/// </summary>
internal static class InTurn
{
    private const int Connections = 64;

    /// <summary>Asks so many times; how long each took until its answer was looked at, in the clock's ticks.</summary>
    /// <param name="address">Whom.</param>
    /// <param name="count">How often.</param>
    /// <param name="request">A request, by its number, as it goes over the wire.</param>
    /// <param name="status">What each is answered with.</param>
    /// <param name="stop">Whether to give up.</param>
    public static Task<long[]> AskAsync(IPEndPoint address, int count, Func<int, byte[]> request, string status, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            Socket[] sockets = [.. Enumerable.Range(0, Connections).Select(_ => Connect(address))];
            byte[] answer = new byte[2048];
            long[] times = new long[count];
            for (int at = 0; at < count + Connections; at++)
            {
                stop.ThrowIfCancellationRequested();
                Socket socket = sockets[at % Connections];
                if (at >= Connections && at - Connections < count)
                {
                    ReadAnswer(socket, answer, status);
                    times[at - Connections] = Stopwatch.GetTimestamp() - times[at - Connections];
                }

                if (at < count)
                {
                    byte[] its = request(at);
                    times[at] = Stopwatch.GetTimestamp();
                    socket.Send(its);
                }
            }

            Array.ForEach(sockets, static socket => socket.Dispose());
            return times;
        },
        stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>How long, in µs, all but the slowest hundredth took at most.</summary>
    public static double Slowest(long[] times)
    {
        Array.Sort(times);
        return Stopwatch.GetElapsedTime(0, times[times.Length / 100 * 99]).TotalMicroseconds;
    }

    /// <summary>A connection that waits a minute for an answer.</summary>
    public static Socket Connect(IPEndPoint address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
        socket.Connect(address);
        return socket;
    }

    /// <summary>Reads an answer, a JSON object.</summary>
    /// <exception cref="InvalidOperationException">It has another status.</exception>
    public static void ReadAnswer(Socket socket, byte[] answer, string status)
    {
        int read = 0;
        do
        {
            int more = socket.Receive(answer, read, answer.Length - read, SocketFlags.None);
            read += more > 0 ? more : throw new InvalidOperationException("The server closed the connection.");
        }
        while (answer[read - 1] != '}');

        if (!answer.AsSpan(0, read).StartsWith("HTTP/1.1 "u8) || !Ascii.Equals(answer.AsSpan(9, 3), status))
        {
            throw new InvalidOperationException($"The server answered {Encoding.ASCII.GetString(answer, 0, read)}");
        }
    }
}
