namespace Minutebook.Server;

/// <summary>For whoever watches over the process.</summary>
internal static class HealthRoutes
{
    public static void Map(Routes routes)
    {
        var live = new Doc("getLive", "Whether the process answers.") { Gives = typeof(HealthView), Open = true };
        routes.Get("/health/live", live, _ => Answer.Json(new HealthView("live")));
        routes.Get("/health/ready", live with { Id = "getReady", Summary = "Whether it accepts events." }, Ready);
    }

    private sealed record HealthView(string Status);

    private static IResult Ready(Call call) => call.Engine.IsReady
        ? Answer.Json(new HealthView("ready"))
        : new Problem(Code.Unavailable, "The store does not take events at the moment. Try again shortly.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
}
