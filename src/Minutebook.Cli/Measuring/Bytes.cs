using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Minutebook.Core.Events;
using Minutebook.Store;

namespace Minutebook.Cli.Measuring;

/// <summary>What is hashed of events and written of them to the journal, in MB/s, each beside what the machine would allow for the same bytes.</summary>
internal static class Bytes
{
    private const int BatchSize = 4_000;
    /// <summary>As many as clients post at once in <see cref="Wire.Batches"/>: what is there when a group is synced.</summary>
    private const int Together = 4;
    private const double Mega = 1e6;
    /// <summary>The journal does not look into what it keeps.</summary>
    private const int Codec = 1;

    /// <summary>Source and id of each event to its identity.</summary>
    public static Task<double> Hash(BenchOptions options, CancellationToken stop) => Task.FromResult(OfTexts(
        options,
        static (source, id) =>
        {
            UInt128 identity = TextHash.Identity(TextHash.Of(source), id);
            return (ulong)(identity >> 64) ^ unchecked((ulong)identity);
        },
        stop));

    /// <summary>The same texts only read, eight bytes at a time.</summary>
    public static Task<double> HashLimit(BenchOptions options, CancellationToken stop) =>
        Task.FromResult(OfTexts(options, static (source, id) => Sum(source) ^ Sum(id), stop));

    /// <summary>Batches in the journal's form, appended to a store's journal four at a time, of as many shards, and synced.</summary>
    public static Task<double> Journal(BenchOptions options, CancellationToken stop) => Task.FromResult(InDirectory(data =>
    {
        List<ReadOnlyMemory<byte>> pieces = Pieces(options);
        using var store = Store.Store.Open(new StoreOptions { Directory = data.FullName });
        long time = Stages.Now.ToUnixTimeMilliseconds();
        return OfPieces(pieces, some => store.Append(time, Codec, [.. some.Select((piece, at) => (at + 1, piece))]), stop);
    }));

    /// <summary>The same bytes at the end of a file, synced as often.</summary>
    public static Task<double> JournalLimit(BenchOptions options, CancellationToken stop) => Task.FromResult(InDirectory(data =>
    {
        List<ReadOnlyMemory<byte>> pieces = Pieces(options);
        using var file = File.OpenHandle(Path.Combine(data.FullName, "bytes"), FileMode.CreateNew, FileAccess.Write);
        long end = 0;
        return OfPieces(
            pieces,
            some =>
            {
                RandomAccess.Write(file, some, end);
                end += some.Sum(static piece => (long)piece.Length);
                RandomAccess.FlushToDisk(file);
            },
            stop);
    }));

    private static double OfTexts(BenchOptions options, Func<ReadOnlySpan<byte>, ReadOnlySpan<byte>, ulong> take, CancellationToken stop)
    {
        List<EventBatch> batches = Stages.Batches(options);
        (long bytes, ulong seen) = (0, 0);
        Stopwatch watch = Stopwatch.StartNew();
        for (int round = 0; round < 2; round++)
        {
            bytes = 0;
            watch.Restart();
            foreach (EventBatch batch in batches)
            {
                stop.ThrowIfCancellationRequested();
                foreach (ref readonly EventRow row in batch.Rows)
                {
                    ReadOnlySpan<byte> source = batch.Text(row.Source);
                    ReadOnlySpan<byte> id = batch.Text(row.Id);
                    seen ^= take(source, id);
                    bytes += source.Length + id.Length;
                }
            }
        }

        double seconds = watch.Elapsed.TotalSeconds;
        GC.KeepAlive(seen);
        return bytes / seconds / Mega;
    }

    private static ulong Sum(ReadOnlySpan<byte> text)
    {
        ulong sum = 0;
        foreach (ulong eight in MemoryMarshal.Cast<byte, ulong>(text))
        {
            sum ^= eight;
        }

        foreach (byte one in text[(text.Length & ~7)..])
        {
            sum ^= one;
        }

        return sum;
    }

    private static List<ReadOnlyMemory<byte>> Pieces(BenchOptions options)
    {
        var encoder = new EventEncoder();
        return [.. Stages.Batches(options).Select(batch =>
        {
            var bytes = new ArrayBufferWriter<byte>(BatchSize * 32);
            encoder.Encode(batch, bytes);
            return bytes.WrittenMemory;
        })];
    }

    private static double OfPieces(List<ReadOnlyMemory<byte>> pieces, Action<ReadOnlyMemory<byte>[]> write, CancellationToken stop)
    {
        long bytes = pieces.Sum(static piece => (long)piece.Length);
        Stopwatch watch = Stopwatch.StartNew();
        foreach (ReadOnlyMemory<byte>[] some in pieces.Chunk(Together))
        {
            stop.ThrowIfCancellationRequested();
            write(some);
        }

        return bytes / watch.Elapsed.TotalSeconds / Mega;
    }

    private static double InDirectory(Func<DirectoryInfo, double> measure)
    {
        DirectoryInfo data = Directory.CreateTempSubdirectory("minutebook-bench-");
        try
        {
            return measure(data);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
