using System.Diagnostics;
using System.Net;

namespace Minutebook.Cli.Measuring;

/// <summary>A client that asks for one thing after another at whichever of its servers answers, and waits for each until it is done.</summary>
internal sealed class Waiting
{
    /// <summary>They are for the compiler, and nobody counts how long they took.</summary>
    private const int First = 50;
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(5);
    /// <summary>So long it goes on when all is said to be over.</summary>
    private static readonly TimeSpan After = TimeSpan.FromSeconds(1);

    private readonly Func<int, HttpRequestMessage> ask;
    private readonly TimeSpan pause;
    private readonly CancellationToken stop;
    private Task asking = Task.CompletedTask;
    private volatile HttpClient[] servers;
    private volatile bool isEnough;
    private int done;
    private TimeSpan longest;

    private Waiting(HttpClient server, TimeSpan pause, Func<int, HttpRequestMessage> ask, CancellationToken stop) =>
        (servers, this.pause, this.ask, this.stop) = ([server], pause, ask, stop);

    /// <summary>Begins, and comes back when the first are done.</summary>
    /// <param name="server">Asked first.</param>
    /// <param name="pause">Between one that is done and the next.</param>
    /// <param name="ask">What is asked for, by its number, as often as it takes.</param>
    /// <param name="stop">Whether to give up.</param>
    public static async Task<Waiting> StartAsync(HttpClient server, TimeSpan pause, Func<int, HttpRequestMessage> ask, CancellationToken stop)
    {
        var its = new Waiting(server, pause, ask, stop);
        its.asking = Task.Run(its.AskAsync, stop);
        while (Volatile.Read(ref its.done) < First && !its.asking.IsCompleted)
        {
            await Task.Delay(AskAgain, stop);
        }

        return its;
    }

    /// <summary>From now on this one is asked, too.</summary>
    public void Add(HttpClient server) => servers = [.. servers, server];

    /// <summary>Ends in a while, and gives how many were done and the longest that one of them took.</summary>
    public async Task<(int Done, TimeSpan Longest)> EndAsync()
    {
        await Task.WhenAny(asking, Task.Delay(After, stop));
        isEnough = true;
        await asking;
        return (done, longest);
    }

    private async Task AskAsync()
    {
        for (int at = 0; !isEnough; await Task.Delay(pause, stop))
        {
            long since = Stopwatch.GetTimestamp();
            while (!await IsDoneAsync(servers[at % servers.Length]))
            {
                at++;
                await Task.Delay(AskAgain, stop);
            }

            TimeSpan taken = Stopwatch.GetElapsedTime(since);
            longest = done >= First && taken > longest ? taken : longest;
            Volatile.Write(ref done, done + 1);
        }
    }

    /// <summary>False when the server is not there, or cannot do it right now.</summary>
    private async Task<bool> IsDoneAsync(HttpClient server)
    {
        try
        {
            using HttpRequestMessage request = ask(done);
            using HttpResponseMessage answer = await server.SendAsync(request, stop);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return false;
            }

            answer.EnsureSuccessStatusCode();
            return true;
        }
        catch (HttpRequestException trouble) when (trouble.StatusCode is null)
        {
            // It ends, or has not begun to listen.
            return false;
        }
    }
}
