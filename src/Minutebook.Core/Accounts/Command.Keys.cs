using System.Text.Json.Serialization;

namespace Minutebook.Core.Accounts;

[JsonDerivedType(typeof(MakeKey), "make-key")]
[JsonDerivedType(typeof(RevokeKey), "revoke-key")]
[JsonDerivedType(typeof(MakeWebhook), "make-webhook")]
[JsonDerivedType(typeof(RotateWebhookSecret), "rotate-webhook-secret")]
[JsonDerivedType(typeof(SwitchWebhook), "switch-webhook")]
[JsonDerivedType(typeof(DeleteWebhook), "delete-webhook")]
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

    /// <summary>Makes a webhook. Its secret is sealed before it gets here; no types means all.</summary>
    public sealed record MakeWebhook(
        string Webhook, string Url, string SealedSecret, string? Account = null, IReadOnlyList<string>? Types = null) : OfInstallation;

    /// <summary>Gives a webhook another secret; the one before goes on beside it until an instant, in ms of the real clock.</summary>
    public sealed record RotateWebhookSecret(string Webhook, string SealedSecret, long PreviousUntil) : OfInstallation;

    /// <summary>Stops sending to a webhook, for a reason; or, without one, goes on.</summary>
    public sealed record SwitchWebhook(string Webhook, string? Disabled = null) : OfInstallation;

    /// <summary>Ends a webhook.</summary>
    public sealed record DeleteWebhook(string Webhook) : OfInstallation;
}
