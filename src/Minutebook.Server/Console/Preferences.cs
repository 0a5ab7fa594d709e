namespace Minutebook.Server;

/// <summary>How a reader wants the console: in which language, light or dark. Kept in cookies, because it is the reader's and not the page's.</summary>
internal static class Preferences
{
    public const string Language = "minutebook-language";
    public const string Theme = "minutebook-theme";

    private static readonly TimeSpan Kept = TimeSpan.FromDays(365);

    public static void Map(ConsolePages pages) => pages.Form("/preferences", (visit, form) =>
    {
        Keep(visit, Language, form.GetValueOrDefault("language"));
        Keep(visit, Theme, form.GetValueOrDefault("theme"));
        return Task.FromResult<IResult>(new SeeOther(SignIn.OwnAddress(form.GetValueOrDefault("to"))));
    });

    private static void Keep(Visit visit, string cookie, string? value)
    {
        if (value is { Length: > 0 and < 20 })
        {
            visit.Call.Http.Response.Cookies.Append(
                cookie, value, new CookieOptions { SameSite = SameSiteMode.Lax, HttpOnly = true, MaxAge = Kept, Path = "/" });
        }
    }
}
