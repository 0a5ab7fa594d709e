using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Minutebook.Core.Events;
using Xunit;

namespace Minutebook.Core.Tests.Events;

/// <summary>The speculating reader says on every body what the general one says: <see cref="Reading.Of(byte[], EventFormat, EventReader)"/> throws if not.</summary>
public sealed class Differences
{
    private static readonly string[] Spaces = ["", "", "", " ", "\n", "\t", "\r\n  "];

    private static readonly string[] Values =
    [
        "0", "1", "-1", "01", "1.0", "1e3", "9007199254740991", "9007199254740992", "9223372036854775808", "12345678901234567890", "NaN",
        "true", "false", "null", "\"\"", "\"a\"", "\"\\u0061\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "{}", "[]",
        "{\"a\":1,\"a\":2}", "[{\"kind\":\"camera\",\"seconds\":1}]", "\"av\"", "\"2026-03-02T08:00:00Z\"", "\"2026-03-02T08:00:60Z\"",
        "\"9999-12-31T23:59:59Z\"", "\"2026-03-02t08:00:00.123456z\"", "\"é\"", "\"a\\nb\"", "\"participant.left\"",
    ];

    private static readonly string[] Keys =
        ["id", "source", "type", "time", "subject", "data", "user", "role", "x", "\\u0069d", "seconds", "bytes", "medium", "data_base64"];

    [Fact]
    public void Bodies_of_usual_events() => For_many_seeds((given, reader) => Reading.Of(Body(given, out EventFormat format), format, reader));

    [Fact]
    public void Bodies_with_bytes_changed() => For_many_seeds((given, reader) =>
    {
        byte[] body = Body(given, out EventFormat format);
        Reading.Of(body, format, reader);
        for (int i = given.Random.Next(1, 4); i > 0; i--)
        {
            Change(given, ref body);
        }

        Reading.Of(body, format, reader);
    });

    [Fact]
    public void Bodies_cut_at_every_byte()
    {
        var given = new Given(7);
        byte[] body = Body(given, out EventFormat format);
        var reader = new EventReader();
        for (int length = 0; length < Math.Min(body.Length, 3000); length++)
        {
            Reading.Of(body[..length], format, reader);
        }
    }

    private static byte[] Body(Given given, out EventFormat format)
    {
        format = (EventFormat)given.Random.Next(3);
        int style = given.Random.Next(1000);
        var events = new List<string>();
        for (int i = format == EventFormat.One ? 1 : given.Random.Next(1, 12); i > 0; i--)
        {
            events.Add(Event(given, given.Random.Next(6) == 0 ? given.Random.Next(1000) : style));
        }

        return Encoding.UTF8.GetBytes(format switch
        {
            EventFormat.One => given.Pick(Spaces) + events[0] + given.Pick(Spaces),
            EventFormat.Array => given.Pick(Spaces) + "[" + string.Join(given.Pick(",", ", ", ",\n"), events) + "]" + given.Pick(Spaces),
            _ => string.Join(given.Pick("\n", "\r\n", "\n\n"), events.Select(one => one.ReplaceLineEndings(" "))) + given.Pick("", "\n"),
        });
    }

    // A style fixes spacing and the order of keys, so that events of one body mostly look alike, as a sender's do.
    private static string Event(Given given, int style)
    {
        var order = new Random(style);
        string space = Spaces[order.Next(Spaces.Length)];
        string type = given.Pick("participant.joined", "participant.joined", "participant.left", "class.ended", "playback.viewed",
            "content.delivered", "slicing.completed", "storage.sampled", "event.voided", "recording.completed", "vendor.other");
        List<(string Key, string Value)> envelope =
        [
            ("specversion", "\"1.0\""), ("id", Json(given.Id())), ("source", Json(given.Pick("//a", "//b"))), ("type", Json(type)),
            ("time", Json(given.Pick("2026-03-02T08:00:00Z", "2026-03-02T08:59:59.999Z", "2026-03-02T16:00:00.5+08:00"))),
            ("subject", Json($"class-{given.Random.Next(5)}")),
        ];
        if (order.Next(3) == 0)
        {
            envelope.Add(("traceparent", Json(given.Uuid())));
            envelope.Add(("sequence", $"{given.Random.Next(1000)}"));
        }

        List<(string Key, string Value)> data = Data(given, type);
        Vary(given, order, data);
        envelope.Add(("data", Object(order, data, space)));
        Vary(given, order, envelope);
        return Object(order, envelope, space);
    }

    private static List<(string Key, string Value)> Data(Given given, string type)
    {
        List<(string Key, string Value)> data = [("application", "\"app\""), ("user", Json(given.Pick("u-1", "u-2", "ü")))];
        data.AddRange(type switch
        {
            "participant.joined" => [("role", Json(given.Pick("student", ""))), ("medium", Json(given.Pick("av", "whiteboard")))],
            "participant.left" => [("joinedAt", "\"2026-03-02T07:00:00Z\""), ("connection", Json(given.Id()))],
            "playback.viewed" => [("recording", "\"r\""), ("seconds", $"{given.Quantity()}")],
            "content.delivered" => [("bytes", $"{given.Quantity()}"), ("kind", Json(given.Pick("vod", "live"))), ("section", "\"s\"")],
            "slicing.completed" => [("task", "\"t\""), ("mode", "\"audio\""), ("seconds", "60"), ("stored", given.Pick("true", "false"))],
            "storage.sampled" => [("bytes", $"{given.Quantity()}")],
            "event.voided" => [("source", "\"//a\""), ("id", Json(given.Id()))],
            "recording.completed" => [("recording", "\"r\""), ("files", "[{\"kind\":\"screen\",\"seconds\":7}]")],
            _ => new (string, string)[] { ("more", "[1,{\"a\":null}]") },
        });
        return data;
    }

    private static void Vary(Given given, Random order, List<(string Key, string Value)> members)
    {
        for (int i = members.Count - 1; i > 0 && order.Next(2) == 0; i--)
        {
            int j = order.Next(i + 1);
            (members[i], members[j]) = (members[j], members[i]);
        }

        switch (given.Random.Next(25))
        {
            case 0:
                members.RemoveAt(given.Random.Next(members.Count));
                break;
            case 1:
                members.Add(members[given.Random.Next(members.Count)]);
                break;
            case 2:
                int at = given.Random.Next(members.Count);
                members[at] = (members[at].Key, given.Pick(Values));
                break;
            case 3:
                members.Insert(given.Random.Next(members.Count + 1), (given.Pick(Keys), given.Pick(Values)));
                break;
        }
    }

    private static string Object(Random order, List<(string Key, string Value)> members, string space)
    {
        string colon = order.Next(2) == 0 ? ":" : ": ";
        return $"{{{space}{string.Join("," + space, members.Select(member => $"\"{member.Key}\"{colon}{member.Value}"))}{space}}}";
    }

    private static void Change(Given given, ref byte[] body)
    {
        int at = given.Random.Next(body.Length);
        switch (given.Random.Next(6))
        {
            case 0:
                body[at] = (byte)given.Random.Next(256);
                break;
            case 1:
                body[at] ^= (byte)(1 << given.Random.Next(8));
                break;
            case 2:
                body = [.. body[..at], .. body[(at + 1)..]];
                break;
            case 3:
                body = [.. body[..at], given.Pick("\"\\{}[]:,0123456789 \n\té\0".Select(c => (byte)c).ToArray()), .. body[at..]];
                break;
            case 4:
                int from = given.Random.Next(body.Length), length = Math.Min(given.Random.Next(40), body.Length - from);
                body = [.. body[..at], .. body[from..(from + length)], .. body[at..]];
                break;
            default:
                body = [.. body[..at], .. Encoding.UTF8.GetBytes(given.Pick(Values)), .. body[at..]];
                break;
        }

        body = body.Length == 0 ? [0] : body;
    }

    private static string Json(string text) => System.Text.Json.JsonSerializer.Serialize(text, Relaxed);

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // One reader for all seeds, so that it meets each body with what it learned from those before.
    private static void For_many_seeds(Action<Given, EventReader> check)
    {
        var reader = new EventReader();
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => check(new Given(seed), reader))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(10_000).WithEndSize(int.MaxValue - 1));
    }
}
