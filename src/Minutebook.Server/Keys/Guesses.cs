using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Minutebook.Server;

/// <summary>
/// Bounds how often an address may show keys that are none. Addresses share a fixed number of places, so that no number of them takes
/// more memory; of IPv6 a whole /64 is one address.
/// </summary>
/// <param name="burst">How many at once.</param>
/// <param name="perMinute">How many a minute after that.</param>
internal sealed class Guesses(int burst, int perMinute)
{
    private const int Places = 4096;

    private readonly TokenBucketRateLimiter?[] places = new TokenBucketRateLimiter?[Places];

    /// <summary>Counts a guess; false when there were too many.</summary>
    public bool TrySpend(HttpContext http) => Take(http, 1);

    /// <summary>Whether one more would be too many.</summary>
    public bool AreSpent(HttpContext http) => !Take(http, 0);

    private bool Take(HttpContext http, int tokens)
    {
        ref TokenBucketRateLimiter? place = ref places[PlaceOf(Caller.AddressOf(http))];
        if (place is null)
        {
            Interlocked.CompareExchange(ref place, NewLimiter(), null);
        }

        place.TryReplenish();
        return place.AttemptAcquire(tokens).IsAcquired;
    }

    private TokenBucketRateLimiter NewLimiter() => new(new TokenBucketRateLimiterOptions
    {
        AutoReplenishment = false,
        TokenLimit = burst,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
        QueueLimit = 0,
    });

    private static int PlaceOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address?.TryWriteBytes(bytes, out _);
        Span<byte> network = address?.AddressFamily == AddressFamily.InterNetworkV6 ? bytes[..8] : bytes[..4];
        var hash = new HashCode();
        hash.AddBytes(network);
        return (int)(unchecked((uint)hash.ToHashCode()) % Places);
    }
}
