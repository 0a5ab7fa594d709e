using Minutebook.Engine;
using Minutebook.Store;

namespace Minutebook.Server;

/// <summary>Around every request: who may pass, and a problem for whatever goes wrong behind it.</summary>
internal sealed class Gate(AdminKey admin, ILogger log)
{
    private static readonly string[] Open = ["/health/", "/hooks/", "/openapi/"];

    public async Task PassAsync(HttpContext http, RequestDelegate next)
    {
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            if (!IsOpen(http.Request.Path.Value ?? "/") && !admin.IsIn(http.Request))
            {
                await Unauthenticated().ExecuteAsync(http);
                return;
            }

            await next(http);
            await (Unanswered(http)?.ExecuteAsync(http) ?? Task.CompletedTask);
        }
        catch (Exception wrong)
        {
            await FailAsync(http, wrong);
        }
    }

    // The page and its sign-in look after themselves: people come there without a header.
    private static bool IsOpen(string path) =>
        path is RootPage.Path or RootPage.SignIn || Array.Exists(Open, open => path.StartsWith(open, StringComparison.Ordinal));

    private static Problem Unauthenticated() => new(
        Code.Unauthenticated,
        "This needs a key. Send it as Authorization: Bearer KEY; the first start wrote one to admin.key in the data directory.");

    /// <summary>What routing left without an answer.</summary>
    private static Problem? Unanswered(HttpContext http) => http.Response.HasStarted ? null : http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound when http.GetEndpoint() is null =>
            new Problem(Code.NotFound, "There is nothing at this address. /openapi/v1.json lists what there is."),
        StatusCodes.Status405MethodNotAllowed =>
            new Problem(Code.MethodNotAllowed, $"{http.Request.Method} is not for this address. Allow says what is."),
        _ => null,
    };

    private async Task FailAsync(HttpContext http, Exception wrong)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        Problem problem = ProblemOf(wrong);
        if (problem.Code == Code.Internal)
        {
            // The pattern, not the path: what a caller wrote has no place in the log.
            log.LogError(wrong, "{Method} {Route} failed.", http.Request.Method, (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
        }

        if (http.Response.HasStarted)
        {
            // Half an answer must not pass for a whole one.
            http.Abort();
            return;
        }

        http.Response.Clear();
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.CacheControl = "no-store";
        await problem.ExecuteAsync(http);
    }

    private static Problem ProblemOf(Exception wrong) => wrong switch
    {
        UnavailableException unavailable =>
            new Problem(Code.Unavailable, unavailable.Message)
            {
                RetryAfter = unavailable.RetryAfter,
            },
        StoreException =>
            new Problem(Code.Unavailable, "The store does not answer at the moment. Try again shortly.") { RetryAfter = TimeSpan.FromSeconds(1) },
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new Problem(Code.PayloadTooLarge, "The request is too large. Send it in smaller parts."),
        BadHttpRequestException bad => new Problem(Code.InvalidRequest, $"The request could not be read: {bad.Message}"),
        _ => new Problem(Code.Internal, "This is a defect of Minutebook, not of the request. The log says more."),
    };
}
