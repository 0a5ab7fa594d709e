using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Connectors.BigBlueButton;

/// <summary>
/// How a BigBlueButton server shows that it knows the secret: a digest of address, body and secret in the query, of a length that tells
/// which, or the secret itself as a bearer token.
/// </summary>
internal static class BigBlueButtonChecksum
{
    /// <summary>Why the delivery is not genuine, or null when it is.</summary>
    public static string? Refusal(Delivery delivery)
    {
        if (Signature.IsBearer(delivery))
        {
            return null;
        }

        string? given = Form.Values(Encoding.UTF8.GetBytes(delivery.Query), "checksum").Select(value => Encoding.UTF8.GetString(value.Span)).FirstOrDefault();
        return given is null ? "There is neither a checksum in the query nor the secret of this connector as bearer token."
            : delivery.Settings.CallbackUrl is not { } url ? "This connector has no callbackUrl, without which no checksum can be checked."
            : Digest(given.Length) is not { } algorithm ? "The checksum is not a hexadecimal sha1, sha256, sha384 or sha512."
            : IsDigest(given, algorithm, url, delivery) ? null
            : "The checksum is not that of callbackUrl, body and secret.";
    }

    private static HashAlgorithmName? Digest(int hexDigits) => hexDigits switch
    {
        40 => HashAlgorithmName.SHA1,
        64 => HashAlgorithmName.SHA256,
        96 => HashAlgorithmName.SHA384,
        128 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static bool IsDigest(string given, HashAlgorithmName algorithm, string url, Delivery delivery)
    {
        using var hash = IncrementalHash.CreateHash(algorithm);
        hash.AppendData(Encoding.UTF8.GetBytes(url));
        hash.AppendData(delivery.Body.Span);
        hash.AppendData(Encoding.UTF8.GetBytes(delivery.Settings.Secret));
        return Signature.SameText(given.ToLowerInvariant(), Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
