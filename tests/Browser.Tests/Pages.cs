using Microsoft.Playwright;

namespace Minutebook.Browser.Tests;

/// <summary>Every page of the console, with something on it, with nothing on it, and where something is wrong.</summary>
internal static class Pages
{
    private static readonly string[] Shown =
    [
        "/accounts/school", "/accounts/school/usage", "/accounts/school/usage?how=1&people=1", "/accounts/school/usage?service=delivery&period=today",
        "/accounts/college/usage?period=today&q=a", "/accounts/college/usage?service=recording&period=today",
        "/accounts/school/cloud-usage", "/accounts/school/classes/math/algebra-07", "/accounts/college/classes/labs/seminar",
        "/accounts/college/classes/labs/seminar/events", "/accounts/college/classes/theory/hall",
        "/accounts/school/bills", "/accounts/school/bills/school-D-2026-11-02?line=1", "/accounts/school/bills/school-D-2026-11-02/lines/1",
        "/accounts/school/bills/estimate", "/accounts/school/bills/what-if?card=flat", "/accounts/school/bills/what-if?card=each", "/accounts/school/packages",
        "/accounts/school/applications", "/accounts/college/applications", "/accounts/school/standing",
        "/accounts/stood/standing", "/accounts/stood/alerts", "/accounts/stood/budgets", "/accounts/stood/webhooks", "/accounts/stood/keys",
        "/accounts/stood/audit", "/accounts/gone/standing", "/accounts/gone/release", "/accounts/halted",
        "/operations", "/operations/set-aside", "/operations/rate-cards", "/search?account=school&q=algebra", "/search?account=college&q=p007",
    ];

    private static readonly string[] Empty =
    [
        "/login", "/search?q=", "/search?account=new&q=nobody",
        .. ((string[])["", "/usage", "/usage?service=playback", "/cloud-usage", "/bills", "/bills/estimate", "/bills/what-if", "/packages", "/applications", "/standing", "/alerts", "/budgets", "/webhooks", "/keys", "/audit"])
            .Select(page => "/accounts/new" + page),
    ];

    /// <summary>Pages that say what is wrong.</summary>
    public static readonly string[] Wrong = ["/accounts/nobody/usage", "/accounts/school/bills/none"];

    /// <summary>Pages that show less to who may do less.</summary>
    public static IEnumerable<(string Key, ColorScheme Scheme, string[] Paths)> OfRoles(School school) =>
    [
        (school.AccountKey, ColorScheme.Light,
            [.. ((string[])["", "/usage", "/bills/what-if", "/packages", "/applications", "/standing", "/alerts", "/budgets", "/audit"]).Select(page => "/accounts/school" + page), "/search?q=algebra"]),
        (school.DepartmentKey, ColorScheme.Dark, ["/accounts/school/cloud-usage", "/accounts/school/cloud-usage?type=vod-department"]),
    ];

    public static IEnumerable<string> Of(School school) => [.. Shown, "/accounts/stood/webhooks/" + school.Webhook, .. Empty, .. Wrong];
}
