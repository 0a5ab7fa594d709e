using System.Buffers;
using System.IO.Pipelines;

namespace Minutebook.Server;

/// <summary>A request's body, unpacked, in one piece of memory, pooled where it is not large; or why it was not taken.</summary>
internal sealed class Body : IDisposable
{
    /// <summary>The most that any request may hold, unpacked.</summary>
    public const int Most = 64 << 20;

    // The pool keeps what comes back, for each thread: what only a few large bodies need would stay with all of them.
    private const int MostPooled = 4 << 20;

    private readonly int most;
    private byte[] bytes = [];
    private int length;

    private Body(int most) => this.most = most;

    public Problem? Refused { get; private set; }

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, length);

    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, length);

    /// <summary>Reads all of it. Packed bodies count as they are unpacked, so that a small bomb does not become a large one.</summary>
    /// <param name="asSent">Leaves packed bodies packed, for signatures that cover what was sent.</param>
    public static async ValueTask<Body> ReadAsync(HttpRequest request, int most, CancellationToken cancellation, bool asSent = false)
    {
        var body = new Body(most);
        try
        {
            await body.FillAsync(request, asSent, cancellation);
        }
        catch (InvalidDataException)
        {
            body.Refused = Problem.Invalid("", "The body is not whole gzip. Pack it again, or send it as it is.");
        }
        catch
        {
            body.Dispose();
            throw;
        }

        return body;
    }

    public void Dispose()
    {
        GiveBack();
        bytes = [];
        length = 0;
    }

    private ValueTask FillAsync(HttpRequest request, bool asSent, CancellationToken cancellation)
    {
        string? encoding = asSent || request.Headers.ContentEncoding.Count == 0 ? null : request.Headers.ContentEncoding.ToString().Trim();
        if (encoding is null or "" || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return PlainAsync(request, cancellation);
        }

        if (encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase) || encoding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase))
        {
            return PackedAsync(request, cancellation);
        }

        Refused = new Problem(Code.UnsupportedMediaType, "Only gzip is understood as Content-Encoding. Send it so, or unpacked.");
        return ValueTask.CompletedTask;
    }

    private async ValueTask PlainAsync(HttpRequest request, CancellationToken cancellation)
    {
        // What a sender announces is not yet sent: a large announcement alone must not take memory.
        long announced = request.ContentLength ?? 0;
        if (announced > most)
        {
            TooLarge();
            return;
        }

        Reserve((int)Math.Min(announced, 1 << 20));
        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(cancellation);
            if (read.Buffer.Length > most - length)
            {
                reader.AdvanceTo(read.Buffer.Start);
                TooLarge();
                return;
            }

            Reserve((int)read.Buffer.Length);
            read.Buffer.CopyTo(bytes.AsSpan(length));
            length += (int)read.Buffer.Length;
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private async ValueTask PackedAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var unpacking = new Unpacking(request.Body);
        int mostMarked = most + Unpacking.MarkLength;
        int read;
        do
        {
            Reserve(1 << 16);
            read = await unpacking.ReadAsync(bytes.AsMemory(length), cancellation);
            length += read;
        }
        while (read > 0 && length <= mostMarked);

        if (length > mostMarked)
        {
            TooLarge();
            return;
        }

        if (!Unpacking.IsWhole(Span))
        {
            throw new InvalidDataException("The end is missing.");
        }

        length -= Unpacking.MarkLength;
    }

    private void TooLarge() => Refused = new Problem(
        Code.PayloadTooLarge, $"The body is larger than {most} bytes unpacked. Nothing was taken: send it in smaller parts.");

    private void Reserve(int more)
    {
        int needed = length + more;
        if (needed <= bytes.Length)
        {
            return;
        }

        int size = Math.Max(needed, Math.Min(bytes.Length * 2, most + (1 << 17)));
        byte[] larger = size <= MostPooled ? ArrayPool<byte>.Shared.Rent(size) : GC.AllocateUninitializedArray<byte>(size);
        bytes.AsSpan(0, length).CopyTo(larger);
        GiveBack();
        bytes = larger;
    }

    private void GiveBack()
    {
        if (bytes.Length is > 0 and <= MostPooled)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
