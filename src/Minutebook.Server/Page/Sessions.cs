using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Server;

/// <summary>Who signed in at the page. Kept in memory: a restart signs everyone out.</summary>
internal sealed class Sessions(TimeProvider time)
{
    private const string Cookie = "minutebook-session";
    private const int Most = 1000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly ConcurrentDictionary<string, DateTimeOffset> ends = new(StringComparer.Ordinal);

    public void Begin(HttpContext http)
    {
        foreach (string over in ends.Where(session => session.Value <= time.GetUtcNow() || ends.Count >= Most).Select(session => session.Key))
        {
            ends.TryRemove(over, out _);
        }

        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        ends[HashOf(token)] = time.GetUtcNow() + Lifetime;
        http.Response.Cookies.Append(
            Cookie, token,
            new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/", MaxAge = Lifetime });
    }

    public bool Holds(HttpRequest request) =>
        request.Cookies[Cookie] is { } token && ends.TryGetValue(HashOf(token), out DateTimeOffset end) && end > time.GetUtcNow();

    private static string HashOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
