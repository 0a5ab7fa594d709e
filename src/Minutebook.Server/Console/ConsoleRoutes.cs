namespace Minutebook.Server;

/// <summary>The console's addresses.</summary>
internal static class ConsoleRoutes
{
    public static void Map(Routes routes, Sessions sessions)
    {
        var pages = new ConsolePages(routes, sessions);
        routes.Files(ConsoleFiles.Path + "{hash}/{name}", ConsoleFiles.SendAsync);
        Preferences.Map(pages);
        DashboardPage.Map(pages);
        UsagePage.Map(pages);
        CloudUsagePage.Map(pages);
        ClassPage.Map(pages);
    }
}
