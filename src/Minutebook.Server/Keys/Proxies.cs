using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Minutebook.Server;

/// <summary>
/// Proxies whose word on who calls, by which scheme and host, is believed: those that the operator names, and no others. Anybody can send
/// the headers; what comes from elsewhere is taken as it came.
/// </summary>
internal sealed class Proxies
{
    private const string Variable = "MINUTEBOOK_PROXIES";

    private readonly ForwardedHeadersOptions options = new()
    {
        ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
        // From proxy to proxy, as long as each is a named one.
        ForwardLimit = null,
    };

    private Proxies(IEnumerable<IPNetwork> networks)
    {
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (IPNetwork network in networks)
        {
            options.KnownIPNetworks.Add(network);
        }
    }

    /// <summary>As the environment says; empty for none.</summary>
    public static string OfEnvironment() => Environment.GetEnvironmentVariable(Variable) ?? "";

    /// <summary>These networks or addresses, comma-separated; null for none.</summary>
    /// <exception cref="FormatException">One is no network.</exception>
    public static Proxies? Of(string networks)
    {
        string[] each = networks.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        try
        {
            return each.Length == 0 ? null : new Proxies(each.Select(static one => one.Contains('/') ? IPNetwork.Parse(one) : Alone(IPAddress.Parse(one))));
        }
        catch (FormatException)
        {
            throw new FormatException($"{Variable} must be networks or addresses such as 10.0.0.5, separated by commas.");
        }
    }

    /// <summary>Has requests go by what they say.</summary>
    public void Use(WebApplication app) => app.UseForwardedHeaders(options);

    private static IPNetwork Alone(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
