using Minutebook.Engine;
using Minutebook.Store;

namespace Minutebook.Server;

/// <summary>Around every request: who may pass, and a problem for whatever goes wrong behind it.</summary>
internal sealed class Gate(Keyring keyring, Sessions sessions, ILogger log)
{
    // What needs no key: /hooks/ has signatures of its own, /assets/ holds nobody's figures.
    private static readonly string[] Open = ["/health/", "/hooks/", "/openapi/", "/assets/", "/login/"];

    // Under these names people send keys in addresses, which proxies, browsers and logs keep.
    private static readonly string[] NamesOfKeys = ["key", "api_key", "apikey", "token", "access_token", "authorization"];

    // Behind these are programs; everything else is a page for people.
    private static readonly string[] Programs = ["/v1/", "/api/"];

    private readonly Guesses wrongKeys = new(burst: 1000, perMinute: 600);
    private readonly RefusalLog refusals = new(log);

    public async Task PassAsync(HttpContext http, RequestDelegate next)
    {
        Harden(http);
        try
        {
            if ((Ambiguous(http) ?? InAddress(http) ?? Refusal(http)) is { } refusal)
            {
                await AnswerAsync(http, refusal);
                return;
            }

            await next(http);
            await (Unanswered(http) is { } problem ? AnswerAsync(http, problem) : Task.CompletedTask);
        }
        catch (Exception wrong)
        {
            await FailAsync(http, wrong);
        }
    }

    /// <summary>What every answer tells a browser, whoever asked and whatever becomes of it. Pages put a policy of their own in its place.</summary>
    private static void Harden(HttpContext http)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (http.Request.IsHttps)
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }
    }

    /// <summary>A request with a length and chunks ends at two places: whoever stands between could see another one (RFC 9112, 6.1). The
    /// server has moved the length to this header, and will close the connection.</summary>
    private static Problem? Ambiguous(HttpContext http) =>
        http.Request.Headers.TransferEncoding.Count > 0 && http.Request.Headers.ContainsKey("X-Content-Length")
            ? new Problem(Code.InvalidRequest, "The request has both a length and chunks. Send one of them.")
            : null;

    /// <summary>A key in the address is no secret any more, whoever shows it: it is refused even if it is good.</summary>
    private static Problem? InAddress(HttpContext http) =>
        http.Request.QueryString.HasValue && !IsUnder(http.Request.Path.Value ?? "/", ["/hooks/"])
            && http.Request.Query.Any(static one => NamesOfKeys.Contains(one.Key, StringComparer.OrdinalIgnoreCase) || one.Value.Any(static value => !KeyText.IdOf(value).IsEmpty))
            ? new Problem(Code.InvalidRequest, "A key has no place in an address, which proxies, browsers and logs keep. Send it as Authorization: Bearer KEY; if it was a good one, delete it and make another.")
            : null;

    /// <summary>Finds out who calls, and whether it may. Null lets the request pass.</summary>
    private IResult? Refusal(HttpContext http)
    {
        string path = http.Request.Path.Value ?? "/";
        if (path == SignIn.Path || IsUnder(path, Open))
        {
            return null;
        }

        bool isProgram = IsUnder(path, Programs);
        (Caller? caller, IResult? refusal) = http.Request.Headers.Authorization.Count > 0 ? ByKey(http) : BySession(http, isProgram);
        if (caller is null)
        {
            return refusal;
        }

        http.Features.Set(caller);
        if (caller.Quota?.Refusal(Access.IsFast(http), http.Response) is { } spent)
        {
            return spent;
        }

        Problem? forbidden = Access.Refusal(caller, http);
        if (forbidden?.Code == Code.Forbidden)
        {
            refusals.Write(http, caller);
        }

        return forbidden;
    }

    private static bool IsUnder(string path, string[] places)
    {
        foreach (string place in places)
        {
            if (path.StartsWith(place, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private (Caller? Caller, IResult? Refusal) ByKey(HttpContext http)
    {
        if (keyring.CallerWith(Keyring.KeyIn(http.Request)) is { } caller)
        {
            return (caller, null);
        }

        refusals.Write(http, caller: null);
        return (null, wrongKeys.TrySpend(http)
            ? Unauthenticated("This key is not valid, or no longer valid.")
            : new Problem(Code.RateLimited, "Too many wrong keys came from this address.") { RetryAfter = wrongKeys.Wait });
    }

    /// <summary>
    /// By the cookie of the console. It counts for what a browser says that our own pages ask: a page of another site must not act, nor
    /// read, with the rights of who is signed in.
    /// </summary>
    private (Caller? Caller, IResult? Refusal) BySession(HttpContext http, bool isProgram)
    {
        bool isRead = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        bool counts = isProgram
            ? isRead && http.Request.Headers["Sec-Fetch-Site"] == "same-origin"
            : isRead || !Sessions.IsFromElsewhere(http.Request);
        if (counts && sessions.CallerOf(http) is { } caller)
        {
            return (caller, null);
        }

        bool isBrowser = !isProgram && isRead && http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        return (null, isBrowser ? new SeeOther(SignIn.For(http.Request)) : Unauthenticated("This needs a key."));
    }

    private static Problem Unauthenticated(string why) => new(
        Code.Unauthenticated,
        $"{why} Send one as Authorization: Bearer KEY; the first start wrote the administrator's to admin.key in the data directory.");

    /// <summary>What routing left without an answer.</summary>
    private static Problem? Unanswered(HttpContext http) => http.Response.HasStarted ? null : http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound when http.GetEndpoint() is null =>
            new Problem(Code.NotFound, "There is nothing at this address. /openapi/v1.json lists what there is."),
        StatusCodes.Status405MethodNotAllowed =>
            new Problem(Code.MethodNotAllowed, $"This address does not take {http.Request.Method}. The Allow header lists what it takes."),
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
            log.LogError(wrong, "{Method} {Route} failed.", http.Request.Method, RefusalLog.RouteOf(http));
        }

        if (http.Response.HasStarted)
        {
            // Half an answer must not pass for a whole one.
            http.Abort();
            return;
        }

        http.Response.Clear();
        Harden(http);
        await AnswerAsync(http, problem);
    }

    // A person gets a page, a program its problem.
    private static Task AnswerAsync(HttpContext http, IResult answer)
    {
        bool isPerson = !IsUnder(http.Request.Path.Value ?? "/", Programs)
            && http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        return (answer is Problem problem && isPerson ? ConsolePages.Refused(http, problem) : answer).ExecuteAsync(http);
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
        // The server's own reader of chunks overflows at a size beyond all numbers, and calls that no bad request.
        IOException { InnerException: OverflowException } => new Problem(Code.InvalidRequest, "The request could not be read: a chunk has no size."),
        BadHttpRequestException bad => new Problem(Code.InvalidRequest, $"The request could not be read: {bad.Message}"),
        _ => new Problem(Code.Internal, "This is a defect of Minutebook, not of the request. The log says more."),
    };
}
