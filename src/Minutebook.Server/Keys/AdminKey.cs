using System.Buffers.Text;
using System.Security.Cryptography;

namespace Minutebook.Server;

/// <summary>The administrator's key: from the environment, or from a file that the first start makes.</summary>
internal sealed class AdminKey
{
    private const string Variable = "MINUTEBOOK_ADMIN_KEY";

    private readonly byte[] hash;

    public AdminKey(string key) => hash = KeyText.HashOf(key);

    /// <summary>The id that it goes by.</summary>
    public const string Id = "admin";

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

    public bool Is(ReadOnlySpan<char> key) => KeyText.Is(key, hash);
}
