using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>
/// Signing in at the console by a provider of OpenID Connect: the authorization code with PKCE, a state and a nonce, each bound to the
/// browser that began by a sealed cookie, so that any process can end what another began. What somebody may do is what the provider's claim says; who has none of it is nobody here.
/// </summary>
internal sealed class OidcSignIn(OidcSettings settings, OidcProvider provider, Sessions sessions, Seal seal, TimeProvider time, ILogger log)
{
    public const string Path = "/login/oidc";
    public const string Callback = "/login/oidc/callback";

    private const string Cookie = "minutebook-oidc";
    private const string Purpose = "sign-in by a provider";
    private const int MostTarget = 1_000;
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(10);

    private readonly Guesses guesses = new(burst: 20, perMinute: 20);

    /// <summary>A sign-in that somebody began.</summary>
    private sealed record Begun(string State, string Nonce, string Verifier, string To, DateTimeOffset At);

    /// <summary>What the button calls the provider.</summary>
    public string Name => settings.Name;

    public void Map(Routes routes)
    {
        routes.Page("GET", Path, BeginAsync);
        routes.Page("GET", Callback, EndAsync);
    }

    private async Task<IResult> BeginAsync(Call call)
    {
        try
        {
            Uri authorize = await provider.AuthorizeAsync();
            // A cookie may have 4,000 characters.
            string to = SignIn.OwnAddress(call.Query("to") is { Length: <= MostTarget } target ? target : null);
            var its = new Begun(NewSecret(), NewSecret(), NewSecret(), to, time.GetUtcNow());
            // Lax: the provider sends people back from its own site.
            call.Http.Response.Cookies.Append(Cookie, seal.Close(JsonSerializer.SerializeToUtf8Bytes(its), Purpose), new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = call.Http.Request.IsHttps,
                Path = Path,
                MaxAge = Within,
            });
            return new SeeOther(QueryHelpers.AddQueryString(authorize.AbsoluteUri, new Dictionary<string, string?>
            {
                ["response_type"] = "code",
                ["scope"] = "openid profile",
                ["client_id"] = settings.ClientId,
                ["redirect_uri"] = settings.Callback,
                ["state"] = its.State,
                ["nonce"] = its.Nonce,
                ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(its.Verifier))),
                ["code_challenge_method"] = "S256",
            }));
        }
        catch (OidcException wrong)
        {
            return Failed(call, wrong.Message);
        }
    }

    private async Task<IResult> EndAsync(Call call)
    {
        if (guesses.AreSpent(call.Http))
        {
            return SignIn.TooMany(call, Name, guesses);
        }

        try
        {
            Begun its = Taken(call);
            if (call.Query("code") is not { } code)
            {
                throw new OidcException("The provider signed nobody in.");
            }

            string token = await provider.ExchangeAsync(code, its.Verifier);
            JsonElement claims = OidcToken.Check(token, await provider.KeysAsync(OidcToken.KeyOf(token)), settings, its.Nonce, time.GetUtcNow());
            if (CallerOf(claims) is not { } caller)
            {
                log.LogWarning("{Subject} signed in by the provider, and its claim {Claim} gives no role.", Subject(claims), settings.Claim);
                return SignIn.Form(call, Name, "sign-in.no-role", 403);
            }

            sessions.Begin(call.Http, caller, token);
            // A redirect would still be the provider's doing, and the session's cookie is for what this site does itself.
            return ConsolePages.Show<SignedInSheet>(ConsolePages.VisitOf(call.Http, call: null, token: ""), new SignedInModel(its.To, "signed-in.title"));
        }
        catch (OidcException wrong)
        {
            guesses.TrySpend(call.Http);
            return Failed(call, wrong.Message);
        }
    }

    /// <summary>Where somebody is signed out at the provider too, and sent back from; null where it knows no such thing, or does not answer.</summary>
    /// <param name="identity">The identity token of the sign-in.</param>
    public async Task<string?> OutAsync(string identity)
    {
        try
        {
            return await provider.EndAsync() is { } end
                ? QueryHelpers.AddQueryString(end.AbsoluteUri, new Dictionary<string, string?>
                {
                    ["id_token_hint"] = identity,
                    ["client_id"] = settings.ClientId,
                    ["post_logout_redirect_uri"] = settings.SignedOut,
                })
                : null;
        }
        catch (OidcException wrong)
        {
            log.LogWarning("Signing out at the provider failed: {Why}", wrong.Message);
            return null;
        }
    }

    private IResult Failed(Call call, string why)
    {
        log.LogWarning("Signing in by the provider failed: {Why}", why);
        return SignIn.Form(call, Name, "sign-in.failed", 401);
    }

    /// <summary>What was begun with the state that came back, by the same browser, not long ago. The browser lets go of it; the provider takes a code once.</summary>
    private Begun Taken(Call call)
    {
        call.Http.Response.Cookies.Delete(Cookie, new CookieOptions { Path = Path });
        return call.Query("state") is { } state && call.Http.Request.Cookies[Cookie] is { } cookie && Opened(cookie) is { } its
            && time.GetUtcNow() - its.At < Within
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(state), Encoding.UTF8.GetBytes(its.State))
                ? its
                : throw new OidcException("It was not begun by this browser, or too long ago.");
    }

    private Begun? Opened(string cookie)
    {
        try
        {
            return JsonSerializer.Deserialize<Begun>(seal.Open(cookie, Purpose));
        }
        catch (Exception wrong) when (wrong is FormatException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Of the values of the claim the first that is a role: <c>admin</c>, <c>operator</c>, <c>account:ID</c>,
    /// <c>department:ID:DEPARTMENT</c>, <c>organization:ID:ORGANIZATION</c>.</summary>
    private Caller? CallerOf(JsonElement claims)
    {
        string id = Subject(claims);
        string[] names = [.. ((string[])["name", "preferred_username"]).Select(claim => OidcToken.Text(claims, claim)).OfType<string>()];
        string name = names.FirstOrDefault(static text => Fields.Unfit(text) is null) ?? id;
        return OidcToken.Texts(claims, settings.Claim).Select(value => value.Split(':', 3)).Select(parts => parts switch
        {
            ["admin"] => new Caller(id, name, KeyRole.Admin),
            ["operator"] => new Caller(id, name, KeyRole.Operator),
            ["account", { Length: > 0 } account] => new Caller(id, name, KeyRole.Account, account),
            ["department", { Length: > 0 } account, { Length: > 0 } department] => new Caller(id, name, KeyRole.Department, account, null, department),
            ["organization", { Length: > 0 } account, { Length: > 0 } organization] => new Caller(id, name, KeyRole.Department, account, organization),
            _ => null,
        }).FirstOrDefault(static caller => caller is not null);
    }

    private static string Subject(JsonElement claims) => "oidc:" + OidcToken.Text(claims, "sub");

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}

/// <summary>What stands between the provider and the console, on the way in and out.</summary>
/// <param name="To">Where it goes on.</param>
/// <param name="Title">The text of what has happened.</param>
public sealed record SignedInModel(string To, string Title);
