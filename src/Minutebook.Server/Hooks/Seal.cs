using System.Security.Cryptography;
using System.Text;

namespace Minutebook.Server;

/// <summary>
/// Keeps secrets unreadable in journal and tables: AES-256-GCM under the installation's own key. What is sealed opens only under the
/// same purpose, so that one application's secret cannot be put in another's place.
/// </summary>
internal sealed class Seal(byte[] key)
{
    private const byte Version = 1;
    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16;

    /// <exception cref="InvalidDataException">The file has something else than a key.</exception>
    public static Seal Of(string directory)
    {
        string path = Path.Combine(directory, "secret.key");
        string text = SecretFile.ReadOrMake(path, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)));
        // AES takes 16 and 24 bytes as well, and would seal with less than is promised.
        byte[] key = new byte[text.Length];
        return Convert.TryFromBase64String(text, key, out int length) && length == KeyBytes
            ? new Seal(key[..KeyBytes])
            : throw new InvalidDataException(
                $"{path} is not as it was made: one line, {KeyBytes} bytes in base64. Restore it from a backup: the secrets in the database open by no other.");
    }

    /// <summary>Says whether two have the same key, and nothing else of it.</summary>
    public long Fingerprint => BitConverter.ToInt64(HMACSHA256.HashData(key, "minutebook fingerprint"u8));

    /// <summary>What nobody can make of a text who does not have the key.</summary>
    public byte[] Mark(string text, string purpose) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{purpose}: {text}"));

    public string Close(ReadOnlySpan<byte> plain, string purpose)
    {
        byte[] closed = new byte[1 + NonceBytes + TagBytes + plain.Length];
        closed[0] = Version;
        Span<byte> nonce = closed.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(
            nonce, plain, closed.AsSpan(1 + NonceBytes + TagBytes), closed.AsSpan(1 + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(purpose));
        return Convert.ToBase64String(closed);
    }

    /// <exception cref="CryptographicException">It was sealed under another key or for another purpose, or was changed.</exception>
    public byte[] Open(string text, string purpose)
    {
        byte[] closed = Convert.FromBase64String(text);
        if (closed.Length < 1 + NonceBytes + TagBytes || closed[0] != Version)
        {
            throw new CryptographicException("This was not sealed here.");
        }

        byte[] plain = new byte[closed.Length - 1 - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(
            closed.AsSpan(1, NonceBytes), closed.AsSpan(1 + NonceBytes + TagBytes), closed.AsSpan(1 + NonceBytes, TagBytes), plain,
            Encoding.UTF8.GetBytes(purpose));
        return plain;
    }
}
