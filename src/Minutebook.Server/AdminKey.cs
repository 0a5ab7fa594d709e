using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Server;

/// <summary>The administrator's key: from the environment, or from a file that the first start makes.</summary>
internal sealed class AdminKey
{
    private const string Variable = "MINUTEBOOK_ADMIN_KEY";
    private const string Scheme = "Bearer ";

    private readonly byte[] hash;

    public AdminKey(string key) => hash = HashOf(key);

    /// <summary>The file that was made for it just now; null when it was there already.</summary>
    public string? NewFile { get; private init; }

    public static AdminKey Of(string directory)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            return new AdminKey(given);
        }

        string path = Path.Combine(directory, "admin.key");
        string? made = File.Exists(path) ? null : path;
        return new AdminKey(SecretFile.ReadOrMake(path, () => "mb_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))))
        {
            NewFile = made,
        };
    }

    /// <summary>Whether this is the key. Hashes are compared, so that the time it takes says nothing about the key.</summary>
    public bool Is(ReadOnlySpan<char> key)
    {
        Span<byte> utf8 = stackalloc byte[512];
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        if (!Encoding.UTF8.TryGetBytes(key, utf8, out int length))
        {
            return false;
        }

        SHA256.HashData(utf8[..length], given);
        return CryptographicOperations.FixedTimeEquals(given, hash);
    }

    /// <summary>Whether the request's Authorization carries the key.</summary>
    public bool IsIn(HttpRequest request)
    {
        var headers = request.Headers.Authorization;
        return headers.Count == 1 && headers[0] is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && Is(header.AsSpan(Scheme.Length).Trim());
    }

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
