using System.Text.Json;
using Minutebook.Core.Accounts;

namespace Minutebook.Core;

/// <summary>A key. Key: its id. An empty hash: it is gone.</summary>
/// <param name="Key">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Hash">SHA-256 of the key.</param>
/// <param name="Account">The one account that it is for; null for any.</param>
/// <param name="Organization">Whose share of cloud usage it reads.</param>
/// <param name="Department">Whose share of cloud usage it reads.</param>
/// <param name="CreatedAt">ms.</param>
/// <param name="ExpiresAt">From when it is no more, in ms of the real clock; null for never.</param>
public readonly record struct KeyRow(
    string Key, string Name, KeyRole Role, byte[] Hash, string? Account, string? Organization, string? Department, long CreatedAt,
    long? ExpiresAt);

/// <summary>A webhook out, as JSON. Key: its id. Nothing: it is gone.</summary>
public readonly record struct WebhookRow(string Webhook, byte[] State)
{
    /// <summary>The row of a webhook.</summary>
    public static WebhookRow Of(Webhook webhook) => new(webhook.Id, JsonSerializer.SerializeToUtf8Bytes(webhook, AccountState.Json));

    /// <summary>The webhook of the row.</summary>
    public Webhook Read() => JsonSerializer.Deserialize<Webhook>(State, AccountState.Json) ?? throw new FormatException($"Webhook {Webhook} is null.");
}

/// <summary>A record of the audit. Key: number.</summary>
/// <param name="Number">Its place in the shard, from 1, without gaps.</param>
/// <param name="At">When it was done, in ms.</param>
/// <param name="Account">Whose things it is about; null for nobody's.</param>
/// <param name="Record">What was done, as JSON.</param>
/// <param name="Hash"><see cref="Audit.HashOf"/> of the record before it and this one.</param>
public readonly record struct AuditRow(long Number, long At, string? Account, byte[] Record, byte[] Hash);
