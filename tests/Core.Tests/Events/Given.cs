using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Minutebook.Core.Events;
using NodaTime;
using static Minutebook.Core.Events.UsageEvent;

namespace Minutebook.Core.Tests.Events;

/// <summary>Random events and texts under a seed that a failing test prints.</summary>
internal sealed class Given(int seed)
{
    public readonly Random Random = new(seed);

    public static readonly long Now = Instant.FromUtc(2026, 3, 2, 9, 0).ToUnixTimeMilliseconds();

    public static byte[] Json(EventBatch batch, int index)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        EventWriter.Write(json, batch, index);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Json(UsageEvent happened)
    {
        var batch = new EventBatch();
        batch.Add(happened);
        return Json(batch, 0);
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>All that a batch says, as text, to compare two of them whose texts are numbered otherwise.</summary>
    public static string[] Say(EventBatch batch)
    {
        var said = new string[batch.Count];
        for (int i = 0; i < batch.Count; i++)
        {
            EventRow row = batch[i];
            string?[] texts = [.. new[] { row.Source, row.Id, row.Application, row.Subject, row.User, row.Connection, row.Role, row.Name,
                row.A, row.B, row.C }.Select(batch.String)];
            string files = string.Join(';', batch.Files(row).ToArray().Select(f => $"{f.Kind},{f.Seconds},{batch.String(f.User)},{f.Bytes}"));
            said[i] = $"{row.Kind}|{row.Time}|{row.Quantity}|{row.Mode}|{row.Stored}|{row.Identity:x}|" +
                string.Join('|', texts.Select(text => text ?? "-")) + $"|{files}";
        }

        return said;
    }

    public UsageEvent Event()
    {
        (string source, string id, Instant time, string application) = (Pick("//trtc/1", "https://x.example/é", Text()), Id(), Time(), Text());
        (string subject, string user, string connection) = (Pick("math-101", Text()), Pick("u-1", "u-2", Text()), Pick("", Text()));
        string? role = Maybe(Pick("teacher", "student"));
        return Random.Next(13) switch
        {
            0 => new ClassStarted(source, id, time, application, subject, Maybe(Text())),
            1 => new ClassEnded(source, id, time, application, subject),
            2 => new ParticipantJoined(source, id, time, application, subject, user, role, connection, (Medium)Random.Next(2)),
            3 => new ParticipantLeft(source, id, time, application, subject, user, role, connection, (Medium)Random.Next(2),
                Random.Next(2) == 0 ? null : Time()),
            4 => new ParticipantReceiving(source, id, time, application, subject, user, connection, Quantity()),
            5 => new RecordingCompleted(source, id, time, application, subject, Text(), [.. Enumerable.Range(0, Random.Next(4)).Select(_ =>
                new RecordedFile((RecordingKind)Random.Next(5), Quantity(), Maybe(user), Random.Next(2) == 0 ? null : Quantity()))]),
            6 => new PlaybackViewed(source, id, time, application, subject, Text(), user, Quantity()),
            7 => new SlicingCompleted(source, id, time, application, subject, Text(), (SlicingMode)Random.Next(2), Quantity(),
                Random.Next(3) switch { 0 => null, 1 => true, _ => false }),
            8 => new ScreenshotCaptured(source, id, time, application, Maybe(subject), Quantity(), Maybe(user)),
            9 => new StorageSampled(source, id, time, application, Quantity()),
            10 => new ContentDelivered(source, id, time, application, Maybe(subject), Quantity(), (DeliveryKind)Random.Next(4),
                Maybe(Text()), Maybe(Text()), Maybe(Text()), Maybe(user)),
            11 => new EventVoided(source, id, time, application, Text(), Id(), Maybe(subject)),
            _ => Unknown(source, id, time, application),
        };
    }

    private Unknown Unknown(string source, string id, Instant time, string application)
    {
        string type = Pick("vendor.other", "x." + Uuid(), "é\"\\");
        string json = JsonSerializer.Serialize(new
        {
            specversion = "1.0",
            id,
            source,
            type,
            time = NodaTime.Text.InstantPattern.ExtendedIso.Format(time),
            data = new { application, more = new[] { 1, 2 } },
        });
        return new Unknown(source, id, time, application, type, json);
    }

    public string Id() => Random.Next(7) switch
    {
        0 => Uuid(),
        1 => Uuid().Replace("-", ""),
        2 => $"evt-{Random.Next(100_000):d6}",
        3 => Random.NextInt64(long.MaxValue).ToString(),
        4 => Uuid().ToUpperInvariant(),
        5 => $"{Random.Next(10)}",
        _ => Text(),
    };

    public string Uuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }

    public Instant Time() => Instant.FromUnixTimeMilliseconds(Random.Next(10) == 0
        ? Random.NextInt64(Rfc3339.Earliest, Now)
        : Now - Random.NextInt64(100_000_000) / (Random.Next(2) == 0 ? 1 : 1000));

    public long Quantity() => Random.Next(4) switch
    {
        0 => 0,
        1 => (1L << 53) - 1,
        2 => Random.NextInt64(1L << 53),
        _ => Random.Next(10_000),
    };

    /// <summary>A text of 1 to 256 characters, from all of Unicode without U+0000.</summary>
    public string Text()
    {
        int length = Random.Next(20) == 0 ? Random.Next(200, 257) : Random.Next(1, 12);
        var text = new StringBuilder();
        for (int i = 0; i < length; i++)
        {
            text.Append(Random.Next(8) switch
            {
                0 => new Rune(Random.Next(1, 0x20)),
                1 => Pick(new Rune('"'), new Rune('\\'), new Rune('/'), new Rune('<'), new Rune(0x7F)),
                2 => new Rune(Random.Next(0x80, 0xD800)),
                3 => new Rune(Random.Next(0xE000, 0x11_0000)),
                _ => new Rune(Random.Next('0', '{')),
            });
        }

        return text.ToString();
    }

    public T Pick<T>(params T[] among) => among[Random.Next(among.Length)];

    public T? Maybe<T>(T some) where T : class => Random.Next(2) == 0 ? null : some;
}
