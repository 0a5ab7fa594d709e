namespace Minutebook.Server;

/// <summary>The console's addresses.</summary>
internal static class ConsoleRoutes
{
    public static void Map(Routes routes, Sessions sessions, Pace pace, (HookRoutes Routes, HookTraffic Traffic) hooks)
    {
        var pages = new ConsolePages(routes, sessions);
        routes.Files(ConsoleFiles.Path + "{hash}/{name}", ConsoleFiles.SendAsync);
        Preferences.Map(pages);
        DashboardPage.Map(pages);
        UsagePage.Map(pages, new OpenPeriodsKept(routes.Engine));
        CloudUsagePage.Map(pages);
        ClassPage.Map(pages);
        BillsPage.Map(pages);
        PackagesPage.Map(pages);
        ApplicationsPage.Map(pages, hooks.Routes, hooks.Traffic);
        StandingPage.Map(pages);
        OperationsPage.Map(pages, pace);
        SearchPage.Map(pages);
    }
}
