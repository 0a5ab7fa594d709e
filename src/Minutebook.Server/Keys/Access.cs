using System.Collections.Concurrent;
using Microsoft.AspNetCore.Routing.Patterns;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>Roles, to be combined.</summary>
[Flags]
internal enum Roles
{
    None = 0,
    Admin = 1 << KeyRole.Admin,
    Operator = 1 << KeyRole.Operator,
    Ingest = 1 << KeyRole.Ingest,
    Account = 1 << KeyRole.Account,
    Department = 1 << KeyRole.Department,
    /// <summary>Who runs accounts day by day.</summary>
    Runs = Admin | Operator,
    /// <summary>Who reads an account.</summary>
    Reads = Runs | Account,
    /// <summary>Who reads an account's cloud usage, or a share of it.</summary>
    Shares = Reads | Department,
    Everyone = Shares | Ingest,
}

/// <summary>
/// The one place that decides who may do what: a table of endpoints and roles. What is not in it is the administrator's alone. An
/// account that a caller's key is not for does not exist for it (404); what is its own and not its to do is forbidden (403).
/// </summary>
internal static class Access
{
    private static readonly Dictionary<string, Roles> Table = new(StringComparer.Ordinal)
    {
        ["GET /v1/accounts"] = Roles.Reads,
        ["GET /v1/accounts/{}"] = Roles.Reads,
        ["PUT /v1/accounts/{}"] = Roles.Runs,
        ["GET /v1/accounts/{}/applications"] = Roles.Reads,
        ["GET /v1/accounts/{}/applications/{}"] = Roles.Reads,
        ["GET /v1/accounts/{}/applications/{}/settings"] = Roles.Reads,
        ["PUT /v1/accounts/{}/applications/{}"] = Roles.Runs,
        ["PUT /v1/accounts/{}/applications/{}/pay-as-you-go"] = Roles.Runs,
        ["PUT /v1/accounts/{}/applications/{}/connectors/{}"] = Roles.Runs,
        ["PUT /v1/accounts/{}/sections/{}"] = Roles.Runs,
        ["POST /v1/accounts/{}/terminate"] = Roles.Runs,

        ["POST /v1/events"] = Roles.Runs | Roles.Ingest,
        ["POST /api/v1/events"] = Roles.Runs | Roles.Ingest,
        ["GET /v1/events/rejected"] = Roles.Reads,
        ["GET /v1/events/rejected/summary"] = Roles.Reads,
        ["POST /v1/events/rejected/reapply"] = Roles.Runs,

        ["GET /v1/accounts/{}/usage"] = Roles.Reads,
        ["GET /v1/accounts/{}/usage/details"] = Roles.Reads,
        ["GET /v1/accounts/{}/classes/{}/{}"] = Roles.Reads,
        ["GET /v1/accounts/{}/classes/{}/{}/events"] = Roles.Reads,
        ["GET /v1/accounts/{}/usage/explain"] = Roles.Reads,
        ["GET /v1/accounts/{}/cloud-usage"] = Roles.Shares,
        ["GET /v1/accounts/{}/live"] = Roles.Reads,

        ["PUT /v1/rate-cards/{}/versions/{}"] = Roles.Admin,
        ["GET /v1/rate-cards/{}"] = Roles.Reads,
        ["GET /v1/accounts/{}/packages"] = Roles.Reads,
        ["POST /v1/accounts/{}/packages"] = Roles.Runs,
        ["POST /v1/accounts/{}/packages/{}/refund"] = Roles.Runs,
        ["POST /v1/accounts/{}/topups"] = Roles.Runs,
        ["GET /v1/accounts/{}/ledger"] = Roles.Reads,
        ["GET /v1/accounts/{}/bills"] = Roles.Reads,
        ["GET /v1/bills/{}"] = Roles.Reads,
        ["GET /v1/bills/{}/lines/{}/explain"] = Roles.Reads,
        ["GET /v1/accounts/{}/estimate"] = Roles.Reads,
        ["POST /v1/accounts/{}/what-if"] = Roles.Reads,
        ["GET /v1/accounts/{}/exports/focus"] = Roles.Reads,
        ["GET /v1/accounts/{}/statements/{}"] = Roles.Reads,
        ["POST /v1/what-if"] = Roles.Runs,

        ["GET /v1/accounts/{}/standing"] = Roles.Reads,
        ["GET /v1/accounts/{}/standing/ahead"] = Roles.Reads,
        ["GET /v1/accounts/{}/release"] = Roles.Reads,
        ["POST /v1/accounts/{}/release/{}"] = Roles.Runs,
        ["POST /v1/decisions"] = Roles.Reads,
        ["GET /v1/accounts/{}/alerts"] = Roles.Reads,
        ["POST /v1/accounts/{}/alerts/{}/acknowledge"] = Roles.Runs,
        ["GET /v1/accounts/{}/budgets"] = Roles.Reads,
        ["PUT /v1/accounts/{}/budgets/{}"] = Roles.Runs,

        ["GET /v1/keys"] = Roles.Admin,
        ["POST /v1/keys"] = Roles.Admin,
        ["DELETE /v1/keys/{}"] = Roles.Admin,

        ["POST /v1/webhooks"] = Roles.Admin,
        ["GET /v1/webhooks"] = Roles.Runs,
        ["GET /v1/webhooks/{}"] = Roles.Runs,
        ["DELETE /v1/webhooks/{}"] = Roles.Admin,
        ["POST /v1/webhooks/{}/rotate"] = Roles.Admin,
        ["POST /v1/webhooks/{}/enable"] = Roles.Admin,
        ["GET /v1/webhooks/{}/deliveries"] = Roles.Runs,
        ["POST /v1/webhooks/{}/deliveries/{}/redeliver"] = Roles.Runs,

        ["GET /v1/audit"] = Roles.Reads,

        ["GET /v1/sandbox/clock"] = Roles.Everyone,
        ["PUT /v1/sandbox/clock"] = Roles.Admin,

        ["GET /"] = Roles.Shares,
        ["POST /operations/set-aside"] = Roles.Runs,
        ["GET /accounts/{}"] = Roles.Reads,
        ["GET /accounts/{}/usage"] = Roles.Reads,
        ["GET /accounts/{}/usage.csv"] = Roles.Reads,
        ["GET /accounts/{}/cloud-usage"] = Roles.Shares,
        ["GET /accounts/{}/classes/{}/{}"] = Roles.Reads,
        ["GET /accounts/{}/classes/{}/{}/stays"] = Roles.Reads,
        ["GET /accounts/{}/classes/{}/{}/events"] = Roles.Reads,
        ["GET /accounts/{}/bills"] = Roles.Reads,
        ["GET /accounts/{}/bills/focus.csv"] = Roles.Reads,
        ["GET /accounts/{}/bills/estimate"] = Roles.Reads,
        ["GET /accounts/{}/bills/what-if"] = Roles.Reads,
        ["GET /accounts/{}/bills/{}"] = Roles.Reads,
        ["GET /accounts/{}/bills/{}/lines/{}"] = Roles.Reads,
        ["GET /accounts/{}/bills/{}/pdf"] = Roles.Reads,
        ["GET /accounts/{}/bills/{}/csv"] = Roles.Reads,
        ["GET /accounts/{}/packages"] = Roles.Reads,
        ["POST /accounts/{}/packages"] = Roles.Runs,
        ["POST /accounts/{}/packages/{}/refund"] = Roles.Runs,
        ["GET /accounts/{}/applications"] = Roles.Reads,
        ["POST /accounts/{}/applications"] = Roles.Runs,
        ["POST /accounts/{}/applications/{}"] = Roles.Runs,
        ["POST /accounts/{}/applications/{}/connectors/{}"] = Roles.Runs,
        ["POST /accounts/{}/applications/{}/pay-as-you-go"] = Roles.Runs,
        ["GET /accounts/{}/standing"] = Roles.Reads,
        ["POST /accounts/{}/topups"] = Roles.Runs,
        ["POST /accounts/{}/terms"] = Roles.Runs,
        ["POST /accounts/{}/terminate"] = Roles.Runs,
        ["GET /accounts/{}/alerts"] = Roles.Reads,
        ["POST /accounts/{}/alerts/{}/acknowledge"] = Roles.Runs,
        ["GET /accounts/{}/budgets"] = Roles.Reads,
        ["POST /accounts/{}/budgets"] = Roles.Runs,
        ["GET /accounts/{}/release"] = Roles.Reads,
        ["POST /accounts/{}/release/{}"] = Roles.Runs,
        ["GET /accounts/{}/webhooks"] = Roles.Runs,
        ["POST /accounts/{}/webhooks"] = Roles.Admin,
        ["GET /accounts/{}/webhooks/{}"] = Roles.Runs,
        ["POST /accounts/{}/webhooks/{}/rotate"] = Roles.Admin,
        ["POST /accounts/{}/webhooks/{}/enable"] = Roles.Admin,
        ["POST /accounts/{}/webhooks/{}/delete"] = Roles.Admin,
        ["POST /accounts/{}/webhooks/{}/deliveries/{}/redeliver"] = Roles.Runs,
        ["GET /accounts/{}/keys"] = Roles.Admin,
        ["POST /accounts/{}/keys"] = Roles.Admin,
        ["POST /accounts/{}/keys/{}/revoke"] = Roles.Admin,
        ["GET /accounts/{}/audit"] = Roles.Reads,
        ["GET /operations"] = Roles.Runs,
        ["GET /operations/set-aside"] = Roles.Runs,
        ["GET /operations/rate-cards"] = Roles.Runs,
        ["GET /search"] = Roles.Reads,
        ["POST /preferences"] = Roles.Shares,
        ["GET /login"] = Roles.Everyone,
        ["POST /login"] = Roles.Everyone,
        ["GET /login/oidc"] = Roles.Everyone,
        ["GET /login/oidc/callback"] = Roles.Everyone,
        ["POST /logout"] = Roles.Everyone,
    };

    /// <summary>What is asked at any rate, and is refused last.</summary>
    private static readonly HashSet<string> Fast = new(StringComparer.Ordinal) { "POST /v1/events", "POST /api/v1/events", "POST /v1/decisions" };

    private static readonly ConcurrentDictionary<Endpoint, (Roles Roles, bool IsFast)> Decided = new();

    /// <summary>Whether the table speaks of an endpoint.</summary>
    public static bool Knows(RouteEndpoint endpoint) => Table.ContainsKey(NameOf(endpoint));

    /// <summary>Who may ask an endpoint.</summary>
    public static Roles Of(RouteEndpoint endpoint) => Decide(endpoint).Roles;

    /// <summary>Whether a request is of those that are asked at any rate.</summary>
    public static bool IsFast(HttpContext http) => http.GetEndpoint() is RouteEndpoint endpoint && Decide(endpoint).IsFast;

    private static (Roles Roles, bool IsFast) Decide(RouteEndpoint endpoint) => Decided.GetOrAdd(endpoint, static its =>
    {
        string name = NameOf((RouteEndpoint)its);
        return (Table.GetValueOrDefault(name, Roles.Admin), Fast.Contains(name));
    });

    /// <summary>Why a caller may not have what it asks for; null when it may.</summary>
    public static Problem? Refusal(Caller caller, HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint endpoint)
        {
            // There is nothing, or nothing by this method; routing says so.
            return null;
        }

        if (caller.Account is not null && Hidden(caller, http) is { } hidden)
        {
            return hidden;
        }

        return (Of(endpoint) & (Roles)(1 << (int)caller.Role)) != 0
            ? null
            : new Problem(Code.Forbidden, $"A key of role {Fields.Spelling(caller.Role)} may not do this.");
    }

    /// <summary>An account, or a bill of one, that is not the caller's.</summary>
    private static Problem? Hidden(Caller caller, HttpContext http)
    {
        if (http.GetRouteValue("account") is string && Call.PathValue(http, "account") is var account && !caller.Sees(account))
        {
            return Problem.NotFound($"account {account}");
        }

        return http.GetRouteValue("number") is string && Call.PathValue(http, "number") is var number && !IsBillOf(number, caller.Account!)
            ? Problem.NotFound($"bill {number}")
            : null;
    }

    // A bill's number is the account, its kind and the day or month.
    private static bool IsBillOf(string number, string account) =>
        number.StartsWith(account, StringComparison.Ordinal)
        && number.AsSpan(account.Length) is { Length: 13 } or { Length: 10 }
        && number.AsSpan(account.Length, 3) is "-D-" or "-M-";

    private static string NameOf(RouteEndpoint endpoint)
    {
        string method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is [{ } one, ..] ? one : "GET";
        return $"{method} /{string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(PartOf))))}";
    }

    // How a parameter is called is the endpoint's business.
    private static string PartOf(RoutePatternPart part) => part is RoutePatternLiteralPart literal ? literal.Content : "{}";
}
