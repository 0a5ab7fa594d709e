namespace Minutebook.Server;

/// <summary>
/// Writes to the log who was refused what: a key that tries what is not its to do, an address that shows keys that are none. The audit has
/// what was done; what was only tried must not fill it. So many a minute are written, and how many more there were.
/// </summary>
internal sealed class RefusalLog(ILogger log)
{
    private const int Burst = 60;
    private const int PerMinute = 60;

    private readonly Allowance allowance = new(Burst, TimeSpan.FromMinutes(1) / PerMinute);
    private int leftOut;

    /// <summary>Writes it down, unless too much was written just now. What a caller wrote has no place in the log: the route's pattern has.</summary>
    public void Write(HttpContext http, Caller? caller)
    {
        if (!allowance.TrySpend())
        {
            Interlocked.Increment(ref leftOut);
            return;
        }

        int more = Interlocked.Exchange(ref leftOut, 0);
        if (caller is null)
        {
            log.LogWarning(
                "An unknown key came from {Address} for {Method} {Route}; {More} refusals before were not written.",
                Caller.AddressOf(http), MethodOf(http), RouteOf(http), more);
        }
        else
        {
            log.LogWarning(
                "Key {Key} of role {Role} from {Address} was refused {Method} {Route}; {More} refusals before were not written.",
                caller.Key, Fields.Spelling(caller.Role), Caller.AddressOf(http), MethodOf(http), RouteOf(http), more);
        }
    }

    /// <summary>The pattern that a request's path fits.</summary>
    public static string RouteOf(HttpContext http) => (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "no route";

    // A method is what the caller wrote, too.
    private static string MethodOf(HttpContext http) => http.GetEndpoint() is null ? "a method" : http.Request.Method;
}
