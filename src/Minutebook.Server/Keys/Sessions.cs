using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Minutebook.Core.Accounts;
using Minutebook.Store;

namespace Minutebook.Server;

/// <summary>
/// Who signed in at the console. Kept in the store, by the hash of what the cookie holds, so that any process on it knows who it is, and
/// after a restart. A session is as good as the key that opened it: when that is revoked or has expired, there is no session.
/// </summary>
internal sealed class Sessions(Keyring keyring, Outbox outbox, Seal seal, int perSecond, TimeProvider time)
{
    private const int Most = 10_000;
    private const string Cookie = "minutebook-session";
    private const string ByItself = "X-By-Itself";

    /// <summary>A session ends so long after the last request.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    /// <summary>A session ends so long after signing in, whatever is done.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>What another process did to a session, as signing out, is known so soon.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>So exactly the store knows when a session was last used.</summary>
    private static readonly TimeSpan NoteEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Session> known = new(StringComparer.Ordinal);

    /// <summary>Who signed in, as it is sealed.</summary>
    /// <param name="IsByKey">The key still has to be good; else it is what a provider said.</param>
    /// <param name="Key">The key's id, or the provider's.</param>
    /// <param name="Identity">What the provider's sign-out has to be shown; null for none.</param>
    private sealed record Who(bool IsByKey, string Key, string Name, KeyRole Role, string? Account, string? Organization, string? Department, string? Identity);

    private sealed class Session(Func<Caller?> caller, string? identity, DateTimeOffset ends)
    {
        private volatile bool ended;

        public string? Identity => identity;
        public Func<Caller?> Caller => caller;
        public DateTimeOffset SeenAt { get; set; }
        public DateTimeOffset NotedAt { get; set; }
        public DateTimeOffset LookedAt { get; set; }

        public void End() => ended = true;

        public bool IsOver(DateTimeOffset now) => ended || now >= ends || now >= SeenAt + Idle;
    }

    /// <summary>Signs in, and out whoever was signed in with this browser.</summary>
    /// <param name="http">The request that signs in.</param>
    /// <param name="caller">Who it is.</param>
    /// <param name="identity">What the provider's sign-out has to be shown, of somebody whom no key stands for; null for a key.</param>
    public void Begin(HttpContext http, Caller caller, string? identity = null)
    {
        End(http);
        DateTimeOffset now = time.GetUtcNow();
        string secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), id = HashOf(secret);
        byte[] who = JsonSerializer.SerializeToUtf8Bytes(
            new Who(identity is null, caller.Key, caller.Name, caller.Role, caller.Account, caller.Organization, caller.Department, identity));
        outbox.Begin(
            new SessionRow(id, seal.Close(who, PurposeOf(id)), now.ToUnixTimeMilliseconds(), (now + Lifetime).ToUnixTimeMilliseconds()),
            now.ToUnixTimeMilliseconds(), (now - Idle).ToUnixTimeMilliseconds(), Most);
        http.Response.Cookies.Append(CookieOf(http), $"{secret}.{MarkOf(secret)}", Options(http));
    }

    /// <summary>Signs out; what the provider that signed in has to be shown for it to sign out too, or null.</summary>
    public string? End(HttpContext http)
    {
        if (SecretOf(http) is not { } secret || Of(http) is not { } session)
        {
            return null;
        }

        Forget(HashOf(secret));
        http.Response.Cookies.Delete(CookieOf(http), Options(http));
        return session.Identity;
    }

    /// <summary>Who signed in; null when nobody did, or it is over.</summary>
    public Caller? CallerOf(HttpContext http)
    {
        if (SecretOf(http) is not { } secret || Of(http) is not { } session)
        {
            return null;
        }

        if (!IsByItself(http.Request))
        {
            session.SeenAt = time.GetUtcNow();
            Note(HashOf(secret), session);
        }

        return session.Caller() is { } caller
            ? caller with { IsGood = () => Of(http) is not null && caller.IsGood() }
            : null;
    }

    /// <summary>What every form of the session has to carry in its field <c>token</c>: another site cannot know it.</summary>
    public string? FormToken(HttpContext http) => Of(http) is not null ? Masked(FormTokenOf(http)) : null;

    /// <summary>Whether a form carried what it has to.</summary>
    public bool IsFormToken(HttpContext http, string given) => Of(http) is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(FormTokenOf(http)), Unmasked(given));

    // Nobody can tell it who does not have the cookie, and nobody has to keep it.
    private static string FormTokenOf(HttpContext http) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(http.Request.Cookies[CookieOf(http)]!), "form"u8));

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
        if (SecretOf(http) is not { } secret)
        {
            return null;
        }

        string id = HashOf(secret);
        if (Looked(id) is not { } session)
        {
            return null;
        }

        if (!session.IsOver(time.GetUtcNow()))
        {
            return session;
        }

        Forget(id);
        return null;
    }

    /// <summary>A session as the store had it a moment ago.</summary>
    private Session? Looked(string id)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (known.TryGetValue(id, out Session? session) && now - session.LookedAt < LookEvery)
        {
            return session;
        }

        try
        {
            if (outbox.Session(id) is not { } row)
            {
                if (known.TryRemove(id, out session))
                {
                    session.End();
                }

                return null;
            }

            session ??= Known(row);
            if (DateTimeOffset.FromUnixTimeMilliseconds(row.SeenAt) is var seen && seen > session.SeenAt)
            {
                session.SeenAt = seen;
            }
        }
        catch (StoreException) when (session is not null)
        {
            // The database is away: who was signed in still is.
        }

        session.LookedAt = now;
        return session;
    }

    private Session Known(SessionRow row)
    {
        var who = JsonSerializer.Deserialize<Who>(seal.Open(row.Who, PurposeOf(row.Id)))!;
        var quota = new Quota(perSecond);
        Func<Caller?> caller = who.IsByKey
            ? () => keyring.CallerOf(who.Key)
            : () => new Caller(who.Key, who.Name, who.Role, who.Account, who.Organization, who.Department) { Quota = quota };
        DateTimeOffset seen = DateTimeOffset.FromUnixTimeMilliseconds(row.SeenAt);
        Session session = new(caller, who.Identity, DateTimeOffset.FromUnixTimeMilliseconds(row.EndsAt)) { SeenAt = seen, NotedAt = seen };
        if (known.Count >= Most)
        {
            known.Clear();
        }

        return known.GetOrAdd(row.Id, session);
    }

    private void Note(string id, Session session)
    {
        if (session.SeenAt - session.NotedAt < NoteEvery)
        {
            return;
        }

        session.NotedAt = session.SeenAt;
        try
        {
            outbox.Seen(id, session.SeenAt.ToUnixTimeMilliseconds());
        }
        catch (StoreException)
        {
            // The next time.
        }
    }

    private void Forget(string id)
    {
        outbox.End(id);
        if (known.TryRemove(id, out Session? session))
        {
            session.End();
        }
    }

    private static string PurposeOf(string id) => $"session {id}";

    // The prefix makes browsers hold the cookie to this host and to https; they refuse it without https.
    private static string CookieOf(HttpContext http) => http.Request.IsHttps ? "__Host-" + Cookie : Cookie;

    private static CookieOptions Options(HttpContext http) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/", MaxAge = Lifetime };

    /// <summary>What the cookie holds, if it is one of ours: what others made up is not worth a look into the store.</summary>
    private string? SecretOf(HttpContext http) => http.Request.Cookies[CookieOf(http)]?.Split('.') is [var secret, var mark]
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(mark), Encoding.UTF8.GetBytes(MarkOf(secret))) ? secret : null;

    private string MarkOf(string secret) => Base64Url.EncodeToString(seal.Mark(secret, "session"));

    private static string HashOf(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
