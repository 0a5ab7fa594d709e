using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;

namespace Minutebook.Server;

/// <summary>What several endpoints ask of the tables.</summary>
internal static class Reads
{
    public static AccountState? State(this Store.Reader read, string account) => read.Account(account) is { } row ? State(row) : null;

    public static AccountState State(AccountRow row) => JsonSerializer.Deserialize<AccountState>(row.State, AccountState.Json)
        ?? throw new InvalidDataException($"The row of account {row.Account} is empty.");

    public static ApplicationState? Application(this AccountState account, string application) =>
        account.Applications.Find(candidate => candidate.Id == application);
}
