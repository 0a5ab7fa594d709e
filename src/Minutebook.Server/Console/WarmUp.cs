using Minutebook.Core.Accounts;
using Minutebook.Store;

namespace Minutebook.Server;

/// <summary>
/// Shows the pages that people open first to nobody, once after a start: what they run is compiled when it runs first, and who comes
/// first would wait for it.
/// </summary>
internal static class WarmUp
{
    // A list that is ordered by what paid adds up what closed periods gave its classes. A digit is in some class's id and some user's, so
    // that the search has something to show, and need not look far.
    private static readonly (string Page, string Query)[] First =
    [
        ("/accounts/{account}", ""), ("/accounts/{account}/usage", ""), ("/accounts/{account}/usage", "?sort=deducted"),
        ("/search", "?account={account}&q=1&all=1"),
    ];

    /// <returns>False if something was wrong with them.</returns>
    public static async Task<bool> RunAsync(WebApplication app, Engine.Engine engine, CancellationToken cancellation)
    {
        try
        {
            using Reader read = engine.Store.Read();
            if (read.AccountsAfter("", 1) is [var account])
            {
                foreach ((RouteEndpoint page, string query) in PagesOf(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)))
                {
                    cancellation.ThrowIfCancellationRequested();
                    await ShowAsync(app, page, query, account.Account, cancellation);
                }
            }

            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The server ends.
            return true;
        }
        catch (Exception wrong)
        {
            // Nobody asked for them. Who does hears what is wrong.
            app.Logger.LogWarning(wrong, "The console's first pages could not be prepared.");
            return false;
        }
    }

    public static IEnumerable<(RouteEndpoint Page, string Query)> PagesOf(IEnumerable<Endpoint> endpoints)
    {
        RouteEndpoint[] pages = [.. endpoints.OfType<RouteEndpoint>().Where(static endpoint => endpoint.Metadata.GetMetadata<ForPeople>() is not null)];
        return First.Select(first => (pages.First(page => page.RoutePattern.RawText == first.Page), first.Query));
    }

    private static async Task ShowAsync(WebApplication app, RouteEndpoint page, string query, string account, CancellationToken cancellation)
    {
        await using AsyncServiceScope services = app.Services.CreateAsyncScope();
        var http = new DefaultHttpContext { RequestServices = services.ServiceProvider, RequestAborted = cancellation };
        (http.Request.Method, http.Request.Scheme, http.Request.Host) = (HttpMethods.Get, Uri.UriSchemeHttp, new HostString("localhost"));
        string Named(string part) => part.Replace("{account}", Uri.EscapeDataString(account), StringComparison.Ordinal);
        (http.Request.Path, http.Request.QueryString) = (Named(page.RoutePattern.RawText!), new QueryString(Named(query)));
        http.Request.RouteValues["account"] = account;
        http.Response.Body = Stream.Null;
        http.Features.Set(new Caller("", "", KeyRole.Account, account));
        await page.RequestDelegate!(http);
    }
}
