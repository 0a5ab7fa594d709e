using System.IO.Compression;

namespace Minutebook.Server;

/// <summary>
/// Unpacks gzip and notices when its end is missing. <see cref="GZipStream"/> takes a torn stream for a short one; so a mark, packed as
/// one more member, is put behind the stream: it comes out at the end only if all before it was whole.
/// </summary>
internal sealed class Unpacking(Stream packed) : IDisposable
{
    private static readonly byte[] Mark = [.. Enumerable.Repeat((byte)1, 64)];
    private static readonly byte[] PackedMark = Pack(Mark);

    private readonly GZipStream gzip = new(new Marked(packed), CompressionMode.Decompress);

    /// <summary>How many bytes it gives beyond what was packed.</summary>
    public static int MarkLength => Mark.Length;

    public ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellation) => gzip.ReadAsync(into, cancellation);

    /// <summary>Whether what was unpacked is whole: then it ends in the mark.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> unpacked) => unpacked.EndsWith(Mark);

    public void Dispose() => gzip.Dispose();

    private static byte[] Pack(byte[] plain)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    private sealed class Marked(Stream inner) : Stream
    {
        private bool innerIsOver;
        private int given;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = innerIsOver ? 0 : await inner.ReadAsync(buffer, cancellationToken);
            if (read > 0)
            {
                return read;
            }

            innerIsOver = true;
            ReadOnlyMemory<byte> rest = PackedMark.AsMemory(given);
            rest = rest[..Math.Min(rest.Length, buffer.Length)];
            rest.CopyTo(buffer);
            given += rest.Length;
            return rest.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
