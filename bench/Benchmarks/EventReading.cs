using System.Buffers;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Minutebook.Core.Events;

namespace Minutebook.Benchmarks;

/// <summary>Joins and leaves of about 260 bytes, 4,000 in an array, ids UUIDs: what bodies are read, encoded and decoded at.</summary>
[MemoryDiagnoser]
public class EventReading
{
    private const int Events = 4000;
    private readonly long now = new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private readonly EventReader general = new() { Speculates = false };
    private readonly EventReader speculating = new();
    private readonly EventFaults faults = new();
    private readonly EventBatch batch = new();
    private readonly EventBatch decoded = new();
    private readonly EventEncoder encoder = new();
    private readonly EventDecoder decoder = new();
    private readonly ArrayBufferWriter<byte> piece = new();
    private byte[] array = [];
    private byte[] lines = [];
    private byte[] encoded = [];

    /// <summary>Makes the bodies, and says how large an event is in them and in the journal.</summary>
    [GlobalSetup]
    public void Make()
    {
        var random = new Random(20260302);
        string[] events = [.. Enumerable.Range(0, Events).Select(i => Event(random, i))];
        array = Encoding.UTF8.GetBytes("[" + string.Join(',', events) + "]");
        lines = Encoding.UTF8.GetBytes(string.Join('\n', events));
        batch.Clear();
        if (speculating.Read(array, EventFormat.Array, batch, now, faults) != Events)
        {
            throw new InvalidOperationException(faults.Kept[0].Detail);
        }

        Encode();
        encoded = piece.WrittenSpan.ToArray();
        Console.WriteLine($"// {(array.Length - 1) / Events} bytes an event in JSON, {encoded.Length / (decimal)Events:f1} in the journal");
    }

    /// <summary>An array, each event taken apart by the JSON reader.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int General() => Read(general, array, EventFormat.Array);

    /// <summary>An array, events recognised by their shape.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int Speculating() => Read(speculating, array, EventFormat.Array);

    /// <summary>One a line, events recognised by their shape.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int SpeculatingLines() => Read(speculating, lines, EventFormat.Lines);

    /// <summary>All events of the batch to a piece of the journal.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int Encode()
    {
        piece.ResetWrittenCount();
        encoder.Encode(batch, piece);
        return piece.WrittenCount;
    }

    /// <summary>The piece back to a batch, identities worked out.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public bool Decode()
    {
        decoded.Clear();
        return decoder.TryDecode(encoded, decoded);
    }

    private int Read(EventReader reader, byte[] body, EventFormat format)
    {
        decoded.Clear();
        return reader.Read(body, format, decoded, now, faults);
    }

    private string Event(Random random, int i)
    {
        string id = new Guid([.. Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256))]).ToString();
        string time = DateTimeOffset.FromUnixTimeMilliseconds(now - 3_600_000 + i * 350L)
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string user = $"student-{random.Next(1200):d5}";
        string kind = random.Next(2) == 0 ? "joined" : "left";
        string subject = $"lesson-{random.Next(40):d4}";
        return $$$"""
            {"specversion":"1.0","id":"{{{id}}}","source":"//classroom/eu-1","type":"participant.{{{kind}}}","time":"{{{time}}}",
            "subject":"{{{subject}}}","data":{"application":"university","user":"{{{user}}}","role":"student"}}
            """.ReplaceLineEndings("");
    }
}
