using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Minutebook.Server;

/// <summary>The page at the root, and the sign-in before it: until there is a console, plain HTML.</summary>
internal sealed class RootPage(AdminKey admin, Pace pace)
{
    public const string Path = "/";
    public const string SignIn = "/login";

    private const int MostForm = 4096;

    private readonly Sessions sessions = new(TimeProvider.System);

    public static void Map(Routes routes, AdminKey admin, Pace pace)
    {
        var page = new RootPage(admin, pace);
        routes.Page("GET", Path, call => Task.FromResult(page.Show(call)));
        routes.Page("GET", SignIn, _ => Task.FromResult<IResult>(Form(wrong: false)));
        routes.Page("POST", SignIn, page.SignInAsync);
    }

    private IResult Show(Call call)
    {
        HttpRequest request = call.Http.Request;
        if (admin.IsIn(request) || sessions.Holds(request))
        {
            return Overview.Of(call, pace);
        }

        return request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? new SeeOther(SignIn)
            : new Problem(Code.Unauthenticated, "This page needs a key. Sign in at /login with a browser.");
    }

    private async Task<IResult> SignInAsync(Call call)
    {
        using Body body = await Body.ReadAsync(call.Http.Request, MostForm, call.Cancellation);
        if (body.Refused is { } refused)
        {
            return refused;
        }

        string key = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span)).TryGetValue("key", out var given) ? given.ToString() : "";
        if (!admin.Is(key.Trim()))
        {
            return Form(wrong: true);
        }

        sessions.Begin(call.Http);
        return new SeeOther(Path);
    }

    private static Html Form(bool wrong) => new(
        "Minutebook: sign in",
        $"""
        <h1>Minutebook</h1>
        {(wrong ? "<p class=\"wrong\">That is not the key.</p>" : "")}
        <form method="post" action="{SignIn}"><label>Key <input type="password" name="key" autocomplete="current-password" required autofocus></label>
        <button>Sign in</button></form>
        <p>The first start wrote the administrator's key to <code>admin.key</code> in the data directory, unless MINUTEBOOK_ADMIN_KEY set it.</p>
        """,
        wrong ? 401 : 200);

    private sealed record SeeOther(string To) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = To;
            return Task.CompletedTask;
        }
    }
}
