using System.Security.Cryptography;
using System.Text;
using Minutebook.Connectors;
using Minutebook.Core.Events;
using NodaTime;
using Xunit;

namespace Minutebook.Core.Tests.Connectors;

/// <summary>What senders post, signed as they sign it.</summary>
internal static class Posted
{
    public const string Application = "app";
    public const string Key = "123654";

    public static readonly Instant Now = Instant.FromUtc(2024, 4, 25, 8, 0);

    public static Delivery Trtc(string body, string key = Key, IReadOnlyList<string>? recorders = null) =>
        Plain(body, new ConnectorSettings(key, Recorders: recorders)) with
        {
            Header = name => name == "Sign" ? Hmac(key, body) : null,
        };

    public static Delivery Tiw(string body, string key, Instant? arrival = null) =>
        Plain(body, new ConnectorSettings(key)) with { Arrival = arrival ?? Now };

    public static Delivery LiveKit(
        string body, string secret = "secret", string apiKey = "APIkey", Instant? issued = null, string? signedBody = null, string alg = "HS256")
    {
        string token = Token(signedBody ?? body, secret, apiKey, issued ?? Now, alg);
        return Plain(body, new ConnectorSettings("secret", "APIkey")) with { Header = name => name == "Authorization" ? token : null };
    }

    public static Delivery BigBlueButton(string body, string algorithm = "SHA1")
    {
        const string Url = "https://minutebook.example/hooks/app/bigbluebutton";
        byte[] signed = Encoding.UTF8.GetBytes(Url + body + "secret");
        string sum = Convert.ToHexStringLower(CryptographicOperations.HashData(new HashAlgorithmName(algorithm), signed));
        return Plain(body, new ConnectorSettings("secret", CallbackUrl: Url)) with { Query = $"checksum={sum}" };
    }

    /// <summary>A form as bbb-webhooks posts it, its keys in this order.</summary>
    public static string FormOf(params string[] events) =>
        $"domain=bbb.example.com&event={Uri.EscapeDataString($"[{string.Join(',', events)}]").Replace("%20", "+", StringComparison.Ordinal)}&timestamp=1708381133700";

    public static Delivery Jitsi(string path, string body) => Plain(body, new ConnectorSettings("secret")) with
    {
        Header = name => name == "Authorization" ? "Bearer secret" : null,
        Path = ["events", .. path.Split('/')],
    };

    public static Delivery Plain(string body, ConnectorSettings settings) => new()
    {
        Application = Application,
        Settings = settings,
        Body = Encoding.UTF8.GetBytes(body),
        Arrival = Now,
    };

    public static Reading Read(string connector, Delivery delivery, ConnectorMemory? memory = null)
    {
        memory ??= new();
        Reading reading = Connector.Named(connector)!.Read(delivery, memory);
        if (reading is Reading.Accepted { Note: { } note })
        {
            memory.Keep(note, delivery.Arrival);
        }
        return reading;
    }

    public static IReadOnlyList<UsageEvent> Events(string connector, Delivery delivery, ConnectorMemory? memory = null) =>
        Assert.IsType<Reading.Accepted>(Read(connector, delivery, memory)).Events;

    public static string Refusal(string connector, Delivery delivery, int status)
    {
        Reading.Refused refused = Assert.IsType<Reading.Refused>(Read(connector, delivery));
        Assert.Equal(status, refused.Status);
        return refused.Detail;
    }

#pragma warning disable CA5351 // What the sender signs with.
    public static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351

    private static string Hmac(string key, string body) =>
        Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(body)));

    private static string Token(string body, string secret, string apiKey, Instant issued, string alg)
    {
        long from = issued.ToUnixTimeSeconds();
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
        string text = Url($$"""{"alg":"{{alg}}","typ":"JWT"}""") + "."
            + Url($$"""{"iss":"{{apiKey}}","nbf":{{from}},"iat":{{from}},"exp":{{from + 300}},"sha256":"{{hash}}"}""");
        return $"{text}.{Url(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)))}";
    }

    private static string Url(string text) => Url(Encoding.UTF8.GetBytes(text));

    private static string Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
