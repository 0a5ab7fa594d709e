using System.Security.Cryptography;
using System.Text;
using Minutebook.Core.Events;
using NodaTime;

namespace Minutebook.Connectors;

/// <summary>The comparisons that decide whether a delivery is genuine, all in constant time.</summary>
internal static class Signature
{
    /// <summary>Whether <paramref name="given"/> is the base64 HMAC-SHA256 of the body.</summary>
    public static bool IsHmacSha256(string? given, string secret, ReadOnlySpan<byte> body) =>
        given is not null && SameText(given, Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)));

    /// <summary>
    /// Why a whiteboard or low-code-classroom callback is not genuine, or null when it is. It is signed by an MD5 of key and expiry,
    /// which says nothing about the body: hence the expiry must be enforced.
    /// </summary>
    public static string? RefusalOfExpiring(Delivery delivery, Fields callback)
    {
        const long MaxSeconds = Rfc3339.Latest / 1000;
        string expiry = callback.OptionalText("ExpireTime", orNumber: true) ?? "";
        if (!IsMd5OfKeyAndExpiry(callback.OptionalText("Sign"), delivery.Settings.Secret, expiry))
        {
            return "Sign is not the MD5 of the key of this connector and ExpireTime.";
        }
        Instant expires = Instant.FromUnixTimeSeconds(callback.Whole("ExpireTime", MaxSeconds));
        return delivery.Arrival > expires ? "ExpireTime has passed." : null;
    }

    /// <summary>Whether the delivery carries the connector's secret as bearer token.</summary>
    public static bool IsBearer(Delivery delivery) =>
        delivery.Header("Authorization") is { } given && given.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        && SameText(given["Bearer ".Length..].Trim(), delivery.Settings.Secret);

    private static bool IsMd5OfKeyAndExpiry(string? given, string secret, string expireTime)
    {
#pragma warning disable CA5351 // The sender's choice: there is no other signature to check.
        byte[] hash = MD5.HashData(Encoding.UTF8.GetBytes(secret + expireTime));
#pragma warning restore CA5351
        return given is not null && SameText(given.ToLowerInvariant(), Convert.ToHexStringLower(hash));
    }

    public static bool SameText(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));
}
