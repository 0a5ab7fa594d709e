using System.Net;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>Who is calling: the key behind a request, of its Authorization or of the session that it opened.</summary>
/// <param name="Key">The key's id.</param>
/// <param name="Name">The key's name.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Account">The one account that there is for it; null for all.</param>
/// <param name="Organization">Of a department's key: whose share it sees.</param>
/// <param name="Department">Of a department's key: whose share it sees.</param>
internal sealed record Caller(
    string Key, string Name, KeyRole Role, string? Account = null, string? Organization = null, string? Department = null)
{
    /// <summary>Whether the key is still good: an answer that goes on for long asks from time to time.</summary>
    public Func<bool> IsGood { get; init; } = static () => true;

    /// <summary>How many requests it has; null for any number.</summary>
    public Quota? Quota { get; init; }

    /// <summary>What the journal says brought the events of a request.</summary>
    public string Origin { get; } = $"http:{Key}";

    /// <summary>Of a request that passed the gate; null where none is needed.</summary>
    public static Caller? Of(HttpContext http) => http.Features.Get<Caller>();

    /// <summary>Whether an account exists for it.</summary>
    public bool Sees(string account) => Account is null || Account == account;

    /// <summary>As the journal and the audit name it.</summary>
    public Asker AskerFrom(HttpContext http) => new(Key, Name, AddressOf(http)?.ToString());

    /// <summary>From where a request comes.</summary>
    public static IPAddress? AddressOf(HttpContext http) =>
        http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : http.Connection.RemoteIpAddress;
}
