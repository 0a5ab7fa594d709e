using Minutebook.Core.Accounts;
using Minutebook.Store;

namespace Minutebook.Server;

/// <summary>
/// Shows the pages that people open first to nobody, once after a start: what they run is compiled when it runs first, and who comes
/// first would wait for it.
/// </summary>
internal static class WarmUp
{
    private static readonly string[] First = ["/accounts/{account}", "/accounts/{account}/usage"];

    /// <returns>False if something was wrong with them.</returns>
    public static async Task<bool> RunAsync(WebApplication app, Engine.Engine engine, CancellationToken cancellation)
    {
        try
        {
            using Reader read = engine.Store.Read();
            if (read.AccountsAfter("", 1) is [var account])
            {
                foreach (RouteEndpoint page in PagesOf(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)))
                {
                    cancellation.ThrowIfCancellationRequested();
                    await ShowAsync(app, page, account.Account, cancellation);
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

    public static IEnumerable<RouteEndpoint> PagesOf(IEnumerable<Endpoint> endpoints) => endpoints.OfType<RouteEndpoint>()
        .Where(static endpoint => First.Contains(endpoint.RoutePattern.RawText) && endpoint.Metadata.GetMetadata<ForPeople>() is not null);

    private static async Task ShowAsync(WebApplication app, RouteEndpoint page, string account, CancellationToken cancellation)
    {
        await using AsyncServiceScope services = app.Services.CreateAsyncScope();
        var http = new DefaultHttpContext { RequestServices = services.ServiceProvider, RequestAborted = cancellation };
        (http.Request.Method, http.Request.Scheme, http.Request.Host) = (HttpMethods.Get, Uri.UriSchemeHttp, new HostString("localhost"));
        http.Request.Path = page.RoutePattern.RawText!.Replace("{account}", Uri.EscapeDataString(account), StringComparison.Ordinal);
        http.Request.RouteValues["account"] = account;
        http.Response.Body = Stream.Null;
        http.Features.Set(new Caller("", "", KeyRole.Account, account));
        await page.RequestDelegate!(http);
    }
}
