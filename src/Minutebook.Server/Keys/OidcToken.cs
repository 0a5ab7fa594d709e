using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Minutebook.Server;

/// <summary>An identity token: checked as OpenID Connect Core 1.0, section 3.1.3.7, has it.</summary>
internal static class OidcToken
{
    private const int MostCharacters = 64 << 10;
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(1);

    /// <summary>The id of a key.</summary>
    public static string? IdOf(JsonElement key) => Text(key, "kid");

    /// <summary>The id of the key that a token says it is signed with.</summary>
    public static string? KeyOf(string token) => Text(Part(token, 0), "kid");

    /// <summary>Its claims.</summary>
    /// <param name="token">The token.</param>
    /// <param name="keys">The provider's keys.</param>
    /// <param name="settings">Whose tokens are good, and for whom.</param>
    /// <param name="nonce">What was sent with the request for it.</param>
    /// <param name="now">The real clock.</param>
    /// <exception cref="OidcException">It is not good.</exception>
    public static JsonElement Check(string token, IReadOnlyList<JsonElement> keys, OidcSettings settings, string nonce, DateTimeOffset now)
    {
        string[] parts = token.Split('.');
        if (parts.Length != 3 || token.Length > MostCharacters || !IsSigned(token, keys))
        {
            throw new OidcException("The identity token is not signed by the provider.");
        }

        JsonElement claims = Part(token, 1);
        string[] audiences = Texts(claims, "aud");
        return Text(claims, "iss") != settings.Issuer.OriginalString ? throw new OidcException("The identity token is another issuer's.")
            : !audiences.Contains(settings.ClientId) || (audiences.Length > 1 && Text(claims, "azp") != settings.ClientId) ? throw new OidcException("The identity token is for somebody else.")
            : Moment(claims, "exp") is not { } ends || now >= ends + Leeway ? throw new OidcException("The identity token has expired.")
            : Moment(claims, "iat") is not { } made || made > now + Leeway ? throw new OidcException("The identity token is from the future.")
            : Text(claims, "nonce") is not { } its || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(its), Encoding.UTF8.GetBytes(nonce))
                ? throw new OidcException("The identity token is for another sign-in.")
            : Text(claims, "sub") is not { } subject || Fields.Unfit(subject) is not null ? throw new OidcException("The identity token names nobody.")
            : claims;
    }

    /// <summary>The values of a claim that is a text or a list of them.</summary>
    public static string[] Texts(JsonElement its, string name) =>
        !its.TryGetProperty(name, out JsonElement value) ? []
        : value.ValueKind == JsonValueKind.String ? [value.GetString()!]
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Where(static one => one.ValueKind == JsonValueKind.String).Select(static one => one.GetString()!)]
        : [];

    /// <summary>The text of a claim; null when it is none.</summary>
    public static string? Text(JsonElement its, string name) =>
        its.ValueKind == JsonValueKind.Object && its.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool IsSigned(string token, IReadOnlyList<JsonElement> keys)
    {
        JsonElement head = Part(token, 0);
        int end = token.LastIndexOf('.');
        byte[] signed = Encoding.ASCII.GetBytes(token[..end]);
        byte[] signature = Bytes(token[(end + 1)..]);
        (string? algorithm, string? id) = (Text(head, "alg"), IdOf(head));
        return keys.Any(key => (id is null || IdOf(key) == id) && Text(key, "use") is null or "sig" && (Text(key, "alg") ?? algorithm) == algorithm
            && IsSigned(signed, signature, key, algorithm));
    }

    // What is not named here, none and the symmetric ones above all, is no signature.
    private static bool IsSigned(byte[] signed, byte[] signature, JsonElement key, string? algorithm) => (Text(key, "kty"), algorithm) switch
    {
        ("RSA", "RS256") => IsByRsa(signed, signature, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        ("RSA", "RS384") => IsByRsa(signed, signature, key, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
        ("RSA", "RS512") => IsByRsa(signed, signature, key, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        ("RSA", "PS256") => IsByRsa(signed, signature, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        ("EC", "ES256") => IsByCurve(signed, signature, key, ECCurve.NamedCurves.nistP256, "P-256", HashAlgorithmName.SHA256),
        ("EC", "ES384") => IsByCurve(signed, signature, key, ECCurve.NamedCurves.nistP384, "P-384", HashAlgorithmName.SHA384),
        _ => false,
    };

    private static bool IsByRsa(byte[] signed, byte[] signature, JsonElement key, HashAlgorithmName hash, RSASignaturePadding padding)
    {
        try
        {
            using RSA rsa = RSA.Create(new RSAParameters { Modulus = Bytes(Text(key, "n") ?? ""), Exponent = Bytes(Text(key, "e") ?? "") });
            return rsa.KeySize >= 2048 && rsa.VerifyData(signed, signature, hash, padding);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool IsByCurve(byte[] signed, byte[] signature, JsonElement key, ECCurve curve, string name, HashAlgorithmName hash)
    {
        try
        {
            var point = new ECPoint { X = Bytes(Text(key, "x") ?? ""), Y = Bytes(Text(key, "y") ?? "") };
            using ECDsa its = ECDsa.Create(new ECParameters { Curve = curve, Q = point });
            return Text(key, "crv") == name && its.VerifyData(signed, signature, hash);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static DateTimeOffset? Moment(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double seconds)
            && seconds is > 0 and < 253_402_300_000 ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000)) : null;

    private static JsonElement Part(string token, int place)
    {
        try
        {
            string[] parts = token.Split('.');
            JsonElement part = place < parts.Length ? JsonSerializer.Deserialize<JsonElement>(Bytes(parts[place])) : default;
            return part.ValueKind == JsonValueKind.Object ? part : throw new OidcException("The identity token cannot be read.");
        }
        catch (JsonException wrong)
        {
            throw new OidcException("The identity token cannot be read.", wrong);
        }
    }

    private static byte[] Bytes(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException wrong)
        {
            throw new OidcException("The identity token cannot be read.", wrong);
        }
    }
}
