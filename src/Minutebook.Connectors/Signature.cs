using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Connectors;

/// <summary>The comparisons that decide whether a delivery is genuine, all in constant time.</summary>
internal static class Signature
{
    /// <summary>Whether <paramref name="given"/> is the base64 HMAC-SHA256 of the body.</summary>
    public static bool IsHmacSha256(string? given, string secret, ReadOnlySpan<byte> body) =>
        given is not null && SameText(given, Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)));

    /// <summary>
    /// Whether <paramref name="given"/> is the hexadecimal MD5 of key and expiry, which is how whiteboard and low-code-classroom
    /// callbacks are signed. It says nothing about the body, which is why their expiry must be enforced.
    /// </summary>
    public static bool IsMd5OfKeyAndExpiry(string? given, string secret, string expireTime)
    {
#pragma warning disable CA5351 // The sender's choice: there is no other signature to check.
        byte[] hash = MD5.HashData(Encoding.UTF8.GetBytes(secret + expireTime));
#pragma warning restore CA5351
        return given is not null && SameText(given.ToLowerInvariant(), Convert.ToHexStringLower(hash));
    }

    public static bool SameText(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));
}
