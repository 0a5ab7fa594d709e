using Minutebook.Core.Accounts;

namespace Minutebook.Core;

public sealed partial class Installation
{
    /// <summary>The most keys there may be: each is held in memory.</summary>
    public const int MostKeys = 100_000;

    private readonly Dictionary<string, KeyRow> keys = new(StringComparer.Ordinal);

    /// <summary>Restores a key.</summary>
    public void Restore(in KeyRow row) => keys[row.Key] = row;

    private Outcome Make(Command.MakeKey command, long now)
    {
        if (keys.Count >= MostKeys)
        {
            return Outcome.Refused(Refusal.InvalidRequest, $"There are already {MostKeys} keys, the most there can be. Delete some that are not used.");
        }

        var row = new KeyRow(
            command.Key, command.Name, command.Role, Convert.FromHexString(command.Hash), command.Account, command.Organization,
            command.Department, now, command.ExpiresAt);
        if (!keys.TryAdd(command.Key, row))
        {
            return Outcome.Refused(Refusal.InvalidRequest, $"There is already a key {command.Key}.");
        }

        pending.Keys.Add(row);
        return new Outcome(null, Created: true);
    }

    private Outcome Revoke(Command.RevokeKey command)
    {
        if (!keys.Remove(command.Key, out KeyRow row))
        {
            return Outcome.Refused(Refusal.NotFound, $"There is no key {command.Key}.");
        }

        pending.Keys.Add(row with { Hash = [] });
        return new Outcome(null);
    }
}
