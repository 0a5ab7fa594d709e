using Microsoft.Extensions.Primitives;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>Signing in at the console with a key, and out.</summary>
internal sealed class SignIn(Keyring keyring, Sessions sessions, OidcSignIn? provider)
{
    public const string Path = "/login";
    public const string Out = "/logout";

    private const string Target = "to";
    private const string Home = "/";

    private readonly Guesses guesses = new(burst: 20, perMinute: 20);

    /// <param name="routes">Where it is registered.</param>
    /// <param name="keyring">The keys that people sign in with.</param>
    /// <param name="sessions">What signing in opens.</param>
    /// <param name="provider">The provider that people may sign in by instead; null for none.</param>
    public static void Map(Routes routes, Keyring keyring, Sessions sessions, OidcSignIn? provider)
    {
        var its = new SignIn(keyring, sessions, provider);
        routes.Page("GET", Path, call => Task.FromResult(Form(call, provider?.Name)));
        routes.Page("POST", Path, its.BeginAsync);
        routes.Form(Out, its.EndAsync);
    }

    /// <summary>Where to sign in to come back to what was asked for.</summary>
    public static string For(HttpRequest request) => request.Path == Home && !request.QueryString.HasValue
        ? Path
        : $"{Path}?{Target}={Uri.EscapeDataString(request.Path + request.QueryString)}";

    private async Task<IResult> BeginAsync(Call call)
    {
        if (Sessions.IsFromElsewhere(call.Http.Request))
        {
            return new Problem(Code.Forbidden, "Another site may not sign you in here. Open /login itself.");
        }

        if (guesses.AreSpent(call.Http))
        {
            return TooMany(call);
        }

        if (await call.FormAsync() is not { } form)
        {
            return call.Refusal!;
        }

        string key = form.TryGetValue("key", out StringValues given) ? given.ToString().Trim() : "";
        if (keyring.CallerWith(key) is not { } caller)
        {
            return guesses.TrySpend(call.Http) ? Form(call, provider?.Name, "sign-in.wrong", 401) : TooMany(call);
        }

        // Whoever may only post events would find no page that is theirs.
        if (caller.Role == KeyRole.Ingest)
        {
            return Form(call, provider?.Name, "sign-in.posts-only", 403);
        }

        sessions.Begin(call.Http, caller);
        return new SeeOther(TargetOf(call));
    }

    private IResult TooMany(Call call) => TooMany(call, provider?.Name, guesses);

    /// <summary>The sign-in, when too many wrong keys or codes came from there.</summary>
    public static IResult TooMany(Call call, string? provider, Guesses guesses)
    {
        call.Http.Response.Headers.RetryAfter = Problem.SecondsOf(guesses.Wait);
        return Form(call, provider, "sign-in.too-many", 429);
    }

    private async Task<IResult> EndAsync(Call call, IReadOnlyDictionary<string, StringValues> form) =>
        sessions.End(call.Http) is { } identity && await provider!.OutAsync(identity) is { } there
            // The policy of the page that the form is on lets no form lead elsewhere, by a redirect neither.
            ? ConsolePages.Show<SignedInSheet>(ConsolePages.VisitOf(call.Http, call: null, token: ""), new SignedInModel(there, "signed-out.title"))
            : new SeeOther(Path);

    private static string TargetOf(Call call) => OwnAddress(call.Query(Target));

    /// <summary>A page of this server and nowhere else: browsers take // and /\ for other hosts.</summary>
    public static string OwnAddress(string? to) =>
        to is not null && to.StartsWith('/') && !(to.Length > 1 && to[1] is '/' or '\\') && !to.Any(char.IsControl) ? to : Home;

    /// <summary>The sign-in, with why one is not signed in yet.</summary>
    public static IResult Form(Call call, string? provider, string? wrong = null, int status = 200)
    {
        string to = TargetOf(call);
        string target = to == Home ? "" : $"?{Target}={Uri.EscapeDataString(to)}";
        return ConsolePages.Show<SignInSheet>(
            ConsolePages.VisitOf(call.Http, call, token: ""),
            new SignInModel(Path + target, wrong, provider, OidcSignIn.Path + target), status);
    }
}

/// <summary>What the sign-in shows.</summary>
/// <param name="Action">Where its form goes.</param>
/// <param name="Wrong">The text of why one is not signed in yet; null for nothing.</param>
/// <param name="Provider">What the provider is called that people may sign in by instead; null for none.</param>
/// <param name="ByProvider">Where that begins.</param>
public sealed record SignInModel(string Action, string? Wrong, string? Provider, string ByProvider);
