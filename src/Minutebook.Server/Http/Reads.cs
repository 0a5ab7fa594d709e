using System.Text;
using System.Text.Json;
using Minutebook.Core;
using Minutebook.Core.Accounts;
using Minutebook.Core.Rating;
using NodaTime.Text;

namespace Minutebook.Server;

/// <summary>What several endpoints ask of the tables.</summary>
internal static class Reads
{
    public static AccountState? State(this Store.Reader read, string account) => read.Account(account) is { } row ? State(row) : null;

    /// <summary>All accounts behind an id, by id, read so many at once; without those whose state cannot be read.</summary>
    public static IEnumerable<AccountState> States(this Store.Reader read, string after = "", int atOnce = 1_000)
    {
        List<AccountRow> some = read.AccountsAfter(after, atOnce);
        while (some.Count > 0)
        {
            foreach (AccountRow row in some)
            {
                if (State(row) is { } state)
                {
                    yield return state;
                }
            }

            some = some.Count < atOnce ? [] : read.AccountsAfter(some[^1].Account, atOnce);
        }
    }

    /// <summary>What a row says; null when it cannot be read. The account is halted then, and the page of operations has it.</summary>
    public static AccountState? State(AccountRow row)
    {
        try
        {
            return JsonSerializer.Deserialize<AccountState>(row.State, AccountState.Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The versions of a card, oldest first; the shipped one is there without having been published.</summary>
    public static IReadOnlyList<CardRow> Versions(this Store.Reader read, string card)
    {
        CardRow[] published = [.. read.CardsOf(card)];
        string shipped = JsonText.Of(PublicCard.EffectiveFrom);
        return card != PublicCard.Id || published.Any(row => row.EffectiveFrom == shipped)
            ? published
            : [new CardRow(card, shipped, Encoding.UTF8.GetBytes(RateCardJson.ToJson(PublicCard.Card))), .. published];
    }

    /// <summary>The same, to price with.</summary>
    public static CardVersions Card(this Store.Reader read, string card)
    {
        var cards = new RateCards();
        foreach (CardRow row in read.CardsOf(card))
        {
            var version = new RateCardVersion(card, LocalDatePattern.Iso.Parse(row.EffectiveFrom).Value);
            cards.Restore(RateCardJson.Read(version, row.Json).Card ?? throw new InvalidDataException($"Card {card} {row.EffectiveFrom} is spoilt."));
        }

        return cards.Versions(card);
    }

    public static ApplicationState? Application(this AccountState account, string application) =>
        account.Applications.Find(candidate => candidate.Id == application);
}
