namespace Minutebook.Server;

/// <summary>An account's figures as they change, as server-sent events.</summary>
internal static class LiveRoutes
{
    /// <param name="routes">Where it is registered.</param>
    /// <param name="log">Told of defects.</param>
    /// <param name="stopping">The server is stopping: streams end first.</param>
    public static void Map(Routes routes, ILogger log, CancellationToken stopping)
    {
        var feeds = new LiveFeeds(routes.Engine, log, stopping);
        routes.Get(
            "/v1/accounts/{account}/live",
            new Doc("streamLive", "Server-sent events: an account's figures, now and whenever they change, at most once a second.")
            {
                AlsoAs = ["text/event-stream"],
                Problems = [Code.RateLimited],
            },
            call => Open(call, feeds));
    }

    private static IResult Open(Call call, LiveFeeds feeds)
    {
        string account = call.Path("account");
        using (Store.Reader read = call.Engine.Store.Read())
        {
            if (call.Account(read, account) is null)
            {
                return call.Refusal!;
            }
        }

        return feeds.TryJoin(account) is { } seat
            ? new LiveStream(seat, call.Caller.IsGood)
            : new Problem(Code.RateLimited, $"There are {LiveFeeds.Most} live streams already, or {LiveFeeds.MostOfAccount} of this account. Close one first.")
            {
                RetryAfter = TimeSpan.FromSeconds(10),
            };
    }
}
