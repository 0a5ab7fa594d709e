using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;

namespace Minutebook.Server;

/// <summary>What several endpoints ask of the tables.</summary>
internal static class Reads
{
    public static AccountState? State(this Store.Reader read, string account) => read.Account(account) is { } row ? State(row) : null;

    public static AccountState State(AccountRow row) => JsonSerializer.Deserialize<AccountState>(row.State, AccountState.Json)
        ?? throw new InvalidDataException($"The row of account {row.Account} is empty.");

    public static ApplicationState? Application(this AccountState account, string application) =>
        account.Applications.Find(candidate => candidate.Id == application);

    /// <summary>The published versions of a card, oldest first; the shipped one is published from the start.</summary>
    public static IReadOnlyList<CardRow> Versions(this Store.Reader read, string card)
    {
        List<CardRow> versions = read.CardsOf(card);
        if (card == PublicCard.Id)
        {
            versions.Add(new CardRow(card, JsonText.Of(PublicCard.EffectiveFrom), System.Text.Encoding.UTF8.GetBytes(RateCardJson.ToJson(PublicCard.Card))));
        }

        return [.. versions.OrderBy(version => version.EffectiveFrom, StringComparer.Ordinal)];
    }
}
