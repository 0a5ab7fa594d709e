using System.Globalization;

namespace Minutebook.Server;

/// <summary>
/// How many requests a key has. What is asked at any rate (events, decisions) is counted apart and has ten times as many, so that a key
/// that reads too much loses nothing that happens.
/// </summary>
internal sealed class Quota
{
    private const string Variable = "MINUTEBOOK_RATE_LIMIT";
    private const int DefaultPerSecond = 10_000;
    private const int MostPerSecond = 10_000_000;
    private const int WindowSeconds = 10;
    private const int FastTimes = 10;

    private readonly Bucket? requests, fast;

    public Quota(int perSecond)
    {
        if (perSecond > 0)
        {
            requests = new Bucket("requests", perSecond);
            fast = new Bucket("fast", perSecond * FastTimes);
        }
    }

    /// <summary>Requests a second for each key, as the environment says; 0 for no limit.</summary>
    /// <exception cref="FormatException">It says something else.</exception>
    public static int PerSecondOfEnvironment() => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => DefaultPerSecond,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given <= MostPerSecond => given,
        _ => throw new FormatException($"{Variable} must be a whole number of requests a second, or 0 for no limit."),
    };

    /// <summary>Counts a request and says in its answer's headers what is left. Null when there is nothing left.</summary>
    public Problem? Refusal(bool isFast, HttpResponse response) => (isFast ? fast : requests)?.Refusal(response);

    private sealed class Bucket(string name, int perSecond)
    {
        private readonly Allowance allowance = new((long)perSecond * WindowSeconds, TimeSpan.FromSeconds(1) / perSecond);
        private readonly string policy = $"\"{name}\";q={perSecond * WindowSeconds};w={WindowSeconds}";

        public Problem? Refusal(HttpResponse response)
        {
            bool isThere = allowance.TrySpend(out long left, out TimeSpan until);
            response.Headers["RateLimit-Policy"] = policy;
            response.Headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{name}\";r={left};t={(long)Math.Ceiling(until.TotalSeconds)}");
            return isThere ? null : new Problem(Code.RateLimited, $"This key may make {perSecond} requests a second. Send fewer.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
    }
}
