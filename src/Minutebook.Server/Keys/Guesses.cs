using System.Net;
using System.Net.Sockets;

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

    private readonly Allowance?[] places = new Allowance?[Places];

    /// <summary>After how long there is one more, when there were too many.</summary>
    public TimeSpan Wait { get; } = TimeSpan.FromMinutes(1) / perMinute;

    /// <summary>Counts a guess; false when there were too many.</summary>
    public bool TrySpend(HttpContext http) => Of(http).TrySpend();

    /// <summary>Whether one more would be too many.</summary>
    public bool AreSpent(HttpContext http) => Of(http).IsSpent;

    private Allowance Of(HttpContext http)
    {
        ref Allowance? place = ref places[PlaceOf(Caller.AddressOf(http))];
        if (place is null)
        {
            Interlocked.CompareExchange(ref place, new Allowance(burst, Wait), null);
        }

        return place;
    }

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
