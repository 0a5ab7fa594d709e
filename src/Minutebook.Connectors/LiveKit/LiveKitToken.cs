using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors.LiveKit;

/// <summary>The JSON Web Token in a webhook's Authorization header: it names the key, the time, and the hash of the body.</summary>
internal static class LiveKitToken
{
    private const int MaxChars = 8192;

    // As the sender's own libraries allow.
    private static readonly Duration Leeway = Duration.FromMinutes(1);

    /// <summary>Why the delivery is not genuine, or null when it is.</summary>
    public static string? Refusal(Delivery delivery)
    {
        string[] parts = Bare(delivery.Header("Authorization") ?? "").Split('.', 4);
        if (parts.Length != 3
            || parts.Sum(part => part.Length) > MaxChars
            || !Array.TrueForAll(parts, part => Base64Url.IsValid(part)))
        {
            return "The header Authorization holds no token.";
        }
        byte[] mac = HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(delivery.Settings.Secret), Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"));
        return CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(parts[2]), mac)
            ? RefusalOfClaims(delivery, Base64Url.DecodeFromChars(parts[0]), Base64Url.DecodeFromChars(parts[1]))
            : "The token is not signed with the secret of this connector.";
    }

    private static string? RefusalOfClaims(Delivery delivery, byte[] headerJson, byte[] claimsJson)
    {
        FirstFault fault = new();
        using JsonDocument? header = Fields.Parse(headerJson, fault);
        using JsonDocument? claims = Fields.Parse(claimsJson, fault);
        if (header is null || claims is null)
        {
            return "The token is not one of JSON.";
        }
        Fields claim = new(claims.RootElement, "", fault);
        bool isHs256 = new Fields(header.RootElement, "", fault).OptionalText("alg") == "HS256";
        return isHs256 ? Refusal(delivery, claim) : "The token's algorithm is not HS256.";
    }

    private static string? Refusal(Delivery delivery, Fields claim)
    {
        const long MaxSeconds = Rfc3339.Latest / 1000;
        Instant expires = Instant.FromUnixTimeSeconds(claim.OptionalWhole("exp", MaxSeconds) ?? 0);
        Instant notBefore = Instant.FromUnixTimeSeconds(claim.OptionalWhole("nbf", MaxSeconds) ?? 0);
        string hash = Convert.ToBase64String(SHA256.HashData(delivery.Body.Span));
        return claim.OptionalText("iss") != delivery.Settings.ApiKey ? "The token is of another API key."
            : delivery.Arrival - Leeway > expires ? "The token has expired."
            : delivery.Arrival + Leeway < notBefore ? "The token is not valid yet."
            : !Signature.SameText(claim.OptionalText("sha256") ?? "", hash) ? "The token is for another body."
            : null;
    }

    private static string Bare(string authorization) =>
        authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization[7..].Trim() : authorization.Trim();
}
