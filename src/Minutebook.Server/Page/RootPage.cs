namespace Minutebook.Server;

/// <summary>The page at the root: until there is a console, plain HTML.</summary>
internal static class RootPage
{
    public static void Map(Routes routes, Pace pace, Sessions sessions) =>
        routes.Page("GET", "/", call => Task.FromResult(Overview.Of(call, pace, sessions.FormToken(call.Http))));
}
