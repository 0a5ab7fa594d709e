using Microsoft.Extensions.Primitives;

namespace Minutebook.Server;

/// <summary>Signing in at the console with a key, and out.</summary>
internal sealed class SignIn(Keyring keyring, Sessions sessions)
{
    public const string Path = "/login";
    public const string Out = "/logout";

    private const string Target = "to";
    private const string Home = "/";

    private readonly Guesses guesses = new(burst: 20, perMinute: 20);

    public static void Map(Routes routes, Keyring keyring, Sessions sessions)
    {
        var its = new SignIn(keyring, sessions);
        routes.Page("GET", Path, call => Task.FromResult<IResult>(Form(call)));
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
            return guesses.TrySpend(call.Http) ? Form(call, "That is no key, or none any more.", 401) : TooMany(call);
        }

        sessions.Begin(call.Http, caller);
        return new SeeOther(TargetOf(call));
    }

    private static Html TooMany(Call call) => Form(call, "Too many attempts. Wait a minute.", 429);

    private Task<IResult> EndAsync(Call call, IReadOnlyDictionary<string, StringValues> form)
    {
        sessions.End(call.Http);
        return Task.FromResult<IResult>(new SeeOther(Path));
    }

    // To a page of this server and nowhere else: browsers take // and /\ for other hosts.
    private static string TargetOf(Call call) =>
        call.Query(Target) is { } to && to.StartsWith('/') && !(to.Length > 1 && to[1] is '/' or '\\') && !to.Any(char.IsControl) ? to : Home;

    private static Html Form(Call call, string? wrong = null, int status = 200)
    {
        string to = TargetOf(call);
        string action = to == Home ? Path : $"{Path}?{Target}={Uri.EscapeDataString(to)}";
        return new Html(
            "Minutebook: sign in",
            $"""
            <h1>Minutebook</h1>
            {(wrong is null ? "" : $"<p class=\"wrong\">{Html.Text(wrong)}</p>")}
            <form method="post" action="{Html.Text(action)}"><label>Key <input type="password" name="key" autocomplete="current-password" required autofocus></label>
            <button>Sign in</button></form>
            <p>The first start wrote the administrator's key to <code>admin.key</code> in the data directory, unless MINUTEBOOK_ADMIN_KEY set it.</p>
            """,
            status);
    }
}
