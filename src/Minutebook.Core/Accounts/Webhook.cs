namespace Minutebook.Core.Accounts;

/// <summary>A webhook out: where alerts are sent.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">Where to.</param>
/// <param name="Account">Alerts of this account alone; null for all.</param>
/// <param name="Types">Alerts of these types alone (<see cref="AlertType"/>); empty for all.</param>
/// <param name="SealedSecret">What its deliveries are signed with, sealed.</param>
/// <param name="CreatedAt">ms; alerts from then on are sent.</param>
public sealed record Webhook(string Id, string Url, string? Account, IReadOnlyList<string> Types, string SealedSecret, long CreatedAt)
{
    /// <summary>The secret before, sealed: deliveries are signed with both for a while; null for none.</summary>
    public string? SealedPrevious { get; init; }
    /// <summary>Until when the secret before is used, in ms of the real clock.</summary>
    public long PreviousUntil { get; init; }
    /// <summary>Why nothing is sent; null while it is.</summary>
    public string? Disabled { get; init; }

    /// <summary>Whether it is sent an alert of that account and type, raised at that instant in ms.</summary>
    public bool Wants(string account, string type, long at) =>
        at >= CreatedAt && (Account is null || Account == account) && (Types.Count == 0 || Types.Contains(type));
}
