using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Server.Tests.Hooks;

/// <summary>Webhooks as other systems sign and post them.</summary>
internal static class Signed
{
    public static Task<HttpResponseMessage> PostTrtcAsync(this HttpClient client, string application, string body, string key) =>
        PostAsync(client, $"/hooks/{application}/trtc", body, ("Sign", Convert.ToBase64String(HMACSHA256.HashData(Bytes(key), Bytes(body)))));

    /// <summary>What TRTC posts of a room: 101 and 102 it is created and dismissed, 103 and 104 somebody enters and leaves.</summary>
    public static string TrtcRoom(int type, long at, string? user, string room)
    {
        string who = user is null ? "" : $",\"UserId\":\"{user}\"";
        return $$"""{"EventGroupId":1,"EventType":{{type}},"CallbackTs":{{at + 50}},"EventInfo":{"RoomId":"{{room}}","EventTs":{{at / 1000}},"EventMsTs":{{at}}{{who}},"Role":20,"Reason":1} }""";
    }

    /// <summary>With a token that was made just now: it expires by the real clock, also in a sandbox.</summary>
    public static Task<HttpResponseMessage> PostLiveKitAsync(this HttpClient client, string application, string body, string apiKey, string secret)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string hash = Convert.ToBase64String(SHA256.HashData(Bytes(body)));
        string token = Url(Bytes("""{"alg":"HS256","typ":"JWT"}""")) + "."
            + Url(Bytes($$"""{"iss":"{{apiKey}}","nbf":{{now}},"exp":{{now + 300}},"sha256":"{{hash}}"}"""));
        string signed = $"{token}.{Url(HMACSHA256.HashData(Bytes(secret), Bytes(token)))}";
        return PostAsync(client, $"/hooks/{application}/livekit", body, ("Authorization", signed));
    }

    public static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string body, params (string Name, string Value)[] headers)
    {
        // What senders post comes without a key of ours.
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(client.BaseAddress!, path)) { Content = new ByteArrayContent(Bytes(body)) };
        request.Content.Headers.ContentType = new("application/json");
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return client.SendAsync(request);
    }

#pragma warning disable CA5351 // What the sender signs with.
    public static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Bytes(text)));
#pragma warning restore CA5351

    private static string Url(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
