using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Server;

/// <summary>
/// Who signed in at the console. Kept in memory, by the hash of what the cookie holds: a restart signs everyone out. A session is as
/// good as the key that opened it: when that is revoked or has expired, there is no session.
/// </summary>
internal sealed class Sessions(Keyring keyring, TimeProvider time)
{
    private const int Most = 10_000;
    private const string Cookie = "minutebook-session";
    private const string ByItself = "X-By-Itself";

    /// <summary>A session ends so long after the last request.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    /// <summary>A session ends so long after signing in, whatever is done.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly ConcurrentDictionary<string, Session> sessions = new(StringComparer.Ordinal);

    private sealed class Session(Func<Caller?> caller, DateTimeOffset ends, string? identity)
    {
        private volatile bool ended;

        public string? Identity => identity;

        public Func<Caller?> Caller => caller;
        public string FormToken { get; } = NewSecret();
        public DateTimeOffset SeenAt { get; set; }

        public void End() => ended = true;

        public bool IsOver(DateTimeOffset now) => ended || now >= ends || now >= SeenAt + Idle;
    }

    /// <summary>Signs in, and out whoever was signed in with this browser.</summary>
    public void Begin(HttpContext http, Caller caller) => Begin(http, () => keyring.CallerOf(caller.Key));

    /// <summary>The same for somebody whom no key stands for, as long as that says who it is.</summary>
    /// <param name="http">The request that signs in.</param>
    /// <param name="caller">Who it is; null for nobody any more.</param>
    /// <param name="identity">What the provider's sign-out has to be shown; null for none.</param>
    public void Begin(HttpContext http, Func<Caller?> caller, string? identity = null)
    {
        End(http);
        DateTimeOffset now = time.GetUtcNow();
        MakeRoom(now);
        string secret = NewSecret();
        sessions[HashOf(secret)] = new Session(caller, now + Lifetime, identity) { SeenAt = now };
        http.Response.Cookies.Append(CookieOf(http), secret, Options(http));
    }

    /// <summary>Signs out; what the provider that signed in has to be shown for it to sign out too, or null.</summary>
    public string? End(HttpContext http)
    {
        if (http.Request.Cookies[CookieOf(http)] is { } secret && sessions.TryRemove(HashOf(secret), out Session? session))
        {
            session.End();
            http.Response.Cookies.Delete(CookieOf(http), Options(http));
            return session.Identity;
        }

        return null;
    }

    /// <summary>Who signed in; null when nobody did, or it is over.</summary>
    public Caller? CallerOf(HttpContext http)
    {
        if (Of(http) is not { } session)
        {
            return null;
        }

        session.SeenAt = IsByItself(http.Request) ? session.SeenAt : time.GetUtcNow();
        return session.Caller() is { } caller
            ? caller with { IsGood = () => !session.IsOver(time.GetUtcNow()) && caller.IsGood() }
            : null;
    }

    /// <summary>What every form of the session has to carry in its field <c>token</c>: another site cannot know it.</summary>
    public string? FormToken(HttpContext http) => Of(http) is { } session ? Masked(session.FormToken) : null;

    /// <summary>Whether a form carried what it has to.</summary>
    public bool IsFormToken(HttpContext http, string given) => Of(http) is { } session
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(session.FormToken), Unmasked(given));

    /// <summary>The token under a mask of its own in each page: pages are compressed, and how well must not tell of it.</summary>
    private static string Masked(string token)
    {
        byte[] mask = RandomNumberGenerator.GetBytes(token.Length);
        return Base64Url.EncodeToString([.. mask, .. Encoding.UTF8.GetBytes(token).Zip(mask, (its, over) => (byte)(its ^ over))]);
    }

    private static byte[] Unmasked(string given)
    {
        byte[] both = Base64Url.IsValid(given) ? Base64Url.DecodeFromChars(given) : [];
        return [.. both.Take(both.Length / 2).Zip(both.Skip(both.Length / 2), (over, its) => (byte)(its ^ over))];
    }

    /// <summary>Whether a browser says that another site made the request. Programs say nothing of the kind.</summary>
    public static bool IsFromElsewhere(HttpRequest request)
    {
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            return site is not ("same-origin" or "none");
        }

        string origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    // Figures that change in place are asked for by the page: that shows nobody in front of it.
    private static bool IsByItself(HttpRequest request) =>
        request.Headers.ContainsKey(ByItself) || request.Headers.Accept.ToString() == "text/event-stream";

    private Session? Of(HttpContext http)
    {
        if (http.Request.Cookies[CookieOf(http)] is not { } secret || !sessions.TryGetValue(HashOf(secret), out Session? session))
        {
            return null;
        }

        if (!session.IsOver(time.GetUtcNow()))
        {
            return session;
        }

        sessions.TryRemove(HashOf(secret), out _);
        return null;
    }

    private void MakeRoom(DateTimeOffset now)
    {
        bool full = sessions.Count >= Most;
        DateTimeOffset oldest = full ? sessions.Values.Min(session => session.SeenAt) : default;
        foreach ((string hash, Session session) in sessions)
        {
            if (session.IsOver(now) || (full && session.SeenAt == oldest))
            {
                sessions.TryRemove(hash, out _);
            }
        }
    }

    // The prefix makes browsers hold the cookie to this host and to https; they refuse it without https.
    private static string CookieOf(HttpContext http) => http.Request.IsHttps ? "__Host-" + Cookie : Cookie;

    private static CookieOptions Options(HttpContext http) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/", MaxAge = Lifetime };

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static string HashOf(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
