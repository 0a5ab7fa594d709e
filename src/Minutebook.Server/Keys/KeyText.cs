using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Server;

/// <summary>
/// How a key is written: <c>mb_</c>, an id of 60 bits, a secret of 160, and 30 bits of a checksum, in base 32. The checksum tells a
/// mistyped key, and lets scanners of source code tell a key from other text, without asking anybody.
/// </summary>
internal static class KeyText
{
    private const string Prefix = "mb_";
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);
    private const int IdLength = 12, SecretLength = 32, CheckLength = 6;
    private const int Length = 3 + IdLength + SecretLength + CheckLength;

    /// <summary>A new key and its id.</summary>
    public static (string Id, string Key) Make()
    {
        string id = RandomNumberGenerator.GetString(Alphabet, IdLength);
        string rest = Prefix + id + RandomNumberGenerator.GetString(Alphabet, SecretLength);
        return (id, rest + Check(rest));
    }

    /// <summary>A new id of something else.</summary>
    public static string MakeId() => RandomNumberGenerator.GetString(Alphabet, IdLength);

    /// <summary>The id in a key, as far as the key is well written; empty if it is not.</summary>
    public static ReadOnlySpan<char> IdOf(ReadOnlySpan<char> key)
    {
        if (key.Length != Length || !key.StartsWith(Prefix) || key[Prefix.Length..].ContainsAnyExcept(Letters))
        {
            return [];
        }

        return key[^CheckLength..].SequenceEqual(Check(key[..^CheckLength])) ? key.Slice(Prefix.Length, IdLength) : [];
    }

    /// <summary>What is kept of a key.</summary>
    public static byte[] HashOf(ReadOnlySpan<char> key)
    {
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        Hash(key, hash);
        return hash;
    }

    /// <summary>Whether a key is the one that was hashed. The time it takes says nothing about the key.</summary>
    public static bool Is(ReadOnlySpan<char> key, ReadOnlySpan<byte> hash)
    {
        Span<byte> its = stackalloc byte[SHA256.HashSizeInBytes];
        return Hash(key, its) && CryptographicOperations.FixedTimeEquals(its, hash);
    }

    private static bool Hash(ReadOnlySpan<char> key, Span<byte> into)
    {
        Span<byte> utf8 = stackalloc byte[512];
        if (!Encoding.UTF8.TryGetBytes(key, utf8, out int length))
        {
            return false;
        }

        SHA256.HashData(utf8[..length], into);
        return true;
    }

    private static string Check(ReadOnlySpan<char> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(text, hash);
        Span<char> check = stackalloc char[CheckLength];
        for (int i = 0; i < check.Length; i++)
        {
            check[i] = Alphabet[hash[i] & 31];
        }

        return new string(check);
    }
}
