namespace Minutebook.Server;

/// <summary>The console's addresses.</summary>
internal static class ConsoleRoutes
{
    public static void Map(Routes routes, Sessions sessions, Pace pace)
    {
        var pages = new ConsolePages(routes, sessions);
        routes.Files(ConsoleFiles.Path + "{hash}/{name}", ConsoleFiles.SendAsync);
        Preferences.Map(pages);
        DashboardPage.Map(pages);
        UsagePage.Map(pages);
        CloudUsagePage.Map(pages);
        ClassPage.Map(pages);
        BillsPage.Map(pages);
        PackagesPage.Map(pages);
        ApplicationsPage.Map(pages);
        StandingPage.Map(pages);
        OperationsPage.Map(pages, pace);
    }
}
