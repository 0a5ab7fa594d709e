using System.Net;
using System.Net.Sockets;

namespace Minutebook.Server;

/// <summary>
/// Where webhooks may be sent: to what is reachable for everybody, and to what the operator names. Whoever may enter a URL must not get
/// this server to ask its neighbours, itself or the machine's metadata.
/// </summary>
internal sealed class Targets(IReadOnlyList<IPNetwork> allowed)
{
    private const string Variable = "MINUTEBOOK_WEBHOOKS_ALLOW";
    /// <summary>The longest URL.</summary>
    public const int MostCharacters = 2048;

    private static readonly TimeSpan ResolveWithin = TimeSpan.FromSeconds(3);

    // What is not for everybody: this network, private, shared (RFC 6598), loopback, link-local, protocol assignments, 6to4 relays,
    // benchmarking, multicast, reserved and broadcast.
    private static readonly IPNetwork[] Closed = Networks(
        "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.88.99.0/24, 192.168.0.0/16, "
        + "198.18.0.0/15, 224.0.0.0/4, 240.0.0.0/4");

    // Of IPv6 only this is for everybody, but for what carries an IPv4 address inside or is assigned to protocols. NAT64, unique local,
    // link-local, multicast, mapped and compatible addresses lie outside.
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] ClosedGlobal = Networks("2001::/23, 2002::/16");

    /// <summary>As the environment says.</summary>
    /// <exception cref="FormatException">It names something that is no network.</exception>
    public static Targets OfEnvironment() => Of(Environment.GetEnvironmentVariable(Variable) ?? "");

    /// <summary>Allows these networks too: CIDRs or addresses, comma-separated.</summary>
    public static Targets Of(string networks)
    {
        try
        {
            return new Targets(Networks(networks));
        }
        catch (FormatException)
        {
            throw new FormatException($"{Variable} must be networks such as 10.1.0.0/16, separated by commas.");
        }
    }

    /// <summary>Whether there may be a connection to an address.</summary>
    public bool Allows(IPAddress address)
    {
        IPAddress its = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes());
        if (allowed.Any(network => network.Contains(its)))
        {
            return true;
        }

        return its.AddressFamily == AddressFamily.InterNetwork
            ? !Closed.Any(network => network.Contains(its))
            : Global.Contains(its) && !ClosedGlobal.Any(network => network.Contains(its));
    }

    /// <summary>What is wrong with a URL as a target; null for nothing. A name that does not resolve now may do so later: it is looked at
    /// again at each connection.</summary>
    public async Task<string?> FaultAsync(string url)
    {
        if (url.Length > MostCharacters || url.Any(letter => letter is <= ' ' or > '~') || !Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.IdnHost.Length == 0)
        {
            return "This must be a URL of http or https, in ASCII.";
        }

        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return "This must have neither a user nor a fragment.";
        }

        return await MayReachAsync(uri.IdnHost)
            ? null
            : $"This leads to a loopback, private, link-local or otherwise closed address. An operator can allow networks with {Variable}.";
    }

    /// <summary>Connects to one of the addresses of a host, each of which was looked at: what a name says a moment later is of no account.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        IPAddress[] addresses = await AddressesAsync(context.DnsEndPoint.Host, cancellation);
        if (addresses.Length == 0 || !addresses.All(Allows))
        {
            throw new HttpRequestException($"{context.DnsEndPoint.Host} leads to an address that webhooks may not be sent to.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<bool> MayReachAsync(string host)
    {
        using var within = new CancellationTokenSource(ResolveWithin);
        try
        {
            return (await AddressesAsync(host, within.Token)).All(Allows);
        }
        catch (Exception unresolved) when (unresolved is SocketException or OperationCanceledException or ArgumentException)
        {
            return true;
        }
    }

    private static async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancellation)
    {
        string name = host.Trim('[', ']').TrimEnd('.');
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            return [address];
        }

        // RFC 6761: whatever a resolver says, these are this machine.
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            ? [IPAddress.Loopback]
            : await Dns.GetHostAddressesAsync(host, cancellation);
    }

    private static IPNetwork[] Networks(string text) =>
    [
        .. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(one => IPAddress.TryParse(one, out IPAddress? address)
                ? new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
                : IPNetwork.Parse(one)),
    ];
}
