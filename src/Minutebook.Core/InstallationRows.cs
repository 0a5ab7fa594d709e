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
