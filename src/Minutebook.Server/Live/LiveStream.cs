using System.Text;

namespace Minutebook.Server;

/// <summary>
/// One reader of an account's figures. Only the newest waits for it: one that reads slowly skips, and costs nobody anything. It ends
/// when the reader goes, within half a second of the key's or the session's end, or when the server stops.
/// </summary>
internal sealed record LiveStream(LiveSeat Seat, Func<bool> MayStill) : IResult
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly byte[] Beat = Encoding.UTF8.GetBytes(": still here\n\n");

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using LiveSeat seat = Seat;
        HttpResponse response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers["X-Accel-Buffering"] = "no";
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, seat.Stopping);
        try
        {
            await WriteAsync(response, Encoding.UTF8.GetBytes("retry: 2000\n\n"), ending.Token);
            await TellAsync(response, seat, ending.Token);
        }
        catch (OperationCanceledException)
        {
            // That is how a stream ends.
        }
    }

    private async Task TellAsync(HttpResponse response, LiveSeat seat, CancellationToken ending)
    {
        TimeSpan quiet = TimeSpan.Zero;
        while (true)
        {
            byte[]? news = await seat.NextAsync(Look, ending);
            quiet = news is null ? quiet + Look : TimeSpan.Zero;
            if (!MayStill())
            {
                return;
            }

            if (news is not null || quiet >= Heartbeat)
            {
                await WriteAsync(response, news ?? Beat, ending);
                quiet = TimeSpan.Zero;
            }
        }
    }

    private static async Task WriteAsync(HttpResponse response, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await response.Body.WriteAsync(bytes, cancellation);
        await response.Body.FlushAsync(cancellation);
    }
}
