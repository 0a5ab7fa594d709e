namespace Minutebook.Server;

/// <summary>The console's addresses.</summary>
internal static class ConsoleRoutes
{
    public static void Map(
        Routes routes, Sessions sessions, Pace pace, (HookRoutes Routes, HookTraffic Traffic) hooks, Keyring keyring, Webhooks webhooks)
    {
        var pages = new ConsolePages(routes, sessions);
        routes.Files(ConsoleFiles.Path + "{hash}/{name}", ConsoleFiles.SendAsync);
        Preferences.Map(pages);
        DashboardPage.Map(pages);
        UsagePage.Map(pages, new SettledKept(routes.Engine));
        CloudUsagePage.Map(pages);
        ClassPage.Map(pages);
        BillsPage.Map(pages);
        PackagesPage.Map(pages);
        ApplicationsPage.Map(pages, hooks.Routes, hooks.Traffic);
        StandingPage.Map(pages);
        AlertsPage.Map(pages);
        BudgetsPage.Map(pages);
        ReleasePage.Map(pages);
        WebhooksPage.Map(pages, webhooks);
        KeysPage.Map(pages, keyring);
        AuditPage.Map(pages);
        OperationsPage.Map(pages, pace);
        SearchPage.Map(pages);
    }
}
