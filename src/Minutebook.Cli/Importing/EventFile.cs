using System.IO.Compression;
using System.Security.Cryptography;

namespace Minutebook.Cli.Importing;

/// <summary>A file of events, one a line, plain or gzip, read in batches.</summary>
internal sealed class EventFile : IDisposable
{
    // What is left of a read after the last whole line is copied to the next batch; small reads keep that small.
    private const int ReadBytes = 256 * 1024;

    private readonly string path;
    private readonly FileStream file;
    private readonly byte[] carry = new byte[Batch.MostBytes];
    private Stream unpacked;
    private int carried;
    private ImportMark mark;
    private int lastLength;
    private long lastOffset;
    private long number;
    private bool ended;

    /// <param name="path">The file.</param>
    /// <param name="server">Where its events go.</param>
    /// <param name="from">A mark to go on from if the file is still the one that it was made on; null to start at the beginning.</param>
    public EventFile(string path, string server, ImportMark? from)
    {
        this.path = path;
        mark = ImportMark.Start(server);
        file = Open(path);
        unpacked = Unpack(file);
        if (from is not null && from.Server == server && from.LastHash.Length > 0 && LastLineIs(from))
        {
            mark = from;
            return;
        }

        unpacked = Unpack(file);
        SkipByteOrderMark();
    }

    /// <summary>Events of the file that had been acknowledged before it was opened.</summary>
    public long EventsBefore => mark.Events;

    /// <summary>How much of the file has been read, from 0 to 1.</summary>
    public double Fraction => file.Length == 0 ? 1 : (double)file.Position / file.Length;

    public void Dispose()
    {
        unpacked.Dispose();
        file.Dispose();
    }

    /// <summary>Fills the batch with the next whole lines; false when there are no more.</summary>
    public bool Fill(Batch batch)
    {
        batch.Clear();
        List<int> blanks = [];
        carry.AsSpan(0, carried).CopyTo(batch.Bytes);
        int filled = carried;
        int lineStart = 0;
        int searched = 0;
        long firstLine = mark.Line;
        while (batch.Events < Batch.MostEvents)
        {
            int newline = batch.Bytes.AsSpan(searched, filled - searched).IndexOf((byte)'\n');
            if (newline < 0 && !ended && filled < batch.Bytes.Length)
            {
                searched = filled;
                filled += ReadInto(batch.Bytes.AsSpan(filled));
                continue;
            }

            int lineEnd = newline >= 0 ? searched + newline + 1 : filled;
            bool whole = newline >= 0 || (ended && lineEnd > lineStart);
            if (!whole)
            {
                break;
            }

            if (batch.Events == 0)
            {
                firstLine = mark.Line;
                blanks.Clear();
            }

            Take(batch, lineStart, lineEnd, blanks);
            lineStart = searched = lineEnd;
        }

        carried = filled - lineStart;
        batch.Bytes.AsSpan(lineStart, carried).CopyTo(carry);
        return Seal(batch, firstLine, blanks);
    }

    private void Take(Batch batch, int start, int end, List<int> blanks)
    {
        Span<byte> line = batch.Bytes.AsSpan(start, end - start);
        mark = mark with { Offset = mark.Offset + line.Length, Line = mark.Line + 1 };
        if (line.Trim(" \t\r\n"u8).IsEmpty)
        {
            blanks.Add(batch.Events);
            return;
        }

        if (batch.Length != start)
        {
            line.CopyTo(batch.Bytes.AsSpan(batch.Length));
        }

        lastLength = line.Length;
        lastOffset = mark.Offset - line.Length;
        batch.Length += line.Length;
        batch.Events++;
    }

    private bool Seal(Batch batch, long firstLine, List<int> blanks)
    {
        if (batch.Events == 0)
        {
            return ended ? false : throw new Failure(
                ExitCode.Failed,
                $"{path}:{mark.Line}: this line is longer than {Batch.MostBytes} bytes; an event may have 1 MiB. Is it a file of events, one a line?");
        }

        ReadOnlySpan<byte> last = batch.Bytes.AsSpan(batch.Length - lastLength, lastLength);
        mark = mark with { Events = mark.Events + batch.Events, LastOffset = lastOffset, LastHash = Hash(last) };
        batch.Number = number++;
        batch.Origin = new BatchOrigin(path, firstLine, blanks, mark);
        return true;
    }

    private int ReadInto(Span<byte> room)
    {
        try
        {
            int read = unpacked.Read(room[..Math.Min(room.Length, ReadBytes)]);
            ended = read == 0;
            return read;
        }
        catch (InvalidDataException broken)
        {
            throw new Failure(ExitCode.Failed, $"{path}: the gzip data is damaged after line {mark.Line}: {broken.Message} Get the file again, then run the import again; it goes on from where it was.", broken);
        }
    }

    private bool LastLineIs(ImportMark from)
    {
        byte[] last = new byte[from.Offset - from.LastOffset];
        Skip(from.LastOffset);
        int read = unpacked.ReadAtLeast(last, last.Length, throwOnEndOfStream: false);
        int newline = last.AsSpan(0, read).IndexOf((byte)'\n');
        int end = newline < 0 ? read : newline + 1;
        return read == last.Length && Hash(last.AsSpan(0, end)) == from.LastHash;
    }

    private void Skip(long bytes)
    {
        if (unpacked == file)
        {
            file.Position = bytes;
            return;
        }

        while (bytes > 0 && unpacked.Read(carry, 0, (int)Math.Min(bytes, carry.Length)) is int read and > 0)
        {
            bytes -= read;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, ReadBytes, FileOptions.SequentialScan);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new Failure(ExitCode.Failed, $"Cannot read {path}: {trouble.Message}", trouble);
        }
    }

    private static Stream Unpack(FileStream file)
    {
        file.Position = 0;
        bool gzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return gzip ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : file;
    }

    private void SkipByteOrderMark()
    {
        carried = unpacked.ReadAtLeast(carry.AsSpan(0, 3), 3, throwOnEndOfStream: false);
        if (carry.AsSpan(0, carried).SequenceEqual("\uFEFF"u8))
        {
            carried = 0;
            mark = mark with { Offset = 3 };
        }
        else if (carried > 0 && carry[0] == '[')
        {
            throw new Failure(ExitCode.Failed, $"{path} is one JSON array; import reads one event a line. Turn it into lines first: jq -c '.[]' {path}");
        }
    }

    private static string Hash(ReadOnlySpan<byte> line) => Convert.ToHexStringLower(SHA256.HashData(line));
}
