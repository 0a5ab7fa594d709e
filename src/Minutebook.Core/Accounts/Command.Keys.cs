using System.Text.Json.Serialization;

namespace Minutebook.Core.Accounts;

[JsonDerivedType(typeof(MakeKey), "make-key")]
[JsonDerivedType(typeof(RevokeKey), "revoke-key")]
public abstract partial record Command
{
    /// <summary>Who asked; null for what the server orders of itself.</summary>
    public Asker? By { get; init; }

    /// <summary>A command to the installation, whose entries are those of shard 0.</summary>
    public abstract record OfInstallation : Command;

    /// <summary>Makes a key. Of the key itself only its SHA-256 is given, in hexadecimal; the expiry in ms of the real clock.</summary>
    public sealed record MakeKey(
        string Key, string Name, KeyRole Role, string Hash, string? Account = null, string? Organization = null, string? Department = null,
        long? ExpiresAt = null) : OfInstallation;

    /// <summary>Ends a key for good.</summary>
    public sealed record RevokeKey(string Key) : OfInstallation;
}
