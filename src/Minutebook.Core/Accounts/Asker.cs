namespace Minutebook.Core.Accounts;

/// <summary>Who asked for a command, for the audit.</summary>
/// <param name="Key">The key's id; never the key.</param>
/// <param name="Name">The key's name.</param>
/// <param name="Address">From which network address; null when that is not known.</param>
public sealed record Asker(string Key, string Name, string? Address);

/// <summary>What a key may do.</summary>
public enum KeyRole
{
    /// <summary>Everything.</summary>
    Admin,
    /// <summary>Runs accounts day by day: all but keys, webhooks and prices.</summary>
    Operator,
    /// <summary>Posts events, of one account if the key names one.</summary>
    Ingest,
    /// <summary>Reads one account.</summary>
    Account,
    /// <summary>Reads a department's or an organization's share of one account's cloud usage.</summary>
    Department,
}
